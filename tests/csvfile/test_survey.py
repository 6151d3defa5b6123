"""Surveys: refusals, limits, restarts, and the files that a survey leaves behind."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headcount.csvfile import CsvFile, Ends, survey
from headcount.csvfile.blocks import Block, read_blocks
from headcount.errors import FileRejected, WrongCall


def _survey(tmp_path: Path, data: bytes, **choices: str) -> CsvFile:
    path = tmp_path / "people.csv"
    path.write_bytes(data)
    return survey(path, tmp_path / "work", **choices)  # type: ignore[arg-type]


def _zip(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            with archive.open(zipfile.ZipInfo(name), "w") as member:
                member.write(b"id,name\n1,Ada\n")
    return out.getvalue()


def _corrupt(kind: int) -> bytes:
    """A zip whose data was overwritten in the middle."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        archive.writestr("people.csv", Random(1).randbytes(4000))
    data = out.getvalue()
    return data[:60] + b"\xff" * 1000 + data[1060:]


def _encrypted() -> bytes:
    data = bytearray(_zip("people.csv"))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


# Without a time in them: they name cases, which all processes of a test run have to call the same.
PACKED = gzip.compress(b"id,name\n" + b"1,Ada\n" * 1000, mtime=0)

REFUSED = [
    (b"", "file_empty"),
    (b" \r\n\t\n", "file_empty"),
    (b"\xef\xbb\xbf", "file_empty"),
    (b"\xff\xfe", "file_empty"),
    (gzip.compress(b"", mtime=0), "file_empty"),
    (b"\x89PNG\r\n\x1a\nx,y\n", "file_not_csv"),
    (b"%PDF-1.7\nx,y\n", "file_not_csv"),
    (_zip("[Content_Types].xml", "xl/workbook.xml"), "file_not_csv"),
    (_zip("mimetype", "content.xml"), "file_not_csv"),
    (b"\x00\x01\x02\x03abcd" * 100, "file_not_csv"),
    (PACKED[:-20], "archive_invalid"),
    (PACKED[:20] + b"xxxx" + PACKED[24:], "archive_invalid"),
    (_zip("people.csv")[:-30], "archive_invalid"),
    (gzip.compress(PACKED, mtime=0), "archive_invalid"),
    (_corrupt(zipfile.ZIP_LZMA), "archive_invalid"),
    (_corrupt(zipfile.ZIP_BZIP2), "archive_invalid"),
    (_corrupt(zipfile.ZIP_DEFLATED), "archive_invalid"),
    (_zip(""), "archive_invalid"),
    (_zip("", "people.csv"), "archive_invalid"),
    (_encrypted(), "archive_encrypted"),
    (_zip(), "archive_many"),
    (_zip("a.csv", "b.csv"), "archive_many"),
    (_zip("a.csv", "b.tsv", "readme.txt"), "archive_many"),
    (_zip("a.txt", "b.txt"), "archive_many"),
    (b"sep=;\n", "header_missing"),
    (b"id," + b"x" * (17 << 20) + b"\n1,2\n", "header_missing"),
    (b"\n" * (17 << 20) + b"id\n1\n", "header_missing"),
    (b'id,"na"me\n1,2\n', "header_missing"),
    (b'id,"name\n1,2\n', "header_missing"),
]


@pytest.mark.parametrize(("data", "code"), REFUSED)
def test_a_file_that_cannot_be_used_is_refused(data: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(FileRejected) as refusal:
        _survey(tmp_path, data)
    assert refusal.value.code == code
    assert refusal.value.advice


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_over_the_limit_is_refused_before_it_is_stored(pack: type[bytes], tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(pack(b"id,name\n" + b"0,000\n" * 2_000_000))
    with pytest.raises(FileRejected) as refusal:
        survey(path, tmp_path / "work", limit=3_000_000)
    assert refusal.value.code == "file_too_large"
    assert not list((tmp_path / "work").iterdir())


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        ({"encoding": "klingon"}, "encoding_unknown"),
        ({"encoding": "base64"}, "encoding_unknown"),
        ({"encoding": "idna"}, "encoding_unknown"),
        ({"encoding": "punycode"}, "encoding_unknown"),
        ({"encoding": "undefined"}, "encoding_unknown"),
        ({"encoding": "unicode_escape"}, "encoding_unknown"),
        ({"encoding": "raw_unicode_escape"}, "encoding_unknown"),
        ({"encoding": "utf_7"}, "encoding_unknown"),
        ({"encoding": "utf\0"}, "encoding_unknown"),
        ({"delimiter": ",,"}, "dialect_invalid"),
        ({"quote": "x"}, "dialect_invalid"),
        ({"escape": "x"}, "dialect_invalid"),
        ({"quote": "'", "escape": '"'}, "dialect_invalid"),
    ],
)
def test_an_impossible_choice_is_a_wrong_call(choices: dict[str, str], code: str, tmp_path: Path) -> None:
    with pytest.raises(WrongCall) as refusal:
        _survey(tmp_path, b"id,name\n", **choices)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("choices", "good"), [({}, 2), ({"escape": '"'}, 1), ({"escape": "\\"}, 2), ({"quote": "'"}, 1), ({"quote": "'", "escape": "'"}, 1)]
)
def test_what_is_given_is_not_detected(choices: dict[str, str], good: int, tmp_path: Path) -> None:
    found = _survey(tmp_path, b'id,name\n1,"a \\" b, c"\n2,d\n', delimiter=",", **choices)
    assert (found.records, found.broken) == (good, 2 - good)


