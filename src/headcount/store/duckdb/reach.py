"""Reach: the place of each person of a filter on a channel, counted on several at once, or listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from headcount.campaigns.reach import Cap, Counts, Delivery, Place, Placed
from headcount.profiles.consent import OPT_IN, Channel
from headcount.profiles.properties import Property
from headcount.single_row import single_row
from headcount.store.duckdb import registry, shares
from headcount.store.duckdb.people import DEVICES
from headcount.store.duckdb.segment_sql import Compiled, in_order

#: Whom nothing has stopped yet when addresses are compared ends in this place or a later one.
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
    """How many people end in each place. Runs in the caller's snapshot."""
    counts = _alone(connection, question)
    for held, channels in _held(connection, question.channels).items():
        later = [(channel, place) for channel in channels for place in Place if place.order > _OPEN and counts[channel][place]]
        for (channel, place), people in zip(later, _seconds(connection, question, held, later), strict=True):
            counts[channel][place] -= people
            counts[channel][Place.DUPLICATE_ADDRESS] += people
    return counts


def placed(connection: duckdb.DuckDBPyConnection, question: Question, place: Place, limit: int) -> Sequence[Placed]:
    """People who end in a place on the channel, the only one of the question. Runs in the caller's snapshot."""
    (channel,) = question.channels
    with _ending(connection, question, channel, place) as conditions:
        found = _selected(question, [Compiled(f"p.identity, {_shown(connection, channel)}")], conditions)
        rows = connection.execute(f"{found.sql} ORDER BY p.identity LIMIT {limit}", found.parameters).fetchall()
    return [Placed(*row) for row in rows]


def devices(connection: duckdb.DuckDBPyConnection, question: Question) -> Mapping[str, int]:
    """How many people push, the only channel of the question, reaches on each type of device. Runs in the caller's snapshot."""
    with _ending(connection, question, Channel.PUSH, Place.REACH) as conditions:
        found = _selected(question, [Compiled("p.identity")], conditions)
        asked = f"SELECT d.type, count(DISTINCT a.identity) FROM {DEVICES} AND a.identity IN ({found.sql}) GROUP BY d.type"
        return dict(connection.execute(asked, found.parameters).fetchall())


def keep_messages(connection: duckdb.DuckDBPyConnection, sent: pa.Table) -> Sequence[int]:
    """See MessageStore. Runs in the caller's transaction."""
    connection.register("sent", sent)
    try:
        known = "SELECT identity, channel::channel, sent_at, campaign FROM sent SEMI JOIN profiles USING (identity) ORDER BY place"
        connection.execute(f"INSERT INTO messages {known}")
        return [place for (place,) in connection.execute("SELECT place FROM sent ANTI JOIN profiles USING (identity)").fetchall()]
    finally:
        connection.unregister("sent")


def _alone(connection: duckdb.DuckDBPyConnection, question: Question) -> dict[Channel, dict[Place, int]]:
    """How many people would end in each place if everybody had their addresses for themselves."""
    counts = {channel: dict.fromkeys(Place, 0) for channel in question.channels}
    own = _selected(question, _places(connection, question, question.channels))
    asked = f"SELECT {', '.join(question.channels)}, count(*) FROM ({own.sql}) GROUP BY ALL"
    # One row for each way in which places come together, not for each person.
    for *ended, people in connection.execute(asked, own.parameters).fetchall():
        for channel, place in zip(question.channels, ended, strict=True):
            counts[channel][list(Place)[place]] += people
    return counts


def _seconds(
    connection: duckdb.DuckDBPyConnection, question: Question, held: Property, ends: Sequence[tuple[Channel, Place]]
) -> Sequence[int]:
    """How many of the people who would end in each of these places have an address, of a property, that somebody before them keeps."""
    if not ends:
        return ()
    channels = Counter(channel for channel, _ in ends)
    counted = [f"count(*) FILTER ({channel} = {place.order}) AS {channel}_{place}" for channel, place in ends]
    # Where there is one place only, it does not matter who keeps the address.
    ended = {channel: f"arg_min({channel}, identity)" if places > 1 else f"max({channel})" for channel, places in channels.items()}
    kept = [f"{end} FILTER ({channel} >= {_OPEN}) AS {channel}_kept" for channel, end in ended.items()]
    seconds = [f"coalesce(sum({channel}_{place}), 0) - count(*) FILTER ({channel}_kept = {place.order})" for channel, place in ends]
    with shares.several(connection, held) as several:
        columns = [Compiled(f"{shares.compared(held)} AS address, p.identity"), *_places(connection, question, channels)]
        sharing = _selected(question, columns, [Compiled(several)])
        of_addresses = f"SELECT {', '.join(counted + kept)} FROM ({sharing.sql}) GROUP BY address"
        return single_row(connection, f"SELECT {', '.join(seconds)} FROM ({of_addresses})", sharing.parameters)


@contextmanager
def _ending(connection: duckdb.DuckDBPyConnection, question: Question, channel: Channel, place: Place) -> Iterator[Collection[Compiled]]:
    """Conditions that hold together for who ends in a place, for as long as the context lasts."""
    own = _own(connection, question, channel)
    ended = Compiled(f"{own.sql} = {place.order}", own.parameters)
    held = _addresses(connection, channel)
    if held is None or place.order < _OPEN:
        yield [ended]
        return
    with shares.several(connection, held) as several:
        sharing = _selected(question, [Compiled("p.pid")], [Compiled(f"{own.sql} >= {_OPEN}", own.parameters), Compiled(several)])
        seconds = f"{sharing.sql} QUALIFY row_number() OVER (PARTITION BY {shares.compared(held)} ORDER BY p.identity) > 1"
        is_second = place is Place.DUPLICATE_ADDRESS
        yield [Compiled(f"p.pid {'IN' if is_second else 'NOT IN'} ({seconds})", sharing.parameters), *([] if is_second else [ended])]


