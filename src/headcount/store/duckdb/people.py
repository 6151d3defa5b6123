"""Reading people: one by identity, a few by a text, and how many texts are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from headcount.profiles.consent import Channel
from headcount.profiles.properties import Property
from headcount.profiles.store import Known, Person, StoredConsent, StoredValue
from headcount.single_row import single_row

_FIXED = (
    "identity",
    *(channel.column for channel in Channel),
    "first_seen",
    "last_updated",
    "created_upload",
    "created_row",
)
#: SQL of the number of devices of a person `p`.
DEVICES = "(SELECT count(*) FROM aliases a JOIN devices d ON d.object_id = a.value WHERE a.kind = 'objectId' AND a.identity = p.identity)"
_SEARCHED = ("Name", "Email", "Phone")


def age(born: str, stated: str) -> str:
    """SQL of the age in whole years: from the date of birth where there is one, else as it was stated."""
    return f"coalesce(date_part('year', age(current_timestamp::TIMESTAMP, {born}))::BIGINT, {stated})"


def people(
    connection: duckdb.DuckDBPyConnection,
    properties: Sequence[Property],
    condition: str,
    parameters: Sequence[str],
    limit: int,
) -> tuple[Person, ...]:
    """At most `limit` people for whom the SQL condition on `p` holds."""
    columns = ", ".join((*_FIXED, *(p.column for p in properties)))
    found = connection.execute(f"SELECT {columns} FROM profiles p WHERE {condition} LIMIT {limit}", list(parameters)).fetchall()
    return tuple(_person(connection, properties, dict(zip((*_FIXED, *(p.column for p in properties)), row, strict=True))) for row in found)


def _person(connection: duckdb.DuckDBPyConnection, properties: Sequence[Property], stored: Mapping[str, Any]) -> Person:
    identity = stored["identity"]
    changes = connection.execute(
        "SELECT upload, row, columns FROM standing_changes WHERE identity = ? ORDER BY step, row", [identity]
    ).fetchall()
    created = (stored["created_upload"], stored["created_row"])
    origins = {number: (upload, row) for upload, row, numbers in changes for number in numbers}
    values = tuple(StoredValue(p, stored[p.column], *origins.get(p.number, created)) for p in properties if stored[p.column] is not None)
    said = _said(connection, identity)
    newest = {channel: (source, at) for channel, source, at, _ in said}
    consent = {ch: StoredConsent(stored[ch.column], *newest.get(ch.value, (None, None))) for ch in Channel}
    uploads = {created[0], *(upload for upload, _, _ in changes), *(upload for *_, upload in said if upload is not None)}
    return Person(identity, values, consent, stored["first_seen"], stored["last_updated"], tuple(sorted(uploads)))


def _said(connection: duckdb.DuckDBPyConnection, identity: str) -> list[tuple[Any, ...]]:
    """What was said of consent, the newest last: channel, source, time, upload."""
    asked = "SELECT channel::VARCHAR, source, logged_at, upload FROM standing_consent WHERE identity = ? ORDER BY step"
    return connection.execute(asked, [identity]).fetchall()


def find(connection: duckdb.DuckDBPyConnection, properties: Sequence[Property], text: str, limit: int) -> tuple[Person, ...]:
    """People whose identity, name, address or number holds the text in any case; exact identities first."""
    columns = ["p.identity", *(f"p.{p.column}" for p in properties if p.name in _SEARCHED)]
    exact = people(connection, properties, "p.identity = ?", [text], limit)
    holds = " OR ".join(f"contains(lower({column}), lower(?))" for column in columns)
    others = people(connection, properties, f"p.identity <> ? AND ({holds})", [text, *([text] * len(columns))], limit - len(exact))
    return (*exact, *others)


def known(connection: duckdb.DuckDBPyConnection, email: str, phone: str) -> Known:
    """How many texts of the table `addresses` (`key`, `phone` in E.164) are identities, and how many others addresses or numbers."""

    def count(source: str, stored: str, key: str) -> int:
        known = f"(SELECT DISTINCT {stored} AS known FROM profiles p WHERE {stored} IS NOT NULL)"
        (found,) = single_row(connection, f"SELECT count(*) FROM {source} SEMI JOIN {known} ON known = {key}")
        return int(found)

    others = "(SELECT a.* FROM addresses a ANTI JOIN profiles p ON p.identity = a.key)"
    return Known(
        count("addresses", "p.identity", "key"),
        count(others, f"lower(p.{email})", "lower(key)"),
        count(others, f"p.{phone}", "phone"),
    )
