"""Removing people for good: everything that is stored of them, in whatever table."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from headcount.single_row import single_row

#: The tables of people that are there from the beginning; what uploads keep for an undo comes beside them.
_TABLES = ("profiles", "changes", "consent_entries", "events", "aliases", "later")
_IMAGES = "SELECT table_name FROM duckdb_tables() WHERE regexp_full_match(table_name, '(before|after|removed)_[0-9]+')"


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
    images = [name for (name,) in connection.execute(_IMAGES).fetchall()]
    for table in (*_TABLES, *images):
        connection.execute(f"DELETE FROM {table} WHERE identity IN (FROM erased)")
    connection.execute("DROP TABLE erased")
    return int(people)
