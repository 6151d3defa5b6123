"""Live calls to a server of its own: alone, and while a file is applied."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

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
#: Threads that call, and seconds that they wait for an answer.
_CALLERS, _PATIENCE = 200, 60


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
            calls.many(1)
            say("one record a call, nothing else")
            idle = calls.steadily(lambda: False, seconds)
            say(f"{RECORDS:,} records a call from {CONNECTIONS} connections")
            many = calls.many(seconds)
            say("the same upload, and one record a call")
            beside, under = _together(calls, address, secret, fresh)
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


def _together(calls: _Calls, address: str, secret: str, file: Path) -> tuple[Sample, Latency]:
    """The upload, and the calls from before it begins until it ends."""
    # In a process of its own: whoever uploads and whoever calls are others, too.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        uploaded = process.submit(_upload_later, address, secret, file)
        under = calls.steadily(uploaded.done, float("inf"))
        return uploaded.result(), under


def _upload_later(address: str, secret: str, file: Path) -> Sample:
    time.sleep(2)
    return _upload(address, secret, file)


class _Calls:
    """Calls that change people of the account, chosen by chance. They go out from threads, each with a connection of its own."""

    def __init__(self, address: str, secret: str, people: int) -> None:
        self._address, self._headers, self._people = urlsplit(address).netloc, signed(secret), people
        self._chance = random.Random(1)  # noqa: S311 - the same people every time
        self._own = threading.local()
        #: How often a call had to come again.
        self.refused = 0

    def steadily(self, is_done: Callable[[], bool], seconds: float) -> Latency:
        """One record a call, `RATE` times a second, whether the calls before are answered or not."""
        began, answered = time.perf_counter(), list[Future[float]]()
        with ThreadPoolExecutor(_CALLERS) as callers:
            while not is_done() and time.perf_counter() - began < seconds:
                time.sleep(max(0.0, began + len(answered) / RATE - time.perf_counter()))
                answered.append(callers.submit(self._call, 1, time.perf_counter()))
            taken = [each.result() for each in answered]
        return Latency.of(taken, len(taken), time.perf_counter() - began)

    def many(self, seconds: float) -> Latency:
        """1,000 records a call from each connection, one call after the other."""
        began = time.perf_counter()

        def connection(_: int) -> list[float]:
            taken = list[float]()
            while time.perf_counter() - began < seconds:
                taken.append(self._call(RECORDS, time.perf_counter()))
            return taken

        with ThreadPoolExecutor(CONNECTIONS) as callers:
            taken = [each for connected in callers.map(connection, range(CONNECTIONS)) for each in connected]
        return Latency.of(taken, len(taken) * RECORDS, time.perf_counter() - began)

    def _call(self, records: int, wanted: float) -> float:
        """The seconds from when a call was wanted until it is answered."""
        body = json.dumps({"d": [self._record() for _ in range(records)]})
        while True:
            connection = self._connection()
            connection.request("POST", "/1/upload", body, self._headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != _AGAIN:
                break
            self.refused += 1
            time.sleep(float(answer.headers["Retry-After"]))
        if json.loads(said).get("processed") != records:
            raise HeadcountError("bench_failed", f"A live call was answered with {answer.status}.", said[:500].decode())
        return time.perf_counter() - wanted

    def _connection(self) -> HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = HTTPConnection(self._address, timeout=_PATIENCE)
        connection: HTTPConnection = self._own.connection
        return connection

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
