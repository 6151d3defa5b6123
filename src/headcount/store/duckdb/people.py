"""Reading people: one by identity, a few by a text, and how many texts are known."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from headcount.profiles.consent import Channel
from headcount.profiles.properties import Property
from headcount.profiles.store import EVENTS, Known, Person, StoredConsent, StoredEvent, StoredValue
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
    columns = (*_FIXED, *(p.column for p in properties), "devices")
    selected = ", ".join((*columns[:-1], f"{DEVICES} AS devices"))
    rows = connection.execute(f"SELECT {selected} FROM profiles p WHERE {condition} LIMIT {limit}", list(parameters)).fetchall()
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    did = _did(connection, [stored["identity"] for stored in found])
    return tuple(_person(connection, properties, stored, did[stored["identity"]]) for stored in found)


def _did(connection: duckdb.DuckDBPyConnection, identities: Sequence[str]) -> Mapping[str, Sequence[StoredEvent]]:
    """What each of these people did last, the newest first: one pass over the events for all of them."""
    newest = "row_number() OVER (PARTITION BY e.identity ORDER BY e.happened_at DESC, e.upload DESC, e.row DESC)"
    asked = (
        "SELECT e.identity, n.name, e.happened_at, e.properties, e.upload, e.row FROM events e JOIN event_names n ON n.number = e.event "
        f"WHERE e.identity IN (SELECT unnest(?::VARCHAR[])) QUALIFY {newest} <= {EVENTS} ORDER BY {newest}"
    )
    found = defaultdict[str, list[StoredEvent]](list)
    for identity, name, at, properties, upload, row in connection.execute(asked, [list(identities)]).fetchall():
        found[identity].append(StoredEvent(name, at, json.loads(properties), upload, row))
    return found


def _person(
    connection: duckdb.DuckDBPyConnection, properties: Sequence[Property], stored: Mapping[str, Any], events: Sequence[StoredEvent]
) -> Person:
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
    uploads |= {event.upload for event in events}
    seen = stored["first_seen"], stored["last_updated"]
    return Person(identity, values, consent, *seen, tuple(sorted(uploads)), stored["devices"], tuple(events))


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
