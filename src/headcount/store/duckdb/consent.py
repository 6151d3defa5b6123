"""Consent in the store: the occasions on which it is changed, changing it by hand or by address, and reading the log.

Uploads change consents in bulk (`changes`); there and here are the only statements that write one.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from headcount.errors import WrongCall
from headcount.profiles.consent import Channel, ConsentEntry, Occasion, Source, Wish
from headcount.profiles.properties import ADDRESSES
from headcount.profiles.store import Origin
from headcount.single_row import single_row
from headcount.store.duckdb import registry
from headcount.values.system import is_email, phone

_ENTER = "INSERT INTO consent_acts SELECT coalesce(max(act), 0) + 1, ?, ?, ?, ?, ?, ?, ? FROM consent_acts RETURNING act"


@dataclass(frozen=True, slots=True)
class Act:
    """An occasion on which consents are changed."""

    at: datetime
    source: Source
    actor: str
    door: str
    upload: int | None = None
    reason: str | None = None
    #: The occasion that it takes back or brings back.
    restores: int | None = None


def consent_act(connection: duckdb.DuckDBPyConnection, origin: Origin) -> int:
    """The number of the occasion that an upload is; entered when it is first asked for. Runs in the caller's transaction."""
    found = act_of(connection, origin.upload)
    if found is not None:
        return found
    return enter_act(connection, Act(origin.at, Source.UPLOAD, origin.actor, origin.door, origin.upload, origin.reason))


def act_of(connection: duckdb.DuckDBPyConnection, upload: int) -> int | None:
    """The number of the occasion that an upload was, where it changed a consent."""
    (found,) = single_row(connection, "SELECT min(act) FROM consent_acts WHERE upload = ? AND restores IS NULL", [upload])
    return None if found is None else int(found)


def enter_act(connection: duckdb.DuckDBPyConnection, act: Act) -> int:
    """Enter an occasion; its number. Runs in the caller's transaction."""
    return int(single_row(connection, _ENTER, list(astuple(act)))[0])


def anybody_declined(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether anybody has opted out themselves."""
    return bool(single_row(connection, "SELECT EXISTS (FROM profiles WHERE declined <> 0)")[0])


def set_consent(connection: duckdb.DuckDBPyConnection, identity: str, wish: Wish) -> ConsentEntry | None:
    """Change one consent and log it; None where it is so already. Runs in the caller's transaction. Raises WrongCall."""
    channel = wish.channel
    found = connection.execute(f"SELECT rowid, {channel.column}, declined FROM profiles WHERE identity = ?", [identity]).fetchall()
    if not found:
        raise WrongCall(
            "person_unknown", f"There is no person with the identity “{identity}”.", "Identities are compared letter by letter."
        )
    pid, before, declined = found[0]
    after_declined = _declined(declined, wish)
    # Said is said, even where it is so already: an upload that was accepted before does not change it.
    connection.execute("INSERT INTO later VALUES (?, ?, true, NULL, NULL, NULL, ?, NULL)", [identity, -channel.bit, wish.at])
    if (before, declined) == (wish.subscribed, after_declined):
        return None
    if declined & channel.bit and wish.subscribed and wish.source is not Source.PERSON and not wish.reason:
        reason = f"“{identity}” has opted out of {channel.value} themselves."
        raise WrongCall("consent_declined", reason, "Say why they may be messaged again, with --reason.")
    connection.execute(
        f"UPDATE profiles SET {channel.column} = ?, declined = ?, last_updated = ? WHERE rowid = ?",
        [wish.subscribed, after_declined, wish.at, pid],
    )
    act = enter_act(connection, Act(wish.at, wish.source, wish.actor, wish.door, reason=wish.reason))
    connection.execute(
        "INSERT INTO consent_entries SELECT nextval('steps'), ?, ?, ?, ?, ?, NULL", [act, identity, channel.value, before, wish.subscribed]
    )
    return ConsentEntry(wish.at, identity, channel, before, wish.subscribed, wish.source, wish.actor, wish.door, None, None, wish.reason)


def subscribe(connection: duckdb.DuckDBPyConnection, wishes: pa.Table, occasion: Occasion) -> tuple[pa.Table, pa.Array]:
    """See RecordStore; also whose consents they are. Runs in the caller's transaction."""
    connection.register("wishes", wishes)
    try:
        email, number = (registry.find(connection, name).column for name in ADDRESSES.values())
        channels = list(Channel)
        before = " ".join(f"WHEN '{ch}' THEN p.{ch.column}" for ch in channels)
        bit = " ".join(f"WHEN '{ch}' THEN {ch.bit}" for ch in channels)
        found = (
            f"SELECT w.*, p.rowid AS pid, p.identity, CASE w.channel {before} END AS before, "
            f"w.subscribed AND p.declined & CASE w.channel {bit} END <> 0 AS held FROM wishes w JOIN profiles p"
        )
        # Two joins: one with an "or" would look at every person for every wish.
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE wished AS {found} ON lower(p.{email}) = lower(w.address) WHERE w.channel = 'email' "
            f"UNION ALL {found} ON p.{number} = {phone('w.address')} WHERE w.channel <> 'email'"
        )
        _carry_out(connection, occasion)
        done = connection.sql(
            f"SELECT w.place, count(f.pid) > 0 OR CASE w.channel WHEN 'email' THEN {is_email('w.address')} ELSE "
            f"{phone('w.address')} IS NOT NULL END AS valid, count(f.pid) AS people, coalesce(count(*) FILTER (f.held), 0) AS held "
            "FROM wishes w LEFT JOIN wished f USING (place) GROUP BY w.place, w.channel, w.address ORDER BY w.place"
        ).to_arrow_table()
        whose = connection.sql("SELECT DISTINCT identity FROM wished").to_arrow_table().column("identity").combine_chunks()
        return done, whose
    finally:
        connection.unregister("wishes")