@pytest.mark.parametrize(
    ("body", "quote", "broken"),
    [
        ("'1','Ann'\n'2','Bob'\n'3','Eve\n'4','Tim'\n", "'", 1),
        ("'u1','Ann'\n" * 20 + "'u99','D'Arcy'\n", "'", 1),
        ("1,'tis the season\n", '"', 0),
        ("1,'+49 30 1\n2,'+49 30 2\n3,x\n4,'=1\n", '"', 0),
        ("1,O'Neil\n2,rock 'n' roll\n3,x\n", '"', 0),
        ("1,'a, b'\n2,'c, d'\n", "'", 0),
    ],
)
def test_apostrophes_quote_where_they_mostly_do(body: str, quote: str, broken: int, tmp_path: Path) -> None:
    found = _survey(tmp_path, f"identity,name\n{body}".encode(), delimiter=",")
    assert (found.dialect.quote, found.broken) == (quote, broken)


def test_a_clean_file_is_read_where_it_is(tmp_path: Path) -> None:
    found = _survey(tmp_path, b"id,name\r\n1,Ada\r\n")
    assert found.path == tmp_path / "people.csv"
    assert found.size == 16


def test_the_original_stays_even_in_the_working_directory(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"id,name\n\n1,Ada\n")
    found = survey(path, tmp_path)
    assert path.exists()
    assert found.path != path


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        (b"1", "has 1 field, the header has 2"),
        (b"1,2,3", "has 3 fields, the header has 2"),
        (b"1,a\x81b", "byte 0x81 at offset 3 of the row"),
        (b"1,\0", "byte 0x00 (NUL) at offset 2 of the row"),
    ],
)
def test_a_broken_record_says_what_is_wrong(row: bytes, detail: str, tmp_path: Path) -> None:
    found = _survey(tmp_path, b"id,name\n" + row + b"\n", encoding="utf-8")
    (record,) = [record for batch in found.broken_batches() for record in batch.to_pylist()]
    assert record["detail"] == detail
    assert record["raw"] == row.replace(b"\x81", b"\\x81")
    assert found.broken_codes == {record["code"]: 1}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("ab", Ends.PLAIN),
        ("a b", Ends.PLAIN),
        ("O'Neil", Ends.PLAIN),
        ('"b, a"', Ends.PLAIN),
        ('"b ,a"', Ends.PLAIN),
        ('"b,\'a"', Ends.PLAIN),
        ('"a\nb, c"', Ends.PLAIN),
        ('"a ""b"" c"', Ends.PLAIN),
        ('""" a"', Ends.PLAIN),
        ('"a """', Ends.PLAIN),
        (" a", Ends.BLANKS),
        ("a ", Ends.BLANKS),
        ('" a"', Ends.BLANKS),
        ('"a "', Ends.BLANKS),
        ('"a" ', Ends.BLANKS),
        ("'a", Ends.BLANKS),
        ('"\'a"', Ends.BLANKS),
        ('5" b', Ends.BLANKS),
        ('5", x', Ends.BLANKS),
        ('"a\nb"\n2, c', Ends.BLANKS),
        ("a\tb", Ends.PLAIN),
        ("\tab", Ends.ANY),
        ('"ab\t"', Ends.ANY),
        ('"a\nb"', Ends.PLAIN),
        ('"ab\n"', Ends.ANY),
        ('" \nab"', Ends.ANY),
        ("a\u00a0b", Ends.ANY),
        ("a\u3000b", Ends.ANY),
        ("\u200bé", Ends.ANY),
        ("é", Ends.PLAIN),
        ("漢", Ends.PLAIN),
    ],
)
def test_what_cells_begin_and_end_with_is_noticed(cell: str, expected: Ends, tmp_path: Path) -> None:
    assert _survey(tmp_path, f"id,name\n1,{cell}\n".encode(), delimiter=",", quote='"').ends is expected


