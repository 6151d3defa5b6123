"""Reading people: one by identity, a few by a text, and how many texts are known."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb

from headcount.profiles.consent import Channel
from headcount.profiles.properties import Property
from headcount.profiles.store import EVENTS, Alias, Device, Everything, Known, Message, Person, StoredConsent, StoredEvent, StoredValue
from headcount.single_row import single_row
from headcount.store.duckdb.consent import log
from headcount.values.system import E164, phone

_FIXED = (
    "identity",
    *(channel.column for channel in Channel),
    "first_seen",
    "last_updated",
    "created_upload",
    "created_row",
)
#: People with a device that can be sent a push message. A token belongs to one device, and a device to one person: nobody shares one.
DEVICES = "aliases a JOIN devices d ON d.object_id = a.value WHERE a.kind = 'objectId'"
#: SQL of the number of devices of a person `p`.
DEVICE_COUNT = f"(SELECT count(*) FROM {DEVICES} AND a.identity = p.identity)"
#: As a number of events or entries.
_ALL = 2**62
#: A text of so many characters that is somebody's identity, address or number is not looked for as a part of others.
_WHOLE = 6


def age(born: str, stated: str) -> str:
    """SQL of the age in whole years: from the date of birth where there is one, else as it was stated."""
    return f"coalesce(date_part('year', age(current_timestamp::TIMESTAMP, {born}))::BIGINT, {stated})"


def people(
    connection: duckdb.DuckDBPyConnection,
    properties: Sequence[Property],
    condition: str,
    parameters: Sequence[object],
    limit: int,
) -> tuple[Person, ...]:
    """At most `limit` people for whom the SQL condition on `p` holds."""
    columns = (*_FIXED, *(p.column for p in properties), "devices")
    selected = ", ".join((*columns[:-1], f"{DEVICE_COUNT} AS devices"))
    # Whom it is about first: joined with their devices at once, everybody would be read.
    whom = f"(SELECT p.* FROM profiles p WHERE {condition} LIMIT {limit}) p"
    rows = connection.execute(f"SELECT {selected} FROM {whom}", list(parameters)).fetchall()
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    beside = _beside(connection, [stored["identity"] for stored in found]) if found else None
    return tuple(_person(properties, stored, beside) for stored in found) if beside else ()


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is kept of people beside their profiles, by their identities: each with one pass over its table for all of them."""

    #: Upload, row and numbers of the properties, in the order in which they were written.
    changes: Mapping[str, Sequence[tuple[int, int, Sequence[int]]]]
    #: Channel, source, time and upload of what was said of consent, the newest last.
    said: Mapping[str, Sequence[tuple[str, str, datetime, int | None]]]
    #: What they did last, the newest first.
    did: Mapping[str, Sequence[StoredEvent]]


def _beside(connection: duckdb.DuckDBPyConnection, identities: Sequence[str]) -> _Beside:
    changes = "SELECT identity, upload, row, columns FROM standing_changes WHERE {of_them} ORDER BY step, row"
    said = "SELECT identity, channel::VARCHAR, source, logged_at, upload FROM standing_consent WHERE {of_them} ORDER BY step"
    return _Beside(_of_each(connection, changes, identities), _of_each(connection, said, identities), _did(connection, identities, EVENTS))


def _did(connection: duckdb.DuckDBPyConnection, identities: Sequence[str], most: int) -> Mapping[str, Sequence[StoredEvent]]:
    """What each of these people did last, the newest first."""
    newest = "row_number() OVER (PARTITION BY identity ORDER BY e.happened_at DESC, e.upload DESC, e.row DESC)"
    asked = (
        "SELECT identity, n.name, e.happened_at, e.properties, e.upload, e.row FROM events e JOIN event_names n ON n.number = e.event "
        f"WHERE {{of_them}} QUALIFY {newest} <= {most} ORDER BY {newest}"
    )
    found = _of_each(connection, asked, identities)
    return {who: [StoredEvent(name, at, json.loads(more), *origin) for name, at, more, *origin in rows] for who, rows in found.items()}


def _of_each(connection: duckdb.DuckDBPyConnection, asked: str, identities: Sequence[str]) -> Mapping[str, list[Any]]:
    """The rows of a query, whose first column is the identity, by that."""
    # A condition on one text goes into the scan; a list of them is joined.
    one = len(identities) == 1
    of_them, given = ("identity = ?", identities[0]) if one else ("identity IN (SELECT unnest(?::VARCHAR[]))", list(identities))
    found = defaultdict[str, list[Any]](list)
    for identity, *rest in connection.execute(asked.format(of_them=of_them), [given]).fetchall():
        found[identity].append(tuple(rest))
    return found


def _person(properties: Sequence[Property], stored: Mapping[str, Any], beside: _Beside) -> Person:
    identity = stored["identity"]
    changes, said, did = beside.changes.get(identity, ()), beside.said.get(identity, ()), beside.did.get(identity, ())
    created = (stored["created_upload"], stored["created_row"])
    origins = {number: (upload, row) for upload, row, numbers in changes for number in numbers}
    values = tuple(StoredValue(p, stored[p.column], *origins.get(p.number, created)) for p in properties if stored[p.column] is not None)
    newest = {channel: (source, at) for channel, source, at, _ in said}
    consent = {ch: StoredConsent(stored[ch.column], *newest.get(ch.value, (None, None))) for ch in Channel}
    uploads = {created[0], *(upload for upload, _, _ in changes), *(upload for *_, upload in said if upload is not None)}
    uploads |= {event.upload for event in did}
    seen = stored["first_seen"], stored["last_updated"]
    return Person(identity, values, consent, *seen, tuple(sorted(uploads)), stored["devices"], tuple(did))


def everything(connection: duckdb.DuckDBPyConnection, properties: Sequence[Property], identity: str) -> Everything | None:
    """All that is stored of one person."""
    person = next(iter(people(connection, properties, "p.identity = ?", [identity], 1)), None)
    if person is None:
        return None
    aliases = connection.execute("SELECT kind, value FROM aliases WHERE identity = ? ORDER BY ALL", [identity]).fetchall()
    listed = "SELECT list FROM listed WHERE identity = ? ORDER BY list"
    owned = "SELECT value FROM aliases WHERE kind = 'objectId' AND identity = ?"
    devices = f"SELECT object_id, type, token, keys, added_at FROM devices WHERE object_id IN ({owned}) ORDER BY added_at, object_id"
    return Everything(
        replace(person, events=tuple(_did(connection, [identity], _ALL).get(identity, ()))),
        log(connection, identity, None, _ALL),
        tuple(Alias(*each) for each in aliases),
        tuple(Device(*each) for each in connection.execute(devices, [identity]).fetchall()),
        messages(connection, identity, _ALL),
        tuple(number for (number,) in connection.execute(listed, [identity]).fetchall()),
    )


def messages(connection: duckdb.DuckDBPyConnection, identity: str, limit: int) -> tuple[Message, ...]:
    """See ProfileStore."""
    asked = "SELECT channel::VARCHAR, sent_at, campaign FROM messages WHERE identity = ? ORDER BY sent_at DESC, channel, campaign LIMIT ?"
    return tuple(Message(Channel(ch), *more) for ch, *more in connection.execute(asked, [identity, limit]).fetchall())


def latest(connection: duckdb.DuckDBPyConnection, properties: Sequence[Property], limit: int) -> tuple[Person, ...]:
    """People who changed last, the last one first."""
    rows = connection.execute(f"SELECT p.rowid FROM profiles p ORDER BY p.last_updated DESC LIMIT {limit}").fetchall()
    found = of_rows(connection, properties, [row for (row,) in rows])
    return tuple(sorted(found, key=lambda person: person.last_updated, reverse=True))


def find(connection: duckdb.DuckDBPyConnection, properties: Sequence[Property], text: str, limit: int) -> tuple[Person, ...]:
    """People whose identity, e-mail address or phone number is the text; then those of whom one of these or the name holds it, in any case.

    A long text that is one of these is looked for no further, so that who is called by name is found at once.
    """
    columns = {"identity": "p.identity", **{p.name: f"p.{p.column}" for p in properties}}
    found = _whole(connection, columns, text, limit)
    if not found or len(text) < _WHOLE:
        found |= _parts(connection, columns, text, limit)
    order = {identity: place for place, identity in enumerate(found.values())}
    return tuple(sorted(of_rows(connection, properties, list(found)[:limit]), key=lambda person: order[person.identity]))


