"""Ugly files: what a person would see in them, asserted one by one."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from headcount.csvfile import survey


@dataclass(frozen=True)
class Case:
    """A file and what it holds; rows are (row number, cells), broken ones (row number, code)."""

    name: str
    data: bytes
    rows: list[tuple[int, list[str]]]
    header: tuple[str, ...] = ("id", "name")
    dialect: str = ',""\n'
    encoding: str = "utf-8"
    broken: list[tuple[int, str]] = field(default_factory=list)
    blank: int = 0
    choices: dict[str, str] = field(default_factory=dict)


ONE = [(2, ["1", "Ada"])]
TWO = [(2, ["1", "Ada"]), (3, ["2", "Ben"])]
GUL = [(2, ["1", "Gül"])]


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


JAPANESE = "id,name\n1,山田太郎さんは東京に住んでいます\n2,ひらがなとカタカナ\n"
CHINESE = "id,name\n1,我们在北京的公司有很多客户\n2,请填写您的姓名和地址\n"
TAIWANESE = "id,name\n1,我們在台北的公司有很多客戶\n2,請填寫您的姓名和地址\n"
KOREAN = "id,name\n1,서울에 사는 고객의 이름\n2,주소를 입력하세요\n"
RUSSIAN = "id,name\n1,Привет Иван\n2,Москва и Петербург\n"
POLISH = "id,name\n1,Zażółć gęślą jaźń\n2,Łukasz Wójcik\n"
CZECH = "id,name\n1,Příliš žluťoučký kůň\n2,Jiří Dvořák\n"
TURKISH = "id,name\n1,Ayşe Gündoğdu\n2,Çağlar Güneş\n"
GREEK = "id,name\n1,Καλημέρα κόσμε\n2,Γιώργος\n"
FRENCH = "id,name\n1,Hélène Lefèvre à Orléans\n2,François Noël\n"


def _cells(text: str) -> list[tuple[int, list[str]]]:
    return [(row, line.split(",")) for row, line in enumerate(text.splitlines()[1:], 2)]


def _foreign(name: str, text: str, codec: str, shown: str | None = None) -> Case:
    return Case(f"encoding {name}", text.encode(codec), _cells(text), encoding=shown or codec)


CASES = [
    Case("plain", b"id,name\n1,Ada\n2,Ben\n", TWO),
    Case("no final line end", b"id,name\n1,Ada\n2,Ben", TWO),
    Case("header only", b"id,name\n", []),
    Case("header only without line end", b"id,name", []),
    Case("header only, semicolons", b"id;name\n", [], dialect=';""\n'),
    Case("crlf", b"id,name\r\n1,Ada\r\n2,Ben\r\n", TWO, dialect=',""\r\n'),
    Case("cr", b"id,name\r1,Ada\r2,Ben\r", TWO, dialect=',""\r'),
    Case("mixed line ends", b"id,name\n1,Ada\r\n2,Ben\r", TWO, dialect=',""mixed'),
    Case("crlf once", b"id,name\n1,Ada\r\n2,Ben\n", TWO, dialect=',""mixed'),
    Case("lone cr breaks the line", b"id,name\n1,Ada\r2,Ben\n", TWO, dialect=',""mixed'),
    Case("semicolons", b"id;name\n1;Ada\n2;Ben\n", TWO, dialect=';""\n'),
    Case("tabs", b"id\tname\n1\tAda\n2\tBen\n", TWO, dialect='\t""\n'),
    Case("bars", b"id|name\n1|Ada\n2|Ben\n", TWO, dialect='|""\n'),
    Case("sep line", b"sep=;\nid;name\n1;Ada\n", ONE, dialect=';""\n'),
    Case(
        "sep line beats detection",
        b"sep=;\r\na,b;name\r\n1,2;Ada\r\n",
        [(2, ["1,2", "Ada"])],
        ("a,b", "name"),
        ';""\r\n',
    ),
    Case("quoted sep line", b'"sep=;"\nid;name\n1;Ada\n', ONE, dialect=';""\n'),
    Case("sep tab", b"SEP=\t\nid\tname\n1\tAda\n", ONE, dialect='\t""\n'),
    Case(
        "sep after a byte order mark",
        b"\xef\xbb\xbfsep=|\nid|name\n1|Ada\n",
        ONE,
        dialect='|""\n',
        encoding="utf-8-sig",
    ),
    Case("decimal commas", b"id;price\n1;2,5\n2;3,7\n", [(2, ["1", "2,5"]), (3, ["2", "3,7"])], ("id", "price"), ';""\n'),
    Case(
        "decimal commas, comma in header",
        b"id;price, EUR\n1;2,5\n2;3,7\n",
        [(2, ["1", "2,5"]), (3, ["2", "3,7"])],
        ("id", "price, EUR"),
        ';""\n',
    ),
    Case(
        "commas in every quoted cell",
        b'id;name\n1;"a, b, c"\n2;"d, e, f"\n',
        [(2, ["1", "a, b, c"]), (3, ["2", "d, e, f"])],
        dialect=';""\n',
    ),
    Case(
        "commas in quoted cells",
        b'id,name\n1,"a;b, c;d"\n2,"e;f, g;h"\n',
        [(2, ["1", "a;b, c;d"]), (3, ["2", "e;f, g;h"])],
    ),
    Case("one column", b"identity\na\nb\n", [(2, ["a"]), (3, ["b"])], ("identity",)),
    Case("one column, quoted", b'"identity"\r\n"a;b"\r\n""\r\n', [(2, ["a;b"]), (3, [""])], ("identity",), ',""\r\n'),
    Case(
        "one column, one stray comma",
        b"identity\na\nb,c\nd\n",
        [(2, ["a"]), (4, ["d"])],
        ("identity",),
        broken=[(3, "field_count")],
    ),
    Case(
        "apostrophes quote",
        b"id,name\n'1','Ada, B'\n'2','it''s'\n",
        [(2, ["1", "Ada, B"]), (3, ["2", "it's"])],
        dialect=",''\n",
    ),
    Case("apostrophes are text", b"id,name\n1,O'Brien\n2,'tis\n", [(2, ["1", "O'Brien"]), (3, ["2", "'tis"])]),
    Case("escaped formulas are text", b"id,name\n1,'=SUM(A1)\n2,'+49\n", [(2, ["1", "'=SUM(A1)"]), (3, ["2", "'+49"])]),
    Case(
        "apostrophes within quotation marks",
        b"id,name\n\"1\",\"'x'\"\n'2','y'\n",
        [(2, ["1", "'x'"]), (3, ["'2'", "'y'"])],
    ),
    Case(
        "backslash escapes",
        b'id,name\n1,"a \\"b\\", c"\n2,"C:\\\\x\\t"\n',
        [(2, ["1", 'a "b", c']), (3, ["2", "C:\\x\\t"])],
        dialect=',"\\\n',
    ),
    Case("backslash is text", b'id,name\n1,"C:\\"\n2,a\\b\n', [(2, ["1", "C:\\"]), (3, ["2", "a\\b"])]),
    Case("doubled quotes", b'id,name\n1,"a ""b"" c"\n2,""""\n', [(2, ["1", 'a "b" c']), (3, ["2", '"'])]),
    Case("quotes within text", b'id,name\n1,5" disk\n2,x"y"z\n', [(2, ["1", '5" disk']), (3, ["2", 'x"y"z'])]),
    Case("blanks around quotes", b'id,name\n1 , "Ada, B" \n"2"  ,   "Ben"\n', [(2, ["1 ", "Ada, B"]), (3, ["2", "Ben"])]),
    Case("line break in a cell", b'id,name\n1,"a\nb"\n2,c\n', [(2, ["1", "a\nb"]), (3, ["2", "c"])]),
    Case(
        "line break in a cell, crlf",
        b'id,name\r\n1,"a\r\nb"\r\n2,c\r\n',
        [(2, ["1", "a\r\nb"]), (3, ["2", "c"])],
        dialect=',""\r\n',
    ),
    Case(
        "lf in a cell, crlf",
        b'id,name\r\n1,"a\nb"\r\n2,c\r\n',
        [(2, ["1", "a\nb"]), (3, ["2", "c"])],
        dialect=',""\r\n',
    ),
    Case("blank line in a cell", b'id,name\n1,"a\n\nb"\n2,c\n', [(2, ["1", "a\n\nb"]), (3, ["2", "c"])]),
    Case("line break in the header", b'id,"na\nme"\n1,Ada\n', ONE, ("id", "na\nme")),
    Case("header with quotes", b'"id","name"\n1,Ada\n', ONE),
    Case("header with doubled quotes", b'id,"na""me"\n1,Ada\n', ONE, ("id", 'na"me')),
    Case("header is not trimmed", b" id , name \n1,Ada\n", ONE, (" id ", " name ")),
    Case("blank header cell", b"id,,name\n1,,Ada\n", [(2, ["1", "", "Ada"])], ("id", "", "name")),
    Case("blank lines", b"id,name\n\n1,Ada\n \t \n2,Ben\n\n", [(3, ["1", "Ada"]), (5, ["2", "Ben"])], blank=3),
    Case("no-break spaces are blank", "id,name\n\u00a0 \u00a0\n1,Ada\n".encode(), [(3, ["1", "Ada"])], blank=1),
    Case("blank lines first", b"\n \nid,name\n1,Ada\n", [(4, ["1", "Ada"])], blank=2),
    Case("blank crlf lines", b"id,name\r\n\r\n1,Ada\r\n", [(3, ["1", "Ada"])], dialect=',""\r\n', blank=1),
    Case("only delimiters is a row", b"id,name\n,\n , \n", [(2, ["", ""]), (3, [" ", " "])]),
    Case("only tabs is a row of tabs", b"id\tname\n\t\n", [(2, ["", ""])], dialect='\t""\n'),
    Case("blank cells", b'id,name\n1,\n,x\n"",""\n', [(2, ["1", ""]), (3, ["", "x"]), (4, ["", ""])]),
    Case("too few fields", b"id,name\n1\n2,Ben\n", [(3, ["2", "Ben"])], broken=[(2, "field_count")]),
    Case("too many fields", b"id,name\n1,Ada,\n2,Ben\n", [(3, ["2", "Ben"])], broken=[(2, "field_count")]),
    Case(
        "all rows broken",
        b"id,name,x\n1,2\n3,4\n",
        [],
        ("id", "name", "x"),
        broken=[(2, "field_count"), (3, "field_count")],
    ),
    Case("unclosed quote", b'id,name\n1,"Ada\n2,Ben\n', [(3, ["2", "Ben"])], broken=[(2, "quote_unclosed")]),
    Case("unclosed quote on the last line", b'id,name\n1,Ada\n2,"Ben', ONE, broken=[(3, "quote_unclosed")]),
    Case(
        "unclosed quote before quoted cells",
        b'id,name\n1,"Ada\n2,"Ben"\n3,"C"\n',
        [(3, ["2", "Ben"]), (4, ["3", "C"])],
        broken=[(2, "quote_unclosed")],
    ),
    Case(
        "two unclosed quotes",
        b'id,name\n1,"Ada\n2,"Ben\n3,C\n',
        [(4, ["3", "C"])],
        broken=[(2, "quote_unclosed"), (3, "quote_unclosed")],
    ),
    Case("text after a closing quote", b'id,name\n1,"Ada"x\n2,Ben\n', [(3, ["2", "Ben"])], broken=[(2, "quote_stray")]),
    Case(
        "two quoted pieces in a cell",
        b'id,name\n1,"Ada" "B"\n2,Ben\n',
        [(3, ["2", "Ben"])],
        broken=[(2, "quote_stray")],
    ),
    Case(
        "broken rows and blank lines",
        b'id,name\n\n1,"x"y\n\n2,Ben\n3\n4,D\n',
        [(5, ["2", "Ben"]), (7, ["4", "D"])],
        broken=[(3, "quote_stray"), (6, "field_count")],
        blank=2,
    ),
    Case("joined row of the wrong width", b'id,name\n"1\n2"\n3,C\n', [(3, ["3", "C"])], broken=[(2, "field_count")]),
    Case("NUL", b"id,name\n1,A\0a\n2,Ben\n", [(3, ["2", "Ben"])], broken=[(2, "bytes_undecodable")]),
    Case(
        "one Latin-1 row among UTF-8",
        "id,name\n1,Gül\n2,Zoë\n".encode() + b"3,G\xfcl\n",
        [(2, ["1", "Gül"]), (3, ["2", "Zoë"])],
        broken=[(4, "bytes_undecodable")],
    ),
    Case(
        "given UTF-8",
        b"id,name\n1,G\xfcl\n2,Ben\n",
        [(3, ["2", "Ben"])],
        broken=[(2, "bytes_undecodable")],
        choices={"encoding": "utf-8"},
    ),
    Case(
        "given delimiter",
        b"id,name;x\n1,Ada;y\n",
        [(2, ["1,Ada", "y"])],
        ("id,name", "x"),
        ';""\n',
        choices={"delimiter": ";"},
    ),
    Case("given quote", b"id,name\n1,'Ada'\n", ONE, dialect=",''\n", choices={"quote": "'"}),
    Case("given encoding", "id,name\n1,Gül\n".encode("cp850"), GUL, encoding="cp850", choices={"encoding": "cp850"}),
    Case(
        "undecodable in windows-1252",
        "id,name\n1,Gül\n".encode("cp1252") + b"2,\x81\n",
        GUL,
        encoding="windows-1252",
        broken=[(3, "bytes_undecodable")],
    ),
    Case("undecodable header", b"id,n\x81me\n1,G\xfcl\n", GUL, ("id", "n\ufffdme"), encoding="windows-1252"),
    Case("utf-8", "id,name\n1,Gül\n".encode(), GUL),
    Case("utf-8 with mark", "id,name\n1,Gül\n".encode("utf-8-sig"), GUL, encoding="utf-8-sig"),
    Case("mark and quoted header", '"id","name"\n1,Gül\n'.encode("utf-8-sig"), GUL, encoding="utf-8-sig"),
    Case(
        "mark and header over two lines",
        '"id","na\nme"\n1,Gül\n'.encode("utf-8-sig"),
        GUL,
        ("id", "na\nme"),
        encoding="utf-8-sig",
    ),
    Case("utf-16 le", codecs.BOM_UTF16_LE + "id,name\n1,Gül\n".encode("utf-16-le"), GUL, encoding="utf-16-le"),
    Case(
        "given utf-16",
        codecs.BOM_UTF16_BE + "id,name\n1,Gül\n".encode("utf-16-be"),
        GUL,
        encoding="utf-16",
        choices={"encoding": "utf-16"},
    ),
    *(
        Case(
            f"given {code[:6]} without mark, {code}",
            "id,name\n1,Gül\n".encode(code),
            GUL,
            encoding=code,
            choices={"encoding": code[:6]},
        )
        for code in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
    ),
    Case(
        "given ascii",
        "id,name\n1,Ada\n2,Gül\n".encode(),
        ONE,
        encoding="ascii",
        broken=[(3, "bytes_undecodable")],
        choices={"encoding": "ascii"},
    ),
    Case(
        "utf-16 be",
        codecs.BOM_UTF16_BE + "id\tname\r\n1\tGül\r\n".encode("utf-16-be"),
        GUL,
        dialect='\t""\r\n',
        encoding="utf-16-be",
    ),
    Case("utf-16 without mark", "id,name\n1,Gül\n".encode("utf-16-le"), GUL, encoding="utf-16-le"),
    Case("utf-32", codecs.BOM_UTF32_LE + "id,name\n1,Gül\n".encode("utf-32-le"), GUL, encoding="utf-32-le"),
    Case("one Latin letter", "id,name\n1,Gül\n".encode("latin-1"), GUL, encoding="windows-1252"),
    Case("curly quotes", "id,name\n1,“A”\n".encode("cp1252"), [(2, ["1", "“A”"])], encoding="windows-1252"),
    Case("euro", "id,name\n1,5 €\n".encode("cp1252"), [(2, ["1", "5 €"])], encoding="windows-1252"),
    _foreign("French", FRENCH, "windows-1252"),
    _foreign("French on an old Mac", FRENCH, "mac_roman"),
    _foreign("French in DOS", FRENCH, "cp850"),
    _foreign("Polish", POLISH, "windows-1250"),
    _foreign("Polish, ISO", POLISH, "iso8859-2", "iso-8859-2"),
    _foreign("Czech", CZECH, "windows-1250"),
    _foreign("Turkish", TURKISH, "windows-1254"),
    _foreign("Russian", RUSSIAN, "windows-1251"),
    _foreign("Russian, KOI8", RUSSIAN, "koi8-r"),
    _foreign("Greek", GREEK, "windows-1253"),
    _foreign("Japanese", JAPANESE, "cp932"),
    _foreign("Japanese, EUC", JAPANESE, "euc_jp"),
    _foreign("Chinese", CHINESE, "gb18030"),
    _foreign("Chinese, Big5", TAIWANESE, "big5"),
    _foreign("Korean", KOREAN, "euc_kr"),
    Case("gzip", gzip.compress(b"id,name\n1,Ada\n"), ONE),
    Case("gzip of two members", gzip.compress(b"id,name\n1,A") + gzip.compress(b"da\n"), ONE),
    Case("zip", _zip({"people.csv": b"id,name\n1,Ada\n"}), ONE),
    Case(
        "zip with litter",
        _zip({"a/people.csv": b"id,name\n1,Ada\n", "__MACOSX/a/._people.csv": b"x", "a/.DS_Store": b"x"}),
        ONE,
    ),
    Case("zip with other files", _zip({"readme.txt": b"x", "people.CSV": b"id,name\n1,Ada\n", "logo.png": b"x"}), ONE),
    Case("zip with one text", _zip({"people.txt": b"id,name\n1,Ada\n", "logo.png": b"x"}), ONE),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_an_ugly_file(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "peo'ple.csv"
    path.write_bytes(case.data)
    found = survey(path, tmp_path / "work", **case.choices)  # type: ignore[arg-type]
    rows = duckdb.execute(f"select * from {found.source_sql()}").fetchall()
    broken = [row for batch in found.broken_batches() for row in batch.to_pylist()]
    dialect = found.dialect
    assert found.encoding.name == case.encoding
    assert dialect.delimiter + dialect.quote + dialect.escape + dialect.newline == case.dialect
    assert found.header == case.header
    assert [[cell or "" for cell in row] for row in rows] == [cells for _, cells in case.rows]
    assert found.row_numbers(0, found.records).tolist() == [row for row, _ in case.rows]
    assert [(row["row"], row["code"]) for row in broken] == case.broken
    assert (found.records, found.broken, found.blank_lines) == (len(case.rows), len(case.broken), case.blank)
