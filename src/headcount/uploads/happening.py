"""Storing the events that are staged: chunk by chunk, each with its progress mark. Every row is an event, whatever comes before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from headcount.profiles.store import EventBatch, EventColumn, Origin, ProfileStore, Progress
from headcount.uploads.duplicates import Appearances
from headcount.uploads.ledger import Tally
from headcount.uploads.plan import Plan
from headcount.uploads.staging import Staged


@dataclass(frozen=True, slots=True)
class Happening:
    """The events of one upload on their way into the store."""

    staged: Staged
    plan: Plan
    store: ProfileStore
    origin: Origin
    #: Called with the rows of the file that are done; may raise Cancelled.
    on_rows: Callable[[int], None]
    #: Whether anything is stored; otherwise it is worked out what would be.
    keep: bool = True

    def run(self) -> Tally:
        """Store what is not stored yet; returns the tally of the whole upload."""
        done = self.store.progress(self.origin.upload)
        tally, seen = Tally({"stored": 0}) + Tally.from_json(done.tally), Appearances(self.staged.duplicates.hashes())
        for number in range(self.staged.chunks):
            rows = self._applicable(number, seen)
            if number >= done.chunks:
                start = done.rows if number == done.chunks else 0
                # What cannot be stored is counted with the first piece of its chunk.
                tally = self._store(rows, tally if start else tally + self.staged.tallies[number], (number, start))
            del rows  # or it would be in memory beside the next chunk
            self.on_rows(min((number + 1) * self.staged.chunk_rows, self.staged.records))
        return tally

    def _applicable(self, number: int, seen: Appearances) -> pa.Table:
        """The rows of a chunk that are not rejected, with whether their identity had not come before."""
        rows = self.staged.rows(number)
        rows = rows.filter(pc.is_null(rows.column("fault")))
        first = seen.note(rows.column("hash").to_numpy())
        return rows.drop_columns(["fault", "hash"]).append_column("first", pa.array(first))

    def _store(self, rows: pa.Table, before: Tally, place: tuple[int, int]) -> Tally:
        """Store a chunk from a row on; the tally after it."""
        number, begun = place
        whole, rows, tally, start = rows.num_rows, rows.slice(begun), before, 0

        def progress(created: int, stop: int) -> Progress:
            nonlocal tally, start
            tally += self._counted(rows.slice(start, stop - start), created)
            start = stop
            return Progress(number + 1, tally.to_json()) if begun + stop == whole else Progress(number, tally.to_json(), begun + stop)

        columns = tuple(EventColumn(c.index, c.name, c.type) for c in self.plan.columns)
        name = self.plan.events.name if self.plan.events else None
        self.store.add_events(EventBatch(rows, columns, name), self.origin, progress, keep=self.keep)
        return tally

    def _counted(self, rows: pa.Table, created: int) -> Tally:
        """What a piece adds: each value that an event has counts as set."""
        people = pc.sum(rows.column("first")).as_py() or 0
        counts = {"rows": rows.num_rows, "stored": rows.num_rows, "created": created, "touched": people}
        named = {c.index: f"p{c.index}" for c in self.plan.columns}
        if self.plan.events and self.plan.events.time is not None:
            named[self.plan.events.time] = "happened_at"
        filled = {index: rows.num_rows - rows.column(name).null_count for index, name in named.items()}
        return Tally(counts, {index: {"set": n, "changed": 0, "cleared": 0} for index, n in filled.items()})
