"""Encodings told apart by what their letters spell, in files of one row and of many."""

# ruff: noqa: RUF001 - letters of many alphabets are the matter here

from __future__ import annotations

import pytest

from headcount.csvfile.candidates import most_plausible

#: Language, encodings, rows.
SAMPLES = [
    (
        "french",
        "cp1252 iso8859-15 mac_roman cp850",
        "Hélène Lefèvre;Orléans|François Noël;Besançon|Jérôme Müller;Sète|Zoé Bérard;Nîmes|Chloé Garçon;Angoulême|André Crête;Évreux",
    ),
    (
        "german",
        "cp1252 mac_roman cp850",
        "Jürgen Groß;Köln|Björn Schäfer;München|Käthe Weiß;Düsseldorf|Öztürk Ünal;Lübeck|Günther Bäcker;Saarbrücken|Sören Jäger;Würzburg",
    ),
    (
        "spanish",
        "cp1252 mac_roman cp850",
        "José Muñoz;Málaga|María Núñez;Cádiz|Íñigo Peña;León|Andrés García;Logroño|Lucía Ibáñez;Córdoba|Sofía Martín;A Coruña",
    ),
    (
        "portuguese",
        "cp1252 cp850",
        (
            "João Gonçalves;São Paulo|Conceição Araújo;Brasília|António Simões;Évora|"
            "Inês Magalhães;Maceió|Luís Guimarães;Goiânia|Sebastião Leão;Ribeirão"
        ),
    ),
    (
        "swedish",
        "cp1252 mac_roman cp850",
        "Åsa Sjöberg;Malmö|Björn Åkesson;Västerås|Göran Öberg;Linköping|Märta Ståhl;Örebro|Håkan Lindström;Umeå|Pär Nyström;Gävle",
    ),
    (
        "danish",
        "cp1252 cp850",
        "Søren Kjær;Århus|Jørgen Sørensen;Næstved|Bjørn Møller;Køge|Åse Nørgaard;Tromsø|Pål Bråthen;Bodø|Gærd Sæther;Ålesund",
    ),
    (
        "polish",
        "cp1250 iso8859-2",
        (
            "Łukasz Wójcik;Łódź|Małgorzata Dąbrowska;Kraków|Zbigniew Wiśniewski;Gdańsk|"
            "Święty Żółć;Poznań|Jędrzej Kaźmierczak;Częstochowa|Grażyna Pająk;Białystok"
        ),
    ),
    (
        "czech",
        "cp1250 iso8859-2",
        "Jiří Dvořák;Plzeň|Růžena Růžička;Liberec|Tomáš Černý;Děčín|Zdeněk Šťastný;Ústí|Ondřej Žák;Mladá Boleslav|Lukáš Křížek;Přerov",
    ),
    (
        "slovak",
        "cp1250 iso8859-2",
        (
            "Ľubomír Žiľkov;Košice|Ján Šťastný;Žilina|Mária Kováčová;Prešov|"
            "Peter Žiľka;Trenčín|Zuzana Ďurišová;Nové Zámky|Štefan Ľupták;Bánovce"
        ),
    ),
    (
        "hungarian",
        "cp1250 iso8859-2",
        (
            "Győr Péter;Győr|Kovács Gergő;Hódmezővásárhely|Szűcs Jenő;Székesfehérvár|"
            "Fülöp Erzsébet;Nyíregyháza|Dezső Ágnes;Gödöllő|Tűzoltó Ödön;Makó"
        ),
    ),
    (
        "croatian",
        "cp1250 iso8859-2",
        "Marko Šarić;Čakovec|Željko Đurić;Šibenik|Ana Jurišić;Požega|Goran Ćosić;Varaždin|Nikša Žuvić;Križevci|Iva Perković;Đakovo",
    ),
    (
        "romanian",
        "cp1250 iso8859-2",
        (
            "Ion Şerban;Iaşi|Ştefan Ţepeş;Timişoara|Mihai Bălan;Bucureşti|"
            "Cătălin Lupaşcu;Ploieşti|Răzvan Pîrvu;Târgu Mureş|Ioana Câmpeanu;Constanţa"
        ),
    ),
    (
        "turkish",
        "cp1254",
        "Ayşe Gündoğdu;İzmir|Çağlar Güneş;Muğla|Şükrü Yıldız;Eskişehir|Işıl Öztürk;Kırşehir|Gökhan Çelik;Diyarbakır|İbrahim Şahin;Niğde",
    ),
    (
        "russian",
        "cp1251 koi8-r cp866",
        (
            "Иван Петров;Москва|Анна Смирнова;Санкт-Петербург|Юлия Щербакова;Екатеринбург|"
            "Пётр Жуков;Нижний Новгород|Ольга Цветкова;Казань|Эдуард Чернышёв;Уфа"
        ),
    ),
    (
        "ukrainian",
        "cp1251",
        (
            "Олексій Шевченко;Київ|Ірина Ковальчук;Львів|Юрій Їжак;Чернівці|"
            "Наталія Бондаренко;Запоріжжя|Андрій Гнатюк;Харків|Євген Лисенко;Одеса"
        ),
    ),
    (
        "greek",
        "cp1253",
        (
            "Γιώργος Παπαδόπουλος;Αθήνα|Μαρία Οικονόμου;Θεσσαλονίκη|Δημήτρης Νικολάου;Πάτρα|"
            "Ελένη Ιωάννου;Ηράκλειο|Κώστας Χατζής;Λάρισα|Σοφία Αγγέλου;Βόλος"
        ),
    ),
    (
        "japanese",
        "cp932 euc_jp",
        "山田太郎;東京都新宿区|佐藤花子;大阪市北区|鈴木一郎;名古屋市|高橋さくら;横浜市青葉区|田中ケンジ;札幌市中央区|渡辺みどり;福岡市",
    ),
    ("katakana", "cp932", "ﾔﾏﾀﾞ ﾀﾛｳ;ﾄｳｷｮｳ|ｻﾄｳ ﾊﾅｺ;ｵｵｻｶ|ｽｽﾞｷ ｲﾁﾛｳ;ﾅｺﾞﾔ|ﾀｶﾊｼ ｻｸﾗ;ﾖｺﾊﾏ|ﾀﾅｶ ｹﾝｼﾞ;ｻｯﾎﾟﾛ|ﾜﾀﾅﾍﾞ ﾐﾄﾞﾘ;ﾌｸｵｶ"),
    ("chinese", "gb18030", "王伟;北京市朝阳区|李娜;上海市浦东新区|张敏;广州市天河区|刘洋;深圳市南山区|陈静;杭州市西湖区|杨磊;成都市武侯区"),
    (
        "taiwanese",
        "big5",
        "陳怡君;台北市信義區|林志明;高雄市前鎮區|黃美玲;台中市西屯區|張家豪;新竹市東區|李淑芬;台南市中西區|吳俊傑;桃園市",
    ),
    (
        "korean",
        "euc_kr",
        (
            "김민준;서울특별시 강남구|이서연;부산광역시 해운대구|박지훈;대구광역시|"
            "최수빈;인천광역시 남동구|정하은;대전광역시|강도윤;광주광역시"
        ),
    ),
]

