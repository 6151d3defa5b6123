from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from tests.people.conftest import DeskOf, Notes, refused

from headcount.auth.rights import Right
from headcount.errors import WrongCall
from headcount.people.desk import PeopleDesk
from headcount.profiles.consent import Channel, Source
from headcount.profiles.report import COVER

LOOKS = (Right.READ,)
SEES = (Right.READ, Right.SEE_PERSONAL_DATA)


def export(desk: PeopleDesk) -> tuple[bytes, dict[str, object]]:
    out = io.BytesIO()
    found = desk.export('plan = "pro"', ["Email"], "csv", out, lambda *_: None)
    return out.getvalue(), found


def unsubscribe(desk: PeopleDesk) -> dict[str, object]:
    return desk.set_consent("1", Channel.EMAIL, subscribed=False, source=Source.PERSON, reason="by phone")


def test_who_sees_personal_data_is_shown_it(desk_of: DeskOf) -> None:
    desk = desk_of(*SEES)
    person = desk.show("1")
    assert (person["identity"], person["properties"]["Email"]["value"]) == ("1", "ann@example.com")
    assert desk.find("BERG", 5) == [person]
    assert [(event["name"], event["properties"]) for event in person["events"]] == [("Charged", {"Amount": 300})]


def test_who_does_not_sees_that_it_is_there(desk_of: DeskOf) -> None:
    desk = desk_of(*LOOKS)
    person = desk.show("1")
    assert {name: known["value"] for name, known in person["properties"].items()} == dict.fromkeys(("Name", "Email", "plan"), COVER)
    assert (person["identity"], person["addresses"]["email"], person["reachable"]["email"]) == (COVER, True, True)
    assert [(event["name"], event["properties"]) for event in person["events"]] == [("Charged", {"Amount": COVER})]
    assert desk.find("berg", 5) == [person]
    (entry,) = desk.consent_log(None, None, 10)
    assert (entry["identity"], entry["after"], entry["row"]) == (COVER, "unsubscribed", 3)
    desk_of(*SEES, Right.CHANGE_CONSENT).set_consent("1", Channel.SMS, subscribed=False, source=Source.PERSON, reason="Ann Berg asked")
    assert desk.consent_log(None, None, 1)[0]["reason"] == COVER


def test_a_change_of_consent_is_in_both_logs(desk_of: DeskOf, notes: Notes) -> None:
    desk = desk_of(*SEES, Right.CHANGE_CONSENT)
    changed = unsubscribe(desk)
    assert changed["entry"] == desk.consent_log("1", None, 1)[0]
    assert (changed["entry"]["actor"], changed["entry"]["door"], changed["entry"]["at"]) == ("Mia", "api", "2026-06-01T12:00:00Z")
    (entry,) = notes.entries
    assert (entry.action, entry.object, entry.details) == ("consent.set", "email", {"subscribed": False, "source": "person"})
    assert unsubscribe(desk) == {"changed": False, "entry": None}
    assert len(notes.entries) == 1


def test_what_leaves_is_in_the_audit_log_without_who(desk_of: DeskOf, notes: Notes) -> None:
    written, found = export(desk_of(*SEES, Right.EXPORT))
    assert written == b'"identity","Email"\n1,ann@example.com\n'
    assert found == {"people": 1, "format": "csv", "columns": ["identity", "Email"]}
    (entry,) = notes.entries
    assert (entry.action, entry.object, entry.details) == ("people.export", "csv", {"people": 1, "columns": 2})


def test_everything_of_a_person_goes_out_and_is_noted(desk_of: DeskOf, notes: Notes) -> None:
    desk = desk_of(*SEES, Right.EXPORT, Right.CHANGE_CONSENT)
    unsubscribe(desk)
    found = desk.take_out("1")
    beside: dict[str, list[object]] = {"aliases": [], "devices": [], "messages": [], "lists": []}
    assert {**desk.show("1"), "consent_log": desk.consent_log("1", None, 9), **beside} == found
    assert [(entry.action, entry.object, entry.details) for entry in notes.entries[1:]] == [("people.export", "person", {"people": 1})]
    with pytest.raises(WrongCall, match="no person"):
        desk.take_out("nobody")


TAKES: dict[Right, list[Callable[[PeopleDesk], object]]] = {
    Right.READ: [
        lambda desk: desk.show("1"),
        lambda desk: desk.find("1", 1),
        lambda desk: desk.consent_log(None, None, 1),
    ],
    Right.EXPORT: [export],
    Right.SEE_PERSONAL_DATA: [export],
    Right.CHANGE_CONSENT: [unsubscribe],
}


@pytest.mark.parametrize("right", TAKES)
def test_nothing_is_done_without_its_right(desk_of: DeskOf, notes: Notes, right: Right) -> None:
    for asked in TAKES[right]:
        with refused(right):
            asked(desk_of(*(set(Right) - {right})))
    assert notes.entries == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (lambda desk: desk.show("nobody"), "person_unknown"),
        (lambda desk: desk.export("plan ==", None, "csv", io.BytesIO(), lambda *_: None), "filter_invalid"),
        (lambda desk: desk.set_consent("1", Channel.SMS, subscribed=True, source=Source.API, reason=" "), "reason_blank"),
    ],
)
def test_a_wrong_call_changes_nothing(desk_of: DeskOf, notes: Notes, asked: Callable[[PeopleDesk], object], code: str) -> None:
    with pytest.raises(WrongCall) as error:
        asked(desk_of(*Right))
    assert (error.value.code, notes.entries) == (code, [])
