"""What whoever writes a filter looks at: which values a property has, and how people fall apart by it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from headcount.segments.store import Breakdown, Share
from headcount.single_row import single_row
from headcount.store.duckdb.segment_sql import Compiled, PropertyColumn

#: People whom a breakdown looks at, and values that are looked at for suggestions: more would take too long while somebody types.
_LOOKED_AT, _SEEN = 1_000_000, 100_000


def breakdown(connection: duckdb.DuckDBPyConnection, whose: Compiled, column: PropertyColumn, limit: int) -> Breakdown:
    """The values of a property among the people for whom a condition holds."""
    of_whom = f"SELECT {column.sql} AS value FROM profiles p WHERE {whose.sql} LIMIT {_LOOKED_AT}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE looked_at AS {of_whom}", whose.parameters)
    nothing = "len(value) = 0 OR value IS NULL" if column.type == "list" else "value IS NULL"
    people, without = single_row(connection, f"SELECT count(*), count(*) FILTER ({nothing}) FROM temp.looked_at")
    each = "unnest(value)" if column.type == "list" else "value"
    grouped = f"SELECT value, count(*) AS people FROM (SELECT {each} AS value FROM temp.looked_at) WHERE value IS NOT NULL GROUP BY value"
    found = connection.execute(f"SELECT *, count(*) OVER () FROM ({grouped}) ORDER BY people DESC, value LIMIT {limit}").fetchall()
    connection.execute("DROP TABLE temp.looked_at")
    shares = tuple(Share(value, number) for value, number, _ in found)
    return Breakdown(int(people), int(without), found[0][2] if found else 0, shares)


def some_values(connection: duckdb.DuckDBPyConnection, column: PropertyColumn, limit: int) -> Sequence[object]:
    """Values of a property, frequent ones first."""
    each = f"unnest({column.sql})" if column.type == "list" else column.sql
    seen = f"SELECT {each} AS value FROM profiles p WHERE {column.sql} IS NOT NULL LIMIT {_SEEN}"
    found = connection.execute(f"SELECT value FROM ({seen}) GROUP BY value ORDER BY count(*) DESC, value LIMIT {limit}").fetchall()
    return [value for (value,) in found]
