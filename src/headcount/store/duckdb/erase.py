"""Removing people for good: everything that is stored of them, in whatever table, what is kept for an undo among it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from headcount.single_row import single_row

#: Every table that says something of a person by their identity; what only names one otherwise is looked after below.
_TABLES = (
    "SELECT t.table_name FROM duckdb_tables() t JOIN duckdb_columns() c USING (table_oid, database_oid) "
    "WHERE c.column_name = 'identity' AND NOT t.temporary AND NOT t.internal ORDER BY ALL"
)


def erase(connection: duckdb.DuckDBPyConnection, identities: Sequence[str]) -> int:
    """Remove all of these people; how many profiles there were. Runs in the caller's transaction."""
    connection.execute("CREATE OR REPLACE TEMP TABLE erased AS SELECT DISTINCT unnest($1::VARCHAR[]) AS identity", [list(identities)])
    (people,) = single_row(connection, "SELECT count(*) FROM profiles WHERE identity IN (FROM erased)")
    # Answers that are kept for a repeated call hold the records that were refused.
    connection.execute(
        "DELETE FROM answered WHERE EXISTS (FROM erased WHERE contains(answered.answer::VARCHAR, to_json(erased.identity)::VARCHAR))"
    )
    connection.execute(
        "DELETE FROM devices WHERE object_id IN (SELECT value FROM aliases WHERE kind = 'objectId' AND identity IN (FROM erased))"
    )
    for (table,) in connection.execute(_TABLES).fetchall():
        connection.execute(f"DELETE FROM {table} WHERE identity IN (FROM erased)")
    connection.execute("DROP TABLE erased")
    return int(people)
