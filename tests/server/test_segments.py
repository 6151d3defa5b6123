"""Saved segments and lists of people over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response
from tests.server.house import ACME, OTHER, Caller, Document, Site, cheap_passwords, code, open_site, told

from headcount import bootstrap
from headcount.auth.rights import Right, Role, operator
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel
from headcount.profiles.report import COVER
from headcount.segments.saved import FilterReader
from headcount.store.control.segments import SqlSegments
from headcount.store.duckdb.profiles import DuckDBProfiles

FILE = (
    "identity,Email,Phone,plan,tags\n"
    '1,ann@example.com,+4915112345678,pro,"[""a"",""b""]"\n'
    '2,bob@example.com,,pro,"[""b""]"\n'
    "3,ANN@example.com,,free,\n"
    "4,,,,\n"
)
PRO = 'plan = "pro"'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bootstrap, "Passwords", cheap_passwords)
        with open_site(tmp_path_factory.mktemp("site") / "data") as opened:
            machine = opened.machine()
            mapping = {"columns": {"tags": {"dataType": "LIST"}}}
            files = {"manifest": (None, json.dumps(mapping)), "file": ("people.csv", FILE)}
            assert told(machine.call("POST", "uploads", files=files))["ledger"]["created"] == 4
            yield opened


@pytest.fixture
def machine(site: Site) -> Iterator[Caller]:
    """May do everything; what it saves is gone after the test."""
    machine = site.machine()
    yield machine
    for _ in range(9):
        for each in machine.get("segments")["segments"]:
            machine.call("DELETE", f"segments/{each['id']}")
    assert machine.get("segments")["segments"] == []


def saved(machine: Caller, name: str, condition: str | Document, **more: Any) -> Document:  # noqa: ANN401 - JSON
    return machine.post("segments", {"name": name, "filter": condition, **more})


def count(machine: Caller, condition: str) -> int:
    return int(machine.post("segments/count", {"filter": condition})["count"])


def audience(machine: Caller, name: str, file: str, change: str, manifest: Document | None = None, **query: str) -> Document:
    files = {"manifest": (None, json.dumps(manifest or {})), "file": ("list.csv", file)}
    return told(machine.call("POST", "segments/audience", files=files, params={"name": name, "change": change, **query}))


def sent(machine: Caller, query: str, content: str) -> Response:
    return machine.call("POST", f"segments/audience?{query}", content=content, headers={"Content-Type": "text/csv"})


def test_a_segment_is_saved_asked_for_and_changed(machine: Caller) -> None:
    made = saved(machine, " Pros ", PRO, description="who pays")
    assert (made["name"], made["kind"], made["people"], made["filter"], made["used_by"]) == ("Pros", "live", 2, PRO, [])
    assert made["json"] == {"property": "plan", "operator": "=", "value": "pro"}
    assert machine.get(f"segments/{made['id']}") == {name: value for name, value in made.items() if name != "people"}
    assert machine.get("segments?name=PROS")["segments"] == [machine.get(f"segments/{made['id']}")]
    assert count(machine, 'in segment "PROS" and Phone exists') == 1
    body = {"name": "Payers", "filter": {"property": "plan", "operator": "in", "value": ["pro", "free"]}}
    changed = told(machine.call("PUT", f"segments/{made['id']}", json=body))
    assert (changed["filter"], changed["people"], changed["made_at"]) == ('plan in ("pro", "free")', 3, made["made_at"])
    assert told(machine.call("POST", f"segments/{made['id']}/count")) == {"count": 3}
    exported = machine.call("POST", f"segments/{made['id']}/export", json={"columns": ["plan"]})
    assert (exported.headers["X-Headcount-People"], len(exported.text.splitlines())) == ("3", 4)


def test_every_place_that_takes_a_filter_takes_a_name(machine: Caller) -> None:
    saved(machine, "Pros", PRO)
    whom = 'in segment "pros" and not Phone exists'
    assert machine.post("reach", {"filter": whom, "channel": "email"})["matched"] == 1
    assert machine.call("POST", "people/export", json={"filter": whom}).headers["X-Headcount-People"] == "1"
    assert [each["identity"] for each in machine.post("segments/people", {"filter": whom})["people"]] == ["2"]
    assert machine.post("segments/count", {"filter": {"not": {"segment": "Pros"}}})["count"] == 2
    assert machine.post("segments/read", {"filter": {"segment": "Pros"}}) == {"filter": 'in segment "Pros"', "json": {"segment": "Pros"}}


def test_a_frozen_segment_stays_who_it_was(machine: Caller) -> None:
    saved(machine, "Pros", PRO)
    made = saved(machine, "Kept", 'in segment "Pros"', kind="frozen")
    machine.upload("identity,plan\n4,pro\n")
    assert (count(machine, 'in segment "Pros"'), count(machine, 'in segment "Kept"')) == (3, 2)
    again = {"name": "Kept", "filter": 'in segment "Kept" or identity = "4"', "kind": "frozen"}
    assert told(machine.call("PUT", f"segments/{made['id']}", json=again))["people"] == 3
    renamed = {"name": "Held", "kind": "frozen", "description": "as they were"}
    assert told(machine.call("PUT", f"segments/{made['id']}", json=renamed))["people"] == 3
    machine.upload("identity,plan,plan.operation\n4,,$delete\n")
    assert (count(machine, 'in segment "Pros"'), count(machine, 'in segment "Held"')) == (2, 3)


def test_where_a_record_is_refused_every_list_stays_as_it_was(machine: Caller, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made = saved(machine, "Kept", PRO, kind="frozen")

    def refuse(*_: object) -> None:
        raise WrongCall("segment_exists", "Somebody was faster.", "Choose another name.")

    body = {"name": "Kept", "filter": "Phone exists", "kind": "frozen"}
    with monkeypatch.context() as patched:
        patched.setattr(SqlSegments, "add", refuse)
        patched.setattr(SqlSegments, "change", refuse)
        assert code(machine.call("PUT", f"segments/{made['id']}", json=body)) == (409, "segment_exists")
        assert code(machine.call("POST", "segments", json={**body, "name": "New"})) == (409, "segment_exists")
        assert code(sent(machine, "name=Newer&change=add", "identity\n1\n")) == (409, "segment_exists")
    assert count(machine, 'in segment "Kept"') == 2
    with site.house.segments(operator(ACME)).open_store() as store:
        assert isinstance(store, DuckDBProfiles)
        assert store.connection.execute("SELECT count(*), count(DISTINCT list) FROM listed").fetchall() == [(2, 1)]


def test_a_new_name_holds_in_the_filters_of_others_and_what_is_used_stays(machine: Caller) -> None:
    pros = saved(machine, "Pros", PRO)
    other = saved(machine, "With phone", 'Phone exists and in segment "pros"')
    assert code(machine.call("DELETE", f"segments/{pros['id']}")) == (409, "segment_used")
    told(machine.call("PUT", f"segments/{pros['id']}", json={"name": "Payers", "filter": PRO}))
    assert machine.get(f"segments/{other['id']}")["filter"] == 'Phone exists and in segment "Payers"'
    assert machine.get(f"segments/{pros['id']}")["used_by"] == ["With phone"]
    assert count(machine, 'in segment "with phone"') == 1
    assert machine.call("DELETE", f"segments/{other['id']}").status_code == 204
    assert machine.call("DELETE", f"segments/{pros['id']}").status_code == 204


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"name": "pros", "filter": PRO}, 409, "segment_exists"),
        ({"name": " ", "filter": PRO}, 400, "segment_invalid"),
        ({"name": "x" * 121, "filter": PRO}, 422, "value_invalid"),
        ({"name": "a", "filter": "plan ="}, 400, "filter_invalid"),
        ({"name": "a", "filter": {"segment": 5}}, 400, "filter_invalid"),
        ({"name": "a", "filter": "nope exists"}, 404, "property_unknown"),
        ({"name": "a", "filter": 'in segment "nope"'}, 404, "segment_unknown"),
        ({"name": "a", "filter": 'in segment "A"'}, 409, "segment_cycle"),
        ({"name": "a", "filter": PRO, "expires_at": "2030-01-01T00:00:00Z"}, 400, "segment_invalid"),
        ({"name": "a", "filter": PRO, "kind": "frozen", "expires_at": "2020-01-01T00:00:00Z"}, 400, "segment_invalid"),
        ({"name": "a", "filter": PRO, "kind": "frozen", "expires_at": "2030-01-01T00:00:00"}, 422, "value_invalid"),
        ({"name": "a", "filter": PRO, "kind": "solid"}, 422, "value_invalid"),
    ],
)
def test_what_cannot_be_saved_is_not(machine: Caller, body: Document, status: int, said: str) -> None:
    saved(machine, "Pros", PRO)
    assert code(machine.call("POST", "segments", json=body)) == (status, said)
    assert [each["name"] for each in machine.get("segments")["segments"]] == ["Pros"]


def test_a_change_that_leads_in_a_circle_is_refused(machine: Caller) -> None:
    first = saved(machine, "A", PRO)
    saved(machine, "B", 'in segment "A"')
    circle = machine.call("PUT", f"segments/{first['id']}", json={"name": "A", "filter": 'in segment "B" and plan exists'})
    assert code(circle) == (409, "segment_cycle")
    assert "“A” → “B” → “A”" in circle.json()["error"]["message"]
    assert count(machine, 'in segment "b"') == 2


def test_a_list_is_made_of_a_file_added_to_taken_from_and_replaced(machine: Caller) -> None:
    made = audience(machine, "Letters", "identity,note\n1,x\n2,x\n1,x\n99,x\nnull,x\n", "add")
    ledger = [made[part] for part in ("rows", "found", "merged", "unknown", "rejected", "added", "removed", "people")]
    assert ledger == [5, 2, 1, 1, 1, 2, 0, 2]
    assert (made["unknown_rows"], made["problems"][0]["code"]) == ([{"row": 5, "key": "99"}], "identity_invalid")
    assert (made["segment"]["kind"], made["segment"]["filter"]) == ("frozen", None)
    assert audience(machine, "letters", "identity\n4\n1\n", "add")["added"] == 1
    assert audience(machine, "Letters", "identity\n4\n3\n", "remove")["removed"] == 1
    replaced = audience(machine, "Letters", "identity\n3\n1\n", "replace")
    assert [replaced[part] for part in ("added", "removed", "people")] == [1, 1, 2]
    assert [each["identity"] for each in machine.post("segments/people", {"filter": 'in segment "Letters"'})["people"]] == ["1", "3"]
    assert len(machine.get("segments")["segments"]) == 1


def test_an_address_means_everybody_who_has_it(machine: Caller) -> None:
    by_email = {"match": "email"}
    assert audience(machine, "A", "address\nAnn@Example.com\nnobody@example.com\n", "add", by_email)["people"] == 2
    assert audience(machine, "B", "identity,n\n+49 151 12345678,x\n", "add", {"match": "phone"})["people"] == 1
    unclear = sent(machine, "name=C&change=add", "address\nbob@example.com\n")
    assert code(unclear) == (400, "list_unclear")
    assert "--match email" in unclear.json()["error"]["details"]["advice"]


@pytest.mark.parametrize(
    ("query", "content", "expected"),
    [
        ("name=Pros&change=add", "identity\n1\n", (409, "segment_live")),
        ("name=nope&change=remove", "identity\n1\n", (404, "segment_unknown")),
        ("name=a&change=add", "who,plan\n1,x\n", (400, "list_unclear")),
        ("name=a&change=swap", "identity\n1\n", (422, "value_invalid")),
        ("name=a&change=add&expires_at=2020-01-01T00:00:00Z", "identity\n1\n", (400, "segment_invalid")),
    ],
)
def test_a_file_that_makes_no_list_changes_nothing(machine: Caller, query: str, content: str, expected: tuple[int, str]) -> None:
    saved(machine, "Pros", PRO)
    assert code(sent(machine, query, content)) == expected
    assert [each["name"] for each in machine.get("segments")["segments"]] == ["Pros"]


def test_a_list_that_has_expired_is_nobody_and_says_so(machine: Caller, site: Site) -> None:
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = audience(machine, "Short", "identity\n1\n", "add", expires_at=soon)["segment"]
    saved(machine, "Both", 'in segment "short" or plan = "free"')
    assert count(machine, 'in segment "Both"') == 2
    later = datetime.now(UTC) + timedelta(days=2)
    expired = replace(site.house.segments(operator(ACME)), clock=lambda: later)
    assert expired.count('in segment "Both"') == {"count": 1, "expired": ["Short"]}
    assert expired.show(made["id"])["expired"] is True
    reach = replace(site.house.reach(operator(ACME)), read=FilterReader(ACME, expired.records, lambda: later))
    told_of = reach.reach('not in segment "Short"', [Channel.EMAIL])
    assert (told_of["channels"]["email"]["matched"], told_of["expired"]) == (4, ["Short"])
    assert "expired" not in reach.reach("identity exists", [Channel.EMAIL])


def test_a_segment_falls_apart_by_a_property(machine: Caller) -> None:
    told_of = machine.post("segments/breakdown", {"filter": "identity exists", "property": "plan"})
    assert told_of == {"people": 4, "without": 1, "values": 2, "shares": [{"value": "pro", "people": 2}, {"value": "free", "people": 1}]}
    by_tag = machine.post("segments/breakdown", {"filter": PRO, "property": "tags", "limit": 1})
    assert by_tag == {"people": 2, "without": 0, "values": 2, "shares": [{"value": "b", "people": 2}]}
    assert code(machine.call("POST", "segments/breakdown", json={"filter": PRO, "property": "nope"})) == (404, "property_unknown")


def test_who_sees_no_personal_data_sees_how_many(machine: Caller, site: Site) -> None:
    made = saved(machine, "Pros", PRO)
    member = site.user(Role.MEMBER)
    assert told(member.call("POST", f"segments/{made['id']}/count"))["count"] == 2
    assert {each["identity"] for each in member.post("segments/people", {"filter": PRO})["people"]} == {COVER}
    blind = site.machine(Right.EDIT_CAMPAIGNS, Right.UPLOAD, Right.READ)
    found = audience(blind, "Letters", "identity\n99\nnull\n", "add")
    assert (found["unknown_rows"], found["problems"][0]["example"]) == ([{"row": 2, "key": COVER}], COVER)
    assert found["problems"][0]["advice"].startswith(f"“{COVER}” is a word for nobody.")


def test_who_sees_no_personal_data_sees_no_value_of_a_filter_and_changes_none_unseen(machine: Caller, site: Site) -> None:
    made = saved(machine, "Ann", 'Email = "ann@example.com" or plan = "x"')
    hidden = 'Email = "•••" or plan = "•••"'
    blind = site.machine(Right.EDIT_CAMPAIGNS, Right.READ)
    for caller in (site.user(Role.MEMBER), blind):
        seen = caller.get(f"segments/{made['id']}")
        assert (seen["filter"], "ann@" in json.dumps(caller.get("segments"))) == (hidden, False)
    renamed = told(blind.call("PUT", f"segments/{made['id']}", json={"name": "Anns", "filter": hidden}))
    assert (renamed["name"], renamed["filter"], renamed["people"]) == ("Anns", hidden, 1)
    assert machine.get(f"segments/{made['id']}")["filter"] == made["filter"]
    for method, path in (("PUT", f"segments/{made['id']}"), ("POST", "segments")):
        refused = blind.call(method, path, json={"name": "New", "filter": 'Email = "•••" or plan exists'})
        assert code(refused) == (400, "segment_invalid")


def test_nothing_of_another_account_is_seen_or_changed(machine: Caller, site: Site) -> None:
    made = saved(machine, "Pros", PRO)
    audience(machine, "Letters", "identity\n1\n", "add")
    other = site.machine(account=OTHER)
    assert other.get("segments")["segments"] == []
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/count"), ("POST", "/export")):
        body = {"json": {"name": "x", "filter": "identity exists"}} if method == "PUT" else {"json": {}} if method == "POST" else {}
        assert code(other.call(method, f"segments/{made['id']}{path}", **body)) == (404, "segment_unknown"), path
    assert code(other.call("POST", "segments/count", json={"filter": 'in segment "Letters"'})) == (404, "segment_unknown")
    assert saved(other, "Pros", "identity exists")["people"] == 0


def test_who_did_what_is_in_the_audit_log_without_who_is_meant(machine: Caller, site: Site) -> None:
    made = saved(machine, "Ann and others", 'identity = "1"')
    told(machine.call("PUT", f"segments/{made['id']}", json={"name": "Others", "filter": 'identity = "2"'}))
    audience(machine, "Letters", "identity\n1\n", "add")
    machine.call("DELETE", f"segments/{made['id']}")
    entries = site.house.access.audit(operator(ACME), 4)
    assert [entry.action for entry in entries] == ["segment.delete", "segment.fill", "segment.change", "segment.save"]
    assert entries[1].details == {"change": "add", "rows": 1, "added": 1, "removed": 0, "people": 1}
    assert not any("Ann" in str(entry) for entry in entries)
