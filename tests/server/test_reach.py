"""Reach over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.server.house import ACME, OTHER, Caller, Document, Site, cheap_passwords, code, open_site

from headcount import bootstrap
from headcount.auth.rights import Right, Role, operator
from headcount.campaigns.reach import Place
from headcount.profiles.consent import Channel
from headcount.profiles.report import COVER

FILE = (
    "identity,Email,Phone,plan,MSG-email,MSG-whatsapp\n"
    "1,ann@example.com,+4915112345678,pro,,true\n"
    "2,ANN@example.com,+4915112345678,pro,,\n"
    "3,cem@example.com,,pro,false,true\n"
    "4,,,pro,,\n"
    "5,eva@example.com,,free,,\n"
)
NUMBERS = ("matched", *(place.value for place in Place))
PRO = 'plan = "pro"'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bootstrap, "Passwords", cheap_passwords)
        with open_site(tmp_path_factory.mktemp("site") / "data") as opened:
            yield opened


@pytest.fixture(scope="module")
def filled(site: Site) -> Caller:
    machine = site.machine()
    assert machine.upload(FILE)["ledger"]["rows"] == 5
    return machine


def numbers(told: Document) -> list[int]:
    return [told[name] for name in NUMBERS]


def test_one_channel_adds_up(filled: Caller) -> None:
    found = filled.post("reach", {"filter": PRO, "channel": "email"})
    assert numbers(found) == [4, 1, 1, 1, 0, 0, 1]
    assert found["matched"] == sum(numbers(found)[1:])
    assert (found["uploads_running"], found["computed_at"][-1]) == ([], "Z")
    assert numbers(found["channels"]["email"]) == numbers(found)


def test_all_channels_are_counted_at_once(filled: Caller) -> None:
    found = filled.post("reach", {"filter": "identity exists"})
    assert {name: numbers(told) for name, told in found["channels"].items()} == {
        "push": [5, 5, 0, 0, 0, 0, 0],
        "sms": [5, 3, 0, 1, 0, 0, 1],
        "email": [5, 1, 1, 1, 0, 0, 2],
        "whatsapp": [5, 3, 1, 0, 0, 0, 1],
    }
    assert "matched" not in found
    assert filled.post("reach", {"filter": "identity exists", "channels": ["sms", "sms"]})["channels"].keys() == {"sms"}


def test_hints_name_the_largest_part_first(filled: Caller) -> None:
    hints = filled.post("reach", {"filter": "identity exists", "channel": "whatsapp"})["channels"]["whatsapp"]["hints"]
    assert [(hint["place"], hint["people"]) for hint in hints] == [("no_address", 3), ("opted_out", 1)]
    assert "Phone" in hints[0]["advice"]
    assert "MSG-whatsapp" in hints[1]["advice"]


def people(caller: Caller, channel: str, place: str, **more: Any) -> list[Document]:  # noqa: ANN401 - JSON
    found: list[Document] = caller.post("reach/people", {"filter": PRO, "channel": channel, "place": place, **more})["people"]
    return found


def test_every_part_opens_its_people(filled: Caller) -> None:
    found = {place.value: [each["identity"] for each in people(filled, "email", place)] for place in Place}
    empty: dict[str, list[str]] = {place.value: [] for place in Place}
    assert found == {
        **empty,
        "no_address": ["4"],
        "opted_out": ["3"],
        "duplicate_address": ["2"],
        "reach": ["1"],
    }
    assert people(filled, "email", "reach", limit=1) == [{"identity": "1", "address": "ann@example.com"}]


def test_who_may_not_see_personal_data_sees_how_many(filled: Caller, site: Site) -> None:
    member = site.user(Role.MEMBER)
    assert people(member, "email", "duplicate_address") == [{"identity": COVER, "address": COVER}]
    assert people(member, "email", "no_address") == [{"identity": COVER, "address": None}]
    assert numbers(member.post("reach", {"filter": PRO, "channel": "email"})) == [4, 1, 1, 1, 0, 0, 1]
    assert filled.headers


def test_nobody_of_another_account_is_counted(filled: Caller, site: Site) -> None:
    other = site.machine(Right.READ, account=OTHER)
    assert numbers(other.post("reach", {"filter": "identity exists", "channel": "email"})) == [0] * 7
    assert other.post("reach/people", {"filter": "identity exists", "channel": "email", "place": "reach"}) == {"people": []}
    assert filled.headers


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"filter": PRO, "channel": "fax"}, 422, "value_invalid"),
        ({"filter": PRO, "channels": []}, 422, "value_invalid"),
        ({"filter": PRO, "channel": "sms", "channels": ["sms"]}, 400, "channel_twice"),
        ({"filter": "plan =", "channel": "sms"}, 400, "filter_invalid"),
        ({"filter": 'nope = "x"'}, 404, "property_unknown"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(filled: Caller, body: Document, status: int, said: str) -> None:
    assert code(filled.call("POST", "reach", json=body)) == (status, said)


def test_an_upload_in_hand_is_named_where_it_sets_what_is_asked(filled: Caller, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = filled.upload("identity,Name\n1,Rome\n", "review=true")["upload"]["id"]
    means = site.house.desk(operator(ACME)).means
    monkeypatch.setattr(type(means.history.records), "working", lambda self, account: [self.get(account, upload)])

    def running(condition: str) -> list[str]:
        found: list[str] = filled.post("reach", {"filter": condition, "channels": list(Channel)})["uploads_running"]
        return found

    assert running('plan = "pro"') == []
    for condition in ('Name = "Rome"', 'plan != "pro"', "identity exists", f'upload "{upload}" or plan = "pro"'):
        assert running(condition) == [upload], condition


def test_a_device_is_an_address(filled: Caller) -> None:
    app = 'plan = "app"'
    token = {"type": "token", "objectId": "dev1", "tokenData": {"id": "t1", "type": "fcm"}}
    named = {"type": "profile", "identity": "6", "objectId": "dev1", "profileData": {"plan": "app"}}
    answer = filled.http.post("/1/upload", json={"d": [named, token]}, headers=dict(filled.headers))
    assert answer.json()["status"] == "success", answer.text
    assert numbers(filled.post("reach", {"filter": app, "channel": "push"})) == [1, 0, 0, 0, 0, 0, 1]
    assert people(filled, "push", "reach", filter=app) == [{"identity": "6", "address": "t1"}]
