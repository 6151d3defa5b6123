"""Filling the stage: a file is read once, its rows are typed and kept, its problems explained, its identities counted.

What streams in is handled in small tables that fit the processor's caches. Only the rows with a problem wait, for as long as memory has
room for them: explaining a few takes as long as explaining many, since most of it is planning the statement.
"""

from __future__ import annotations

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
from headcount.uploads.duplicates import Collected, Hashes
from headcount.uploads.ledger import Tally
from headcount.uploads.plan import Plan
from headcount.uploads.projection import typed
from headcount.uploads.reading import ahead, pieces
from headcount.uploads.rejects import PART_BYTES, Rejects, cost
from headcount.uploads.staging import DUPLICATES, Staged, path_of

_END = 2**62


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
        with Collected(self.folder or self.rejects) as hashes:
            filling = _Filling(self, plan, explained, hashes)
            for rows in self._numbered(plan):
                filling.add(rows)
            duplicates = hashes.duplicates(self.folder / DUPLICATES if self.folder else None)
        filling.add_wrong_of_problems()
        staged = Staged(
            folder=self.folder or Path(),
            chunks=len(filling.tallies),
            chunk_rows=self.chunk_rows,
            records=self.file.records,
            tallies=tuple(filling.tallies),
            filled=filling.filled,
            wrong=filling.wrong,
            duplicates=duplicates,
            doubtful_emails=filling.doubtful,
        )
        if self.folder:
            staged.save()
        return staged

    def _numbered(self, plan: Plan) -> Iterator[pa.Table]:
        """The typed rows with their spreadsheet rows, in tables within a chunk; an empty one where there are none, for the problems."""
        sql, ordinal = typed(plan, self.file.source_sql()), 0
        for table in ahead(pieces(self.connection, sql, self.chunk_rows)):
            rows = self.file.row_numbers(ordinal, table.num_rows)
            ordinal += table.num_rows
            yield table.append_column("row", pa.array(rows, pa.int64()))
        if ordinal != self.file.records:
            raise AssertionError(f"{self.file.records} records were surveyed, {ordinal} were read")
        if not ordinal:
            empty = self.connection.sql(f"{sql} LIMIT 0").to_arrow_table()
            yield empty.append_column("row", pa.array(np.empty(0, np.int64())))


@dataclass(slots=True)
class _Filling:
    """What is counted while rows pass, and the chunk that they are added to."""

    stage: Stage
    plan: Plan
    explained: Rejects
    hashes: Collected
    tallies: list[Tally] = field(default_factory=list)
    filled: Counter[int] = field(default_factory=Counter)
    wrong: Counter[int] = field(default_factory=Counter)
    doubtful: bool = False
    _rows: int = 0
    #: The first spreadsheet row that is not explained yet.
    _first: int = 0
    _problems: list[pa.Table] = field(default_factory=list)
    #: About how many bytes explaining them takes.
    _waiting: int = 0
    #: What was explained of the open chunk, and the parts of the rejects file so far.
    _found: Tally = field(default_factory=Tally)
    _parts: int = 0
    _writer: pa.ipc.RecordBatchFileWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Add rows to the open chunk, and close it when it is full or the last."""
        self._count(rows)
        self.hashes.append(_of_applicable(rows))
        self._await(rows)
        self._write(rows.drop_columns(["raw"]))
        self._rows += rows.num_rows
        ended = self._rows == self.stage.file.records
        if ended or self._waiting >= PART_BYTES:
            self._explain(_END if ended else int(rows.column("row")[-1].as_py()) + 1)
        if ended or self._rows % self.stage.chunk_rows == 0:
            self._close()
            self.tallies.append(self._found)
            self._found = Tally()
        self.stage.on_rows(self._rows)

    def _await(self, rows: pa.Table) -> None:
        raw = rows.column("raw")
        # One of them is needed for its columns, however empty.
        if raw.null_count < len(raw) or not self._problems:
            self._problems.append(rows.filter(pc.is_valid(raw)))
            self._waiting += cost(self._problems[-1])

    def add_wrong_of_problems(self) -> None:
        """Count the cells that the problems tell of."""
        by_header = {self.plan.headers[c.index]: c.index for c in self.plan.columns}
        for problem in sum(self.tallies, Tally()).problems:
            index = by_header.get(problem.column or "")
            if index is not None and index in self.filled:
                self._add_wrong({index: problem.count})
            if problem.code == "event_time_invalid" and self._time is not None:
                self._add_wrong({self._time: problem.count})

    def _count(self, rows: pa.Table) -> None:
        for column in (c for c in self.plan.columns if c.operation is None):
            self.filled[column.index] += rows.num_rows - rows.column(f"p{column.index}").null_count
        if self._time is not None:
            self.filled[self._time] += rows.num_rows - rows.column("happened_at").null_count

    @property
    def _time(self) -> int | None:
        return self.plan.events.time if self.plan.events else None

    def _add_wrong(self, cells: Mapping[int, int]) -> None:
        self.filled.update(cells)
        self.wrong.update(cells)

    def _write(self, rows: pa.Table) -> None:
        if self.stage.folder is None:
            return
        if self._writer is None:
            # Uncompressed, it is mapped again without being read: a third of the cost of LZ4, for twice the bytes.
            self._writer = pa.ipc.new_file(str(path_of(self.stage.folder, len(self.tallies))), rows.schema)
        self._writer.write_table(rows)

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def _explain(self, last: int) -> None:
        """Explain the rows with a problem that came so far, and the broken records up to before row `last`."""
        problems = pa.concat_tables(self._problems)
        for rows, first, stop in self.explained.parts(problems, self._first, last):
            rejected = rows.filter(pc.is_valid(rows.column("fault")))
            # Rows that can be applied are counted when they are.
            self._found += self.explained.explain(rows, first, stop) + Tally({"rows": rejected.num_rows})
            self.explained.write(self._parts, first, stop)
            self._parts += 1
            self.doubtful |= self.explained.has_doubtful_emails()
            self._add_wrong(self.explained.unfit(rejected))
        self._first, self._problems, self._waiting = last, [], 0


def _of_applicable(rows: pa.Table) -> Hashes:
    hashes, fault = rows.column("hash"), rows.column("fault")
    applicable = hashes if fault.null_count == len(fault) else hashes.filter(pc.is_null(fault))
    return np.asarray(applicable.to_numpy(), np.uint64)
