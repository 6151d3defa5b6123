"""Files without a byte order mark: UTF-16 in many scripts, 8-bit files with NUL bytes, and binaries."""

from __future__ import annotations

import struct
from pathlib import Path
from random import Random

import pytest

from headcount.csvfile import survey
from headcount.csvfile.unmarked import byte_order, is_binary
from headcount.errors import FileRejected

LINES = {
    "Japanese": "山田太郎,東京に住んでいます",
    "Kana": "ひらがなとカタカナ,「こんにちは」",
    "Chinese": "我们在北京的公司有很多客户,请填写您的姓名和地址",
    "Korean": "서울에 사는 고객의 이름,주소를 입력하세요",
    "Russian": "Привет Иван,Москва и Петербург",
    "Greek": "Καλημέρα κόσμε,Γιώργος",
    "Arabic": "محمد,القاهرة",
    "Thai": "สมชาย,กรุงเทพมหานคร",
    "Hindi": "राजेश,दिल्ली",
    "English": "Ada,London",
}


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("rows", [1, 3, 200])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("language", LINES)
def test_utf16_is_known_in_every_script(language: str, rows: int, end: str, code: str, tmp_path: Path) -> None:
    line = LINES[language]
    path = tmp_path / "people.csv"
    path.write_bytes((line + end).encode(code) * (rows + 1))
    found = survey(path, tmp_path / "work")
    assert found.encoding.name == code
    assert ",".join(found.header) == line
    assert (found.records, found.broken) == (rows, 0)


def _rows(row: bytes, count: int = 100) -> bytes:
    return b"".join(row.replace(b"#", b"%06d" % number) for number in range(count))


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "cp1251", "cp932"])
@pytest.mark.parametrize("header", [b"identity,a", b"identity,ab"])
@pytest.mark.parametrize("row", [b"#,\0\n", b"#\0,\0\n", b"#,a\0\n", b"#,\0\r\n", b"\0#,\n", b"#1,\0\n", b"#,\0\0\n"])
def test_rows_with_nul_bytes_are_rejected_rows(row: bytes, header: bytes, encoding: str, tmp_path: Path) -> None:
    name = {"ascii": "x", "utf-8": "ü山", "cp1251": "Привет", "cp932": "東京に"}[encoding]
    path = tmp_path / "people.csv"
    path.write_bytes(header + b"\n" + _rows(row) + f"{name},ok\n".encode(encoding) * 3)
    found = survey(path, tmp_path / "work")
    assert (found.records, found.broken_codes) == (3, {"bytes_undecodable": 100})
    assert not found.encoding.name.startswith("utf-16")


@pytest.mark.parametrize("columns", [2, 5])
def test_a_column_of_bits_is_no_binary(columns: int) -> None:
    data = b"identity" + b",bit" * columns + b"\n" + _rows(b"#" + b",\0" * columns + b"\n" + b"#" + b",\1" * columns + b"\n")
    assert byte_order(data) is None
    assert not is_binary(data, None)


BINARIES = {
    "random": Random(1).randbytes(5000),
    "zeros": bytes(5000),
    "program": b"\xcf\xfa\xed\xfe\x0c\0\0\1\0\0\0\0\2\0\0\0" + bytes(4000) + Random(2).randbytes(400),
    "small numbers": struct.pack("<500I", *range(500)),
    "short numbers": struct.pack("<2000H", *range(2000)),
    "tar": b"people.csv" + bytes(90) + b"0000644\0" + bytes(404) + b"identity,a\n1,2\n" + bytes(500),
    "text before": b"P6\n640 480\n255\n" + Random(3).randbytes(5000),
}


@pytest.mark.parametrize("name", BINARIES)
def test_a_binary_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(BINARIES[name])
    with pytest.raises(FileRejected) as refusal:
        survey(path, tmp_path / "work")
    assert refusal.value.code == "file_not_csv"
