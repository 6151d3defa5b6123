"""The problems of a chunk: explained, counted for the report, and written to the rejects file.

A part of the rejects file is written for each chunk, so that an upload that goes on after a kill writes the same bytes again;
at the end the parts are joined behind the header.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headcount.csvfile import CsvFile, Dialect
from headcount.single_row import single_row
from headcount.uploads.ledger import LISTED, Problem, Tally
from headcount.uploads.mapping import REJECTS_CODE, REJECTS_DESCRIPTION, REJECTS_ROW
from headcount.uploads.plan import Plan
from headcount.uploads.problems import CATALOGUE, CELL, ROW, SHOWN
from headcount.uploads.projection import findings, unfit
from headcount.values.system import is_doubtful_email
from headcount.values.text import guarded, literal

#: Bytes of rows that are explained at once, and what a row costs beside its text.
PART_BYTES = 6 << 20
_ROW_COST = 300
#: An expression of the lines whose record stands in one cell as it came.
UNSPLIT = rb",(?:quote_unclosed|quote_stray|bytes_undecodable),"


def cost(rows: pa.Table) -> int:
    """About how many bytes explaining typed rows with `raw` cells takes."""
    return int(rows.nbytes + _ROW_COST * rows.num_rows)


@dataclass(frozen=True, slots=True)
class Rejects:
    """Explains and writes what is not applied of one file."""

    connection: duckdb.DuckDBPyConnection
    #: None where all records were explained before.
    file: CsvFile | None
    plan: Plan
    folder: Path

    def prepare(self) -> None:
        """Load what every chunk needs: the catalogue, and the records that could not be read."""
        self.folder.mkdir(parents=True, exist_ok=True)
        entries = [(k.code, k.advice) for k in CATALOGUE.values()]
        catalogue = pa.table({"code": [c for c, _ in entries], "advice": [a for _, a in entries]})
        self._load("catalogue", catalogue)
        empty = pa.table(
            {
                "row": pa.array([], pa.int64()),
                "code": pa.array([], pa.string()),
                "detail": pa.array([], pa.string()),
                "raw": pa.array([], pa.binary()),
            }
        )
        self._load("broken", empty)
        for batch in self.file.broken_batches() if self.file else ():
            self.connection.register("given", pa.Table.from_batches([batch]))
            self.connection.execute("INSERT INTO broken SELECT row, code, detail, raw FROM given")
            self.connection.unregister("given")

    def parts(self, rows: pa.Table, first: int, last: int) -> Iterator[tuple[pa.Table, int, int]]:
        """What `explain` takes, in parts that memory has room for: some of the rows, and the edges of the broken records among them."""
        size = f"sum({_ROW_COST} + octet_length(raw)) OVER (ORDER BY row) // {PART_BYTES}"
        part = f"SELECT row, {size} AS part FROM broken WHERE row >= {first} AND row < {last}"
        starts = self.connection.execute(f"SELECT min(row) FROM ({part}) GROUP BY part ORDER BY part").fetchall()[1:]
        stride = max(1, rows.num_rows * PART_BYTES // max(1, cost(rows)))
        edges = sorted({first, last, *(row for (row,) in starts), *rows.column("row").to_numpy()[stride::stride].tolist()})
        for start, stop in pairwise(edges):
            among = pc.and_(pc.greater_equal(rows.column("row"), start), pc.less(rows.column("row"), stop))
            yield rows.filter(among), start, stop

    def explain(self, rows: pa.Table, first: int, last: int) -> Tally:
        """The problems of the broken records in rows `first` to before `last`, and of the typed `rows` with `raw` cells, counted."""
        self._load("problem_rows", rows.select(["row", "raw"]))
        self.connection.execute(f"CREATE OR REPLACE TABLE findings AS {self._findings(_suspected(self.plan, rows), first, last)}")
        counts = self._row(
            f"SELECT count(DISTINCT row) FILTER (code IN {_codes(ROW)}), count(*) FILTER (code IN {_codes(CELL)}) FROM findings"
        )
        broken = self._row(f"SELECT count(*) FROM broken WHERE row >= {first} AND row < {last}")[0]
        return Tally({"rows": broken, "rejected": counts[0], "cells_not_applied": counts[1]}, problems=self._problems())

    def add_overlong(self, rows: pa.Table, cells: pa.Table) -> Tally:
        """Add lists that would have become too long to what was explained: `rows` has `row`, `number`; `cells` `row`, `cells`."""
        places = {
            "number": [c.number for c in self.plan.columns],
            "header": [c.header for c in self.plan.columns],
            "place": [c.index + 1 for c in self.plan.columns],
        }
        self.explain(self.no_rows(), 0, 0)
        for name, table in {"overlong": rows, "cells_of": cells, "places": pa.table(places)}.items():
            self.connection.register(name, table)
        found = (
            'SELECT o.row, p.header AS "column", \'list_too_long\' AS code, c.cells[p.place] AS "value", '
            f"'{self.plan.limits.items}' AS detail FROM overlong o JOIN places p USING (number) JOIN cells_of c ON c.row = o.row"
        )
        self.connection.execute(f"INSERT INTO findings {_described(found)}")
        missing = "SELECT DISTINCT o.row, c.cells FROM overlong o JOIN cells_of c USING (row) ANTI JOIN problem_rows r ON r.row = o.row"
        self.connection.execute(f"INSERT INTO problem_rows {missing}")
        counted = tuple(p for p in self._problems() if p.code == "list_too_long")
        return Tally({"cells_not_applied": rows.num_rows}, problems=counted)

    def has_doubtful_emails(self) -> bool:
        """Whether some of the cells explained last are e-mail addresses that only a library can judge."""
        doubtful = is_doubtful_email("findings.value")
        asked = f"code IN ('email_invalid', 'identity_invalid') AND {doubtful}"
        return bool(self._row(f"SELECT count(*) FROM findings WHERE {asked}")[0])

    def unfit(self, rejected: pa.Table) -> dict[int, int]:
        """How many cells of the `rejected` among the rows explained last do not fit, per column index. No problem tells of them."""
        columns = _suspected(self.plan, rejected).columns
        if not columns:
            return {}
        counts = self._row(unfit(replace(self.plan, columns=columns), "problem_rows"))
        return {c.index: n for c, n in zip(columns, counts, strict=True)}

    def no_rows(self) -> pa.Table:
        """A table for `explain` without a row."""
        return pa.table({"row": pa.array([], pa.int64()), "raw": pa.array([], pa.list_(pa.string()))})

    def write(self, part: int, first: int, last: int) -> None:
        """Write the rows explained last, with the broken records among them, as a part of the rejects file."""
        path = self.folder / f"part-{part:06}.csv"
        if not self._row("SELECT count(*) FROM findings")[0]:
            path.unlink(missing_ok=True)
            return
        width = len(self.plan.headers)
        cells = ", ".join(f"{guarded(f'cells[{i + 1}]')} AS c{i}" for i in range(width))
        lines = f"SELECT row, {cells}, code, description FROM ({self._lines(first, last)}) ORDER BY row"
        draft = path.with_suffix(".draft")
        self.connection.execute(f"COPY ({lines}) TO {literal(str(draft))} (FORMAT csv, HEADER false)")
        draft.replace(path)

    def _findings(self, plan: Plan, first: int, last: int) -> str:
        cells = findings(plan, "problem_rows")
        broken = f'SELECT row, NULL AS "column", code, \'\' AS "value", detail FROM broken WHERE row >= {first} AND row < {last}'
        return _described(f"{cells} UNION ALL {broken}")

    def _problems(self) -> tuple[Problem, ...]:
        rows = self.connection.execute(
            f'SELECT code, "column", count(*), min(row, {LISTED}), arg_min("value", row), arg_min(description, row) '
            'FROM findings GROUP BY ALL ORDER BY min(row), code, "column"'
        ).fetchall()
        return tuple(
            Problem(code, None if code in ROW else column, count, tuple(numbers), value, text)
            for code, column, count, numbers, value, text in rows
        )

    def _lines(self, first: int, last: int) -> str:
        width, delimiter = len(self.plan.headers), literal(self._dialect.delimiter)
        # What could not be split stands in one cell as it came: not in that of the identity, so that it names nobody until it is mended.
        # Surplus fields stand in the last one.
        whole = "[NULL, text]" if self.plan.identity == 0 and width > 1 else "[text]"
        split = f"CASE WHEN code = 'field_count' THEN {self._split('text')} ELSE {whole} END"
        text = "decode(raw)"
        broken = f"SELECT row, {split} AS cells FROM (SELECT row, code, {text} AS text FROM broken WHERE row >= {first} AND row < {last})"
        surplus = f"list_append(cells[:{width - 1}], array_to_string(cells[{width}:], {delimiter}))"
        fitted = f"CASE WHEN len(cells) > {width} THEN {surplus} ELSE cells END"
        rows = f"SELECT row, raw AS cells FROM problem_rows UNION ALL (SELECT row, {fitted} AS cells FROM ({broken}))"
        joined = "string_agg(code, '; ' ORDER BY place) AS code, string_agg(description, ' ' ORDER BY place) AS description"
        texts = f"SELECT row, {joined} FROM findings GROUP BY row"
        return f"SELECT * FROM ({rows}) JOIN ({texts}) USING (row)"

    def _split(self, text: str) -> str:
        """SQL of the cells of a record, unquoted; each match begins with the delimiter before its cell."""
        dialect = self._dialect
        q, d = (f"\\x{ord(c):02x}" for c in (dialect.quote, dialect.delimiter))
        doubled, escaped = (dialect.quote * 2, "") if dialect.escape == dialect.quote else (dialect.escape + dialect.quote, r"|\\(?s:.)")
        quoted = rf" *{q}(?:[^{q}\\]|{q}{q}{escaped})* *{q} *" if escaped else f" *{q}(?:[^{q}]|{q}{q})*{q} *"
        pattern = literal(f"{d}({quoted}|[^{d}]*)")
        quote = literal(dialect.quote)
        plain = f"replace(trim(c)[2:-2], {literal(doubled)}, {quote})"
        unquoted = f"CASE WHEN len(trim(c)) > 1 AND trim(c)[1] = {quote} AND trim(c)[-1] = {quote} THEN {plain} ELSE c END"
        cells = f"regexp_extract_all(concat({literal(dialect.delimiter)}, {text}), {pattern}, 1)"
        return f"list_transform({cells}, lambda c: {unquoted})"

    @property
    def _dialect(self) -> Dialect:
        return self.file.dialect if self.file else Dialect(",", '"', '"', "\n")

    def _load(self, name: str, table: pa.Table) -> None:
        self.connection.register("given", table)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")
        self.connection.unregister("given")

    def _row(self, sql: str) -> tuple[int, ...]:
        return single_row(self.connection, sql)


def _suspected(plan: Plan, rows: pa.Table) -> Plan:
    """The plan with those columns only in which a cell of the typed `rows` may not be applied: planning 300 takes a second."""
    if not rows.num_rows:
        return replace(plan, columns=(), consent={})

    def lost(index: int, values: str) -> bool:
        given = pc.is_valid(pc.list_element(rows.column("raw"), index))
        return bool(pc.any(pc.and_not(given, pc.is_valid(rows.column(values)))).as_py())

    columns = tuple(c for c in plan.columns if c.operation is not None or lost(c.index, f"p{c.index}"))
    consent = {channel: index for channel, index in plan.consent.items() if lost(index, channel.column)}
    return replace(plan, columns=columns, consent=consent)


def _codes(codes: Iterable[str]) -> str:
    return "(" + ", ".join(literal(code) for code in codes) + ")"


def _described(found: str) -> str:
    """The findings with a plain description each, and their place in their row."""
    # The value last: nothing in it is filled in.
    text = f"replace(replace(advice, '{{detail}}', coalesce(detail, '')), '{{value}}', coalesce(\"value\"[:{SHOWN}], ''))"
    place = "CASE WHEN \"column\" IS NOT NULL AND code NOT LIKE 'identity%' THEN concat(\"column\", ': ') ELSE '' END"
    columns = f'row, "column", code, "value", concat({place}, {text}) AS description, row_number() OVER () AS place'
    return f"SELECT {columns} FROM ({found}) JOIN catalogue USING (code)"


def join(folder: Path, headers: Sequence[str]) -> Path | None:
    """Join the parts of a rejects file behind its header; None where no row had a problem. Doing it again changes nothing."""
    target, parts = folder / "rejects.csv", sorted(folder.glob("part-*.csv"))
    if not target.exists():
        if not parts:
            return None
        draft = target.with_suffix(".draft")
        with draft.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, lineterminator="\n").writerow([REJECTS_ROW, *headers, REJECTS_CODE, REJECTS_DESCRIPTION])
        with draft.open("ab") as out:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, out, 1 << 20)
        draft.replace(target)
    for part in parts:
        part.unlink()
    return target
