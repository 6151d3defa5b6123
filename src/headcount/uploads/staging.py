"""A file read once: its rows typed by the plan and kept on disk in chunks, its problems explained, its identities counted.

Parsing and casting are the dear part of an upload (measured: half of it), so they happen once. Inspecting
fills the stage, applying empties it; an upload that goes on after a kill finds it where it was.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headcount.csvfile import CsvFile
from headcount.uploads.duplicates import Collected, Duplicates, Hashes
from headcount.uploads.ledger import Tally
from headcount.uploads.plan import Plan
from headcount.uploads.projection import typed
from headcount.uploads.reading import ahead, chunks
from headcount.uploads.rejects import Rejects

_END = 2**62
_DUPLICATES = "duplicates.npy"


@dataclass(frozen=True, slots=True)
class Staged:
    """What is on the stage of one file."""

    folder: Path
    chunks: int
    #: Good records of the file.
    records: int
    #: Per chunk, what its rows that cannot be applied count.
    tallies: tuple[Tally, ...]
    #: Cells per column index that are filled, and those of them that are not applied.
    filled: Mapping[int, int]
    wrong: Mapping[int, int]
    duplicates: Duplicates
    #: Whether some refused cells are e-mail addresses that only a library can judge.
    doubtful_emails: bool = False

    @property
    def problems(self) -> Tally:
        """What all rows that cannot be applied count."""
        return sum(self.tallies, Tally())

    def rows(self, chunk: int) -> pa.Table:
        """The typed rows of one chunk, with `row` and `hash`; those with a `fault` are rejected. They stay on disk until touched."""
        with pa.memory_map(str(self.folder / f"{chunk:06}.arrow")) as source:
            return pa.ipc.open_file(source).read_all()

    def save(self) -> None:
        """Leave word of what is here, for `load`."""
        document = {
            "chunks": self.chunks,
            "records": self.records,
            "tallies": [t.to_json() for t in self.tallies],
            "duplicates": self.duplicates.to_json(),
        }
        (self.folder / "staged.json").write_text(json.dumps(document))

    @classmethod
    def load(cls, folder: Path) -> Staged:
        """The stage that `save` left word of."""
        document = json.loads((folder / "staged.json").read_text())
        tallies = tuple(Tally.from_json(t) for t in document["tallies"])
        duplicates = Duplicates(**document["duplicates"], path=folder / _DUPLICATES)
        return cls(folder, document["chunks"], document["records"], tallies, {}, {}, duplicates)


@dataclass(slots=True)
class _Counts:
    """What is counted while the chunks pass."""

    tallies: list[Tally] = field(default_factory=list)
    filled: Counter[int] = field(default_factory=Counter)
    wrong: Counter[int] = field(default_factory=Counter)
    doubtful: bool = False

    def add_wrong(self, cells: Mapping[int, int]) -> None:
        """Count cells that are filled but not applied, by column index."""
        self.filled.update(cells)
        self.wrong.update(cells)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Which rows of the spreadsheet a chunk answers for, broken ones included: from `first` to before `last`."""

    number: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Fills the stage of one file. With `folder` None the rows are only counted and explained."""

    connection: duckdb.DuckDBPyConnection
    file: CsvFile
    rejects: Path
    folder: Path | None
    chunk_rows: int
    on_rows: Callable[[int], None]

    def fill(self, plan: Plan) -> Staged:
        """Read the whole file by the plan; what an earlier plan left is cleared."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        shutil.rmtree(self.rejects, ignore_errors=True)
        explained = Rejects(self.connection.cursor(), self.file, plan, self.rejects)
        explained.prepare()
        counts, chunk = _Counts(), _Chunk(0, 0, 0)
        with Collected(self.folder or self.rejects) as hashes:
            for number, rows in enumerate(self._numbered(plan)):
                last = _END if (number + 1) * self.chunk_rows >= self.file.records else int(rows.column("row")[-1].as_py()) + 1
                chunk = _Chunk(number, chunk.last, last)
                self._explain(explained, rows, chunk, counts)
                self._count(plan, rows, counts)
                hashes.append(_of_applicable(rows))
                if self.folder:
                    _write(self.folder / f"{number:06}.arrow", rows.drop_columns(["raw"]))
                self.on_rows(min((number + 1) * self.chunk_rows, self.file.records))
            duplicates = hashes.duplicates(self.folder / _DUPLICATES if self.folder else None)
        _add_wrong(plan, counts)
        staged = Staged(
            folder=self.folder or Path(),
            chunks=len(counts.tallies),
            records=self.file.records,
            tallies=tuple(counts.tallies),
            filled=counts.filled,
            wrong=counts.wrong,
            duplicates=duplicates,
            doubtful_emails=counts.doubtful,
        )
        if self.folder:
            staged.save()
        return staged

    def _numbered(self, plan: Plan) -> Iterator[pa.Table]:
        """The typed rows in chunks with their spreadsheet rows; an empty one where there are none, as a place for problems."""
        sql, ordinal = typed(plan, self.file.source_sql()), 0
        for table in ahead(chunks(self.connection, sql, self.chunk_rows)):
            rows = self.file.row_numbers(ordinal, table.num_rows)
            ordinal += table.num_rows
            yield table.append_column("row", pa.array(rows, pa.int64()))
        if ordinal != self.file.records:
            raise AssertionError(f"{self.file.records} records were surveyed, {ordinal} were read")
        if not ordinal:
            empty = self.connection.sql(f"{sql} LIMIT 0").to_arrow_table()
            yield empty.append_column("row", pa.array(np.empty(0, np.int64())))

    def _explain(self, explained: Rejects, rows: pa.Table, chunk: _Chunk, counts: _Counts) -> None:
        wrong = rows.filter(pc.is_valid(rows.column("raw")))
        rejected = wrong.filter(pc.is_valid(wrong.column("fault")))
        found = explained.explain(wrong, chunk.first, chunk.last)
        explained.write(chunk.number, chunk.first, chunk.last)
        # Rows that can be applied are counted when they are.
        counts.tallies.append(found + Tally({"rows": rejected.num_rows}))
        counts.doubtful |= explained.has_doubtful_emails()
        counts.add_wrong(explained.unfit(rejected))

    def _count(self, plan: Plan, rows: pa.Table, counts: _Counts) -> None:
        for column in (c for c in plan.columns if c.operation is None):
            counts.filled[column.index] += rows.num_rows - rows.column(f"p{column.index}").null_count


def _of_applicable(rows: pa.Table) -> Hashes:
    hashes, fault = rows.column("hash"), rows.column("fault")
    applicable = hashes if fault.null_count == len(fault) else hashes.filter(pc.is_null(fault))
    return np.asarray(applicable.to_numpy(), np.uint64)


def _add_wrong(plan: Plan, counts: _Counts) -> None:
    by_header = {plan.headers[c.index]: c.index for c in plan.columns}
    for problem in sum(counts.tallies, Tally()).problems:
        index = by_header.get(problem.column or "")
        if index is not None and index in counts.filled:
            counts.add_wrong({index: problem.count})


def _write(path: Path, table: pa.Table) -> None:
    # Uncompressed, it is mapped again without being read: a third of the cost of LZ4, for twice the bytes.
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
