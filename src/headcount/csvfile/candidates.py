"""Which of the common encodings explains a sample of lines best.

Every candidate decodes the whole sample; the letters that come out decide. The encodings of one script share most of their codes, so each
letter counts by how often a language uses it, and the text has to be of one language.
"""

# ruff: noqa: RUF001 - letters and signs of many alphabets are the matter here

from __future__ import annotations

from dataclasses import dataclass

_WESTERN = ("éèêàçîôâûëïùœÿæ", "üäöß", "áíéóñúüº", "ãçéáíóêõâúà", "äöåé", "øåæéöä", "àèéìòù", "ëéïèöüçàíóòú", "áíéóðöúýþæ")
_CENTRAL = ("íáéěřčýžšůúňťďó", "áíéčžýšľúťôňďäóĺŕ", "łóąęśżćńź", "áéöóőíüúű", "čćšžđ", "ăţşîâ", "üäöß")
_TURKISH = ("ıüşçğöiâ̇",)
_CYRILLIC = ("оеаинтсрвлкмдпуяызьбгчйхжшюцщэфъё", "оанивіетрслкдмпуяьзбгйхючцжєшїщфґ")
_GREEK = ("αοιετσνηυρπκμίλόςάωθγδέήχφύβξζώψϊ",)

#: Signs that stand behind a word or alone, and before one; an apostrophe stands within words too.
_CLOSING, _OPENING, _WITHIN = "”’»…™®©€£¥–—§´½¼¾²³", "“‘„«¿¡№€£¥–—§®©½¼¾", "’·°"

