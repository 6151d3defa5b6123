"""Lists of people, which frozen segments keep: made by a condition or of the rows of a file. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from headcount.profiles.properties import ADDRESSES
from headcount.segments.store import Change, Filled, Listing, Unknown
from headcount.single_row import single_row
from headcount.store.duckdb import registry
from headcount.store.duckdb.segment_sql import Compiled

#: How many rows that name nobody are told of.
UNKNOWN_LISTED = 20


def next_list(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of a new list."""
    return int(single_row(connection, "SELECT nextval('lists')")[0])


def freeze(connection: duckdb.DuckDBPyConnection, condition: Compiled) -> tuple[int, int]:
    """Put those on a new list for whom the condition holds: its number, how many there are."""
    number = next_list(connection)
    matched = f"SELECT {number}, p.identity FROM profiles p WHERE {condition.sql}"
    return number, int(single_row(connection, f"INSERT INTO listed {matched}", condition.parameters)[0])


def size(connection: duckdb.DuckDBPyConnection, number: int) -> int:
    """How many people on a list are there still."""
    return int(single_row(connection, "SELECT count(*) FROM profiles SEMI JOIN (FROM listed WHERE list = ?) USING (identity)", [number])[0])


def drop(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Forget a list."""
    connection.execute("DELETE FROM listed WHERE list = ?", [number])


@contextmanager
def taken_in(connection: duckdb.DuckDBPyConnection, listing: Listing) -> Iterator[None]:
    """The rows of a file as the table `asked`, once for each person or address that they name, for as long as the context lasts."""
    connection.execute("CREATE OR REPLACE TEMP TABLE asked_rows (row BIGINT, key VARCHAR)")
    for table in listing.rows():
        connection.register("given", table)
        connection.execute("INSERT INTO temp.asked_rows SELECT row, key FROM given")
        connection.unregister("given")
    folded = "SELECT key, min(row) AS row, count(*) AS rows FROM temp.asked_rows GROUP BY key"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE asked AS {folded}")
    connection.execute("DROP TABLE temp.asked_rows")
    try:
        yield
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.asked")
        connection.execute("DROP TABLE IF EXISTS temp.meant")


def fill(connection: duckdb.DuckDBPyConnection, number: int, listing: Listing, change: Change) -> Filled:
    """Change a list by the people whom the rows of `asked` name."""
    joined = f"SELECT a.row, p.identity FROM temp.asked a JOIN profiles p ON {_key(connection, listing)} = a.key"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE meant AS {joined}")
    before = size(connection, number)
    removed = _remove(connection, number, change)
    if change != "remove":
        new = "SELECT DISTINCT identity FROM temp.meant ANTI JOIN (FROM listed WHERE list = $list) USING (identity)"
        connection.execute(f"INSERT INTO listed SELECT $list, identity FROM ({new})", {"list": number})
    after = size(connection, number)
    rows, keys = single_row(connection, "SELECT coalesce(sum(rows), 0), count(*) FROM temp.asked")
    found = int(single_row(connection, "SELECT count(*) FROM temp.asked WHERE row IN (SELECT row FROM temp.meant)")[0])
    unknown = "SELECT row, key FROM temp.asked WHERE row NOT IN (SELECT row FROM temp.meant) ORDER BY row"
    listed = connection.execute(f"{unknown} LIMIT {UNKNOWN_LISTED}").fetchall()
    return Filled(
        rows=int(rows),
        found=found,
        merged=int(rows) - int(keys),
        unknown=int(keys) - found,
        added=after - before + removed,
        removed=removed,
        people=after,
        unknown_rows=tuple(Unknown(row, key) for row, key in listed),
    )


def _remove(connection: duckdb.DuckDBPyConnection, number: int, change: Change) -> int:
    """Take off whom the change takes off; how many people those are."""
    if change == "add":
        return 0
    kept = "NOT IN" if change == "replace" else "IN"
    before = size(connection, number)
    connection.execute(f"DELETE FROM listed WHERE list = ? AND identity {kept} (SELECT identity FROM temp.meant)", [number])
    return before - size(connection, number)


def _key(connection: duckdb.DuckDBPyConnection, listing: Listing) -> str:
    """SQL of what the keys of the rows are of a person."""
    if listing.match == "identity":
        return "p.identity"
    column = f"p.{registry.find(connection, ADDRESSES[listing.match]).column}"
    return f"lower({column})" if listing.match == "email" else column
