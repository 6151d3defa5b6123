"""The registry of properties: which column holds which property, in the same file and transaction as the columns themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import duckdb

from headcount.profiles.live import LIVE
from headcount.profiles.names import no_property
from headcount.profiles.properties import ADDRESSES, SYSTEM, Property, widens
from headcount.single_row import single_row
from headcount.store.duckdb import images, statistics
from headcount.store.duckdb.retype import as_type
from headcount.values.types import SQL_TYPES, Type

#: Properties of which nearly every person has a value of their own; see schema.sql.
_UNIQUE = frozenset(ADDRESSES.values())


#: Up to here a float64 is every whole number.
_EXACT = 1 << 53
#: The system properties that have a column from the first day on. The others get theirs when somebody first has a value:
#: a column in which all is NULL costs every insert a fiftieth.
_AT_ONCE = frozenset({"Name", *ADDRESSES.values()})


def properties(connection: duckdb.DuckDBPyConnection) -> tuple[Property, ...]:
    """The registered properties in order of their numbers."""
    rows = connection.execute("SELECT number, name, type, hidden FROM properties ORDER BY number").fetchall()
    return tuple(Property(number, name, Type(type_), hidden) for number, name, type_, hidden in rows)


def stored(connection: duckdb.DuckDBPyConnection) -> tuple[Property, ...]:
    """The properties that have a column."""
    columns = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info('profiles')").fetchall()}
    return tuple(p for p in properties(connection) if p.column in columns)


def ensure_system_properties(connection: duckdb.DuckDBPyConnection) -> None:
    """Register the system properties in a new file."""
    if not properties(connection):
        connection.execute("BEGIN")
        for number, (name, type_) in enumerate(SYSTEM.items(), 1):
            _enter(connection, 0, Property(number, name, type_))
        register(connection, 0, [(name, type_) for name, type_ in SYSTEM.items() if name in _AT_ONCE])
        connection.execute("COMMIT")


def register(connection: duckdb.DuckDBPyConnection, upload: int, wanted: Sequence[tuple[str, Type]]) -> Mapping[str, Property]:
    """Add what is missing, widen what may be; the wanted properties by name. Runs in the caller's transaction."""
    known, with_column = {p.name: p for p in properties(connection)}, {p.name for p in stored(connection)}
    after = planned(connection, wanted)
    for name, found in after.items():
        before = known.get(name)
        if before is None:
            _enter(connection, upload, found)
        if name not in with_column:
            _add_column(connection, found)
        elif before is not None and before.type is not found.type:
            _set_type(connection, before, found.type)
    _note(connection, upload, [found.number for found in after.values()])
    return after


def _note(connection: duckdb.DuckDBPyConnection, upload: int, numbers: Sequence[int]) -> None:
    """Note that an upload is about to write values of these properties."""
    statistics.note(connection, numbers)
    if upload != LIVE:
        first = f"CASE created_upload WHEN {LIVE} THEN $upload ELSE created_upload END"
        noted = (
            f"UPDATE properties SET created_upload = {first}, last_upload = $upload WHERE number IN (SELECT unnest($numbers::INTEGER[]))"
        )
        connection.execute(noted, {"upload": upload, "numbers": list(numbers)})


def planned(connection: duckdb.DuckDBPyConnection, wanted: Sequence[tuple[str, Type]]) -> Mapping[str, Property]:
    """The wanted properties by name as `register` would leave them."""
    known = {p.name: p for p in properties(connection)}
    number = _last_number(connection)
    for name, type_ in wanted:
        before = known.get(name)
        if before is None:
            number += 1
            known[name] = Property(number, name, type_)
        elif widens(before.type, type_):
            known[name] = replace(before, type=type_)
    return {name: known[name] for name, _ in wanted}


def _last_number(connection: duckdb.DuckDBPyConnection) -> int:
    """The highest number that a property has, or had."""
    given = "SELECT number FROM properties UNION ALL SELECT number FROM former_names"
    return int(single_row(connection, f"SELECT coalesce(max(number), 0) FROM ({given})")[0])