#: A letter counts between these, by its rank in its language.
_OFTEN, _SELDOM = 1.0, 0.4
_MARK, _ALONE, _STRANGER, _MISPLACED, _CONTROL = 0.6, 0.2, -0.5, -1.0, -2.0
#: What the most frequent encoding has ahead of all others.
_AHEAD = 0.04


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoding of single bytes, and the non-ASCII letters of its languages, the frequent ones first."""

    name: str
    languages: tuple[str, ...]
    #: its letters stand beside Latin ones within a word
    latin: bool = True


_SINGLE = (
    Candidate("windows-1252", _WESTERN),
    Candidate("windows-1250", _CENTRAL),
    Candidate("windows-1254", _TURKISH),
    Candidate("windows-1251", _CYRILLIC, latin=False),
    Candidate("koi8-r", _CYRILLIC, latin=False),
    Candidate("windows-1253", _GREEK, latin=False),
    Candidate("iso-8859-15", _WESTERN),
    Candidate("iso-8859-2", _CENTRAL),
    Candidate("mac_roman", _WESTERN),
    Candidate("cp850", _WESTERN),
    Candidate("cp866", _CYRILLIC, latin=False),
)

_JAPANESE = "山田中村川本木林佐藤鈴高橋井上小大東京都市区県町北南西一二三郎子美花太阪名古屋横浜福岡札幌株式会社様日月年人住所氏前新宿"
_SIMPLIFIED = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗市区省县路街号北京上海广州深圳天津重庆"
    "成都杭武汉南中国公司有限东西山江河湖华明伟芳娜敏静丽强磊军洋勇艳杰的是我们在了不"
)
_TRADITIONAL = (
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴徐周葉蘇莊江呂何台北市高雄中南新竹桃"
    "園區縣鄉鎮路街號段巷弄樓公司有限國華明志怡君美玲家豪淑芬雅婷俊的是我們在了不"
)
_HANGUL = "김이박최정강조윤장임시구동서울부산대로길특별광역도남북인천경기수민지영현준하은주연성호진미에는의"

#: Encodings of several bytes, with the characters of names and addresses in them.
_MULTIPLE = {"euc_kr": _HANGUL, "cp932": _JAPANESE, "euc_jp": _JAPANESE, "big5": _TRADITIONAL, "gb18030": _SIMPLIFIED}
_COMMON, _USUAL, _HALF_WIDTH = 1.0, 0.5, 0.56

#: Share of undecodable characters from which on an encoding is out of the question.
_TOLERANCE = 0.01


def most_plausible(sample: bytes) -> tuple[str, str]:
    """Return the encoding that makes most sense of the sample, and the evidence in a sentence."""
    scores = {candidate.name: _single_score(sample, candidate) for candidate in _SINGLE}
    scores["windows-1252"] += _AHEAD
    scores |= {name: _multiple_score(sample, name) for name in _MULTIPLE}
    best = max(scores, key=lambda name: scores[name])
    share = min(1.0, max(0.0, scores[best]))
    return best, f"The file is not UTF-8; read as {best}, its other characters are {share:.0%} as usual as they can be."


def _single_score(sample: bytes, candidate: Candidate) -> float:
    text = f" {sample.decode(candidate.name, 'replace')} "
    near = [(before, char, after) for before, char, after in zip(text, text[1:], text[2:], strict=False) if char > "\x7f"]
    place = [_place(*three, candidate) for three in near]
    fixed = sum(points for points in place if points is not None)
    letters = [char.lower() for (_, char, _), points in zip(near, place, strict=True) if points is None]
    best = max(sum(map(_weights(language).get, letters, [_STRANGER] * len(letters))) for language in candidate.languages)
    return (fixed + best) / max(1, len(near))


def _weights(language: str) -> dict[str, float]:
    return {letter: _OFTEN - (_OFTEN - _SELDOM) * rank / len(language) for rank, letter in enumerate(language)}


def _place(before: str, char: str, after: str, candidate: Candidate) -> float | None:
    """Judge a character by its neighbours; None says that it is a letter where a letter can be."""
    if not char.isprintable() and not char.isspace():
        return _CONTROL
    if not char.isalpha() or char in "ºª":
        return _mark(before, char, after)
    if (char.isupper() or not candidate.latin) and not (before.isalpha() or after.isalpha() or after == "."):
        return _ALONE
    if candidate.latin and before > "\x7f" and before.isalpha() and char.isupper():
        return 0.0
    misplaced = (_is_latin(before, after) and not candidate.latin) or (before.islower() and char.isupper())
    return _MISPLACED if misplaced else None


def _mark(before: str, char: str, after: str) -> float:
    if char == "’" and before.isalpha() and after.isalpha():
        return _OFTEN
    fits = (char in _WITHIN) or (char in _CLOSING and not after.isalpha()) or (char in _OPENING and not before.isalpha())
    return _MARK if fits else 0.0 if char.isspace() else _MISPLACED


def _multiple_score(sample: bytes, name: str) -> float:
    text = f" {sample.decode(name, 'replace')} "
    near = [three for three in zip(text, text[1:], text[2:], strict=False) if three[1] > "\x7f"]
    if sum(char == "\ufffd" for _, char, _ in near) > _TOLERANCE * len(near):
        return _MISPLACED
    return sum(_MISPLACED if _is_latin(before, after) else _weight(char, name) for before, char, after in near) / max(1, len(near))


def _is_latin(before: str, after: str) -> bool:
    return any("A" <= char.upper() <= "Z" for char in (before, after))


def _weight(char: str, name: str) -> float:
    if char in _MULTIPLE[name]:
        return _COMMON
    if "\uff61" <= char <= "\uff9f":
        return (_COMMON if char in "ﾞﾟﾝｰ" else _HALF_WIDTH) if name == "cp932" else 0.0
    if "\u3041" <= char <= "\u30fe":
        return _COMMON if name in {"cp932", "euc_jp"} else 0.0
    return _USUAL * _is_usual(char, name)


def _is_usual(char: str, name: str) -> bool:
    if name == "euc_kr":
        return "\uac00" <= char <= "\ud7a3"
    table, last = {"gb18030": ("gb2312", 0xD7), "big5": ("big5", 0xC6)}.get(name, ("euc_jp", 0xCF))
    try:
        code = char.encode(table)
    except UnicodeEncodeError:
        return False
    # The common ideographs come first in each of the tables; full-width signs come before them.
    return len(code) == 2 and code[0] <= last
