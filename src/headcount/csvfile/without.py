"""Taking rows out of a CSV file, all the others left as they are, byte by byte.

Which rows these are is asked in regular expressions over all rows of a block at once; none is split into cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headcount.csvfile.blocks import read_blocks
from headcount.csvfile.dialect import Dialect
from headcount.csvfile.marks import Bytes, Mask
from headcount.csvfile.rows import SOUND, Rows, read_rows

#: Texts that are asked for at once: an expression must not grow without end.
_TOGETHER = 200
#: What may stand between the digits of a phone number.
_BETWEEN = rb"[ ().\-/]*"
#: What stands around the cells of a row that could not be split.
_EDGES = rb"[\s,;|\"'<>()]"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose rows are looked for: what they are called, and the addresses that tell where a row names nobody."""

    #: Compared letter by letter with the cell of the identity.
    names: Sequence[str]
    #: Compared in any case, with the cell of the identity as well.
    emails: Sequence[str] = ()
    #: In E.164.
    phones: Sequence[str] = ()


@dataclass(slots=True)
class Taken:
    """What was taken out."""

    rows: int = 0
    #: The text of the first cell of each.
    first_cells: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Search:
    """Finds the rows of people in a file of this dialect and encoding, whose identity stands in the cell `identity` (from 0)."""

    dialect: Dialect
    encoding: str
    identity: int
    wanted: Wanted
    #: An expression of rows that stand in one cell as they came; blank where there are none.
    unsplit: bytes = b""

    def rows(self, data: Bytes, rows: Rows, width: int) -> Mask:
        """Which rows are theirs: by the identity, by an address where it is blank, by either in a row that could not be split."""
        found = np.zeros(len(rows), np.bool_)
        if not len(rows):
            return found
        texts = _texts(data, rows)
        broken = (rows.fault != SOUND) | (rows.fields != width)
        if self.unsplit:
            broken |= _matches(texts, self.unsplit)
        nameless = _matches(texts, self._cell(b""))
        for names, addresses in self.parts():
            named = _matches(texts, _anywhere([*names, *addresses]))
            if named.any():
                found |= named & (broken | _matches(texts, self._cell(b"|".join([*names, *addresses]))))
                found |= nameless & _matches(texts, _anywhere(addresses))
        return found

    def parts(self) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """Expressions of the names and of the addresses, some at a time."""
        names = [self._literal(text) for text in self.wanted.names]
        addresses = [b"(?i:%s)" % self._literal(text) for text in self.wanted.emails]
        addresses += [_phone(text) for text in self.wanted.phones]
        for start in range(0, max(len(names), len(addresses)), _TOGETHER):
            yield names[start : start + _TOGETHER], addresses[start : start + _TOGETHER]

    def _literal(self, text: str) -> bytes:
        quote = self.dialect.quote
        plain, doubled = (re.escape(each.encode(self.encoding, "replace")) for each in (text, text.replace(quote, quote * 2)))
        return plain if plain == doubled else b"(?:%s|%s)" % (plain, doubled)

    def _cell(self, texts: bytes) -> bytes:
        """That the cell of the identity is one of these, with or without quotes and the escape of a spreadsheet."""
        q, d = (re.escape(sign.encode()) for sign in (self.dialect.quote, self.dialect.delimiter))
        inner = rb"[^%s]|%s%s" % (q, q, q) if self.dialect.escape == self.dialect.quote else rb"\\.|[^%s\\]|%s%s" % (q, q, q)
        cell = rb"(?:[ ]*%s(?:%s)*%s[ ]*|[^%s%s][^%s]*|)%s" % (q, inner, q, q, d, d, d)
        return rb"(?s)^(?:%s){%d}[\s]*%s?[\s]*'?(?:%s)[\s]*%s?[\s]*(?:%s|$)" % (cell, self.identity, q, texts, q, d)


def mentions(source: BufferedReader, encoding: str, wanted: Wanted) -> bool:
    """Whether a file, from where it stands, has one of the texts anywhere."""
    search = Search(Dialect(",", '"', '"', "\n"), encoding, 0, wanted)
    patterns = [_anywhere([*names, *addresses]) for names, addresses in search.parts()]
    return any(
        _matches(pa.array([block.data.tobytes()], pa.binary()), pattern).any() for block in read_blocks(source) for pattern in patterns
    )


def take_out(source: BufferedReader, target: IO[bytes], search: Search, *, width: int, blank: bool) -> Taken:
    """Copy the rows of a file, from where it stands, that are not theirs; `width` is the number of cells of a sound row.

    With `blank` an empty line stays for each of theirs, so that all others keep their numbers. Raises ValueError where a line is no row.
    """
    taken = Taken()
    for data, rows in _blocks(source, search.dialect):
        theirs = np.flatnonzero(search.rows(data, rows, width))
        _copy(data, rows, theirs, target, blank=blank)
        taken.rows += theirs.size
        taken.first_cells += [_first_cell(data, rows, index, search) for index in theirs.tolist()]
    return taken


def _blocks(source: BufferedReader, dialect: Dialect) -> Iterator[tuple[Bytes, Rows]]:
    """Whole rows with the bytes they are in."""
    rest = np.empty(0, np.uint8)
    for block in read_blocks(source):
        if block.overlong:
            raise ValueError("a line is too long to be a row")
        data = np.concatenate((rest, block.data)) if rest.size else block.data
        rows = read_rows(data, dialect.marks, closed=block.closed)
        yield data[: rows.rest], rows
        rest = data[rows.rest :]
    if rest.size:
        yield rest, read_rows(rest, dialect.marks, closed=True)


def _texts(data: Bytes, rows: Rows) -> pa.Array:
    """The rows as binary texts; none is copied."""
    offsets = np.append(rows.start, rows.end[-1:]).astype(np.int32)
    return pa.Array.from_buffers(pa.binary(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))])


def _matches(texts: pa.Array, pattern: bytes) -> Mask:
    found: Mask = pc.match_substring_regex(texts, pattern=pattern).to_numpy(zero_copy_only=False)
    return found


def _copy(data: Bytes, rows: Rows, theirs: np.ndarray, target: IO[bytes], *, blank: bool) -> None:
    begin = 0
    for index in theirs:
        target.write(data[begin : rows.start[index]].data)
        begin = rows.stop[index] if blank else rows.end[index]
    target.write(data[begin:].data)


def _first_cell(data: Bytes, rows: Rows, index: int, search: Search) -> str:
    text = data[rows.start[index] : rows.stop[index]].tobytes().decode(search.encoding, "replace")
    return text.split(search.dialect.delimiter, 1)[0]


def _anywhere(texts: Sequence[bytes]) -> bytes:
    """That a row has one of these, not as a part of a longer word; no text, no row."""
    return rb"(?:^|%s)(?:%s)(?:%s|$)" % (_EDGES, b"|".join(texts), _EDGES) if texts else rb"[^\s\S]"


def _phone(number: str) -> bytes:
    """Any way of writing the digits of a number in E.164."""
    return rb"[+(0]*" + _BETWEEN.join(digit.encode() for digit in number if digit.isdigit())
