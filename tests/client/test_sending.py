from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from tests.client.running import at_address

from headcount import Busy, Client, Failed, HeadcountError, Notice, RecordsFailed, Result, SendingStopped, WrongCall
from headcount.client import patience, sending


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Here the client and a server of the test talk with each other."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_FIRST", 0.01)


@dataclass
class Live:
    """A server that stores records once for each key, and fails as it is told to."""

    #: What happens to the next calls: a status, `lost` (stored, but the answer breaks off), `broken` (neither).
    faults: deque[int | str] = field(default_factory=deque)
    asks: str = "0"
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)
    stored: dict[str, list[Any]] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/1/upload")
        async def upload(request: Request) -> Response:
            body = await request.body()
            return self.answer(request, body)

        return app

    def answer(self, request: Request, body: bytes) -> Response:
        found, key = json.loads(body)["d"], request.headers["Idempotency-Key"]
        self.calls.append((key, found))
        self.sizes.append(len(body))
        self.queries.append(request.url.query)
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, int):
            return JSONResponse({"status": "fail", "error": "No", "code": fault}, fault, {"Retry-After": self.asks})
        if fault == "broken":
            return cut()
        self.stored.setdefault(key, found)
        return cut() if fault == "lost" else JSONResponse({"status": "success", "processed": len(found), "unprocessed": []} | self.answers)

    @property
    def identities(self) -> list[str]:
        return [record["identity"] for found in self.stored.values() for record in found]


def cut() -> Response:
    return StreamingResponse(iter(["{"]), headers={"Content-Length": "100"})


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Live]]:
    live = Live()
    with at_address(live.app()) as url:
        yield url, live


@pytest.fixture
def live(server: tuple[str, Live]) -> Live:
    vars(server[1]).update(vars(Live()))
    return server[1]


@pytest.fixture
def client(server: tuple[str, Live]) -> Iterator[Client]:
    with Client(server[0], "acme", "secret-passcode", retries=4) as client:
        yield client


def people(count: int) -> list[dict[str, Any]]:
    return [{"identity": f"{number:04}", "plan": "pro"} for number in range(count)]


def test_profiles_go_in_calls_of_so_many(client: Client, live: Live) -> None:
    progress = list[int]()
    assert client.profiles(people(25), batch=10, on_progress=progress.append) == Result(sent=25, processed=25)
    assert [len(found) for _, found in live.calls] == [10, 10, 5]
    assert live.calls[0][1][3] == {"identity": "0003", "type": "profile", "profileData": {"plan": "pro"}}
    assert (progress, len({key for key, _ in live.calls})) == ([10, 20, 25], 3)


@pytest.mark.parametrize("fault", [429, 502, 503, 504, "broken", "lost"])
def test_what_did_not_arrive_is_sent_again_and_counted_once(client: Client, live: Live, fault: int | str) -> None:
    live.faults.extend([fault, fault])
    assert client.profiles(people(5), batch=3) == Result(sent=5, processed=5)
    assert live.identities == ["0000", "0001", "0002", "0003", "0004"]
    assert [len(found) for _, found in live.calls] == [3, 3, 3, 2]
    assert len({key for key, _ in live.calls}) == 2


@pytest.mark.parametrize(
    ("status", "code"), [(400, "call_refused"), (401, "passcode_invalid"), (403, "call_refused"), (422, "call_refused")]
)
def test_what_is_wrong_is_not_sent_again(client: Client, live: Live, status: int, code: str) -> None:
    live.faults.append(status)
    with pytest.raises(SendingStopped) as raised:
        client.profiles(people(5), batch=3)
    assert (raised.value.code, raised.value.position, raised.value.result.sent) == (code, 0, 0)
    assert isinstance(raised.value.__cause__, WrongCall)
    assert ("secret" in str(raised.value), len(live.calls)) == (False, 1)


