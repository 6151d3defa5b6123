"""Live calls to a server of its own: alone, and while a file is applied."""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from headcount.bench.measure import Sample, run_step, warm
from headcount.bench.product import settings
from headcount.bench.report import Bound, Report, Timing
from headcount.bench.run import versions
from headcount.bench.server import end_of, send, server, signed
from headcount.errors import HeadcountError

#: Calls of one record a second, connections that send many, records of each of their calls, and seconds of each part.
RATE, CONNECTIONS, RECORDS, SECONDS = 50, 15, 1_000, 20.0
_AGAIN = 429


@dataclass(frozen=True, slots=True)
class Latency:
    """How long calls took, in milliseconds, and how many records were done a second."""

    calls: int
    records_per_second: float
    p50: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float], records: int, took: float) -> Latency:
        """From the seconds of each call."""
        ordered = sorted(seconds)
        if not ordered:
            raise HeadcountError("bench_failed", "No call was answered.")
        p50, p99, longest = (1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in (0.5, 0.99, 1))
        return cls(len(ordered), records / took, p50, p99, longest)


def run(rows: int, workdir: Path, say: Callable[[str], None], *, seconds: float = SECONDS) -> Report:
    """Measure live calls on an account of `rows` people, and an upload of as many rows beside them.

    Raises:
        HeadcountError: `bench_failed` where a call was refused.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    people, fresh = _file(workdir, "people", rows, say), _file(workdir, "newcomers", rows, say)
    data, copy, secret = workdir / "live-data", workdir / "live-copy", secrets.token_urlsafe()
    try:
        say("uploading the people")
        with server(data, secret) as address:
            _upload(address, secret, people)
        shutil.copytree(data, copy)
        say("an upload of as many others by itself")
        with server(copy, secret) as address:
            alone = _upload(address, secret, fresh)
        with server(data, secret) as address:
            calls = _Calls(address, secret, rows)
            asyncio.run(calls.many(1))
            say("one record a call, nothing else")
            idle = asyncio.run(calls.steadily(lambda: False, seconds))
            say(f"{RECORDS:,} records a call from {CONNECTIONS} connections")
            many = asyncio.run(calls.many(seconds))
            say("the same upload, and one record a call")
            beside, under = asyncio.run(_together(calls, address, secret, fresh))
    finally:
        for made in (data, copy):
            shutil.rmtree(made, ignore_errors=True)
    return _report(rows, people, workdir, (idle, many, under), (alone, beside))


def _file(workdir: Path, kind: str, rows: int, say: Callable[[str], None]) -> Path:
    path = workdir / f"{kind}-{rows}.csv"
    if not path.exists():
        say(f"writing {path.name}")
        part = path.with_suffix(".part")
        run_step("write", kind, part, rows)
        part.rename(path)
    return path


def _upload(address: str, secret: str, file: Path) -> Sample:
    with httpx.Client(base_url=address, timeout=None) as client:  # noqa: S113 - it takes as long as it takes
        warm(file)
        began = time.perf_counter()
        document = end_of(client, secret, send(client, secret, file))
        took = time.perf_counter() - began
    if document["upload"]["status"] != "completed":
        raise HeadcountError("bench_failed", f"The upload ended as {document['upload']['status']}.")
    return Sample(took, 0, 0)


async def _together(calls: _Calls, address: str, secret: str, file: Path) -> tuple[Sample, Latency]:
    done = asyncio.Event()

    async def uploaded() -> Sample:
        # Calls came before it, too.
        await asyncio.sleep(2)
        took = await asyncio.to_thread(_upload, address, secret, file)
        done.set()
        return took

    return await asyncio.gather(uploaded(), calls.steadily(done.is_set, float("inf")))


class _Calls:
    """Calls that change people of the account, chosen by chance."""

    def __init__(self, address: str, secret: str, people: int) -> None:
        self._address, self._secret, self._people = address, secret, people
        self._chance = random.Random(1)  # noqa: S311 - the same people every time

    async def steadily(self, is_done: Callable[[], bool], seconds: float) -> Latency:
        """One record a call, `RATE` times a second, whether the calls before are answered or not."""
        async with self._client() as client:
            began, taken, waiting = time.perf_counter(), list[float](), list[asyncio.Task[None]]()
            while not is_done() and time.perf_counter() - began < seconds:
                await asyncio.sleep(max(0.0, began + len(waiting) / RATE - time.perf_counter()))
                waiting.append(asyncio.create_task(self._call(client, 1, taken)))
            await asyncio.gather(*waiting)
            return Latency.of(taken, len(taken), time.perf_counter() - began)

    async def many(self, seconds: float) -> Latency:
        """1,000 records a call from each connection, one call after the other."""
        async with self._client() as client:
            began, taken = time.perf_counter(), list[float]()

            async def connection() -> None:
                while time.perf_counter() - began < seconds:
                    await self._call(client, RECORDS, taken)

            await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
            return Latency.of(taken, len(taken) * RECORDS, time.perf_counter() - began)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._address, headers=signed(self._secret), timeout=60, limits=httpx.Limits(max_connections=100))

    async def _call(self, client: httpx.AsyncClient, records: int, taken: list[float]) -> None:
        body = json.dumps({"d": [self._record() for _ in range(records)]})
        began = time.perf_counter()
        answer = await self._answer(client, body)
        if answer.json().get("processed") != records:
            raise HeadcountError("bench_failed", f"A live call was answered with {answer.status_code}.", answer.text[:500])
        taken.append(time.perf_counter() - began)

    async def _answer(self, client: httpx.AsyncClient, body: str) -> httpx.Response:
        answer = await client.post("/1/upload", content=body)
        if answer.status_code != _AGAIN:
            return answer
        await asyncio.sleep(float(answer.headers["Retry-After"]))
        return await self._answer(client, body)

    def _record(self) -> Mapping[str, object]:
        one = self._chance
        data = {"Name": f"Name {one.randrange(10**6)}", "plan": one.choice(("pro", "free", "team")), "visits": one.randrange(1000)}
        return {"identity": f"u{one.randrange(self._people):08}", "type": "profile", "profileData": data}


def _report(rows: int, people: Path, workdir: Path, calls: tuple[Latency, Latency, Latency], uploads: tuple[Sample, Sample]) -> Report:
    idle, many, under = calls
    alone, beside = uploads
    bounds = (
        Bound("a call with one record, nothing else: median", idle.p50, "ms", 100),
        Bound("a call with one record, nothing else: 99 of 100", idle.p99, "ms", 150),
        Bound("a call with one record, under an upload: median", under.p50, "ms", 200),
        Bound("a call with one record, under an upload: 99 of 100", under.p99, "ms", 400),
        Bound("1,000 records, many from 15 connections", 1_000_000 / many.records_per_second, "ms", 200),
    )
    timings = (Timing("an upload beside live calls", beside, "alone", alone, 1.4, rows, None),)
    return Report(rows, people.stat().st_size, settings(workdir).threads or os.cpu_count() or 1, versions(), timings, bounds)