def _selected(question: Question, columns: Sequence[Compiled], conditions: Collection[Compiled] = ()) -> Compiled:
    """SELECT … of the people who are asked about and for whom all of the conditions hold: `p`, with `pid`, the row of their profile."""
    known = in_order(", ", [Compiled("p.*, p.rowid AS pid"), *_control(question.delivery)])
    wanted = in_order(" AND ", [Compiled(f"({each.sql})", each.parameters) for each in (question.people, *conditions)])
    parts = [
        Compiled("SELECT"),
        in_order(", ", columns),
        Compiled(f"FROM (SELECT {known.sql} FROM profiles p) p", known.parameters),
        Compiled(f"WHERE {wanted.sql}", wanted.parameters),
    ]
    return in_order(" ", parts)


def _control(delivery: Delivery) -> Iterator[Compiled]:
    """`control`, whether somebody is in the control group, where there is any."""
    if delivery.control_percent:
        # Fast, and the same from run to run; a test holds that another version of the engine has the same numbers. Numbers of another type
        # than that of a hash are reckoned with ten times as slowly.
        yield Compiled(f"hash(p.identity, ?::VARCHAR) % {_PARTS} < {delivery.control_percent:d} AS control", [delivery.salt])


def _places(connection: duckdb.DuckDBPyConnection, question: Question, channels: Iterable[Channel]) -> Sequence[Compiled]:
    """A column for each channel, with its name: see `_own`."""
    places = {channel: _own(connection, question, channel) for channel in channels}
    return [Compiled(f"{own.sql} AS {channel}", own.parameters) for channel, own in places.items()]


def _own(connection: duckdb.DuckDBPyConnection, question: Question, channel: Channel) -> Compiled:
    """SQL of the number of the place where somebody would end who has their address for themselves."""
    whens = [
        Compiled(f"WHEN NOT ({_there(connection, channel)}) THEN {Place.NO_ADDRESS.order}"),
        Compiled(f"WHEN NOT {_allowed(channel)} THEN {Place.OPTED_OUT.order}"),
    ]
    if cap := _cap(question.delivery, channel):
        full = _full(cap, channel, question.at)
        whens.append(Compiled(f"WHEN p.identity IN ({full.sql}) THEN {Place.FREQUENCY_CAP.order}", full.parameters))
    if question.delivery.control_percent:
        whens.append(Compiled(f"WHEN p.control THEN {Place.CONTROL_GROUP.order}"))
    cases = in_order(" ", whens)
    return Compiled(f"(CASE {cases.sql} ELSE {Place.REACH.order} END)::UTINYINT", cases.parameters)


def _full(cap: Cap, channel: Channel, at: datetime) -> Compiled:
    """The identities of whoever got enough messages on a channel. Of the messages only the latest are looked at."""
    lately, gap = at - timedelta(days=cap.days), at - timedelta(hours=cap.gap_hours)
    limits = [Compiled("count(*) FILTER (sent_at > ?) >= ?", [lately, cap.messages])] if cap.messages else []
    limits += [Compiled("max(sent_at) > ?", [gap])] if cap.gap_hours else []
    enough = in_order(" OR ", limits)
    since = min(lately if cap.messages else at, gap)
    return Compiled(
        f"SELECT identity FROM messages WHERE channel = '{channel}' AND sent_at > ? GROUP BY identity HAVING {enough.sql}",
        [since, *enough.parameters],
    )


def _cap(delivery: Delivery, channel: Channel) -> Cap | None:
    """The limit of a channel, where there is any."""
    cap = delivery.caps.get(channel)
    return cap if cap and (cap.messages or cap.gap_hours) else None


def _there(connection: duckdb.DuckDBPyConnection, channel: Channel) -> str:
    """SQL of whether somebody has an address."""
    column = _column(connection, channel)
    return f"{column} IS NOT NULL" if column else f"p.identity IN (SELECT a.identity FROM {DEVICES})"


def _allowed(channel: Channel) -> str:
    """SQL of whether consent allows a message."""
    return f"coalesce(p.{channel.column}, {str(channel not in OPT_IN).lower()})"


def _shown(connection: duckdb.DuckDBPyConnection, channel: Channel) -> str:
    """SQL of an address as a person knows it."""
    return _column(connection, channel) or f"(SELECT min(d.token) FROM {DEVICES} AND a.identity = p.identity)"


def _column(connection: duckdb.DuckDBPyConnection, channel: Channel) -> str | None:
    held = _addresses(connection, channel)
    return f"p.{held.column}" if held else None


def _held(connection: duckdb.DuckDBPyConnection, channels: Iterable[Channel]) -> Mapping[Property, Collection[Channel]]:
    """The properties that hold addresses of the channels, each with those of which it does."""
    found: dict[Property, list[Channel]] = {}
    for channel in channels:
        if held := _addresses(connection, channel):
            found.setdefault(held, []).append(channel)
    return found


def _addresses(connection: duckdb.DuckDBPyConnection, channel: Channel) -> Property | None:
    """The property that holds the addresses of a channel; None where they are those of devices."""
    return registry.find(connection, channel.address) if channel.address else None
