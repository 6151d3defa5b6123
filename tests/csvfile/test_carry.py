"""Undecodable bytes: what the problem says of them, and how their row is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from headcount.csvfile import survey

SURROGATE = b"\x00\xd8"

CASES = [
    ("utf-8", "2,Mü".encode() + b"\xfcller", "byte 0xFC at offset 5 of the row", "2,Mü\\xFCller"),
    ("utf-8", b"2,\xe3\x81 \xff", "byte 0xE3 at offset 2 of the row", "2,\\xE3\\x81 \\xFF"),
    ("utf-8", "2,ü\0".encode(), "byte 0x00 (NUL) at offset 4 of the row", "2,ü\0"),
    ("cp1252", "2,üü".encode("cp1252") + b"\x81x", "byte 0x81 at offset 4 of the row", "2,üü\\x81x"),
    ("cp1252", b"2,\x81\x8d", "byte 0x81 at offset 2 of the row", "2,\\x81\\x8D"),
    ("cp1252", "2,ü\0".encode("cp1252"), "byte 0x00 (NUL) at offset 3 of the row", "2,ü\0"),
    ("ascii", "2,ü".encode(), "byte 0xC3 at offset 2 of the row", "2,\\xC3\\xBC"),
    ("utf-16-le", "2,ü山🙂".encode("utf-16-le") + SURROGATE + b"x\0", "byte 0x00 at offset 12 of the row", "2,ü山🙂\\x00\\xD8x"),
    ("utf-32-le", "2,ü".encode("utf-32-le") + b"\0\0\x11\0", "byte 0x00 at offset 12 of the row", "2,ü\\x00\\x00\\x11\\x00"),
    ("cp932", "2,山".encode("cp932") + b"\x81", "byte 0x81 at offset 4 of the row", "2,山\\x81"),
]


@pytest.mark.parametrize(("encoding", "row", "detail", "shown"), CASES)
def test_only_what_does_not_decode_is_written_out(encoding: str, row: bytes, detail: str, shown: str, tmp_path: Path) -> None:
    end, path = "\n".encode(encoding), tmp_path / "people.csv"
    path.write_bytes("id,näme\n1,ä\n".replace("ä", "a" if encoding in {"ascii", "cp932"} else "ä").encode(encoding) + (row + end) * 2)
    found = survey(path, tmp_path / "work", encoding=encoding)
    broken = [line for batch in found.broken_batches() for line in batch.to_pylist()]
    assert [(line["row"], line["code"], line["detail"]) for line in broken] == [(n, "bytes_undecodable", detail) for n in (3, 4)]
    assert [line["raw"].decode() for line in broken] == [shown, shown]
    assert found.records == 1


def test_the_beginning_of_a_long_line_ends_with_a_whole_character(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"id,name\n1," + "山".encode() * (8 << 20) + b"\n")
    found = survey(path, tmp_path / "work")
    (batch,) = found.broken_batches()
    assert set(batch["raw"][0].as_py().decode()) == {"1", ",", "山"}
    assert found.encoding.name == "utf-8"