def test_when_patience_ends_it_is_said_how_far_it_came(client: Client, live: Live) -> None:
    live.faults.extend(["", *[503] * 5])
    with pytest.raises(SendingStopped, match="Go on at position 3") as raised:
        client.profiles(people(9), batch=3)
    assert (raised.value.result, raised.value.position) == (Result(sent=3, processed=3), 3)
    assert (type(raised.value.__cause__), live.identities) == (Busy, ["0000", "0001", "0002"])


def test_the_server_says_how_long_to_wait(client: Client, live: Live) -> None:
    live.faults.append(429)
    live.asks = "1"
    began = time.monotonic()
    client.profiles(people(1))
    assert time.monotonic() - began >= 1


def test_too_long_a_wait_is_told_instead(client: Client, live: Live) -> None:
    live.faults.append(503)
    live.asks = "Fri, 31 Dec 2100 23:59:59 GMT"
    with pytest.raises(SendingStopped, match="too much to do"):
        client.profiles(people(1))


def test_nobody_there_is_told_after_so_many_times() -> None:
    with Client("http://127.0.0.1:9", "acme", "secret-passcode", retries=2) as client, pytest.raises(SendingStopped) as raised:
        client.profiles(people(1))
    assert raised.value.code == "server_unreachable"


def test_a_person_keeps_the_order_of_their_records_however_many_calls_there_are(client: Client, live: Live) -> None:
    given = [{"identity": f"p{number % 7}", "n": number} for number in range(2_000)]
    live.faults.extend([503] * 3)
    assert client.profiles(given, batch=10, concurrency=4).processed == 2_000
    seen = dict[str, int]()
    for found in live.stored.values():
        for record in found:
            assert record["profileData"]["n"] > seen.get(record["identity"], -1)
            seen[record["identity"]] = record["profileData"]["n"]
    assert len(live.identities) == 2_000


def test_the_first_failure_of_several_calls_is_the_one_that_is_told(client: Client, live: Live) -> None:
    live.faults.extend(["", 401])
    with pytest.raises(SendingStopped) as raised:
        client.profiles(people(2_000), batch=10, concurrency=4)
    assert raised.value.code == "passcode_invalid"
    missing = {f"{number:04}" for number in range(2_000)} - set(live.identities)
    assert raised.value.position == int(min(missing))
    assert raised.value.result.sent == raised.value.result.processed <= len(live.identities)


def test_another_run_with_the_same_key_is_counted_once(client: Client, live: Live) -> None:
    for _ in range(2):
        client.events(people(50), name="Charged", batch=10, concurrency=3, idempotency_key="night 7")
    assert (len(live.identities), len(live.calls)) == (50, 2 * len(live.stored))


def test_a_call_has_no_more_bytes_than_the_server_takes(client: Client, live: Live) -> None:
    given = [{"identity": str(number), "note": "é" * 100_000} for number in range(20)]
    given.insert(3, {"identity": "large", "note": "x" * 2_000_000})
    result = client.profiles(given)
    assert (max(live.sizes) <= sending.MOST_BYTES, len(live.calls)) == (True, 3)
    assert (result.sent, result.processed, [(each.position, each.code) for each in result.failed]) == (21, 20, [(3, "record_unsendable")])


def test_what_the_server_did_not_store_has_its_place_in_what_was_given(client: Client, live: Live) -> None:
    record = {"identity": "0001"}
    error = "Profile data is incorrect. Email is not valid.Skipped record number : 2"
    notice = {"record": 1, "property": "age", "code": "number_invalid", "reason": "Not a number"}
    live.answers = {"processed": 1, "unprocessed": [{"status": "fail", "code": 515, "error": error, "record": record}], "notices": [notice]}
    result = client.profiles(people(4), batch=2)
    assert result.failed == (Failed(1, 515, error, record), Failed(3, 515, error, record))
    assert result.notices == (Notice(0, "age", "number_invalid", "Not a number"), Notice(2, "age", "number_invalid", "Not a number"))
    with pytest.raises(RecordsFailed, match=r"^2 of 4 records were not stored"):
        result.raise_for_failures()


