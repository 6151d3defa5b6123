"""A batch in pieces that are written one by one, of a size that lets others have their turn soon."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from headcount.profiles.store import APPLIES, Batch

#: Seconds that writing a piece should take, and how many rows the first one has.
_SECONDS = 0.15
_FIRST, _LEAST = 61_440, 4_096


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of so many rows, as first row and the row behind the last."""

    total: int

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Each piece as long as what the one before it took allows."""
        total, start, size = self.total, 0, _FIRST
        while start < total:
            stop = min(start + size, total)
            began = time.monotonic()
            yield start, stop
            took = max(time.monotonic() - began, 0.001)
            # By half or double at most: one that waited for its turn says little.
            size = max(_LEAST, min(2 * size, max(size // 2, round(size * _SECONDS / took))))
            start = stop


def apart(batch: Batch, start: int, stop: int, written: pa.Array) -> Sequence[tuple[Batch, bool]]:
    """The rows of a piece, and by themselves those of people whom others wrote meanwhile; with each whether what was found out holds."""
    piece = batch.slice(start, stop)
    rows = piece.rows
    if not len(written):
        return [(piece, True)]
    late = pc.is_in(rows.column("identity"), value_set=written)
    if not pc.any(late).as_py():
        return [(piece, True)]
    return [(replace(batch, rows=_only(rows, pc.invert(late))), True), (replace(batch, rows=rows.filter(late)), False)]


def _only(rows: pa.Table, these: pa.ChunkedArray) -> pa.Table:
    """The table with a mark on the rows that count."""
    if APPLIES not in rows.column_names:
        return rows.append_column(APPLIES, these)
    place = rows.column_names.index(APPLIES)
    return rows.set_column(place, APPLIES, pc.and_(rows.column(APPLIES), these))