#: A single word or sign in a file, and its encoding.
WORDS = [
    ("ИВАНОВ ПЕТР;МОСКВА", "cp1251"),
    ("MUÑOZ;MÁLAGA", "cp1252"),
    ("Győr", "cp1250"),
    ("Győr", "iso8859-2"),
    ("Růžička", "iso8859-2"),
    ("É. Zola", "cp1252"),
    ("Żółć", "cp1250"),
    ("Иван", "cp1251"),
    ("ИВАН", "koi8-r"),
    ("Ελληνικά", "cp1253"),
    ("It’s", "cp1252"),
    ("caffè", "cp1252"),
    ("Straße", "cp1252"),
    ("20 °C", "cp1252"),
    ("® Acme", "cp1252"),
    ("10 £", "cp1252"),
    ("½ l", "cp1252"),
    ("5 €", "cp1252"),
    ("José – ok…", "cp1252"),
    ("株式会社", "cp932"),
    ("トヨタ", "euc_jp"),
    ("张伟", "gb18030"),
    ("김", "euc_kr"),
    ("Þór Ægir", "cp1252"),
    ("ŁÓDŹ", "cp1250"),
]


@pytest.mark.parametrize("count", [3, 10, 200])
@pytest.mark.parametrize(("language", "encodings", "rows"), SAMPLES, ids=[language for language, _, _ in SAMPLES])
def test_an_encoding_is_told_by_its_letters(language: str, encodings: str, rows: str, count: int) -> None:
    text = "\n".join((rows.split("|") * (count // 6 + 1))[:count])
    for encoding in encodings.split():
        found, _ = most_plausible(text.encode(encoding))
        assert text.encode(encoding).decode(found) == text, (language, encoding, found)


@pytest.mark.parametrize(("word", "encoding"), WORDS)
def test_one_word_is_enough(word: str, encoding: str) -> None:
    found, _ = most_plausible(word.encode(encoding))
    assert word.encode(encoding).decode(found) == word
