"""A batch in pieces that are written one by one, of a size that lets others have their turn soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from headcount.profiles.store import APPLIES, Batch

#: Seconds that writing a piece should take, at about.
_SECONDS = 0.2
#: Rows of the first piece: a row group of the engine, which writes new rows straight into the file. Fewer would go through its log, and
#: make checkpoints. Pieces of people who change, which touch blocks all over the file, become as small as they have to. A large piece
#: of new people, who are written before it is its turn, keeps all threads at work.
_FIRST, _LEAST, _MOST = 122_880, 30_720, 491_520


@dataclass(slots=True)
class Pace:
    """How many rows the next piece has, from one batch of an upload to the next."""

    rows: int = _FIRST

    def learn(self, seconds: float) -> None:
        """Half as many, or twice as many, where the turn was held for too long, or for much less than it may be."""
        if seconds > 1.5 * _SECONDS:
            self.rows = max(_LEAST, self.rows // 2)
        elif seconds < _SECONDS / 2:
            self.rows = min(_MOST, self.rows * 2)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of so many rows."""

    rows: int
    pace: Pace
    #: Gives the seconds for which the turn was held for the last one; waiting for it does not count.
    held: Callable[[], float]

    def __iter__(self) -> Iterator[range]:
        """Each as long as the one before lets it be."""
        start = 0
        while start < self.rows:
            stop = min(start + self.pace.rows, self.rows)
            yield range(start, stop)
            start = stop
            self.pace.learn(self.held())


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a batch, in two parts: those of people whom others wrote since it was found out whom the batch names, and all others."""

    #: For these, what was found out holds, and what later calls decided is taken out of them already.
    known: Batch
    late: Batch | None

    @classmethod
    def of(cls, batch: Batch, yielded: Batch, rows: range, written: pa.Array) -> Self:
        """Those `rows` of a batch, which is `yielded` without what later calls decided; `written` is whose rows others wrote."""
        piece, kept = batch.slice(rows.start, rows.stop), yielded.slice(rows.start, rows.stop)
        late = _among(piece, written)
        if not pc.any(late).as_py():
            return cls(kept, None)
        return cls(replace(kept, rows=_only(kept.rows, pc.invert(late))), replace(piece, rows=piece.rows.filter(late)))

    def names_any(self, written: pa.Array) -> bool:
        """Whether rows of the known part are of people whom others wrote."""
        return bool(len(written)) and bool(pc.any(_among(self.known, written)).as_py())


def _among(batch: Batch, people: pa.Array) -> pa.ChunkedArray:
    return pc.is_in(batch.rows.column("identity"), value_set=people)


def _only(rows: pa.Table, these: pa.ChunkedArray) -> pa.Table:
    """The table with a mark on the rows that count."""
    if APPLIES not in rows.column_names:
        return rows.append_column(APPLIES, these)
    place = rows.column_names.index(APPLIES)
    return rows.set_column(place, APPLIES, pc.and_(rows.column(APPLIES), these))


def in_order_of(rows: pa.Table, same: pa.Table) -> pa.Table:
    """The same rows in the order in which they stand in the first table; both have them under `row`."""
    return same.take(pc.index_in(rows.column("row"), value_set=same.column("row").combine_chunks()))
