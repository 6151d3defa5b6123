"""The opening of a file: byte order mark, `sep=` line, dialect and header."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from headcount.csvfile import carry
from headcount.csvfile.blocks import last_line_end
from headcount.csvfile.dialect import Dialect, Given, detect, separator_line
from headcount.csvfile.encoding import bom_length
from headcount.csvfile.marks import Bytes
from headcount.csvfile.rows import SOUND, Rows, blank_rows, read_rows
from headcount.csvfile.utf8 import undecodable
from headcount.errors import FileRejected

_SAMPLE = 1 << 20
_LONGEST = 16 << 20

_NEWLINES = {b"\n": "\n", b"\r\n": "\r\n", b"\r": "\r"}


@dataclass(frozen=True, slots=True)
class Opening:
    """What comes before the data."""

    dialect: Dialect
    header: tuple[str, ...]
    #: spreadsheet row of the header
    header_row: int
    #: where the data begins
    body: int
    #: bytes of the header row
    length: int
    #: the header holds bytes that are not UTF-8 text
    undecodable: bool
    #: the header is all there is before the data, on one line
    simple: bool


def open_csv(path: Path, given: Given) -> Opening:
    """Read the opening of a UTF-8 file. Raises FileRejected(file_empty, header_missing)."""
    width = _SAMPLE
    while True:
        sample, whole = _sample(path, width)
        skipped, separator = _before_rows(sample)
        data = np.frombuffer(sample, np.uint8)[skipped:]
        cut = not whole and width >= _LONGEST
        whole = whole or cut
        if whole and not data.tobytes().replace(b"\xc2\xa0", b"").strip():
            raise _no_header(separator, cut=cut)
        dialect = detect(data, replace(given, delimiter=given.delimiter or separator), whole=whole)
        rows = read_rows(data, dialect.marks, closed=whole)
        filled = np.flatnonzero(~blank_rows(data, rows, dialect.marks.delimiter))
        if filled.size:
            found = _opening(data, rows, int(filled[0]), dialect)
            return replace(found, body=found.body + skipped, simple=found.simple and separator is None)
        if whole:
            raise _no_header(separator, cut=cut)
        width = _LONGEST


def _sample(path: Path, width: int) -> tuple[bytes, bool]:
    with path.open("rb") as file:
        sample = file.read(width)
        whole = not file.read(1)
    if whole:
        return sample, True
    cut = last_line_end(np.frombuffer(sample, np.uint8))
    return sample[:cut], False


def _before_rows(sample: bytes) -> tuple[int, str | None]:
    skipped = bom_length(sample) if sample.startswith(b"\xef\xbb\xbf") else 0
    separator = separator_line(sample[skipped:])
    return (skipped + separator[1], separator[0]) if separator else (skipped, None)


def _opening(data: Bytes, rows: Rows, index: int, dialect: Dialect) -> Opening:
    row = index + 1
    if rows.fault[index] != SOUND:
        message = f"The header in row {row} cannot be read: its quoting is broken."
        raise FileRejected("header_missing", message, "Mend the quotes of the first row.")
    start, stop, end = (int(side[index]) for side in (rows.start, rows.stop, rows.end))
    raw = data[start:stop]
    newline = _NEWLINES.get(data[stop:end].tobytes(), "\n")
    wrong = bool(undecodable(raw).size)
    simple = row == 1 and not wrong and not ((raw == 10) | (raw == 13)).any()
    cells = split_cells(carry.replaced(raw.tobytes()), dialect)
    return Opening(replace(dialect, newline=newline), cells, row, end, end - start, wrong, simple)


def _no_header(separator: str | None, *, cut: bool) -> FileRejected:
    if cut:
        message = f"The first line with text does not end within the first {_LONGEST >> 20} MiB of the file: it is too long for a header."
        return FileRejected("header_missing", message, "Check the line ends of the file; its first line must name the columns.")
    advice = "Export it again; the first row must name the columns."
    if separator is None:
        return FileRejected("file_empty", "The file holds nothing but blanks.", advice)
    return FileRejected("header_missing", "Nothing follows the sep= line.", advice)


def split_cells(record: str, dialect: Dialect) -> tuple[str, ...]:
    """Return the cells of one record with sound quoting, unquoted and otherwise as they are."""
    cell = _cell_pattern(dialect)
    cells = []
    at = 0
    while found := cell.match(record, at):
        quoted = found["quoted"]
        cells.append(found["plain"] if quoted is None else _unquote(quoted, dialect))
        at = found.end()
        if not found["more"]:
            break
    return tuple(cells)


def _cell_pattern(dialect: Dialect) -> re.Pattern[str]:
    delimiter, quote, escape = map(re.escape, (dialect.delimiter, dialect.quote, dialect.escape))
    stroke = rf"{escape}.|" if dialect.escape != dialect.quote else ""
    quoted = rf" *+{quote}(?P<quoted>(?:{stroke}{quote}{quote}|[^{quote}])*+){quote} *+"
    return re.compile(rf"(?:{quoted}|(?P<plain>[^{delimiter}]*))(?P<more>{delimiter}|\Z)", re.DOTALL)


def _unquote(text: str, dialect: Dialect) -> str:
    quote, escape = dialect.quote, dialect.escape
    if escape == quote:
        return text.replace(quote * 2, quote)
    marks = re.escape(quote), re.escape(escape)
    return re.sub(rf"{marks[1]}([{marks[0]}{marks[1]}])|{marks[0]}({marks[0]})", r"\1\2", text)
