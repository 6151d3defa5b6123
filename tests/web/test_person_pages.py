from __future__ import annotations

import pytest
from tests.web.browser import EMAILS, Browser, upload, words
from tests.web.test_find_pages import NAUGHTY, table

from headcount.auth.rights import Role, operator
from headcount.people.segments import Wish
from headcount.profiles.consent import Channel, Source
from headcount.web.person_words import address

FILE = b"""identity,Name,Email,plan,signup<yyyy/MM/dd HH:mm:ss>,MSG-email
00123,Ann Berg,ann@example.com,pro,2026/03/25 10:00:00,
00124,Bob,,free,,false
"""
ANN, BOB = "/people/00123", "/people/00124"


@pytest.fixture
def people(admin: Browser) -> Browser:
    upload(admin, "spring list", FILE)
    return admin


def as_role(people: Browser, role: Role) -> Browser:
    other = Browser(people.app)
    other.sign_in(EMAILS[role])
    return other


def change(browser: Browser, **fields: str) -> int:
    sent = {"identity": "00123", "channel": "email", "subscribed": "false", "source": "person", "reason": "asked by phone", **fields}
    return browser.post("/people/consent", **sent).status_code


def test_a_page_says_what_is_known_and_where_it_came_from(people: Browser) -> None:
    page = people.get(ANN)
    shown = words(page)
    assert page.status_code == 200
    assert all(text in shown for text in ("Ann Berg", "ann@example.com", "pro", "string", "spring list, row 2", "25 Mar 2026, 10:00"))
    assert "Has an e-mail address Said nothing, so may be messaged" in shown
    assert "No push token" in shown
    assert "Has not opted in, which this channel takes" in shown


def test_a_page_says_why_a_message_does_not_reach_somebody(people: Browser) -> None:
    shown = words(people.get(BOB))
    assert "E-mail Not reachable No e-mail address Unsubscribed by an upload on" in shown
    assert "E-mail: Not set → Unsubscribed" in shown


def test_a_consent_is_changed_with_a_reason_on_somebodys_word(people: Browser) -> None:
    assert change(people) == 303
    shown = words(people.get(ANN))
    assert "Opted out themselves on" in shown
    assert "The person, entered by ann@acme.example (Dashboard) Reason: asked by phone" in shown
    assert change(people, subscribed="true", source="dashboard", reason="wrote to us") == 303
    assert "Subscribed by hand on" in words(people.get(ANN))


@pytest.mark.parametrize("fields", [{"reason": " "}, {"source": "bounce"}, {"channel": "fax"}, {"subscribed": "perhaps"}])
def test_a_change_that_makes_no_sense_is_refused(people: Browser, fields: dict[str, str]) -> None:
    assert change(people, **fields) == 400
    assert "It never changed." in words(people.get(ANN))


def test_who_only_looks_sees_no_values_and_changes_nothing(people: Browser) -> None:
    member = as_role(people, Role.MEMBER)
    page = member.get(ANN)
    assert "Personal data is covered" in words(page)
    assert not any(text in page.text for text in ("Ann Berg", "ann@example", "/people/consent"))
    assert change(member) == 403
    assert "It never changed." in words(people.get(ANN))


def test_a_change_of_consent_leads_back_to_the_channels(people: Browser) -> None:
    answer = people.post("/people/consent", identity="00123", channel="sms", subscribed="false", reason="asked by phone")
    assert answer.headers["location"] == "/people/00123?done=consent#consent"
    assert "Their consent is as you said" in words(people.get("/people/00123?done=consent"))


def test_nobody_is_told_as_such(people: Browser) -> None:
    for path in ("/people/nobody", "/people/a%2Fb", "/people/", "/people?identity=."):
        assert people.get(path).status_code == 404, path


def test_every_identity_has_a_page(people: Browser) -> None:
    texts = [*NAUGHTY, "..", ".", "a/consent", "consent", "x?y", "50%", "back\\slash"]
    upload(people, "naughty", table(*((text, text, "", "") for text in texts)))
    for text in texts:
        page = people.get(address(text))
        assert page.status_code == 200, text
        assert "<script>alert" not in page.text
        assert "naughty, row" in words(page), text
        assert change(people, identity=text) == 303, text
        assert "Opted out themselves" in words(people.get(address(text))), text


def test_what_came_by_a_call_names_no_upload(people: Browser) -> None:
    desk = people.house.people(operator("default", "api"))
    desk.set_consent("00123", Channel.SMS, subscribed=False, source=Source.API)
    assert "Unsubscribed by an API call on" in words(people.get(ANN))


def test_everything_goes_out_as_a_file_and_into_the_audit_log(people: Browser) -> None:
    change(people)
    by = operator("default")
    people.house.segments(by).save(Wish(name="Kept", filter='plan = "pro"', kind="frozen"))
    may, june = (
        {"channel": "email", "at": f"2026-{month}-01T12:00:00Z", "campaign": name} for month, name in (("05", "may"), ("06", None))
    )
    people.house.reach(by).keep_messages([{"identity": "00123", **each} for each in (may, june)])
    answer = people.post("/people/take-out", identity="00123")
    found = answer.json()
    assert answer.headers["content-disposition"] == 'attachment; filename="person.json"'
    assert (found["identity"], found["properties"]["plan"]["value"]) == ("00123", "pro")
    assert [(each["after"], each["reason"]) for each in found["consent_log"]] == [("unsubscribed", "asked by phone")]
    assert (found["aliases"], found["devices"], found["messages"], found["lists"]) == ([], [], [june, may], ["Kept"])
    assert "may" in words(people.get(ANN)).split("Messages that they got")[1]
    entry = people.house.access.audit(operator("default"), 1)[0]
    assert (entry.action, entry.object, entry.details) == ("people.export", "person", {"people": 1})


def test_somebody_is_erased_in_two_steps(people: Browser) -> None:
    assert "Type the identity" not in words(people.get(ANN))
    assert "Type the identity to confirm" in words(people.get(f"{ANN}?erase=yes"))
    wrong = people.post("/people/erase", identity="00123", typed="123")
    assert (wrong.status_code, "That is not the identity" in words(wrong)) == (400, True)
    assert people.get(ANN).status_code == 200
    answer = people.post("/people/erase", identity="00123", typed=" 00123 ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people?done=erased")
    assert "The person was erased" in words(people.get("/people?done=erased"))
    assert (people.get(ANN).status_code, people.get(BOB).status_code) == (404, 200)
    assert "Erased people" in words(people.get("/settings/audit"))


@pytest.mark.parametrize(("role", "out"), [(Role.CREATOR, 200), (Role.MEMBER, 403)])
def test_only_an_administrator_erases(people: Browser, role: Role, out: int) -> None:
    other = as_role(people, role)
    assert "Type the identity" not in words(other.get(f"{ANN}?erase=yes"))
    assert other.post("/people/erase", identity="00123", typed="00123").status_code == 403
    assert other.post("/people/take-out", identity="00123").status_code == out
    assert ("/people/take-out" in other.get(ANN).text) is (out == 200)
    assert people.get(ANN).status_code == 200
