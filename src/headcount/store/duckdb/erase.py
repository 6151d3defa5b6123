"""Removing people for good: everything that is stored of them, in whatever table, what is kept for an undo among it.

What they are called is kept until it was taken out of files as well, in `erasures`; it goes with the data file that a renewal replaces.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import duckdb

from headcount.profiles.properties import ADDRESSES
from headcount.profiles.store import Erasure
from headcount.single_row import single_row
from headcount.store.duckdb import images, registry
from headcount.values.text import literal

#: Every table that says something of a person by their identity; what only names one otherwise is looked after below.
_TABLES = (
    "SELECT t.table_name FROM duckdb_tables() t JOIN duckdb_columns() c USING (table_oid, database_oid) "
    "WHERE c.column_name = 'identity' AND NOT t.temporary AND t.database_name = current_database() ORDER BY ALL"
)


def erase(connection: duckdb.DuckDBPyConnection, identities: Sequence[str], at: datetime) -> int:
    """Remove all of these people; how many profiles there were. Runs in the caller's transaction."""
    connection.execute("CREATE OR REPLACE TEMP TABLE erased AS SELECT DISTINCT unnest($1::VARCHAR[]) AS identity", [list(identities)])
    (people,) = single_row(connection, "SELECT count(*) FROM profiles WHERE identity IN (FROM erased)")
    _cover_answers(connection, _note(connection, at))
    connection.execute(
        "DELETE FROM devices WHERE object_id IN (SELECT value FROM aliases WHERE kind = 'objectId' AND identity IN (FROM erased))"
    )
    # Of an upload it says why; of one person alone it may say who.
    connection.execute(
        "DELETE FROM consent_acts WHERE upload IS NULL AND act IN (SELECT act FROM consent_entries SEMI JOIN erased USING (identity)) "
        "AND act NOT IN (SELECT act FROM consent_entries ANTI JOIN erased USING (identity))"
    )
    for (table,) in connection.execute(_TABLES).fetchall():
        connection.execute(f"DELETE FROM {table} WHERE identity IN (FROM erased)")
    connection.execute("DROP TABLE erased")
    return int(people)


def erasures(connection: duckdb.DuckDBPyConnection) -> Sequence[Erasure]:
    """The erasures of which files still hold traces, oldest first."""
    kinds = ", ".join(f"list(text ORDER BY text) FILTER (kind = '{kind}')" for kind in ("identity", "alias", "email", "phone"))
    asked = f"SELECT number, erased_at, {kinds} FROM erasures GROUP BY ALL ORDER BY number"
    return [Erasure(number, at, *(tuple(texts or ()) for texts in told)) for number, at, *told in connection.execute(asked).fetchall()]


def latest(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of the last erasure that `erasures` tells of, or 0. It grows with each, for as long as the file is open."""
    (number,) = single_row(connection, "SELECT coalesce(max(number), 0) FROM erasures")
    return int(number)


def forget_tallies(connection: duckdb.DuckDBPyConnection, uploads: Collection[int]) -> None:
    """Remove what some uploads counted while they were worked on, examples among it. Runs in the caller's transaction."""
    connection.execute("UPDATE progress SET tally = '{}' WHERE tally <> '{}' AND list_contains(?, upload)", [sorted(uploads)])


def _note(connection: duckdb.DuckDBPyConnection, at: datetime) -> int:
    """Note what the people in `erased` are called; the number of the erasure."""
    number = images.next_step(connection)
    called = (
        "SELECT 'identity' AS kind, identity AS text FROM erased UNION SELECT 'alias', value FROM aliases SEMI JOIN erased USING (identity)"
    )
    texts = " UNION ".join([called, *_addresses(connection)])
    connection.execute(f"INSERT INTO erasures SELECT ?, ?, kind, text FROM ({texts}) WHERE text <> ''", [number, at])
    return number


def _addresses(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """SELECTs of the addresses and numbers that they have, and had before uploads."""
    stored = {each.name: each for each in registry.stored(connection)}
    for kind, name in ADDRESSES.items():
        if name in stored:
            for table, column in [("profiles", stored[name].column), *images.holding(connection, stored[name].number)]:
                yield f"SELECT '{kind}', {column} FROM {table} SEMI JOIN erased USING (identity)"


def _cover_answers(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Take the refused records that name them out of the answers that are kept for calls that come again.

    Answers to messages that were told of have no records.
    """
    # As they stand in JSON that `json` has written: signs as they are, but for the few that JSON escapes.
    found = connection.execute("SELECT text FROM erasures WHERE number = ?", [number]).fetchall()
    texts = [json.dumps(text, ensure_ascii=False)[1:-1] for (text,) in found]
    named = "len(list_filter($texts::VARCHAR[], lambda t: contains(lower(concat(json(f.record), f.phone)), lower(t)))) > 0"
    shape = {"place": "BIGINT", "code": "VARCHAR", "property": "VARCHAR", "record": "JSON", "phone": "VARCHAR"}
    failed = f"from_json(answer->'failed', {literal(json.dumps([shape]))})"
    covered = f"CASE WHEN {named} THEN struct_update(f, record := 'null'::JSON, phone := NULL) ELSE f END"
    hit = "len(list_filter($texts::VARCHAR[], lambda t: contains(lower(json(answer)), lower(t)))) > 0"
    connection.execute(
        "UPDATE answered SET answer = json_object('processed', answer->'processed', 'notices', answer->'notices', "
        f"'failed', list_transform({failed}, lambda f: {covered})) WHERE (answer->'processed') IS NOT NULL AND {hit}",
        {"texts": texts},
    )
