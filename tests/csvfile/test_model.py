"""The scanner and DuckDB against the character-by-character model, on arbitrary bytes."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from headcount.csvfile import CsvFile, survey
from headcount.csvfile.blocks import read_blocks

_PIECES = [
    b",",
    b'"',
    b"'",
    b"\n",
    b"\r",
    b" ",
    b"a",
    "é".encode(),
    b"\0",
    b"\xff",
    b"\\",
    b'"\n',
    b',"',
    b'",',
    b"\r\n",
]


def _cells(found: CsvFile) -> list[list[str]]:
    rows = duckdb.execute(f"select * from {found.source_sql()}").fetchall()
    return [[cell or "" for cell in row] for row in rows]


def _check(body: bytes, header: bytes, quote: str, block: int) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        patch("headcount.csvfile.scan.read_blocks", lambda file: read_blocks(file, block)),
    ):
        path = Path(name) / "people.csv"
        path.write_bytes(header + body)
        found = survey(path, Path(name) / "work", delimiter=",", encoding="utf-8", quote=quote)
        model = read(body, 2, quote=quote, escape=found.dialect.escape)
        broken = [row for batch in found.broken_batches() for row in batch.to_pylist()]
        assert [(row["row"], row["code"], row["raw"]) for row in broken] == model.broken
        assert found.row_numbers(0, found.records).tolist() == model.rows
        assert found.blank_lines == model.blank
        assert _cells(found) == model.cells


@given(
    st.lists(st.sampled_from(_PIECES), max_size=40).map(b"".join),
    st.sampled_from([b"p,q\n", b"p,q\r\n", b"p,q\r"]),
    st.sampled_from("\"'"),
    st.sampled_from([3, 16, 1 << 16]),
)
@settings(max_examples=300, deadline=None)
def test_every_byte_is_read_as_the_model_reads_it(body: bytes, header: bytes, quote: str, block: int) -> None:
    if header[-1:] == b"\r" and body.startswith(b"\n"):
        body = b"a" + body
    _check(body, header, quote, block)


@dataclass
class Reading:
    """Rows of a file: good ones as cells, broken ones as (row, code, raw)."""

    rows: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    broken: list[tuple[int, str, bytes]] = field(default_factory=list)
    blank: int = 0


class _Broken(Exception):
    pass


class _Parser:
    def __init__(self, data: bytes, quote: bytes, escape: bytes) -> None:
        self.data, self.quote, self.escape = data, quote, escape

    def line_end(self, at: int) -> int:
        """Return the length of the line end at a position, 0 for none."""
        return 2 if self.data.startswith(b"\r\n", at) else int(self.data[at : at + 1] in (b"\r", b"\n"))

    def skip_line(self, at: int) -> tuple[int, int]:
        while at < len(self.data) and not self.line_end(at):
            at += 1
        return at, at + self.line_end(at)

    def skip_blanks(self, at: int) -> int:
        while self.data.startswith(b" ", at):
            at += 1
        return at

    def quoted(self, at: int) -> tuple[bytes, int]:
        cell = b""
        while True:
            pair, byte = self.data[at : at + 2], self.data[at : at + 1]
            if not byte:
                raise _Broken
            if pair == self.quote * 2 or (self.escape != self.quote and pair in (self.escape + self.quote, self.escape * 2)):
                cell, at = cell + pair[1:], at + 2
            elif byte == self.quote:
                return cell, at + 1
            else:
                cell, at = cell + byte, at + 1

    def cell(self, at: int) -> tuple[bytes, int]:
        inner = self.skip_blanks(at)
        if self.data.startswith(self.quote, inner):
            cell, end = self.quoted(inner + 1)
            end = self.skip_blanks(end)
            if end < len(self.data) and not self.line_end(end) and self.data[end : end + 1] != b",":
                self.stray = end
                raise _Broken
            return cell, end
        end = at
        while end < len(self.data) and not self.line_end(end) and self.data[end : end + 1] != b",":
            end += 1
        return self.data[at:end], end

    def record(self, at: int) -> tuple[list[bytes], int]:
        cells = []
        while True:
            cell, at = self.cell(at)
            cells.append(cell)
            if self.data[at : at + 1] != b",":
                return cells, at
            at += 1


def read(data: bytes, columns: int, *, quote: str = '"', escape: str = '"', first_row: int = 2) -> Reading:
    """Read all records of `data`."""
    parser, reading = _Parser(data, quote.encode(), escape.encode()), Reading()
    at, row = 0, first_row
    while at < len(data):
        at = _read_row(parser, reading, at, row, columns)
        row += 1
    return reading


def _read_row(parser: _Parser, reading: Reading, at: int, row: int, columns: int) -> int:
    stop, after = parser.skip_line(at)
    line = parser.data[at:stop]
    if not line.replace(b"\xc2\xa0", b"").strip(b" \t"):
        reading.blank += 1
        return after
    parser.stray = len(parser.data)
    try:
        cells, end = parser.record(at)
    except _Broken:
        code = "quote_stray" if parser.stray < stop else "quote_unclosed"
        reading.broken.append((row, code, _shown(line)))
        return after
    raw = parser.data[at:end]
    if not _is_text(raw):
        reading.broken.append((row, "bytes_undecodable", _shown(raw)))
    elif len(cells) != columns:
        reading.broken.append((row, "field_count", raw))
    else:
        reading.rows.append(row)
        reading.cells.append([cell.decode() for cell in cells])
    return end + parser.line_end(end)


def _shown(raw: bytes) -> bytes:
    """Return the text with undecodable bytes written out."""
    return re.sub("[\udc80-\udcff]", lambda m: f"\\x{ord(m[0]) - 0xDC00:02X}", raw.decode("utf-8", "surrogateescape")).encode()


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw
