"""Caps, the control group and the messages that count, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.server.house import ACME, OTHER, Caller, Document, Site, cheap_passwords, code, open_site, told

from headcount import bootstrap
from headcount.auth.rights import Role, operator

FILE = "identity,Email\n1,ann@example.com\n2,bob@example.com\n3,cem@example.com\n"
NONE = {"messages": 0, "days": 1, "gap_hours": 0}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bootstrap, "Passwords", cheap_passwords)
        with open_site(tmp_path_factory.mktemp("site") / "data") as opened:
            for account in (ACME, OTHER):
                opened.machine(account=account).upload(FILE)
            yield opened


def put(caller: Caller, caps: Document | None = None, percent: int = 0) -> Document:
    answer = caller.call("PUT", "delivery", json={"caps": caps or {}, "control_percent": percent})
    assert answer.is_success, answer.text
    found: Document = answer.json()
    return found


def at(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def reach(caller: Caller) -> Document:
    return caller.post("reach", {"filter": "identity exists", "channel": "email"})


def test_nothing_is_limited_until_somebody_says_so(site: Site) -> None:
    assert site.machine(account=OTHER).get("delivery") == {
        "caps": dict.fromkeys(("push", "sms", "email", "whatsapp"), NONE),
        "control_percent": 0,
    }


def test_a_cap_counts_the_messages_that_were_told(site: Site) -> None:
    caller = site.machine()
    sent = [("1", 1), ("1", 30), ("1", 47), ("2", 1), ("2", 49), ("3", 0.5)]
    messages = [{"identity": who, "channel": "email", "at": at(hours), "campaign": "spring"} for who, hours in sent]
    assert caller.post("messages", {"messages": [*messages, {"identity": "2", "channel": "sms"}]}) == {"stored": 7, "failed": []}
    put(caller, {"email": {"messages": 3, "days": 2}})
    assert (reach(caller)["frequency_cap"], reach(caller)["reach"]) == (1, 2)
    put(caller, {"email": {"gap_hours": 2}})
    assert reach(caller)["frequency_cap"] == 3
    put(caller, {"email": {"messages": 2, "days": 3}, "sms": {"messages": 1}})
    assert reach(caller)["frequency_cap"] == 2
    assert put(caller)["caps"]["email"] == NONE
    assert reach(caller)["frequency_cap"] == 0
    assert reach(site.machine(account=OTHER))["frequency_cap"] == 0


def test_a_control_group_gets_nothing(site: Site) -> None:
    caller = site.machine()
    assert put(caller, percent=100)["control_percent"] == 100
    assert (reach(caller)["control_group"], reach(caller)["reach"]) == (3, 0)
    put(caller, percent=50)
    first = reach(caller)["control_group"]
    put(caller, {"sms": {"messages": 1}}, percent=50)
    assert reach(caller)["control_group"] == first
    put(caller)


def test_what_a_message_says_wrong_costs_that_message(site: Site) -> None:
    good = {"identity": "1", "channel": "push"}
    wrong = [
        {"identity": "nobody", "channel": "push"},
        {"identity": " ", "channel": "push"},
        {"identity": 1, "channel": "push"},
        {"identity": "\ud800", "channel": "push"},
        {"identity": "1"},
        {"identity": "1", "channel": "fax"},
        {"identity": "1", "channel": ["push"]},
        {**good, "at": "yesterday"},
        {**good, "at": "2026-06-01T12:00:00"},
        {**good, "at": 5},
        {**good, "at": "0001-01-01T00:00:00+14:00"},
        {**good, "at": at(-1)},
        {**good, "campaign": 7},
        {**good, "more": "x"},
    ]
    body = json.dumps({"messages": [*wrong, good]})
    found = told(site.machine().call("POST", "messages", content=body, headers={"Content-Type": "application/json"}))
    assert found["stored"] == 1
    assert [failed["index"] for failed in found["failed"]] == list(range(len(wrong)))
    assert {failed["code"] for failed in found["failed"][1:]} == {"message_invalid"}
    assert found["failed"][0]["code"] == "person_unknown"


@pytest.mark.parametrize(
    "body",
    [
        {"caps": {"fax": {}}},
        {"caps": {"email": {"messages": -1}}},
        {"caps": {"email": {"days": 0}}},
        {"caps": {"email": {"hours": 1}}},
        {"control_percent": 101},
        {"control_percent": False},
        {"caps": {"sms": {"messages": "3"}}},
    ],
)
def test_limits_that_are_none_are_refused(site: Site, body: Document) -> None:
    assert code(site.machine().call("PUT", "delivery", json=body)) == (422, "value_invalid")
    assert code(site.machine().call("POST", "messages", json={"messages": [{}] * 1001})) == (422, "value_invalid")


def test_only_an_administrator_changes_it_and_that_is_in_the_log(site: Site) -> None:
    assert code(site.user(Role.CREATOR).call("PUT", "delivery", json={})) == (403, "right_missing")
    admin = site.user(Role.ADMIN)
    for _ in range(2):
        put(admin, {"push": {"messages": 5, "days": 7}}, percent=2)
    newest, before = site.house.access.audit(operator(ACME), 2)
    assert (newest.action, newest.object, newest.details["push_messages"], newest.details["control_percent"]) == (
        "delivery.set",
        ACME,
        5,
        2,
    )
    assert before.details.get("push_messages") != 5
    put(admin)


def test_whoever_is_erased_leaves_no_messages(site: Site) -> None:
    caller = site.machine(account=OTHER)
    assert caller.post("messages", {"messages": [{"identity": "3", "channel": "email"}]})["stored"] == 1
    erased = caller.http.post("/1/delete/profiles.json", json={"identity": "3"}, headers=dict(caller.headers))
    assert erased.is_success
    caller.upload("identity,Email\n3,cem@example.com\n")
    put(caller, {"email": {"messages": 1, "days": 7}})
    assert reach(caller)["frequency_cap"] == 0


def test_messages_with_a_key_count_once(site: Site) -> None:
    caller = site.machine(account=OTHER)
    body = {"messages": [{"identity": "1", "channel": "push", "at": at(1)}, {"identity": "nobody", "channel": "push"}]}
    put(caller, {"push": {"messages": 2, "days": 2}})
    first, again = (told(caller.call("POST", "messages", json=body, headers={"Idempotency-Key": "k 1"})) for _ in range(2))
    assert (
        first
        == again
        == {"stored": 1, "failed": [{"index": 1, "code": "person_unknown", "message": "There is no person with this identity."}]}
    )
    other = caller.call("POST", "messages", json={"messages": []}, headers={"Idempotency-Key": "k 1"})
    assert code(other) == (422, "key_reused")
    assert code(caller.call("POST", "messages", json=body, headers={"Idempotency-Key": "k" * 201})) == (400, "key_invalid")
