"""From typed cells, one below the other, to one row a person, as a batch has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from headcount.ingest.cells import VALUES, WHO
from headcount.profiles.consent import Channel
from headcount.profiles.store import BatchColumn


@dataclass(frozen=True, slots=True)
class Rows:
    """The typed cells of records that are well: `row`, `k`, `operation`, `identity`, and a column for the values of each type."""

    cells: pa.Table

    @property
    def people(self) -> pa.Table:
        """Who is named, each once, with the last row that does: `identity`, `row`."""
        named = self._of([WHO]).select(["identity", "row"])
        return named.group_by("identity", use_threads=False).aggregate([("row", "max")]).rename_columns(["identity", "row"])

    def batch(
        self,
        people: pa.Table,
        columns: Mapping[int, BatchColumn],
        channels: Mapping[Channel, Collection[int]],
    ) -> pa.Table:
        """The rows of these people, of whom each property is named once; `columns` and `channels` by their keys."""
        rows = people
        for key, column in columns.items():
            for name, values in self._values(key, column, people.column("identity")):
                rows = rows.append_column(name, values)
        for channel, keys in channels.items():
            # Where one record says both, it is an opt-out.
            said = self._of(keys).sort_by("b")
            rows = rows.append_column(channel.column, _at(people.column("identity"), said, "b"))
        return rows

    def said(self) -> pa.Table:
        """What was said of whom, as uploads that were accepted earlier have to leave it; see LiveBatch."""
        of_people = pc.and_(pc.equal(self.cells.column("scope"), ""), pc.not_equal(self.cells.column("k"), WHO))
        cells = self.cells.filter(of_people)
        operation = cells.column("operation")
        amount = pc.coalesce(cells.column("f"), cells.column("n").cast(pa.float64(), safe=False))
        signed = pc.case_when(pc.make_struct(pc.equal(operation, "incr"), pc.equal(operation, "decr")), amount, pc.negate(amount))
        return pa.table(
            {
                **{name: cells.column(name) for name in ("row", "identity", "number")},
                "whole": pc.is_in(operation, value_set=pa.array(["set", "delete"])),
                "amount": signed,
                "added": _where(pc.equal(operation, "add"), cells.column("l")),
                "removed": _where(pc.equal(operation, "remove"), cells.column("l")),
            }
        )

    def _values(self, key: int, column: BatchColumn, people: pa.ChunkedArray) -> Iterator[tuple[str, pa.ChunkedArray]]:
        n, value, cells = column.number, VALUES[column.type], self._of([key])
        if not column.clears:
            yield f"p{n}", _at(people, cells, value)
            return
        yield f"p{n}", _at(people, _asking(cells, "set"), value)
        yield f"x{n}", pc.is_in(people, value_set=_asking(cells, "delete").column("identity"))
        if column.edits:
            yield f"a{n}", _at(people, _asking(cells, "add"), value)
            yield f"r{n}", _at(people, _asking(cells, "remove"), value)
        if column.counts:
            added, taken = (_at(people, _asking(cells, operation), value) for operation in ("incr", "decr"))
            yield f"i{n}", pc.coalesce(added, pc.negate(taken))

    def _of(self, keys: Collection[int]) -> pa.Table:
        return self.cells.filter(pc.is_in(self.cells.column("k"), value_set=pa.array(sorted(keys), pa.int32())))


def with_whose(typed: pa.Table, refused: Collection[int]) -> pa.Table:
    """The cells that are applied, of records that are not refused, with the `identity` of their person."""
    well = pc.and_not(pc.is_null(typed.column("code")), pc.is_in(typed.column("row"), value_set=pa.array(sorted(refused), pa.int64())))
    cells = typed.filter(well)
    who = cells.filter(pc.equal(cells.column("k"), WHO))
    place = pc.index_in(cells.column("row"), value_set=who.column("row").combine_chunks())
    return cells.append_column("identity", who.column("s").take(place))


def _where(asked: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values where that is asked for, else null."""
    return values.take(pc.if_else(asked, pa.array(range(len(values)), pa.int64()), None))


def _asking(cells: pa.Table, operation: str) -> pa.Table:
    return cells.filter(pc.equal(cells.column("operation"), operation))


def _at(people: pa.ChunkedArray, cells: pa.Table, value: str) -> pa.ChunkedArray:
    """The value of each of the people, null where no cell is theirs."""
    place = pc.index_in(people, value_set=cells.column("identity").combine_chunks())
    return cells.column(value).take(place)
