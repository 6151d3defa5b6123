"""The query of reach against a classification of one person after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headcount.campaigns.reach import Audience, Cap, Delivery, Place
from headcount.profiles.consent import Channel, may_message
from headcount.segments.grammar import parse
from headcount.store.duckdb import registry
from headcount.store.duckdb.profiles import DuckDBProfiles, open_profiles
from headcount.values.types import Type

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Someone:
    identity: str
    plan: str | None = None
    email: str | None = None
    phone: str | None = None
    devices: int = 0
    consent: tuple[bool | None, bool | None, bool | None, bool | None] = (None, None, None, None)
    #: On which channel how many hours ago.
    sent: tuple[tuple[Channel, int], ...] = ()

    def address(self, channel: Channel) -> str | int | None:
        if channel is Channel.PUSH:
            return self.devices or None
        return self.email if channel is Channel.EMAIL else self.phone


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBProfiles]:
    with open_profiles(tmp_path / "a.duckdb", memory_mb=256, threads=1, patience=1) as store:
        store.register(1, [("plan", Type.STRING)])
        yield store


def fill(store: DuckDBProfiles, people: Sequence[Someone]) -> None:
    made = store.connection
    for table in ("profiles", "aliases", "devices", "messages"):
        made.execute(f"DELETE FROM {table}")
    plan, email, phone = (registry.find(made, name).column for name in ("plan", "Email", "Phone"))
    into = f"identity, {plan}, {email}, {phone}, consent_push, consent_sms, consent_email, consent_whatsapp"
    rows = [(who.identity, who.plan, who.email, who.phone, *who.consent) for who in people]
    made.executemany(
        f"INSERT INTO profiles ({into}, first_seen, last_updated, created_upload, created_row) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, '2024-01-01', '2024-01-01', 1, 1)",
        rows,
    )
    for who in people:
        for device in range(who.devices):
            made.execute("INSERT INTO aliases VALUES ('objectId', ?, ?)", [f"{who.identity}{device}", who.identity])
            made.execute("INSERT INTO devices VALUES (?, 'fcm', ?, NULL, '2024-01-01')", [f"{who.identity}{device}"] * 2)
        for channel, hours in who.sent:
            at = (AT - hours * HOUR).replace(tzinfo=None)
            made.execute("INSERT INTO messages VALUES (?, ?, ?, NULL)", [who.identity, channel.value, at])


def audience(condition: str, delivery: Delivery | None = None) -> Audience:
    return Audience(parse(condition), "UTC", lambda _: None, delivery or Delivery(), AT)


def places(people: Sequence[Someone], channel: Channel, delivery: Delivery, control: set[str]) -> dict[str, Place]:
    """Each person's place, found one after another. A person's consent stands where its channel does."""
    found, kept = dict[str, Place](), set[object]()
    for who in sorted(people, key=lambda each: each.identity):
        address = who.address(channel)
        key = address.lower() if isinstance(address, str) else (who.identity, address)
        if address is None:
            place = Place.NO_ADDRESS
        elif not may_message(channel, who.consent[list(Channel).index(channel)]):
            place = Place.OPTED_OUT
        elif key in kept:
            place = Place.DUPLICATE_ADDRESS
        elif capped(who, channel, delivery.caps.get(channel, Cap())):
            place = Place.FREQUENCY_CAP
        else:
            place = Place.CONTROL_GROUP if who.identity in control else Place.REACH
        if place not in {Place.NO_ADDRESS, Place.OPTED_OUT}:
            kept.add(key)
        found[who.identity] = place
    return found


def capped(who: Someone, channel: Channel, cap: Cap) -> bool:
    hours = [ago for on, ago in who.sent if on is channel]
    often = cap.messages and sum(ago < cap.days * 24 for ago in hours) >= cap.messages
    return bool(often or (cap.gap_hours and any(ago < cap.gap_hours for ago in hours)))


said = st.none() | st.booleans()
someone = st.builds(
    Someone,
    identity=st.text("abcäZ0 ", min_size=1, max_size=3),
    plan=st.sampled_from([None, "pro", "free"]),
    email=st.sampled_from([None, "a@x.com", "A@X.com", "b@x.com", "c@x.com"]),
    phone=st.sampled_from([None, "+491511111", "+491512222"]),
    devices=st.integers(0, 2),
    consent=st.tuples(said, said, said, said),
    sent=st.lists(st.tuples(st.sampled_from(Channel), st.sampled_from([0, 1, 5, 23, 24, 25, 48, 100])), max_size=3).map(tuple),
)
caps = st.dictionaries(st.sampled_from(Channel), st.builds(Cap, st.integers(0, 2), st.integers(1, 3), st.sampled_from([0, 1, 6, 30])))
deliveries = st.builds(Delivery, caps, st.sampled_from([0, 50, 100]), st.text(max_size=3))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(someone, min_size=1, max_size=12, unique_by=lambda who: who.identity),
    delivery=deliveries,
    everybody=st.booleans(),
    opened=st.sampled_from(Channel),
)
def test_everybody_is_where_the_order_says(
    store: DuckDBProfiles, people: list[Someone], delivery: Delivery, opened: Channel, *, everybody: bool
) -> None:
    fill(store, people)
    asked = audience("identity exists" if everybody else 'plan = "pro"', delivery)
    meant = [who for who in people if everybody or who.plan == "pro"]
    control = {who.identity for who in people if in_control(store, who.identity, delivery)}
    found = store.waterfall(asked, list(Channel))
    for channel in Channel:
        expected = places(meant, channel, delivery, control)
        assert found[channel] == {place: Counter(expected.values())[place] for place in Place}
        assert sum(found[channel].values()) == len(meant)
    expected = places(meant, opened, delivery, control)
    for place in Place:
        assert [each.identity for each in store.placed(asked, opened, place, 100)] == sorted(w for w, at in expected.items() if at is place)


def in_control(store: DuckDBProfiles, identity: str, delivery: Delivery) -> bool:
    """Asked of the store itself, of one person with an address and nothing against a message."""
    asked = "SELECT hash(?::VARCHAR, ?::VARCHAR) % 100 < ?"
    found = store.connection.execute(asked, [identity, delivery.salt, delivery.control_percent]).fetchall()
    return bool(found[0][0])


CROWD = [Someone(f"{number}", email=f"{number}@x.com", phone="+491511111") for number in range(300)]


def test_a_control_group_is_the_same_people_each_time_and_grows(store: DuckDBProfiles) -> None:
    fill(store, CROWD)

    def control(percent: int, salt: str = "one") -> set[str]:
        asked = audience("identity exists", Delivery({}, percent, salt))
        return {each.identity for each in store.placed(asked, Channel.EMAIL, Place.CONTROL_GROUP, 300)}

    assert control(0) == set()
    assert 10 <= len(control(10)) <= 60
    assert control(10) == control(10) < control(30)
    assert control(10) != control(10, "two")
    assert len(control(100)) == len(CROWD)


def test_another_version_of_the_engine_puts_the_same_people_into_a_control_group(store: DuckDBProfiles) -> None:
    found = store.connection.execute("SELECT hash('00123', 'salt'), hash('ä' || repeat('x', 40), 'salt')").fetchall()
    assert found == [(2795043377577523718, 17926448263957976223)]


def test_one_of_many_with_an_address_keeps_it(store: DuckDBProfiles) -> None:
    fill(store, CROWD)
    found = store.waterfall(audience("identity exists"), [Channel.SMS, Channel.EMAIL])
    assert (found[Channel.SMS][Place.DUPLICATE_ADDRESS], found[Channel.SMS][Place.REACH]) == (299, 1)
    assert found[Channel.EMAIL][Place.REACH] == 300
    assert [each.identity for each in store.placed(audience("identity exists"), Channel.SMS, Place.REACH, 5)] == ["0"]


def test_people_are_shown_with_the_address_as_they_have_it(store: DuckDBProfiles) -> None:
    fill(store, [Someone("1", email="Ann@X.com", devices=2), Someone("2")])
    asked = audience("identity exists")
    shown = {channel: store.placed(asked, channel, Place.REACH, 5) for channel in (Channel.EMAIL, Channel.PUSH)}
    assert [[(each.identity, each.address) for each in people] for people in shown.values()] == [[("1", "Ann@X.com")], [("1", "10")]]
    assert [each.address for each in store.placed(asked, Channel.SMS, Place.NO_ADDRESS, 1)] == [None]


def test_who_opted_out_does_not_keep_the_address(store: DuckDBProfiles) -> None:
    fill(store, [Someone("1", email="a@x.com", consent=(None, None, False, None)), Someone("2", email="A@x.com")])
    found = store.waterfall(audience("identity exists"), [Channel.EMAIL])[Channel.EMAIL]
    assert (found[Place.OPTED_OUT], found[Place.DUPLICATE_ADDRESS], found[Place.REACH]) == (1, 0, 1)
