"""What people did: entering events, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

#: SQL of the name of an event without what does not count in it.
FOLDED = "lower(replace({}, ' ', ''))"


def add(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Store the events of a table or view: `name`, `identity`, `happened_at`, `properties`, `upload`, `row`.

    Runs in the caller's transaction.
    """
    folded = FOLDED.format("name")
    fresh = f"SELECT {folded} AS folded, arg_min(name, row) AS name FROM {source} GROUP BY ALL"
    connection.execute(
        "INSERT INTO event_names SELECT (SELECT coalesce(max(number), 0) FROM event_names) + row_number() OVER (ORDER BY folded), "
        f"name, folded FROM ({fresh}) ANTI JOIN event_names USING (folded)"
    )
    connection.execute(
        f"INSERT INTO events SELECT n.number, s.identity, s.happened_at, s.properties, s.upload, s.row FROM {source} s "
        f"JOIN event_names n ON n.folded = {FOLDED.format('s.name')}"
    )


def types(connection: duckdb.DuckDBPyConnection, name: str) -> Mapping[str, str]:
    """The types of the properties of an event, whatever case and blanks its name is given in."""
    asked = f"SELECT p.name, p.type FROM event_properties p JOIN event_names n ON n.number = p.event WHERE n.folded = {FOLDED.format('?')}"
    return dict(connection.execute(asked, [name]).fetchall())


def add_types(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Note the types of event properties that have none yet: `event` (its name), `name`, `type`. Runs in the caller's transaction."""
    folded = FOLDED.format("s.event")
    connection.execute(
        f"INSERT OR IGNORE INTO event_properties SELECT n.number, s.name, s.type FROM {source} s JOIN event_names n ON n.folded = {folded}"
    )
