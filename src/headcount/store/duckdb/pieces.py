"""A batch in pieces that are written one by one, of a size that lets others have their turn soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from headcount.profiles.store import APPLIES, Batch

#: Seconds that writing a piece should take, at about.
_SECONDS = 0.2
#: Rows of the first piece: a row group of the engine, which writes new rows straight into the file. Fewer would go through its log, and
#: make checkpoints. Pieces of people who change, which touch blocks all over the file, become as small as they have to.
_FIRST, _LEAST = 122_880, 30_720


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of so many rows, as first row and the row behind the last."""

    rows: int
    #: Gives the seconds for which the turn was held for the last one; waiting for it does not count.
    held: Callable[[], float]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Half as long, or twice as long, as the one before where that took too long, or much less than it may."""
        start, size = 0, _FIRST
        while start < self.rows:
            stop = min(start + size, self.rows)
            yield start, stop
            start, took = stop, self.held()
            if took > 1.5 * _SECONDS:
                size = max(_LEAST, size // 2)
            elif took < _SECONDS / 2:
                size *= 2


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
