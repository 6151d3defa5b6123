"""Reach: one query that gives each person of a filter their place, on several channels at once. Whoever counts, lists or sends asks it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from headcount.campaigns.reach import Cap, Counts, Delivery, Place, Placed
from headcount.profiles.consent import OPT_IN, Channel
from headcount.profiles.properties import Property
from headcount.store.duckdb import registry, shares
from headcount.store.segment_sql import Compiled, Parameter

#: People with a device that can be sent a push message. A token belongs to one device, and a device to one person: nobody shares one.
_DEVICES = "aliases a JOIN devices d ON d.object_id = a.value WHERE a.kind = 'objectId'"
#: The place of whom nothing has stopped yet when addresses are compared.
_OPEN = Place.DUPLICATE_ADDRESS.order
#: In how many parts a control group is measured.
_PARTS = 100


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: of whom, on which channels, by which rules, when (UTC, without a zone)."""

    people: Compiled
    channels: Sequence[Channel]
    delivery: Delivery
    at: datetime


def waterfall(connection: duckdb.DuckDBPyConnection, question: Question) -> Mapping[Channel, Counts]:
    """How many people end in each place."""
    names = ", ".join(question.channels)
    with _asked(connection, question) as places:
        found = connection.execute(f"{places.sql} SELECT {names}, count(*) FROM places GROUP BY ALL", places.parameters).fetchall()
    counts = {channel: dict.fromkeys(Place, 0) for channel in question.channels}
    # One row for each way in which places come together, not for each person.
    for *ended, people in found:
        for channel, place in zip(question.channels, ended, strict=True):
            counts[channel][list(Place)[place]] += people
    return counts


def placed(connection: duckdb.DuckDBPyConnection, question: Question, place: Place, limit: int) -> Sequence[Placed]:
    """People who end in a place on the channel, the only one of the question."""
    (channel,) = question.channels
    asked = (
        f"SELECT p.identity, {_shown(connection, channel)} FROM places JOIN profiles p ON p.rowid = pid "
        f"WHERE {channel} = {place.order} ORDER BY p.identity LIMIT {limit}"
    )
    with _asked(connection, question) as places:
        return [Placed(*row) for row in connection.execute(f"{places.sql} {asked}", places.parameters).fetchall()]


def keep_messages(connection: duckdb.DuckDBPyConnection, sent: pa.Table) -> Sequence[int]:
    """See MessageStore. Runs in the caller's transaction."""
    connection.register("sent", sent)
    try:
        known = "SELECT identity, channel::channel, sent_at, campaign FROM sent SEMI JOIN profiles USING (identity) ORDER BY place"
        connection.execute(f"INSERT INTO messages {known}")
        return [place for (place,) in connection.execute("SELECT place FROM sent ANTI JOIN profiles USING (identity)").fetchall()]
    finally:
        connection.unregister("sent")


@contextmanager
def _asked(connection: duckdb.DuckDBPyConnection, question: Question) -> Iterator[Compiled]:
    """The query for as long as the context lasts: it reads what was found of shared addresses, where that was not kept."""
    compared = {_property(connection, channel).number for channel in question.channels if channel is not Channel.PUSH}
    found = {number for number in compared if not shares.is_kept(connection, number)}
    try:
        for number in found:
            connection.register(f"shared_{number}", shares.find(connection, number).table)
        yield _places(connection, question, found)
    finally:
        for number in found:
            connection.unregister(f"shared_{number}")


def _places(connection: duckdb.DuckDBPyConnection, question: Question, found: Collection[int]) -> Compiled:
    """WITH … `places`: for each person `pid`, which is the row of their profile, a column a channel with the number of their place."""
    apart = {name: part for channel in question.channels for name, part in _apart(connection, question, channel, found)}
    parts = [_matched(connection, question)]
    parts += [Compiled(f"{name} AS MATERIALIZED ({part.sql})", part.parameters) for name, part in apart.items()]
    columns = ", ".join(f"{_place(question.delivery, channel)} AS {channel}" for channel in question.channels)
    parts.append(Compiled(f"places AS (SELECT pid, {columns} FROM matched)"))
    return Compiled(f"WITH {', '.join(part.sql for part in parts)}", [each for part in parts for each in part.parameters])


def _matched(connection: duckdb.DuckDBPyConnection, question: Question) -> Compiled:
    """`matched`: how far each person gets by what their own profile says."""
    columns, parameters = ["p.rowid AS pid"], list[Parameter]()
    for channel in question.channels:
        there = _there(connection, channel)
        step = f"WHEN NOT ({there}) THEN {Place.NO_ADDRESS.order} WHEN NOT {_allowed(channel)} THEN {Place.OPTED_OUT.order}"
        columns.append(f"(CASE {step} ELSE {_OPEN} END)::UTINYINT AS {channel}_step")
    if question.delivery.control_percent:
        # Fast, and the same from run to run; a test holds that another version of the engine has the same numbers.
        columns.append("hash(p.identity, ?::VARCHAR) % ? < ? AS control")
        parameters += [question.delivery.salt, _PARTS, question.delivery.control_percent]
    sql = f"matched AS (SELECT {', '.join(columns)} FROM profiles p WHERE {question.people.sql})"
    return Compiled(sql, [*parameters, *question.people.parameters])


