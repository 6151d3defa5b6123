"""Applying what is staged: chunk by chunk, each one transaction that leaves its progress mark with the data it describes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headcount.profiles.store import Batch, BatchColumn, Effect, Origin, ProfileStore, Progress
from headcount.uploads import ledger
from headcount.uploads.folding import Folding
from headcount.uploads.ledger import Tally
from headcount.uploads.plan import Plan
from headcount.uploads.reading import ahead
from headcount.uploads.rejects import Rejects
from headcount.uploads.staging import Staged

#: Parts of the rejects file that applying adds stand behind those of the stage.
_BEHIND_STAGE = 500_000


class Cancelled(Exception):
    """A person stopped the upload between two chunks."""


@dataclass(frozen=True, slots=True)
class Applying:
    """One upload on its way into the store. `connection` is an engine for what does not touch profiles."""

    connection: duckdb.DuckDBPyConnection
    staged: Staged
    plan: Plan
    store: ProfileStore
    origin: Origin
    rejects: Rejects
    chunk_rows: int
    #: Called with the rows of the file that are done; may raise Cancelled.
    on_rows: Callable[[int], None]

    def run(self) -> Tally:
        """Apply what is not applied yet; returns the tally of the whole upload."""
        done = self.store.progress(self.origin.upload)
        tally = Tally.from_json(done.tally)
        folding = Folding(self.connection.cursor(), self.plan)
        self._load_duplicates()
        for number, regular in enumerate(ahead(self._regular(n, folding) for n in range(self.staged.chunks))):
            if number >= done.chunks:
                seen = tally + self.staged.tallies[number] + Tally({"rows": regular.num_rows})
                tally = self._store(regular, seen, number, folded=False)
            self.on_rows(min((number + 1) * self.chunk_rows, self.staged.records))
        return self._apply_folded(folding, done.chunks, tally)

    def _load_duplicates(self) -> None:
        keys = self.staged.duplicate_keys()
        self.connection.register("given", keys)
        self.connection.execute("CREATE OR REPLACE TABLE duplicates AS FROM given")
        self.connection.unregister("given")

    def _regular(self, number: int, folding: Folding) -> pa.Table:
        """The rows of a chunk that can be applied at once; those of identities that come more than once are held."""
        rows = self.staged.rows(number)
        regular = pc.is_null(rows.column("fault"))
        some = self._duplicated(rows)
        if len(some):
            held = pc.is_in(rows.column("row"), value_set=some)
            folding.hold(rows.filter(held).drop_columns(["fault"]))
            regular = pc.and_not(regular, held)
        every = pc.all(regular, min_count=0).as_py()
        return (rows if every else rows.filter(regular)).drop_columns(["fault"])

    def _duplicated(self, rows: pa.Table) -> pa.ChunkedArray:
        """The rows of identities that come more than once."""
        self.connection.register("given", rows.select(["row", "fault", self.plan.key]))
        asked = f"SELECT row FROM given WHERE fault IS NULL AND hash({self.plan.key}) IN (SELECT h FROM duplicates)"
        found = self.connection.sql(asked).to_arrow_table().column("row")
        self.connection.unregister("given")
        return found

    def _apply_folded(self, folding: Folding, done: int, tally: Tally) -> Tally:
        identities, merged = folding.fold()
        if not identities:
            return tally
        start = max(0, done - self.staged.chunks)
        tally = tally if start else tally + merged
        for number, rows in enumerate(folding.batches(self.chunk_rows, start), self.staged.chunks + start):
            tally = self._store(rows, tally, number, folded=True)
        return tally

    def _store(self, rows: pa.Table, before: Tally, number: int, *, folded: bool) -> Tally:
        after = before

        def progress(effect: Effect) -> Progress:
            nonlocal after
            after = before + ledger.of_effect(effect)
            if effect.overlong is not None:
                after += self.rejects.add_overlong(effect.overlong, rows.select(["row", "cells"]))
                self.rejects.write(_BEHIND_STAGE + number, 0, 0)
            return Progress(number + 1, after.to_json())

        self.store.apply(self._batch(rows, folded=folded), self.origin, progress)
        return after

    def _batch(self, rows: pa.Table, *, folded: bool) -> Batch:
        columns = tuple(BatchColumn(c.number, c.type, c.write, c.clears, c.edits) for c in self.plan.columns)
        renamed = {f"{kind}{c.index}": f"{kind}{c.number}" for c in self.plan.columns for kind in "pxars"}
        named = rows.rename_columns([renamed.get(name, name) for name in rows.column_names])
        return Batch(named, columns, tuple(self.plan.consent), self.plan.match, folded, self.plan.limits.items)