def test_events_are_told_as_the_vendor_writes_them(client: Client, live: Live) -> None:
    whole = {"type": "event", "objectId": "d1", "evtName": "Seen", "evtData": {"n": 1}, "ts": 7}
    at = datetime(2026, 5, 4, 8, 15, tzinfo=UTC)
    flat = {"identity": 17, "ts": at, "evtName": "Charged", "Amount": Decimal("9.5"), "none": None}
    client.events([whole, flat, {"FBID": "f", "type": "big"}], name="Else")
    assert live.calls[0][1] == [
        whole,
        {"identity": "17", "ts": 1777882500, "type": "event", "evtName": "Charged", "evtData": {"Amount": 9.5}},
        {"FBID": "f", "type": "event", "evtName": "Else", "evtData": {"type": "big"}},
    ]


def test_values_of_python_are_values_of_json(client: Client, live: Live) -> None:
    uuid = UUID(int=1)
    given = {
        "day": date(2026, 1, 2),
        "when": datetime(1970, 1, 2, tzinfo=UTC),
        "naive": datetime(1970, 1, 1),
        "id": uuid,
        "tags": {"b", "a"},
    }
    given |= {"nan": float("nan"), "op": {"$add": ("x",)}, "np": pa.array([3]).to_numpy()[0]}
    client.profiles([{"GPID": "g", **given}, {"identity": "x", "bad": [float("inf")]}])
    (((_, [sent]),)) = live.calls
    shown = {
        "day": "$D_1767355200",
        "when": "$D_86400",
        "naive": "$D_0",
        "id": str(uuid),
        "tags": ["a", "b"],
        "op": {"$add": ["x"]},
        "np": 3,
    }
    assert sent == {"GPID": "g", "type": "profile", "profileData": shown}


def test_a_table_is_records(client: Client, live: Live) -> None:
    moments = pa.array([1_000_000_001, None], pa.timestamp("ns", "Europe/Berlin"))
    table = pa.table({"identity": pa.array(["007", "8"]).dictionary_encode(), "n": pa.array([1.5, float("nan")]), "at": moments})
    client.profiles(table)
    assert [record["profileData"] for record in live.calls[0][1]] == [{"n": 1.5, "at": "$D_1"}, {}]
    with pytest.raises(SendingStopped, match="identities are texts"):
        client.profiles(pa.table({"identity": [7.0]}))


@pytest.mark.parametrize("given", [{"identity": "1"}, "abc", 7, ["abc"], [{"identity": "1", "x": object()}]])
def test_what_is_no_record_is_refused(client: Client, live: Live, given: object) -> None:
    with pytest.raises(SendingStopped) as raised:
        client.profiles(given)
    assert (raised.value.code, live.calls) == ("record_invalid", [])


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"batch": 1001}, {"concurrency": 16}, {"idempotency_key": "ä"}, {"idempotency_key": "x" * 200}]
)
def test_what_no_call_takes_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongCall) as raised:
        client.profiles([], **wrong)
    assert raised.value.code == "value_invalid"


def test_a_dry_run_says_so(client: Client, live: Live) -> None:
    client.profiles(people(1), dry_run=True)
    assert live.queries == ["dryRun=1"]


def test_a_program_that_fails_while_it_makes_records_sends_no_more(client: Client, live: Live) -> None:
    def failing() -> Iterator[dict[str, Any]]:
        yield from people(4)
        raise KeyError("x")

    with pytest.raises(KeyError):
        client.profiles(failing(), batch=2)
    assert len(live.calls) <= 2


def test_errors_of_the_client_are_errors_of_headcount() -> None:
    assert all(issubclass(kind, HeadcountError) for kind in (SendingStopped, RecordsFailed))
