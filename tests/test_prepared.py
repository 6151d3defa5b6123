"""Statements are planned once, and read what lies ready at the time."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from headcount import prepared
from headcount.prepared import Prepared


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def statements(connection: duckdb.DuckDBPyConnection) -> Prepared:
    return Prepared(connection)


def texts(statements: Prepared, sql: str) -> list[str]:
    return [str(value) for (value,) in zip(*statements.table(sql).to_pydict().values(), strict=True)]


SQL = "SELECT concat_ws('-', *COLUMNS(*)) AS said FROM people"


def test_it_reads_what_was_given_last(statements: Prepared) -> None:
    for name in ("ann", "bob", "ann"):
        statements.give(people=pa.table({"name": [name]}))
        assert texts(statements, SQL) == [name]


def test_tables_of_other_columns_take_turns(statements: Prepared) -> None:
    for turn in range(3):
        statements.give(people=pa.table({"name": [f"ann {turn}"]}))
        assert texts(statements, SQL) == [f"ann {turn}"]
        statements.give(people=pa.table({"name": ["bob"], "age": [turn]}))
        assert texts(statements, SQL) == [f"bob-{turn}"]


def test_what_it_answers_follows_the_stored_rows(connection: duckdb.DuckDBPyConnection, statements: Prepared) -> None:
    connection.execute("CREATE TABLE stored AS SELECT 1 AS n")
    counted = "SELECT count(*) AS c FROM stored"
    assert texts(statements, counted) == ["1"]
    statements.give(more=pa.table({"n": [5, 6]}))
    statements.run("INSERT INTO stored SELECT n FROM more")
    assert texts(statements, counted) == ["3"]
    assert texts(statements, "SELECT max(n) AS m FROM stored") == ["6"]
    connection.execute("ALTER TABLE stored ADD COLUMN s VARCHAR")
    assert texts(statements, counted) == ["3"]


def test_what_was_not_used_for_long_is_planned_anew(statements: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "_STATEMENTS", 2)
    monkeypatch.setattr(prepared, "_PLACES", 2)
    for _ in range(2):
        for columns in range(1, 6):
            statements.give(people=pa.table({f"c{i}": ["x"] for i in range(columns)}))
            assert texts(statements, SQL) == ["-".join("x" * columns)]
