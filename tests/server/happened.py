"""Events and devices in a data file, without a call that brings them."""

from __future__ import annotations

from datetime import datetime

import duckdb

from headcount.store.duckdb import events

#: Name, identity, time, properties.
Event = tuple[str, str, datetime, str]

FIELDS = "name VARCHAR, identity VARCHAR, happened_at TIMESTAMP, properties JSON, upload INTEGER, row BIGINT"


def enter(connection: duckdb.DuckDBPyConnection, *happened: Event, types: dict[str, str] | None = None) -> None:
    """Store events, the types of their properties, and a device of the person `1`."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE happened ({FIELDS})")
    for each in happened:
        connection.execute("INSERT INTO happened SELECT ?, ?, ?, ?, 0, coalesce(max(row), 0) + 1 FROM happened", each)
    events.add(connection.execute, "happened")
    connection.execute("CREATE OR REPLACE TEMP TABLE typed (event VARCHAR, name VARCHAR, type VARCHAR)")
    for name, type_ in (types or {}).items():
        connection.execute("INSERT INTO typed VALUES (?, ?, ?)", [happened[0][0], name, type_])
    events.add_types(connection.execute, "typed")
    connection.execute("INSERT INTO aliases VALUES ('objectId', 'dev1', '1')")
    connection.execute("INSERT INTO devices VALUES ('dev1', 'chrome', 'tok', NULL, '2024-01-01')")
