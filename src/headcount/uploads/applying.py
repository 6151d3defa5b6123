"""Applying what is staged: chunk by chunk, each one transaction that leaves its progress mark with the data it describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headcount.profiles.store import APPLIES, EXAMPLES, Batch, BatchColumn, Effect, Example, Origin, ProfileStore, Progress
from headcount.uploads import ledger
from headcount.uploads.duplicates import Hashes, come_again
from headcount.uploads.folding import Folding
from headcount.uploads.ledger import Tally
from headcount.uploads.plan import Plan
from headcount.uploads.rejects import Rejects
from headcount.uploads.staging import Staged

#: Parts of the rejects file that applying adds stand behind those of the stage: of each piece one, by its chunk and first row.
_BEHIND_STAGE, _OF_CHUNK = 10**12, 10**9


class Cancelled(Exception):
    """A person stopped the upload between two chunks."""


class Parked(Exception):
    """The process that works on the upload is to end; the next one goes on."""


@dataclass(frozen=True, slots=True)
class Applying:
    """One upload on its way into the store. `connection` is an engine for what does not touch profiles."""

    connection: duckdb.DuckDBPyConnection
    staged: Staged
    plan: Plan
    store: ProfileStore
    origin: Origin
    rejects: Rejects
    #: Called with the rows of the file that are done; may raise Cancelled.
    on_rows: Callable[[int], None]
    #: Whether anything is stored; otherwise it is worked out what would be.
    keep: bool = True
    #: Filled where nothing is stored: examples of what would change, by property number.
    examples: dict[int, tuple[Example, ...]] = field(default_factory=dict)

    def run(self) -> Tally:
        """Apply what is not applied yet; returns the tally of the whole upload."""
        done = self.store.progress(self.origin.upload)
        tally = Tally.from_json(done.tally)
        folding = Folding(self.connection.cursor(), self.plan)
        duplicates = self.staged.duplicates.hashes()
        for number in range(self.staged.chunks):
            rows = self._regular(number, duplicates, folding)
            if number >= done.chunks:
                start = done.rows if number == done.chunks else 0
                # What cannot be applied is counted with the first piece of its chunk.
                tally = self._store(rows, tally if start else tally + self.staged.tallies[number], (number, start), folded=False)
            del rows  # or it would be in memory beside the next chunk
            self.on_rows(min((number + 1) * self.staged.chunk_rows, self.staged.records))
        return self._apply_folded(folding, done, tally)

    def _regular(self, number: int, duplicates: Hashes, folding: Folding) -> pa.Table:
        """A chunk whose `applies` says which rows can be applied at once; those of identities that come more than once are held."""
        rows = self.staged.rows(number)
        regular = pc.is_null(rows.column("fault"))
        if len(duplicates):
            # A row that names nobody has none.
            hashes = pc.fill_null(rows.column("hash"), pa.scalar(0, pa.uint64())).to_numpy()
            held = pc.and_(regular, pa.array(come_again(duplicates, hashes)))
            folding.hold(rows.filter(held).drop_columns(["fault", "hash"]))
            regular = pc.and_not(regular, held)
        return rows.drop_columns(["fault", "hash"]).append_column(APPLIES, regular)

    def _apply_folded(self, folding: Folding, done: Progress, tally: Tally) -> Tally:
        identities, merged = folding.fold()
        if not identities:
            return tally
        first = max(0, done.chunks - self.staged.chunks)
        begun = first or (done.chunks == self.staged.chunks and done.rows)
        tally = tally if begun else tally + merged
        for number, rows in enumerate(folding.batches(self.staged.chunk_rows, first), self.staged.chunks + first):
            start = done.rows if number == done.chunks else 0
            tally = self._store(rows, tally, (number, start), folded=True)
        return tally

    def _store(self, rows: pa.Table, before: Tally, place: tuple[int, int], *, folded: bool) -> Tally:
        """Apply a chunk from a row on; the tally after it."""
        number, begun = place
        whole, rows, tally = rows.num_rows, rows.slice(begun), before
        batch = self._batch(rows, folded=folded)

        def progress(effect: Effect, stop: int) -> Progress:
            nonlocal begun, tally
            start, begun = begun, place[1] + stop
            # Folded rows were counted when they were held.
            counted = 0 if folded else batch.slice(start - place[1], stop).count
            tally += Tally({"rows": counted}) + ledger.of_effect(effect)
            self._keep_examples(effect.examples)
            if effect.overlong is not None:
                tally += self.rejects.add_overlong(effect.overlong, rows.select(["row", "cells"]))
                self.rejects.write(_BEHIND_STAGE + number * _OF_CHUNK + start, 0, 0)
            return Progress(number + 1, tally.to_json()) if begun == whole else Progress(number, tally.to_json(), begun)

        self.store.apply(batch, self.origin, progress, keep=self.keep)
        return tally

    def _keep_examples(self, found: Mapping[int, tuple[Example, ...]]) -> None:
        for number, examples in found.items():
            of_kind = groupby(sorted((*self.examples.get(number, ()), *examples), key=_kind_and_row), key=lambda e: e.kind)
            self.examples[number] = tuple(example for _, same in of_kind for example in islice(same, EXAMPLES))

    def _batch(self, rows: pa.Table, *, folded: bool) -> Batch:
        columns = tuple(BatchColumn(c.number, c.type, c.write, c.clears, c.edits) for c in self.plan.columns)
        renamed = {f"{kind}{c.index}": f"{kind}{c.number}" for c in self.plan.columns for kind in "pxars"}
        named = rows.rename_columns([renamed.get(name, name) for name in rows.column_names])
        confirmed = self.origin.reason is not None
        wanted = frozenset[int]() if self.keep else frozenset(c.number for c in columns)
        return Batch(named, columns, tuple(self.plan.consent), self.plan.match, folded, self.plan.limits.items, confirmed, wanted)


def _kind_and_row(example: Example) -> tuple[str, int]:
    return example.kind, example.row
