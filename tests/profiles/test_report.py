from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from headcount.profiles.consent import Channel
from headcount.profiles.properties import Property
from headcount.profiles.report import document
from headcount.profiles.store import Person, StoredConsent, StoredEvent, StoredValue
from headcount.values.instants import utc_text
from headcount.values.types import Type

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SEEN = datetime(2026, 1, 2, 3, 4, 5)


def person(*values: StoredValue, **consent: bool) -> Person:
    known = {channel: StoredConsent(consent.get(channel.value)) for channel in Channel}
    return Person("a", values, known, SEEN, SEEN, (1, 2))


def value(name: str, type_: Type, stored: object, upload: int = 1, row: int = 2) -> StoredValue:
    return StoredValue(Property(1, name, type_), stored, upload, row)


def test_each_value_has_its_type_and_origin() -> None:
    shown = document(person(value("plan", Type.STRING, "pro")), {1: "u1"}, NOW)
    assert shown["properties"] == {"plan": {"type": "string", "value": "pro", "from": {"upload": "u1", "row": 2}}}
    assert shown["uploads"] == ["u1"]
    live = document(person(value("plan", Type.STRING, "pro", upload=0, row=1024)), {1: "u1"}, NOW)
    assert live["properties"]["plan"]["from"] == {"upload": None, "row": None}
    assert shown["first_seen"] == shown["last_updated"] == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(("born", "age"), [((1990, 5, 31), 36), ((1990, 6, 1), 36), ((1990, 6, 2), 35), ((2004, 2, 29), 22)])
def test_an_age_follows_from_the_date_of_birth(born: tuple[int, int, int], age: int) -> None:
    known = (value("Age", Type.INTEGER, 99), value("DOB", Type.DATE, datetime(*born, 12), row=7))
    shown = document(person(*known), {1: "u1"}, NOW)["properties"]
    assert shown["Age"] == {"type": "integer", "value": age, "from": {"upload": "u1", "row": 7}}
    assert shown["DOB"]["value"].endswith("T12:00:00Z")


def test_an_age_that_was_stated_stands_where_no_birthday_is_known() -> None:
    assert document(person(value("Age", Type.INTEGER, 40)), {}, NOW)["properties"]["Age"]["value"] == 40


def test_reachable_is_who_has_an_address_and_may_be_messaged() -> None:
    known = (value("Email", Type.STRING, "a@b.example"), value("Phone", Type.STRING, "+4930123456"))
    shown = document(person(*known, email=False), {}, NOW)
    assert shown["addresses"] == {"push": 0, "sms": True, "email": True, "whatsapp": True}
    assert shown["reachable"] == {"push": False, "sms": True, "email": False, "whatsapp": False}
    assert document(person(*known, whatsapp=True), {}, NOW)["reachable"]["whatsapp"]


def test_a_consent_has_the_source_and_time_of_its_last_change() -> None:
    known = person()
    consent = {**known.consent, Channel.SMS: StoredConsent(False, "upload", SEEN)}  # noqa: FBT003
    shown = document(Person("a", (), consent, SEEN, SEEN, ()), {}, NOW)["consent"]
    assert shown["sms"] == {"state": "unsubscribed", "source": "upload", "at": "2026-01-02T03:04:05Z"}
    assert shown["push"] == {"state": "not_set", "source": None, "at": None}


def test_events_have_their_origin_and_devices_are_an_address() -> None:
    did = (StoredEvent("Charged", SEEN, {"Amount": 3}, 1, 7), StoredEvent("Viewed", SEEN, {}, 0, 1024))
    shown = document(replace(person(), events=did, devices=2), {1: "u1"}, NOW)
    origin = {"upload": "u1", "row": 7}
    assert shown["events"][0] == {"name": "Charged", "at": "2026-01-02T03:04:05Z", "properties": {"Amount": 3}, "from": origin}
    assert shown["events"][1]["from"] == {"upload": None, "row": None}
    assert shown["addresses"]["push"] == 2
    assert shown["reachable"]["push"]


def test_times_with_a_zone_are_told_in_utc() -> None:
    assert utc_text(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00Z"
