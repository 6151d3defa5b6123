"""What people did: entering events, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import duckdb

from headcount.profiles.store import EventBatch, EventColumn, Origin
from headcount.single_row import single_row
from headcount.store.duckdb import images
from headcount.values.dates import iso_text
from headcount.values.types import Type

#: SQL of the name of an event without what does not count in it.
FOLDED = "lower(replace({}, ' ', ''))"


def add(run: Callable[[str], object], source: str) -> None:
    """Store the events of a table or view: `name`, `identity`, `happened_at`, `properties`, `upload`, `row`. `run` runs a statement."""
    folded = FOLDED.format("name")
    fresh = f"SELECT {folded} AS folded, arg_min(name, row) AS name FROM {source} GROUP BY ALL"
    run(
        "INSERT INTO event_names SELECT (SELECT coalesce(max(number), 0) FROM event_names) + row_number() OVER (ORDER BY folded), "
        f"name, folded FROM ({fresh}) ANTI JOIN event_names USING (folded)"
    )
    run(
        f"INSERT INTO events SELECT n.number, s.identity, s.happened_at, s.properties, s.upload, s.row FROM {source} s "
        f"JOIN event_names n ON n.folded = {FOLDED.format('s.name')}"
    )


def types(connection: duckdb.DuckDBPyConnection, name: str) -> Mapping[str, str]:
    """The types of the properties of an event, whatever case and blanks its name is given in."""
    asked = f"SELECT p.name, p.type FROM event_properties p JOIN event_names n ON n.number = p.event WHERE n.folded = {FOLDED.format('?')}"
    return dict(connection.execute(asked, [name]).fetchall())


def add_types(run: Callable[[str], object], source: str) -> None:
    """Note the types of event properties that have none yet: `event` (its name), `name`, `type`. `run` runs a statement."""
    folded = FOLDED.format("s.event")
    run(f"INSERT OR IGNORE INTO event_properties SELECT n.number, s.name, s.type FROM {source} s JOIN event_names n ON n.folded = {folded}")


def store(connection: duckdb.DuckDBPyConnection, batch: EventBatch, origin: Origin, *, keep: bool) -> int:
    """Store the events of a batch, which is the view `given`; how many people they created. Runs in the caller's transaction."""
    if not keep:
        # Nobody of the batches before this one is there: only who comes for the first time counts.
        return _strangers(connection, "WHERE first")
    created = _strangers(connection, "")
    images.enter(connection, origin, images.next_step(connection))
    if created:
        connection.execute(
            "INSERT INTO profiles (identity, first_seen, last_updated, created_upload, created_row) "
            "SELECT identity, $at, $at, $upload, row FROM temp.strangers",
            {"at": origin.at, "upload": origin.upload},
        )
    named = batch.rows if "event" in batch.rows.column_names else None
    name, when = ("event", []) if named is not None else ("?", [batch.name])
    at = "coalesce(happened_at, ?)" if "happened_at" in batch.rows.column_names else "?"
    properties, names = _properties(batch.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE happened AS SELECT {name} AS name, identity, {at}::TIMESTAMP AS happened_at, "
        f"{properties} AS properties, {origin.upload} AS upload, row FROM given",
        [*when, origin.at, *names],
    )
    add(connection.execute, "temp.happened")
    connection.execute("DROP TABLE temp.happened")
    connection.execute("DROP TABLE temp.strangers")
    _note_types(connection, batch.columns, name, when)
    return created


def _strangers(connection: duckdb.DuckDBPyConnection, some: str) -> int:
    """Keep who is in the batch and not known yet, with the first row of each; how many there are."""
    named = f"SELECT identity, min(row) AS row FROM given {some} GROUP BY identity"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE strangers AS FROM ({named}) ANTI JOIN profiles USING (identity)")
    return int(single_row(connection, "SELECT count(*) FROM temp.strangers")[0])


def _properties(columns: Sequence[EventColumn]) -> tuple[str, list[str]]:
    """SQL of the object of those properties that have a value, and the names in it in order."""
    values = ", ".join(f"?, {_value(c)}" for c in columns)
    return (f"json_merge_patch('{{}}', json_object({values}))", [c.name for c in columns]) if columns else ("'{}'::JSON", [])


def _value(column: EventColumn) -> str:
    value = f"p{column.place}"
    return f"CASE WHEN {value} IS NOT NULL THEN {iso_text(value)} END" if column.type is Type.DATE else value


def _note_types(connection: duckdb.DuckDBPyConnection, columns: Sequence[EventColumn], name: str, names: Sequence[str | None]) -> None:
    """Note the types of those properties that some event has."""
    if not columns:
        return
    filled = ", ".join(f"count(p{c.place}) > 0 AS p{c.place}" for c in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE filled AS SELECT {name} AS event, {filled} FROM given GROUP BY ALL", [*names])
    each = " UNION ALL ".join(f"SELECT event, ? AS name, ? AS type FROM temp.filled WHERE p{c.place}" for c in columns)
    said = [text for c in columns for text in (c.name, c.type.value)]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE described AS {each}", said)
    add_types(connection.execute, "temp.described")
    connection.execute("DROP TABLE temp.described")
    connection.execute("DROP TABLE temp.filled")
