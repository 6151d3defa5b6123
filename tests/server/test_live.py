"""The upload call of CleverTap's clients: recorded answers to the letter, operations, and what is durable when it is answered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest
from anyio import Semaphore, create_task_group, sleep
from tests.server.house import ACME, Caller, Document, Site, cheap_passwords, open_site

from headcount import bootstrap
from headcount.auth.rights import Right, operator
from headcount.ingest import queue
from headcount.store.duckdb.profiles import DuckDBProfiles

GOOD: Document = {
    "created_at": "2018-03-21 18:21:14 +0200",
    "Name": "John Rush",
    "Email": "example@gmail.com",
    "Gender": "M",
    "Phone": "+35922333232",
    "Employed": "Y",
    "Education": "Graduate",
    "Married": "Y",
    "Age": "18",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests: each has people of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "Passwords", cheap_passwords)
        with open_site(tmp_path_factory.mktemp("live") / "data", log="error") as site:
            yield site


@pytest.fixture(scope="module")
def machine(site: Site) -> Caller:
    return site.machine()


def send(caller: Caller, *records: object, query: str = "", status: int = 200, key: str | None = None) -> Document:
    headers = {**caller.headers} if key is None else {**caller.headers, "Idempotency-Key": key}
    answer = caller.http.post(f"/1/upload{query}", json={"d": list(records)}, headers=headers)
    assert answer.status_code == status, answer.text
    said: Document = answer.json()
    return said


def profile(identity: object, **data: object) -> Document:
    return {"identity": identity, "type": "profile", "profileData": data}


def event(identity: str, name: object, ts: object = None, **data: object) -> Document:
    return {"identity": identity, "type": "event", "evtName": name, "evtData": data} | ({} if ts is None else {"ts": ts})


def person(caller: Caller, identity: str) -> Document:
    return caller.get(f"people/{identity}")


def values(caller: Caller, identity: str) -> Document:
    return {name: known["value"] for name, known in person(caller, identity)["properties"].items()}


def test_a_good_profile(machine: Caller) -> None:
    record = {"identity": "g1", "ts": 1521649274, "type": "profile", "profileData": {"identity": 1, **GOOD}}
    assert send(machine, record) == {"status": "success", "processed": 1, "unprocessed": []}
    found = values(machine, "g1")
    assert found | {"Age": 18} == GOOD | {"Age": 18}


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        ({"Email": "$$$$$"}, 515, "Profile data is incorrect. Email is not valid."),
        ({"Email": "1234"}, 515, "Profile data is incorrect. Email is not valid."),
        ({"Phone": "223"}, 516, "Profile data is incorrect. Phone number is not valid."),
        ({"Phone": "+44+441234"}, 516, "Profile data is incorrect. Phone number is not valid."),
        ({"Employed": "223"}, 517, "Profile data is incorrect. Employed needs to be Y/N."),
        ({"Education": "223"}, 518, "Profile data is incorrect. Education needs to be School/College/Graduate.."),
        ({"Married": "223"}, 519, "Profile data is incorrect. Married needs to be Y/N."),
        ({"Age": "aa"}, 520, "Profile data is incorrect. Age is invalid."),
    ],
)
def test_recorded_refusals(machine: Caller, change: Document, code: int, error: str) -> None:
    data = {"identity": 4, **GOOD, **change}
    shown = dict(data)
    if code in range(517, 521):
        shown["Phone"] = 35922333232
    if code == 520:
        shown["identity"] = "4"
    record = {"identity": "refused", "ts": 1521649274, "type": "profile", "profileData": data}
    refused = {"status": "fail", "code": code, "error": f"{error}Skipped record number : 1", "record": {**record, "profileData": shown}}
    assert send(machine, record) == {"status": "fail", "processed": 0, "unprocessed": [refused]}
    refused["error"] = f"{error}Skipped record number : 2"
    assert send(machine, profile("fine"), record) == {"status": "partial", "processed": 1, "unprocessed": [refused]}
    assert machine.call("GET", "people/refused").status_code == 404


def test_recorded_refusal_of_a_time(machine: Caller) -> None:
    record = {"identity": "t", "ts": 0, "type": "profile", "profileData": GOOD}
    error = "Timestamp should be present in the Unix Epoch format. Skipped record number : 1"
    assert send(machine, record)["unprocessed"] == [{"status": "fail", "code": 525, "error": error, "record": record}]


def test_recorded_refusal_of_an_event(machine: Caller) -> None:
    records = [event("e1", "Seen"), {"evtData": {"name": 1234, "revenue": 4.99}, "type": "event", "identity": "user123"}]
    error = "Event Name is incorrect. ErrorCode: 509 - Event name is mandatory. Skipped record number : 2"
    refused = {"status": "fail", "code": 509, "error": error, "record": records[1]}
    assert send(machine, *records) == {"status": "partial", "processed": 1, "unprocessed": [refused]}


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (5, 524),
        ({}, 524),
        ({"type": "person", "identity": "x"}, 524),
        ({"type": "profile", "identity": "x"}, 524),
        ({"type": "profile", "profileData": {}}, 523),
        ({"type": "profile", "identity": " NULL ", "profileData": {}}, 523),
        ({"type": "profile", "identity": "x" * 1025, "profileData": {}}, 523),
        (event("x", "App Launched"), 513),
        (event("x", "applaunched"), 513),
        ({"type": "event", "identity": "x", "evtName": "E", "evtData": 5}, 512),
        (event("x", "E", **{f"p{n}": n for n in range(257)}), 522),
        (event("x", "E", "yesterday"), 525),
        ({"type": "token", "tokenData": {"id": "t", "type": "fcm"}}, 530),
        ({"type": "token", "objectId": "o", "tokenData": 5}, 531),
        ({"type": "token", "objectId": "o", "tokenData": {"type": "fcm"}}, 532),
        ({"type": "token", "objectId": "o", "tokenData": {"id": "t"}}, 533),
        ({"type": "token", "objectId": "o", "tokenData": {"id": "t", "type": "carrier pigeon"}}, 534),
        ({"type": "token", "objectId": "o", "tokenData": {"id": "t", "type": "chrome"}}, 535),
        (profile("x", Gender="Z"), 514),
    ],
)
def test_every_code(machine: Caller, record: object, code: int) -> None:
    assert [(each["code"], each["record"]) for each in send(machine, record)["unprocessed"]] == [(code, record)]


def test_values_of_every_kind(machine: Caller) -> None:
    said = {"a": "01", "b": 12, "c": 1.5, "d": True, "e": "$D_1521649274", "f": ["x", "y", 3], "g": "", "h": None, "MSG-email": "false"}
    assert send(machine, profile("v", **said))["status"] == "success"
    found = person(machine, "v")
    assert {name: (known["type"], known["value"]) for name, known in found["properties"].items()} == {
        "a": ("string", "01"),
        "b": ("integer", 12),
        "c": ("float", 1.5),
        "d": ("boolean", True),
        "e": ("date", "2018-03-21T16:21:14Z"),
        "f": ("list", ["x", "y", "3"]),
    }
    assert (found["consent"]["email"]["state"], found["consent"]["email"]["source"]) == ("unsubscribed", "api")


def test_operations_in_one_call_and_in_several(machine: Caller) -> None:
    steps: Sequence[Document] = (
        {"n": 5, "l": ["a"], "s": "x"},
        {"n": {"$incr": 3}, "l": {"$add": ["b", "c"]}},
        {"n": {"$decr": 1}, "l": {"$remove": "a"}, "s": {"$delete": 1}},
        {"m": {"$incr": 2}, "l": {"$add": "d"}},
    )
    send(machine, *(profile("together", **step) for step in steps))
    for step in steps:
        send(machine, profile("apart", **step))
    expected = {"n": 7, "l": ["b", "c", "d"], "m": 2}
    assert values(machine, "together") == values(machine, "apart") == expected


def test_what_does_not_fit_is_told_and_the_rest_applied(machine: Caller) -> None:
    send(machine, profile("w", count=1, label="x"))
    told = send(
        machine, profile("w", count="many", label={"$incr": 1}, nest={"a": 1}, **{"bad:name": 1, "lost\ufffd": 1, "msg_email": False}, ok=1)
    )
    assert (told["status"], told["processed"]) == ("success", 1)
    assert {(each["record"], each["property"], each["code"]) for each in told["notices"]} == {
        (1, "count", "number_invalid"),
        (1, "label", "operation_invalid"),
        (1, "nest", "value_nested"),
        (1, "bad:name", "header_prohibited_character"),
        (1, "lost\ufffd", "header_prohibited_character"),
        (1, "msg_email", "consent_near_miss"),
    }
    assert values(machine, "w") == {"count": 1, "label": "x", "ok": 1}


def test_an_opt_out_of_ones_own_is_not_taken_back(machine: Caller) -> None:
    send(machine, profile("own", Email="own@example.com"))
    machine.post("consent", {"identity": "own", "channel": "email", "state": "unsubscribed", "source": "person"})
    told = send(machine, profile("own", **{"MSG-email": True, "MSG-sms": True}))
    assert [(each["property"], each["code"]) for each in told["notices"]] == [("MSG-email", "consent_held")]
    consent = person(machine, "own")["consent"]
    assert (consent["email"]["state"], consent["sms"]["state"]) == ("unsubscribed", "subscribed")


def test_a_number_too_large_stays_as_it_was(machine: Caller) -> None:
    send(machine, profile("big", n=2**62))
    assert [each["code"] for each in send(machine, profile("big", n={"$incr": 2**62}))["notices"]] == ["number_out_of_range"]
    assert values(machine, "big") == {"n": 2**62}


def test_other_names(machine: Caller) -> None:
    send(machine, {"type": "profile", "identity": "named", "objectId": "dev", "profileData": {"plan": "pro"}})
    send(
        machine, {"type": "profile", "objectId": "dev", "profileData": {"plan": "free"}}, {"type": "event", "FBID": "7", "evtName": "Seen"}
    )
    assert values(machine, "named") == {"plan": "free"}
    assert person(machine, "FBID:7")["properties"] == {}


def test_a_dry_run_stores_nothing(machine: Caller) -> None:
    record = profile("dry", never_made=1)
    assert send(machine, record, profile("dry", Email="x"), query="?dryRun=1")["processed"] == 1
    assert machine.call("GET", "people/dry").status_code == 404
    assert "never_made" not in {each["name"] for each in machine.get("properties")["properties"]}


def test_what_comes_again_counts_once(machine: Caller) -> None:
    for _ in range(3):
        assert send(machine, profile("once", n={"$incr": 1}), key="k1") == {"status": "success", "processed": 1, "unprocessed": []}
    assert values(machine, "once") == {"n": 1}
    assert send(machine, profile("once", n={"$incr": 2}), status=422, key="k1")["code"] == 422
    assert values(machine, "once") == {"n": 1}


def test_calls_at_once_are_all_there_and_count_once(machine: Caller) -> None:
    def call(number: int) -> int:
        key = {"Idempotency-Key": f"many-{number % 20}"}
        answer = machine.http.post("/1/upload", json={"d": [profile("many", n={"$incr": 1})]}, headers={**machine.headers, **key})
        assert answer.status_code in {200, 429}, answer.text
        return int(answer.status_code == 200)

    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(call, range(40)))
    assert sum(answered) >= 20
    done = values(machine, "many")["n"]
    assert done <= 20
    while not all(call(number) for number in range(20)):
        pass
    assert values(machine, "many") == {"n": 20}


@pytest.mark.parametrize("all_wait", [False, True])
def test_more_than_fifteen_at_once_are_told_to_come_again(
    site: Site, machine: Caller, monkeypatch: pytest.MonkeyPatch, *, all_wait: bool
) -> None:
    ingest = site.house.live(operator(ACME)).ingest
    monkeypatch.setattr(ingest, "_places", Semaphore(0))
    if all_wait:
        monkeypatch.setattr(queue, "_WAITING", 0)
        # Whoever waited in spite of it would do so for long.
        monkeypatch.setattr(queue, "_PATIENCE", 9.0)
    began = time.monotonic()
    answer = machine.http.post("/1/upload", json={"d": []}, headers=machine.headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.json() == {"status": "fail", "error": "Too many concurrent requests", "code": 429}
    assert time.monotonic() - began < 9.0 if all_wait else time.monotonic() - began >= 0.5


def test_who_comes_while_fifteen_are_in_hand_waits_for_a_place(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = site.house.live(operator(ACME))
    monkeypatch.setattr(desk.ingest, "_places", Semaphore(queue.AT_ONCE))
    came = list[str]()

    async def late() -> None:
        async with desk.entering():
            came.append("late")

    async def all_of_them() -> None:
        async with create_task_group() as others:
            async with AsyncExitStack() as in_hand:
                for _ in range(queue.AT_ONCE):
                    await in_hand.enter_async_context(desk.entering())
                others.start_soon(late)
                await sleep(0.05)
                came.append("one is answered")
            await sleep(0.05)

    anyio.run(all_of_them)
    assert came == ["one is answered", "late"]


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("keys", [("MSG-email", "MSG-dndemail"), ("MSG-dndemail", "MSG-email")])
def test_of_both_in_one_record_the_opt_out_counts(machine: Caller, keys: Sequence[str], twice: bool) -> None:
    send(machine, *([profile("both", note="x")] if twice else []), profile("both", **dict.fromkeys(keys, True)))
    assert person(machine, "both")["consent"]["email"]["state"] == "unsubscribed"


def test_of_two_keys_that_are_one_the_last_counts_and_a_list_of_nothing_is_none(machine: Caller) -> None:
    send(machine, profile("one", **{"said": "a", "said ": "b", "kept": ["x"], "gone": ["x"]}))
    send(machine, profile("one", gone=[None]))
    assert {name: each["value"] for name, each in person(machine, "one")["properties"].items()} == {"said": "b", "kept": ["x"]}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"d":5}', b"\xff", b'{"d":[NaN]}', b'{"d":["\\ud800"]}', b"[" * 10_000])
def test_a_malformed_body(machine: Caller, body: bytes) -> None:
    answer = machine.http.post("/1/upload", content=body, headers=machine.headers)
    assert (answer.status_code, answer.json()) == (400, {"status": "fail", "error": "Malformed request", "code": 400})


@pytest.mark.parametrize(("records", "status"), [([profile("x")] * 1_001, 400), ([{"type": "token"}] * 101, 400), ([], 200)])
def test_how_much_a_call_may_bring(machine: Caller, records: list[Any], status: int) -> None:
    send(machine, *records, status=status)


def test_who_may_send(site: Site) -> None:
    assert send(site.machine(Right.READ), profile("x"), status=403)["code"] == 403


def test_an_upload_can_be_taken_back_under_what_was_sent(machine: Caller) -> None:
    done = machine.upload("identity,colour,size\nu1,red,1\nu2,red,1\nu3,red,1\n", "wait=30")
    send(machine, profile("u1", colour="blue"), event("u3", "Charged", 1468308340, Amount=300))
    machine.post(f"uploads/{done['upload']['id']}/undo")
    for _ in range(200):
        undone = machine.get(f"uploads/{done['upload']['id']}")
        if undone["upload"]["status"] == "undone":
            break
    assert values(machine, "u1") == {"colour": "blue"}
    assert machine.call("GET", "people/u2").status_code == 404
    # Whoever did something since stays.
    live, stayed = {"upload": None, "row": None}, person(machine, "u3")
    assert stayed["events"] == [{"name": "Charged", "at": "2016-07-12T07:25:40Z", "properties": {"Amount": 300}, "from": live}]
    assert (stayed["properties"], stayed["uploads"], person(machine, "u1")["properties"]["colour"]["from"]) == ({}, [], live)
    kept = {(each["identity"], each["property"]): each["from"] for each in undone["undo"]["kept"]}
    assert kept == {("u1", "colour"): {"source": "api", **live}, ("u3", None): {"source": "api", **live}}


def test_events_are_kept_with_their_types(site: Site, machine: Caller) -> None:
    data = {"Amount": 300, "when": "$D_1521649274", "Items": [{"sku": "a"}], "tags": ["x"]}
    assert send(machine, event("buyer", "Charged", 1468308340, **data), event("buyer", "charged "))["processed"] == 2
    with site.house.people(operator(ACME)).open_store() as store:
        assert isinstance(store, DuckDBProfiles)
        found = store.connection.execute(
            "SELECT happened_at, properties FROM events WHERE identity = 'buyer' ORDER BY happened_at"
        ).fetchall()
    assert str(found[0][0]) == "2016-07-12 07:25:40"
    assert json.loads(found[0][1]) == {"Amount": 300, "when": "2018-03-21T16:21:14Z", "Items": [{"sku": "a"}], "tags": ["x"]}
    assert machine.post("segments/count", {"filter": 'did "Charged" at least 2 times'})["count"] == 1