def of_rows(connection: duckdb.DuckDBPyConnection, properties: Sequence[Property], rows: Sequence[int]) -> tuple[Person, ...]:
    """The people of these rows, in any order. Their rows are found first: in a larger query every column of everybody would be read."""
    return people(connection, properties, "p.rowid IN (SELECT unnest(?::BIGINT[]))", [rows], len(rows)) if rows else ()


def _whole(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], text: str, limit: int) -> dict[int, str]:
    """The identities, by their rows, of at most `limit` people whose identity, address or number it is, in this order."""
    # As it was typed and in small letters: an address in other letters is found as a part, for comparing each in small letters takes long.
    addresses = list(dict.fromkeys([text, text.lower()])) if "@" in text else []
    wanted = {"identity": [text], "Email": addresses, "Phone": [] if _has_letters(text) else _numbers(connection, text)}
    return _rows(connection, [(f"{columns[name]} = ?", each) for name, texts in wanted.items() if name in columns for each in texts], limit)


def _numbers(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """The E.164 number that the text is, if it is one."""
    # As most are typed: planning the question takes a quarter of finding whose it is.
    if re.fullmatch(E164, text):
        return [text]
    (number,) = single_row(connection, f"SELECT {phone('t')} FROM (SELECT ?::VARCHAR AS t)", [text])
    return [number] if number else []


def _has_letters(text: str) -> bool:
    """Whether there is a letter in it that can be large or small."""
    return text.lower() != text.upper()


def _parts(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], text: str, limit: int) -> dict[int, str]:
    """The same of people of whom the name, identity, address or number holds it, in any case."""
    # What has letters is no part of a number. Names first: they are few, so that a common text is found at once.
    searched = ("Name", "identity", "Email") if _has_letters(text) else ("Name", "identity", "Email", "Phone")
    condition, given = _holds(text)
    # A text is never longer than what holds it; that says at once that nobody has it where all of a column is shorter.
    condition = f"strlen({{0}}) >= {len(text)} AND {condition}"
    return _rows(connection, [(condition.format(columns[name]), given) for name in searched if name in columns], limit)


def _holds(text: str) -> tuple[str, str]:
    """The quickest condition that a column holds the text in any case, and its parameter."""
    if not _has_letters(text):
        return "contains({0}, ?)", text
    return ("contains(lower({0}), lower(?))", text) if set(text) & set("%_\\") else ("{0} ILIKE ?", f"%{text}%")


def _rows(connection: duckdb.DuckDBPyConnection, conditions: Sequence[tuple[str, str]], limit: int) -> dict[int, str]:
    """The identities, by their rows, of people for whom one of the conditions holds; no further one is asked when there are enough.

    A query each, because a condition on one column goes into the scan of it.
    """
    found: dict[int, str] = {}
    for condition, given in conditions:
        if len(found) < limit:
            asked = f"SELECT p.rowid, p.identity FROM profiles p WHERE {condition} LIMIT {limit}"
            found |= dict(connection.execute(asked, [given]).fetchall())
    return found


def known(connection: duckdb.DuckDBPyConnection, email: str, number: str) -> Known:
    """How many texts of the table `addresses` (`key`, `phone` in E.164) are identities, and how many others addresses or numbers."""

    def count(source: str, stored: str, key: str) -> int:
        known = f"(SELECT DISTINCT {stored} AS known FROM profiles p WHERE {stored} IS NOT NULL)"
        (found,) = single_row(connection, f"SELECT count(*) FROM {source} SEMI JOIN {known} ON known = {key}")
        return int(found)

    others = "(SELECT a.* FROM addresses a ANTI JOIN profiles p ON p.identity = a.key)"
    return Known(
        count("addresses", "p.identity", "key"),
        count(others, f"lower(p.{email})", "lower(key)"),
        count(others, f"p.{number}", "phone"),
    )
