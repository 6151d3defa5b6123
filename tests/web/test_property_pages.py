from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from tests.web.browser import EMAILS, Browser, upload, words

from headcount.auth.rights import Role
from headcount.web.property_words import ago, bars, spark

ROWS = "".join(f"{n},p{n}@example.com,{('pro', 'free')[n % 2]},{n}\n" for n in range(1, 41))
#: Names that break what takes them for something else than text.
NAUGHTY = ["a/b?c=d", "{{ 7 * 7 }}", "`x` or y", "שלום"]


@pytest.fixture
def known(admin: Browser) -> Browser:
    upload(admin, "people", f"identity,Email,plan,visits\n{ROWS}".encode())
    settled(admin)
    return admin


def settled(browser: Browser) -> None:
    """Wait until all is counted."""
    while "being counted" in browser.get("/properties").text:
        time.sleep(0.05)


def test_the_list_tells_what_is_known(known: Browser) -> None:
    shown = words(known.get("/properties"))
    assert "40 people, 12 properties. Counted" in shown
    for told in ("plan Aastring", "40 · 100 %", "free50 %", "pro50 %", "visits 12integer", "9 system properties without a value"):
        assert told in shown, told


def test_the_list_is_searched_by_name_and_description(known: Browser) -> None:
    known.post("/properties/describe", name="visits", description="How often they came")
    for text, found in {"PLA": ["plan"], "often": ["visits"], "zzz": []}.items():
        shown = known.get(f"/properties?q={text}").text
        assert [name for name in ("plan", "visits", "Email") if f'href="/properties/{name}"' in shown] == found


def test_a_property_is_looked_at(known: Browser) -> None:
    shown = words(known.get("/properties/visits"))
    for told in (
        "visits",
        "12integer",
        "How the values are spread",
        "Least1",
        "Greatest40",
        "Different values40",
        "Last uploadpeople",
    ):
        assert told in shown, told


def test_a_property_is_renamed_described_and_hidden(known: Browser) -> None:
    answer = known.post("/properties/rename", name="plan", wanted="tier/level")
    assert (answer.status_code, answer.headers["location"]) == (303, "/properties/tier%2Flevel?done=renamed")
    known.post("/properties/describe", name="tier/level", description="<b>What</b> they pay")
    known.post("/properties/hide", name="tier/level", hidden="true")
    page = known.get("/properties/tier%2Flevel").text
    assert "&lt;b&gt;What&lt;/b&gt; they pay" in page
    assert "Called before" in page
    assert "tier/level" not in known.get("/properties").text
    assert "tier/level" in known.get("/properties?hidden=yes").text
    person = words(known.get("/people/1"))
    assert "1 more value is of hidden properties" in person
    assert "tier/level" not in person


def test_a_retype_is_seen_before_it_is_done(known: Browser) -> None:
    shown = words(known.get("/properties/plan?retype=integer"))
    assert "0 values stay, read as integer. 40 cannot be of that type" in shown
    assert known.post("/properties/retype", name="plan", wanted="list").status_code == 303
    settled(known)
    assert "list" in words(known.get("/properties/plan"))


def test_a_property_is_deleted_where_its_name_is_typed(known: Browser) -> None:
    assert "40 values go" in words(known.get("/properties/plan?delete=yes"))
    wrong = known.post("/properties/delete", name="plan", typed="plann")
    assert (wrong.status_code, "removes 40 values" in words(wrong)) == (400, True)
    assert known.post("/properties/delete", name="plan", typed="plan").headers["location"] == "/properties?done=deleted"
    assert known.get("/properties/plan").status_code == 404
    assert "The property was deleted" in words(known.get("/properties?done=deleted"))


def test_what_cannot_be_done_is_said_on_the_page(known: Browser) -> None:
    for path, fields, told in (
        ("rename", {"wanted": "visits"}, "There is a property called “visits” already."),
        ("rename", {"wanted": "a.b"}, "cannot be called"),
        ("describe", {"description": "x" * 501}, "500 are kept at most"),
    ):
        answer = known.post(f"/properties/{path}", name="plan", **fields)
        assert (answer.status_code, told in words(answer)) == (400, True), path
    assert known.post("/properties/retype", name="plan", wanted="number").status_code == 400


@pytest.mark.parametrize("name", NAUGHTY)
def test_a_name_is_a_text_whatever_it_looks_like(known: Browser, name: str) -> None:
    assert known.post("/properties/rename", name="plan", wanted=name).status_code == 303
    for suffix in ("", "?retype=date", "?delete=yes"):
        answer = known.get(f"/properties/{quote(name, safe='')}{suffix}")
        assert (answer.status_code, name in words(answer)) == (200, True)


@pytest.fixture
def member(known: Browser) -> Browser:
    known.client.cookies.clear()
    assert known.sign_in(EMAILS[Role.MEMBER]).status_code == 303
    return known


def test_who_only_looks_changes_nothing_and_sees_nobody(member: Browser) -> None:
    shown = member.get("/properties").text + member.get("/properties/plan").text + member.get("/properties/visits").text
    assert "@example.com" not in shown
    assert "values that fewer than ten people have are not shown" in shown
    assert "Rename" not in shown
    fields = {"wanted": "list", "description": "", "hidden": "true", "typed": "plan"}
    for what in ("rename", "describe", "hide", "retype", "delete"):
        assert member.post(f"/properties/{what}", name="plan", **fields).status_code == 403


def test_times_in_words() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    ages = {"2026-06-01T12:00:00Z": "just now", "2026-06-01T11:59:55Z": "5 seconds ago", "2026-06-01T10:59:00Z": "1 hour ago"}
    assert {iso: ago(iso, now) for iso in ages} == ages
    assert "1 May 2026" in ago("2026-05-01T12:00:00Z", now)


def test_bars_are_as_long_as_their_people_are_many() -> None:
    bins = [{"from": None, "to": 0, "people": None}, {"from": 0, "to": 5, "people": 200}, {"from": 5, "to": None, "people": 1}]
    statistics = {"histogram": bins, "top": []}
    assert [(bar["label"], bar["width"]) for bar in bars(statistics)] == [("below 0", 2.0), ("0 – 5", 100.0), ("5 and above", 2.0)]
    assert [bar["height"] for bar in spark(statistics)] == [0.48, 24.0, 0.48]