def _enter(connection: duckdb.DuckDBPyConnection, upload: int, added: Property) -> None:
    entered = "INSERT INTO properties (number, name, type, created_upload) VALUES (?, ?, ?, ?)"
    connection.execute(entered, [added.number, added.name, added.type.value, upload])


def _add_column(connection: duckdb.DuckDBPyConnection, added: Property) -> None:
    storage = " USING COMPRESSION uncompressed" if added.name in _UNIQUE else ""
    connection.execute(f"ALTER TABLE profiles ADD COLUMN {added.column} {SQL_TYPES[added.type]}{storage}")


def _set_type(connection: duckdb.DuckDBPyConnection, stored: Property, wanted: Type) -> None:
    for table, column in columns_of(connection, stored):
        connection.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {SQL_TYPES[wanted]}")
    connection.execute("UPDATE properties SET type = ? WHERE number = ?", [wanted.value, stored.number])


def columns_of(connection: duckdb.DuckDBPyConnection, stored: Property) -> list[tuple[str, str]]:
    """The tables and columns that hold values of a property: now, and before or after an upload that can be undone."""
    return [("profiles", stored.column), *images.holding(connection, stored.number)]


def find(connection: duckdb.DuckDBPyConnection, name: str) -> Property:
    """The property of a name. Raises WrongCall(`property_unknown`)."""
    for known in properties(connection):
        if known.name == name:
            return known
    raise no_property(name)


def fits_float(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether every value of a property of whole numbers is exactly a float as well."""
    found = next((p for p in stored(connection) if p.name == name), None)
    return found is None or not any(_beyond_float(connection, *place) for place in columns_of(connection, found))


def _beyond_float(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> bool:
    beyond = f"{column} NOT BETWEEN -{_EXACT} AND {_EXACT} AND {column}::DOUBLE::HUGEINT <> {column}"
    return bool(single_row(connection, f"SELECT EXISTS (FROM {table} WHERE {beyond})")[0])


def retype(connection: duckdb.DuckDBPyConnection, stored: Property, wanted: Type) -> int:
    """Give a property another type. Returns how many values could not be kept."""
    as_wanted = as_type(stored.column, stored.type, wanted)
    (lost,) = single_row(connection, f"SELECT count(*) FROM profiles WHERE {stored.column} IS NOT NULL AND ({as_wanted}) IS NULL")
    for table, column in columns_of(connection, stored):
        _retype_column(connection, table, column, stored.type, wanted)
    connection.execute("UPDATE properties SET type = ? WHERE number = ?", [wanted.value, stored.number])
    note_redefined(connection)
    statistics.note(connection, [stored.number])
    return int(lost)


def note_redefined(connection: duckdb.DuckDBPyConnection) -> None:
    """Note that some property is another one from now on: retyped, renamed or deleted."""
    # On one that is always there.
    connection.execute("UPDATE properties SET retyped = nextval('steps') WHERE number = 1")


def since_redefined(connection: duckdb.DuckDBPyConnection, uploads: Collection[int]) -> tuple[int, ...]:
    """Those of the uploads that began after properties became others: the same file again finds what it found then."""
    if not uploads:
        return ()
    asked = f"upload IN ({', '.join(map(str, uploads))}) AND first_step > (SELECT max(retyped) FROM properties)"
    return tuple(number for (number,) in connection.execute(f"SELECT upload FROM uploads WHERE {asked}").fetchall())


def _retype_column(connection: duckdb.DuckDBPyConnection, table: str, column: str, stored: Type, wanted: Type) -> None:
    # Not ALTER COLUMN TYPE: its expression would stand in the log of changes, and DuckDB 2.0 reads that before it knows its own functions.
    connection.execute(f"ALTER TABLE {table} ADD COLUMN retyped_{column} {SQL_TYPES[wanted]}")
    connection.execute(f"UPDATE {table} SET retyped_{column} = {as_type(column, stored, wanted)} WHERE {column} IS NOT NULL")
    connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    connection.execute(f"ALTER TABLE {table} RENAME COLUMN retyped_{column} TO {column}")