def _apart(
    connection: duckdb.DuckDBPyConnection, question: Question, channel: Channel, found: Collection[int]
) -> Iterator[tuple[str, Compiled]]:
    """Who is told apart by others than themselves, `pid`: by people with the same address, by the messages that were sent."""
    # A device belongs to one person.
    if channel is not Channel.PUSH:
        held = _property(connection, channel)
        address, compared = f"p.{held.column}", shares.COMPARED[held.number].format(f"p.{held.column}")
        source = f"shared_{held.number}" if held.number in found else f"shared_addresses WHERE number = {held.number}"
        several = f"hash({address}) IN (SELECT unnest(hashes) FROM {source})"
        yield (
            f"{channel}_twice",
            Compiled(
                f"SELECT p.rowid AS pid {_open_to(connection, question, channel)} AND {several} "
                f"QUALIFY row_number() OVER (PARTITION BY {compared} ORDER BY p.identity) > 1",
                question.people.parameters,
            ),
        )
    if cap := _cap(question.delivery, channel):
        sent = _full(cap, channel, question.at)
        yield f"{channel}_capped", Compiled(f"SELECT p.rowid AS pid FROM profiles p WHERE p.identity IN ({sent.sql})", sent.parameters)


def _open_to(connection: duckdb.DuckDBPyConnection, question: Question, channel: Channel) -> str:
    """FROM … WHERE … of the people whom nothing has stopped yet when addresses are compared; the parameters are those of the people."""
    return f"FROM profiles p WHERE ({question.people.sql}) AND {_there(connection, channel)} AND {_allowed(channel)}"


def _full(cap: Cap, channel: Channel, at: datetime) -> Compiled:
    """The identities of whoever got enough messages on a channel. Of the messages only the latest are looked at."""
    lately, gap = at - timedelta(days=cap.days), at - timedelta(hours=cap.gap_hours)
    limits = [Compiled("count(*) FILTER (sent_at > ?) >= ?", [lately, cap.messages])] if cap.messages else []
    limits += [Compiled("max(sent_at) > ?", [gap])] if cap.gap_hours else []
    enough = " OR ".join(limit.sql for limit in limits)
    since = min(lately if cap.messages else at, gap)
    return Compiled(
        f"SELECT identity FROM messages WHERE channel = '{channel}' AND sent_at > ? GROUP BY identity HAVING {enough}",
        [since, *(each for limit in limits for each in limit.parameters)],
    )


def _place(delivery: Delivery, channel: Channel) -> str:
    """SQL of the number of the place on a channel."""
    whens = [f"WHEN {channel}_step < {_OPEN} THEN {channel}_step"]
    if channel is not Channel.PUSH:
        whens.append(f"WHEN pid IN (FROM {channel}_twice) THEN {Place.DUPLICATE_ADDRESS.order}")
    if _cap(delivery, channel):
        whens.append(f"WHEN pid IN (FROM {channel}_capped) THEN {Place.FREQUENCY_CAP.order}")
    if delivery.control_percent:
        whens.append(f"WHEN control THEN {Place.CONTROL_GROUP.order}")
    return f"CASE {' '.join(whens)} ELSE {Place.REACH.order} END"


def _cap(delivery: Delivery, channel: Channel) -> Cap | None:
    """The limit of a channel, where there is any."""
    cap = delivery.caps.get(channel)
    return cap if cap and (cap.messages or cap.gap_hours) else None


def _there(connection: duckdb.DuckDBPyConnection, channel: Channel) -> str:
    """SQL of whether somebody has an address."""
    column = _column(connection, channel)
    return f"{column} IS NOT NULL" if column else f"p.identity IN (SELECT a.identity FROM {_DEVICES})"


def _allowed(channel: Channel) -> str:
    """SQL of whether consent allows a message."""
    return f"coalesce(p.{channel.column}, {str(channel not in OPT_IN).lower()})"


def _shown(connection: duckdb.DuckDBPyConnection, channel: Channel) -> str:
    """SQL of an address as a person knows it."""
    return _column(connection, channel) or f"(SELECT min(d.token) FROM {_DEVICES} AND a.identity = p.identity)"


def _column(connection: duckdb.DuckDBPyConnection, channel: Channel) -> str | None:
    return None if channel is Channel.PUSH else f"p.{_property(connection, channel).column}"


def _property(connection: duckdb.DuckDBPyConnection, channel: Channel) -> Property:
    """The addresses of a channel, which is another one than push."""
    return registry.find(connection, "Email" if channel is Channel.EMAIL else "Phone")