def _carry_out(connection: duckdb.DuckDBPyConnection, occasion: Occasion) -> None:
    """Change what the wishes in `wished` change, one of each person and channel, and log it."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE decided AS FROM wished WHERE NOT held "
        "QUALIFY row_number() OVER (PARTITION BY pid, channel ORDER BY place DESC) = 1 AND before IS DISTINCT FROM subscribed"
    )
    bits = " ".join(f"WHEN '{channel}' THEN {-channel.bit}" for channel in Channel)
    said = f"SELECT DISTINCT identity, CASE channel {bits} END, true, NULL, NULL, NULL, $at::TIMESTAMP, NULL FROM wished WHERE NOT held"
    connection.execute(f"INSERT INTO later {said}", {"at": occasion.at})
    if not single_row(connection, "SELECT count(*) FROM decided")[0]:
        return
    for channel in Channel:
        connection.execute(
            f"UPDATE profiles SET {channel.column} = d.subscribed, last_updated = $at FROM decided d "
            f"WHERE profiles.rowid = d.pid AND d.channel = '{channel}'",
            {"at": occasion.at},
        )
    act = enter_act(connection, Act(occasion.at, occasion.source, occasion.actor, occasion.door))
    (step,) = single_row(connection, "SELECT nextval('steps')")
    connection.execute(
        "INSERT INTO consent_entries SELECT ?, ?, identity, channel, before, subscribed, NULL FROM decided ORDER BY place", [step, act]
    )


def _declined(declined: int, wish: Wish) -> int:
    """The channels that the person has left themselves, after the wish."""
    if wish.subscribed:
        return declined & ~wish.channel.bit
    return declined | wish.channel.bit if wish.source is Source.PERSON else declined


def log(connection: duckdb.DuckDBPyConnection, identity: str | None, upload: int | None, limit: int) -> tuple[ConsentEntry, ...]:
    """The newest entries, of one person or one upload where these are given."""
    asked = {"identity": identity, "upload": upload}
    given = {name: value for name, value in asked.items() if value is not None}
    where = " AND ".join(f"{name} = ?" for name in given) or "true"
    rows = connection.execute(
        "SELECT logged_at, identity, channel, before, after, source, actor, door, upload, row, reason FROM consent_log "
        f"WHERE {where} ORDER BY step DESC, row, channel LIMIT {limit}",
        list(given.values()),
    ).fetchall()
    return tuple(
        ConsentEntry(at, who, Channel(channel), before, after, Source(source), *rest)
        for at, who, channel, before, after, source, *rest in rows
    )
