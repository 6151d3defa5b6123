"""The limits: what DuckDB does with the same files when nobody checks, counts, explains or remembers anything."""

# ruff: noqa: S608 - SQL is made of our own texts only
from __future__ import annotations

from pathlib import Path

import duckdb

from headcount.bench.data import COLUMNS
from headcount.bench.measure import Outcome, measured, warm
from headcount.bench.questions import ask, look_up_all
from headcount.single_row import single_row


def create(database: Path, threads: int, file: Path) -> Outcome:
    """A typed table of the first file, on disk."""
    warm(file)
    return Outcome({"create": measured(lambda: _run(database, threads, f"CREATE TABLE people AS {_typed(file)}"))})


def merge(database: Path, threads: int, file: Path) -> Outcome:
    """The second file merged into the table; a blank cell changes nothing."""
    names = [column.name for column in COLUMNS]
    kept = ", ".join(f"{name} = coalesce(f.{name}, p.{name})" for name in names[1:])
    new = ", ".join(f"f.{name}" for name in names)
    sql = (
        f"MERGE INTO people p USING ({_typed(file)}) f ON p.identity = f.identity "
        f"WHEN MATCHED THEN UPDATE SET {kept} WHEN NOT MATCHED THEN INSERT VALUES ({new})"
    )
    warm(file)
    return Outcome({"merge": measured(lambda: _run(database, threads, sql))})


def count(database: Path, threads: int) -> Outcome:
    """Every question, asked of the table."""
    with _opened(database, threads) as connection:
        asked = "SELECT count(*) FROM people WHERE"
        return ask(lambda question: int(single_row(connection, f"{asked} {question.condition}")[0]))


def look_up(database: Path, threads: int, rows: int) -> Outcome:
    """People of the first file, all their values."""
    with _opened(database, threads) as connection:
        asked = "SELECT * FROM people WHERE identity = ?"
        return look_up_all(rows, lambda identity: bool(connection.execute(asked, [identity]).fetchall()))


def _typed(file: Path) -> str:
    texts = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(COLUMNS)))
    dialect = "delim = ',', quote = '\"', escape = '\"', new_line = '\\n', header = true, auto_detect = false"
    values = ", ".join(f"{c.value.format(c=f'c{number}')} AS {c.name}" for number, c in enumerate(COLUMNS))
    return f"SELECT {values} FROM read_csv('{file}', columns = {{{texts}}}, {dialect})"


def _opened(database: Path, threads: int) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(database), config={"threads": threads})


def _run(database: Path, threads: int, sql: str) -> None:
    with _opened(database, threads) as connection:
        connection.execute(sql)
        connection.execute("CHECKPOINT")
