"""Identities that come more than once: their rows are held back and folded into one, so that each is applied once per upload.

For each property the last filled cell in file order wins, whatever the chunks and however many threads. Texts added to a list
and taken from it count from the last cell that set or deleted the whole list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from headcount.single_row import single_row
from headcount.uploads.ledger import LISTED, Duplicate, Tally
from headcount.uploads.plan import Plan, PlannedColumn


@dataclass(frozen=True, slots=True)
class Folding:
    """Holds the rows of duplicate identities of one upload in the tables `held` and `folded` of the reading connection."""

    connection: duckdb.DuckDBPyConnection
    plan: Plan

    def hold(self, rows: pa.Table) -> None:
        """Keep rows (typed, with `row` and `identity`) for later."""
        if not rows.num_rows:
            return
        self.connection.register("given", rows)
        self.connection.execute("CREATE TABLE IF NOT EXISTS held AS FROM given LIMIT 0")
        self.connection.execute("INSERT INTO held FROM given")
        self.connection.unregister("given")

    def fold(self) -> tuple[int, Tally]:
        """Make `folded`, one row an identity. Returns how many there are, and the tally of what was merged."""
        if not self._row("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'held'")[0]:
            return 0, Tally()
        self.connection.execute(f"CREATE OR REPLACE TABLE folded AS {self._folded()}")
        held, identities = self._row(f"SELECT count(*), count(DISTINCT {self.plan.key}) FROM held")
        return identities, Tally(
            {"rows": held, "merged": held - identities, "duplicate_identities": identities}, duplicates=self._examples()
        )

    def batches(self, rows: int, start: int) -> Iterator[pa.Table]:
        """The folded rows in order of their first appearance, `rows` at a time, without the first `start` batches."""
        count = self._row("SELECT count(*) FROM folded")[0]
        for offset in range(start * rows, count, rows):
            yield self.connection.sql(
                f"SELECT * EXCLUDE (place) FROM folded WHERE place >= {offset} AND place < {offset + rows} ORDER BY place"
            ).to_arrow_table()

    def _folded(self) -> str:
        outputs = [sql for column in self.plan.columns for sql in _scalar(column)]
        outputs += [
            f"arg_max({ch.column}, row) AS {ch.column}, max(row) FILTER ({ch.column} IS NOT NULL) AS s_{ch.value}"
            for ch in self.plan.consent
        ]
        key = self.plan.key
        fixed = [
            "max(row) AS row",
            "arg_max(identity, row) AS identity" if key != "identity" else "identity",
            *(["key"] if key != "identity" else []),
            "row_number() OVER (ORDER BY min(row)) - 1 AS place",
        ]
        folded = f"SELECT {', '.join([*fixed, *outputs])} FROM held GROUP BY {key}"
        if any(c.edits for c in self.plan.columns):
            folded = folded.replace(" FROM held", ", arg_max(cells, row) AS cells FROM held")
        for column in self.plan.columns:
            if column.edits:
                folded = f"SELECT f.*, e.* EXCLUDE (k) FROM ({folded}) f LEFT JOIN ({_edits(column, key)}) e ON e.k = f.{key}"
        return folded

    def _examples(self) -> tuple[Duplicate, ...]:
        listed = self.connection.execute(
            f"SELECT arg_min(identity, row), list(row ORDER BY row)[:{LISTED}] FROM held "
            f"GROUP BY {self.plan.key} ORDER BY min(row) LIMIT {LISTED}"
        ).fetchall()
        return tuple(Duplicate(identity, tuple(rows)) for identity, rows in listed)

    def _row(self, sql: str) -> tuple[int, ...]:
        return single_row(self.connection, sql)


def _said(column: PlannedColumn) -> str:
    """Whether a row says anything about the whole value of the column."""
    n = column.index
    return f"(p{n} IS NOT NULL OR x{n})" if column.clears else f"p{n} IS NOT NULL"


def _scalar(column: PlannedColumn) -> Iterator[str]:
    n, said = column.index, _said(column)
    edited = f" OR a{n} IS NOT NULL OR r{n} IS NOT NULL" if column.edits else ""
    yield f"max(row) FILTER ({said}{edited}) AS s{n}"
    if not column.clears:
        yield f"arg_max(p{n}, row) AS p{n}"
        return
    last = f"arg_max({{'p': p{n}, 'x': x{n}}}, row) FILTER ({said})"
    yield f"({last}).p AS p{n}"
    yield f"coalesce(({last}).x, false) AS x{n}"


def _edits(column: PlannedColumn, key: str) -> str:
    """SELECT of the texts that rows after the last whole value add and remove, in their order; of each the last row decides."""
    n = column.index
    whole = f"max(CASE WHEN {_said(column)} THEN row END) OVER (PARTITION BY {key})"
    since = f"SELECT {key} AS k, row, a{n} AS a, r{n} AS r, {whole} AS z FROM held"
    after = f"SELECT k, row, a, r FROM ({since}) WHERE (a IS NOT NULL OR r IS NOT NULL) AND row > coalesce(z, 0)"
    placed = "unnest(list_transform(coalesce(a, r), lambda t, i: {'t': t, 'came': {'row': row, 'place': i}}))"
    texts = f"SELECT k, row, s.t AS t, s.came AS came, added FROM (SELECT k, row, a IS NOT NULL AS added, {placed} AS s FROM ({after}))"
    removed = f"SELECT *, max(CASE WHEN NOT added THEN row END) OVER (PARTITION BY k, t) AS removed FROM ({texts})"
    last = f"SELECT k, t, min(came) FILTER (added AND row > coalesce(removed, 0)) AS came FROM ({removed}) GROUP BY k, t"
    gathered = f"list(t ORDER BY came) FILTER (came IS NOT NULL) AS a{n}, list(t) FILTER (came IS NULL) AS r{n}"
    return f"SELECT k, {gathered} FROM ({last}) GROUP BY k"
