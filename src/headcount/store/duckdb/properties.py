"""What people do with properties: look at them, call them otherwise, describe, hide, retype and delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from headcount.errors import WrongCall
from headcount.profiles.properties import Property
from headcount.profiles.report import shown_value
from headcount.profiles.tending import LOST_LISTED, Holdings, RetypePreview, Tended, Value
from headcount.single_row import single_row
from headcount.store.duckdb import images, registry, statistics
from headcount.store.duckdb.retype import as_type
from headcount.values.types import Type


def tended(connection: duckdb.DuckDBPyConnection) -> tuple[int, Sequence[Tended]]:
    """How many people there are, and every property in order of their numbers."""
    former = "SELECT number, list(name ORDER BY until) AS names FROM former_names GROUP BY number"
    asked = (
        "SELECT number, name, type, hidden, coalesce(description, ''), created_upload, last_upload, coalesce(f.names, []), found, "
        "counted_at, counted IS DISTINCT FROM writes OR writes IS NULL "
        f"FROM properties LEFT JOIN property_statistics USING (number) LEFT JOIN ({former}) f USING (number) ORDER BY number"
    )
    (total,) = single_row(connection, "SELECT count(*) FROM profiles")
    return int(total), [_tended(*row) for row in connection.execute(asked).fetchall()]


def _tended(number: int, name: str, type_: str, hidden: bool, *rest: Any) -> Tended:  # noqa: ANN401, FBT001 - a row
    description, first, last, former, found, counted_at, stale = rest
    known = Property(number, name, Type(type_), hidden)
    return Tended(known, description, first, last, tuple(former), statistics.kept(found), counted_at, stale)


def own(connection: duckdb.DuckDBPyConnection, name: str) -> Property:
    """The property of a name. Raises WrongCall `property_unknown`, and `property_system` where it is not the account's own."""
    found = registry.find(connection, name)
    if found.system:
        reason = f"“{name}” is a system property; its name and its type are fixed, and it stays."
        advice = "Keep other values in a property of your own; `headcount properties hide` hides this one."
        raise WrongCall("property_system", reason, advice)
    return found


def rename(connection: duckdb.DuckDBPyConnection, name: str, wanted: str) -> None:
    """Call a property otherwise. Runs in the caller's transaction. Raises WrongCall `property_exists`."""
    found = own(connection, name)
    if any(each.name == wanted for each in registry.properties(connection)):
        raise WrongCall("property_exists", f"There is a property called “{wanted}” already.", "Choose another name.")
    _note_former(connection, found)
    connection.execute("UPDATE properties SET name = ? WHERE number = ?", [wanted, found.number])
    registry.note_redefined(connection)


def _note_former(connection: duckdb.DuckDBPyConnection, known: Property) -> None:
    connection.execute("INSERT INTO former_names VALUES (?, ?, current_timestamp::TIMESTAMP)", [known.number, known.name])


def describe(connection: duckdb.DuckDBPyConnection, name: str, description: str) -> None:
    """Say what a property is."""
    number = registry.find(connection, name).number
    connection.execute("UPDATE properties SET description = ? WHERE number = ?", [description, number])


def hide(connection: duckdb.DuckDBPyConnection, name: str, *, hidden: bool) -> None:
    """Leave a property out where nobody asks for it, or no longer."""
    connection.execute("UPDATE properties SET hidden = ? WHERE number = ?", [hidden, registry.find(connection, name).number])


def would_retype(connection: duckdb.DuckDBPyConnection, name: str, wanted: Type) -> RetypePreview:
    """What another type would do to the values."""
    found = own(connection, name)
    column, converted = found.column, as_type(found.column, found.type, wanted)
    lost = f"{column} IS NOT NULL AND ({converted}) IS NULL" if wanted is not found.type else "false"
    values, many = single_row(connection, f"SELECT count({column}), count(*) FILTER ({lost}) FROM profiles")
    each = f"SELECT {column}, count(*) AS people FROM profiles WHERE {lost} GROUP BY ALL"
    examples = connection.execute(f"{each} ORDER BY people DESC, {column} LIMIT {LOST_LISTED}").fetchall() if many else []
    return RetypePreview(found.type, int(values), int(many), tuple(Value(shown_value(value), people) for value, people in examples))


def holdings(connection: duckdb.DuckDBPyConnection, name: str) -> Holdings:
    """Where values of the property are."""
    found = own(connection, name)
    (values,) = single_row(connection, f"SELECT count({found.column}) FROM profiles")
    return Holdings(int(values), len({table for table, _ in images.holding(connection, found.number)}))


def delete(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Remove a property with all its values, those that are kept for undos too. Runs in the caller's transaction.

    Its number stays with what was written, and is never given again.
    """
    found = own(connection, name)
    for table, column in registry.columns_of(connection, found):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    for table in images.marking(connection, found.number):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN k{found.number}")
    _note_former(connection, found)
    connection.execute("DELETE FROM properties WHERE number = ?", [found.number])
    registry.note_redefined(connection)
    connection.execute("DELETE FROM later WHERE number = ?", [found.number])
    statistics.forget(connection, found.number)
