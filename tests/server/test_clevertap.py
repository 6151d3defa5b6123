"""The calls of CleverTap's clients, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response
from tests.server.happened import enter
from tests.server.house import ACME, OTHER, Caller, Document, Site, cheap_passwords, open_site

from headcount import bootstrap
from headcount.auth.rights import Right, operator
from headcount.profiles.report import COVER
from headcount.store.duckdb.profiles import DuckDBProfiles

FILE = (
    "identity,Name,Email,Phone,plan,joined<ISO>,MSG-email\n"
    "1,Ann,ann@x.com,+4915112345678,pro,2024-01-01T00:00:00Z,\n"
    "a+b,Bob,ANN@x.com,+4915112345678,free,,\n"
    "3,Cem,,,pro,,\n"
)
MAY = {"event_name": "Charged", "from": 20240501, "to": 20240531}
PRO = {"common_profile_properties": {"profile_fields": [{"name": "plan", "value": "pro"}]}}


@pytest.fixture(scope="module")
def quiet_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests that change nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "Passwords", cheap_passwords)
        with open_site(tmp_path_factory.mktemp("quiet") / "data") as site:
            yield site


@pytest.fixture(scope="module")
def reader(quiet_site: Site) -> Caller:
    return filled(quiet_site)


@pytest.fixture
def api(site: Site) -> Caller:
    return filled(site)


def filled(site: Site) -> Caller:
    """Who may do everything in the account, which now has people and events."""
    machine = site.machine()
    machine.upload(FILE)
    with site.house.records(operator(ACME)).open_store() as store:
        assert isinstance(store, DuckDBProfiles)
        now = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=30)
        enter(
            store.connection,
            ("Charged", "1", datetime(2024, 5, 1, 10), '{"Amount": 300}'),
            ("Charged", "1", datetime(2024, 5, 2, 10), '{"Amount": 20}'),
            ("Charged", "a+b", datetime(2024, 5, 2, 11), '{"Amount": 300}'),
            ("App Launched", "3", now, "{}"),
            types={"Amount": "integer"},
        )
    return machine


def call(caller: Caller, method: str, path: str, body: object = None) -> Response:
    sent: dict[str, Any] = {"content": body} if isinstance(body, (str, bytes)) else {"json": body} if body is not None else {}
    answer: Response = caller.http.request(method, f"/1/{path}", headers={**caller.headers, "Content-Type": "application/json"}, **sent)
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    return answer


def told(caller: Caller, method: str, path: str, body: object = None) -> Document:
    answer = call(caller, method, path, body)
    assert answer.status_code == 200, answer.text
    document: Document = answer.json()
    return document


def refused(answer: Response) -> tuple[int, str]:
    said = answer.json()
    assert (said["status"], said["code"], set(said)) == ("fail", answer.status_code, {"status", "error", "code"})
    return answer.status_code, said["error"]


@pytest.mark.parametrize(
    "asked", ["identity=1", "email=ann@X.com", "email=ann%40x.com", "objectId=dev1", "identity=nobody&email=ann@x.com"]
)
def test_one_person_is_given_by_any_name(reader: Caller, asked: str) -> None:
    assert told(reader, "GET", f"profile.json?{asked}") == {
        "status": "success",
        "record": {
            "identity": "1",
            "name": "Ann",
            "email": "ann@x.com",
            "phone": "+4915112345678",
            "profileData": {"plan": "pro", "joined": "$D_1704067200"},
            "events": {"Charged": {"count": 2, "first_seen": 1714557600, "last_seen": 1714644000}},
            "platformInfo": [{"platform": "Web", "push_token": "tok", "objectId": "dev1"}],
        },
    }


def test_a_plus_is_a_plus(reader: Caller) -> None:
    assert told(reader, "GET", "profile.json?identity=a+b")["record"]["identity"] == "a+b"


def test_who_may_not_see_is_shown_that_it_is_there(quiet_site: Site, reader: Caller) -> None:
    record = told(quiet_site.machine(Right.READ), "GET", "profile.json?identity=1")["record"]
    assert (record["identity"], record["email"], record["profileData"]) == (COVER, COVER, {"plan": COVER, "joined": COVER})
    assert record["events"]["Charged"]["count"] == 2
    assert '"tok"' not in json.dumps(record)
    assert told(reader, "GET", "profile.json?identity=1")["record"]["name"] == "Ann"


def pages(caller: Caller, kind: str, document: Document) -> list[list[Document]]:
    found = list[list[Document]]()
    cursor = document["cursor"]
    while cursor:
        page = told(caller, "GET", f"{kind}.json?cursor={cursor}")
        found.append(page["records"])
        cursor = page.get("next_cursor")
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("kind", "lengths"), [("profiles", [1, 1]), ("events", [1, 1, 1])])
def test_pages_follow_one_another(reader: Caller, method: str, kind: str, lengths: list[int]) -> None:
    query = f"&query={json.dumps(MAY)}" if method == "GET" else ""
    first = told(reader, method, f"{kind}.json?batch_size=1{query}", MAY if method == "POST" else None)
    assert set(first) == {"status", "cursor"}
    assert [len(page) for page in pages(reader, kind, first)] == lengths


def test_a_page_can_be_asked_for_again(reader: Caller) -> None:
    cursor = told(reader, "POST", "events.json?batch_size=2", MAY)["cursor"]
    once, again = (told(reader, "GET", f"events.json?cursor={cursor}") for _ in range(2))
    assert once["records"] == again["records"]
    assert [(each["ts"], each["event_props"]) for each in once["records"]] == [
        (20240501100000, {"Amount": 300}),
        (20240502100000, {"Amount": 20}),
    ]


def test_a_cursor_is_of_its_account_and_kind_and_says_nothing(quiet_site: Site, reader: Caller) -> None:
    cursor = told(reader, "POST", "profiles.json", PRO)["cursor"]
    assert len(cursor) == 43
    for caller, kind in ((quiet_site.machine(account=OTHER), "profiles"), (reader, "events")):
        assert refused(call(caller, "GET", f"{kind}.json?cursor={cursor}")) == (
            404,
            "There is no such cursor, or it is expired. Send the query again.",
        )


def test_what_is_taken_out_is_in_the_audit_log(quiet_site: Site, reader: Caller) -> None:
    told(reader, "POST", "profiles.json?batch_size=7", PRO)
    (entry, *_) = quiet_site.house.access.audit(operator(ACME), 1)
    assert (entry.action, entry.object, entry.details) == ("people.export", "profiles", {"batch": 7})


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("counts/profiles.json", MAY, {"count": 2}),
        ("counts/profiles.json", PRO, {"count": 2}),
        ("counts/profiles.json", {**MAY, **PRO}, {"count": 1}),
        ("counts/profiles.json", {"common_profile_properties": {"reachability": [{"name": "has_token", "value": "True"}]}}, {"count": 1}),
        ("counts/events.json", MAY, {"count": 3}),
        ("counts/events.json", {"event_name": "never"}, {"count": 0}),
        (
            "counts/top.json",
            {
                **MAY,
                "groups": {
                    "foo": {"property_type": "event_properties", "name": "Amount"},
                    "bar": {"property_type": "profile_fields", "name": "plan", "top_n": 1, "order": "asc"},
                },
            },
            {"foo": {"NUMBER": {"300": 2, "20": 1}}, "bar": {"STR": {"free": 1}}},
        ),
        (
            "counts/trends.json",
            {**MAY, "unique": True, "groups": {"foo": {"trend_type": "daily"}, "bar": {"trend_type": "monthly"}}},
            {"foo": {"20240501": 1, "20240502": 2}, "bar": {"202405": 2}},
        ),
        (
            "counts/trends.json",
            {**MAY, "unique": False, "sum_event_prop": "Amount", "groups": {"foo": {"trend_type": "weekly"}}},
            {"foo": {"202418": 620}},
        ),
        ("message/report.json", {"from": "20171101", "to": "20171225"}, {"total_results": 0, "messages": []}),
        ("targets/list.json", {"from": 20230401, "to": 20230416}, {"targets": []}),
        ("demerge/profiles.json", {"identities": ["1", "nobody"]}, {}),
        ("targets/create.json", {"estimate_only": True, "segment": "all", "target_mode": "email"}, {"estimates": {"email": 1}}),
        ("targets/create.json", {"estimate_only": True, "where": {**MAY, **PRO}, "target_mode": "sms"}, {"estimates": {"sms": 1}}),
        ("targets/create.json", {"estimate_only": True, "where": MAY, "target_mode": "webpush"}, {"estimates": {"chrome": 1}}),
        ("targets/create.json", {"estimate_only": True, "where": MAY, "devices": ["ios"]}, {"estimates": {"ios": 0}}),
    ],
)
def test_what_is_asked_is_answered_at_once(reader: Caller, path: str, body: object, expected: Document) -> None:
    assert told(reader, "POST", path, body) == {"status": "success", **expected}


def test_an_estimate_is_the_reach(api: Caller) -> None:
    def estimated(mode: str) -> int:
        body = {"estimate_only": True, "segment": "all", "target_mode": mode}
        return sum(told(api, "POST", "targets/create.json", body)["estimates"].values())

    def reached() -> dict[str, int]:
        channels = api.post("reach", {"filter": "identity exists"})["channels"]
        return {name: numbers["reach"] for name, numbers in channels.items()}

    before = reached()
    assert api.call("PUT", "delivery", json={"caps": {name: {"messages": 1, "days": 9} for name in ("push", "email")}}).is_success
    assert api.post("messages", {"messages": [{"identity": "1", "channel": name} for name in ("push", "email")]})["stored"] == 2
    after = reached()
    assert (before["push"], after["push"], before["email"] - after["email"]) == (1, 0, 1)
    assert {name: estimated("webpush" if name == "push" else name) for name in after} == after


def test_who_is_there_now(reader: Caller) -> None:
    now = told(reader, "POST", "now.json", {"user_type": True})
    assert (now["count"], now["user_type"]) == (1, {"new": 1, "repeat": 0})
    assert abs(now["last_processed_ts"] - datetime.now(UTC).timestamp()) < 60
    assert "user_type" not in told(reader, "POST", "now.json", {})


def test_an_address_is_unsubscribed_for_everybody_who_has_it(site: Site, api: Caller) -> None:
    api.post("consent", {"identity": "a+b", "channel": "email", "state": "unsubscribed", "source": "person"})
    records = [
        {"type": "phone", "value": "+49 151 12345678", "status": "Unsubscribe"},
        {"type": "email", "value": "ann@x.com", "status": "Resubscribe"},
        {"type": "email", "value": "nobody@x.com", "status": "Unsubscribe"},
        {"type": "email", "value": "nobody", "status": "Unsubscribe"},
        {"type": "whatsapp", "value": "12", "status": "Unsubscribe"},
        {"type": "fax", "value": "12", "status": "Unsubscribe"},
        {"type": "phone", "value": "+4915112345678", "status": ["Unsubscribe"]},
        "phone",
    ]
    answer = told(api, "POST", "subscribe", {"d": records})
    assert (answer["status"], answer["processed"]) == ("partial", 1)
    assert [(each["code"], each["record"]) for each in answer["unprocessed"]] == list(
        zip([409, 404, 515, 516, 400, 400, 400], records[1:], strict=True)
    )
    assert "1 of 2 profiles" in answer["unprocessed"][0]["error"]
    log = api.get("consent?limit=3")["entries"]
    assert {(each["identity"], each["channel"], each["after"]) for each in log} == {
        ("1", "sms", "unsubscribed"),
        ("a+b", "sms", "unsubscribed"),
        ("1", "email", "subscribed"),
    }
    assert {(each["source"], each["actor"], each["door"]) for each in log} == {("api", "machine", "api")}
    assert told(api, "POST", "subscribe", {"d": records[:1]})["status"] == "success"
    assert told(api, "POST", "subscribe", {"d": records[2:]})["status"] == "fail"
    assert site.house.access.audit(operator(ACME), 1)[0].details == {"addresses": 3, "people": 0, "held": 0}


def test_a_number_is_taken_from_nobody_whose_identity_it_is(reader: Caller) -> None:
    answer = told(
        reader, "POST", "disassociate", {"d": [{"type": "phone", "value": "+4915112345678"}, {"type": "phone", "value": "1"}, {}]}
    )
    assert (answer["status"], answer["processed"], [each["code"] for each in answer["unprocessed"]]) == ("partial", 1, [409, 400])


@pytest.mark.parametrize("body", [{"identity": "1"}, {"identity": [1, "nobody"]}, {"guid": "dev1"}, {"guid": ["dev1", "dev2"]}])
def test_who_is_erased_is_gone(site: Site, api: Caller, body: Document) -> None:
    cursor = told(api, "POST", "profiles.json", PRO)["cursor"]
    assert told(api, "POST", "delete/profiles.json", body) == {"status": "success", "deleted": 1}
    assert call(api, "GET", "profile.json?identity=1").status_code == 404
    assert api.get("consent?identity=1")["entries"] == []
    assert told(api, "POST", "counts/events.json", MAY)["count"] == 1
    assert call(api, "GET", f"profiles.json?cursor={cursor}").status_code == 404
    (entry, *_) = site.house.access.audit(operator(ACME), 1)
    assert (entry.action, entry.object, entry.details) == ("people.erase", "people", {"people": 1})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "profile.json?identity=nobody", None, 404, "There is no such person."),
        ("GET", "profile.json", None, 400, "Say whom: by email, identity or objectId."),
        ("POST", "profiles.json", "no json", 400, "Malformed request"),
        ("POST", "counts/events.json", "[]", 400, "Malformed request"),
        ("POST", "counts/events.json", "", 400, "Malformed request"),
        ("POST", "counts/events.json", '{"event_name": NaN}', 400, "Malformed request"),
        ("POST", "counts/events.json", '{"event_name": "\\ud800"}', 400, "Malformed request"),
        ("POST", "counts/events.json", '{"a":' * 100_000, 400, "Malformed request"),
        ("POST", "counts/events.json", b"\xff", 400, "Malformed request"),
        ("POST", "counts/profiles.json", {}, 400, "$: expected event_name, common_profile_properties or advanced_query."),
        ("POST", "counts/events.json", PRO, 400, "$: expected event_name."),
        ("POST", "events.json", PRO, 400, "$: expected event_name."),
        ("POST", "profiles.json?batch_size=5001", MAY, 400, "query.batch_size"),
        ("GET", "profiles.json", None, 400, "Send a query, or a cursor."),
        ("GET", "profiles.json?query=x", None, 400, "Malformed request"),
        (
            "POST",
            "counts/profiles.json",
            {"common_profile_properties": {"profile_fields": [{"name": "zzz", "value": 1}]}},
            400,
            "There is no property called “zzz”",
        ),
        ("GET", "counts/events.json?req_id=1", None, 404, "There is no count with this req_id: counts are answered at once."),
        ("POST", "counts/top.json", MAY, 400, "$.groups"),
        (
            "POST",
            "counts/top.json",
            {**MAY, "groups": {"a": {"property_type": "geo_fields", "name": "x"}}},
            400,
            "$.groups.a.property_type",
        ),
        ("POST", "counts/trends.json", {**MAY, "groups": {"a": {"trend_type": []}}}, 400, "$.groups.a.trend_type"),
        ("POST", "message/report.json", {}, 400, "$.from: expected a day"),
        ("POST", "subscribe", {"d": {}}, 400, "Expected at most 1,000 records"),
        ("POST", "subscribe", {"d": [1] * 1001}, 400, "Expected at most 1,000 records"),
        ("POST", "delete/profiles.json", {"identity": "1", "guid": "x"}, 400, "Say whom"),
        ("POST", "delete/profiles.json", {"identity": []}, 400, "Expected a text or a list of 1 to 100."),
        ("POST", "delete/profiles.json", {"identity": True}, 400, "Expected a text or a list of 1 to 100."),
        ("POST", "demerge/profiles.json", {"identities": "1"}, 400, "Expected a list of identities."),
        ("POST", "targets/create.json", {"segment": "all"}, 400, "Campaigns are not part of Headcount yet"),
        ("POST", "targets/create.json", {"estimate_only": True}, 400, "expected either a query as where"),
        ("POST", "targets/create.json", {"estimate_only": True, "segment": "all", "target_mode": "fax"}, 400, "$.target_mode"),
        ("POST", "targets/result.json", {"id": 1}, 404, "There is no target with this id."),
        ("POST", "targets/stop.json", {"id": 1}, 404, "There is no target with this id."),
        ("POST", "send/email.json", {}, 400, "Campaigns are not part of Headcount yet"),
        ("GET", "nothing.json", None, 404, "Not Found."),
        ("GET", "subscribe", None, 405, "Method Not Allowed."),
        ("POST", "subscribe", b" " * (3 << 20), 413, "The body is larger"),
    ],
)
def test_what_is_wrong_is_said(reader: Caller, method: str, path: str, body: object, status: int, error: str) -> None:  # noqa: PLR0913, PLR0917 - a call and its answer
    answered, said = refused(call(reader, method, path, body))
    assert (answered, error in said) == (status, True), said


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "Account ID is not valid"),
        ({"X-CleverTap-Account-Id": "no id!", "X-CleverTap-Passcode": "x"}, "Account ID is not valid"),
        ({"X-CleverTap-Account-Id": ACME, "X-CleverTap-Passcode": "x"}, "Invalid Credentials"),
        ({"X-CleverTap-Account-Id": "W9R-486-4W5Z", "X-CleverTap-Passcode": "x"}, "Invalid Credentials"),
        ({"X-CleverTap-Account-Id": ACME}, "Invalid Credentials"),
    ],
)
def test_who_may_not_come_in_learns_nothing_of_who_may(quiet_site: Site, headers: dict[str, str], error: str) -> None:
    answer = call(Caller(quiet_site.client(), headers), "POST", "counts/profiles.json", "no json")
    assert answer.json() == {"status": "fail", "error": error, "code": 401}
    assert answer.status_code == 401