@settings(max_examples=400, deadline=None)
@given(st.text("a ,'\"\n;", max_size=40))
def test_plain_cells_have_nothing_around_them(body: str) -> None:
    with TemporaryDirectory() as folder:
        found = _survey(Path(folder), f"id,name\n1,x\n{body}\n".encode(), delimiter=",", quote='"')
        cells = duckdb.execute(f"SELECT unnest([c0, c1]) FROM {found.source_sql()}").fetchall()
    around = [cell for (cell,) in cells if cell is not None and (cell != cell.strip() or cell.startswith("'"))]
    assert found.ends is not Ends.PLAIN or not around


def test_tabs_that_delimit_are_no_white_space(tmp_path: Path) -> None:
    assert _survey(tmp_path, b"id\tname\n1\tAda\n").ends is Ends.PLAIN
    assert _survey(tmp_path, b'id\tname\n1\t"A\tda"\n').ends is Ends.ANY


def test_a_description_survives_json(tmp_path: Path) -> None:
    found = _survey(tmp_path, "id,name\n\n1,Gül\n2\n".encode())
    assert CsvFile.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_row_numbers_are_found_from_any_ordinal(tmp_path: Path) -> None:
    found = _survey(tmp_path, b"id,name\n" + b"1,a\n\n2,b\n3\n4,d\n" * 50)
    rows = [start + step for start in range(2, 252, 5) for step in (0, 2, 4)]
    assert found.row_numbers(0, 150).tolist() == rows
    assert [found.row_numbers(at, 2).tolist() for at in range(149)] == [rows[at : at + 2] for at in range(149)]


def test_backslashes_that_escape_late_are_found(tmp_path: Path) -> None:
    found = _survey(tmp_path, b'id,name\n1,"a"\n' * 100_000 + b'2,"say \\"hi\\", Ben"\n')
    assert found.dialect.escape == "\\"
    assert not found.broken_codes.get("quote_stray")


def test_bytes_that_are_no_utf8_late_in_the_file_decide_the_encoding(tmp_path: Path) -> None:
    found = _survey(tmp_path, b"id,name\n" + b"1,Ada\n" * 300_000 + b"2,Z\xfcrich\n")
    assert found.encoding.name == "windows-1252"
    assert found.encoding.sample == "2,Zürich"
    assert found.records == 300_001


def test_progress_ends_with_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"id,name\n" + b"1,Ada\n" * 500_000)
    told: list[tuple[int, int]] = []
    survey(path, tmp_path / "work", progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (3_000_008, 3_000_008)


@pytest.mark.parametrize(("end", "quote"), [("\n", '"'), ("\r\n", '"'), ("\n", "'")])
def test_joined_rows_are_whole_across_the_buffers_of_the_reader(end: str, quote: str, tmp_path: Path) -> None:
    draw = Random(5)
    texts = [
        f"{quote}a{end}b,{quote}",
        f"{quote}{f'{end}c,' * 30}{quote}{quote}{quote}",
        "plain",
        f"{quote},,{quote}",
    ]
    lines = (f"{index},{draw.choice(texts)},{index}" for index in range(400_000))
    found = _survey(tmp_path, end.join(("id,note,again", *lines)).encode())
    source = found.source_sql().replace("buffer_size=33554432", "buffer_size=4194304")
    assert found.path.name == "people.csv"
    assert duckdb.execute(
        f"select count(*), bool_and(c0 = c2 and c0::bigint = ordinal) from (select *, row_number() over () - 1 as ordinal from {source})"
    ).fetchall() == [(400_000, True)]


def _long_blocks(file: BufferedReader) -> Iterator[Block]:
    return read_blocks(file, size=8, longest=32)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("length", [*range(33, 50), 200])
def test_a_line_that_is_too_long_is_one_broken_record(length: int, end: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headcount.csvfile.scan.read_blocks", _long_blocks)
    lines = [b"id,name", b"1,Ada", b'2,"x', b"y" * length, b"3,Ben"]
    found = _survey(tmp_path, end.join(lines))
    broken = [record for batch in found.broken_batches() for record in batch.to_pylist()]
    assert [(record["row"], record["code"]) for record in broken] == [
        (3, "quote_unclosed"),
        (4, "record_too_long" if length > 40 else broken[-1]["code"]),
    ]
    assert found.row_numbers(0, 2).tolist() == [2, 5]


def test_thousands_of_columns(tmp_path: Path) -> None:
    header = ",".join(f"column {index}" for index in range(5000))
    found = _survey(tmp_path, f"{header}\n{'1,' * 4999}1\n".encode())
    assert len(found.header) == 5000
    assert duckdb.execute(f"select c4999 from {found.source_sql()}").fetchall() == [("1",)]
