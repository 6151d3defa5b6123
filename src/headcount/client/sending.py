"""Records on their way to a server: in calls of bounded size, in order for each person, each counted once however often it is sent."""

from __future__ import annotations

import re
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Self, TypeAlias

from headcount.client.records import Record, Unsendable, encoded, lane
from headcount.errors import HeadcountError

#: Makes the call: the body, its key, and what says that it is given up.
Post: TypeAlias = Callable[[bytes, str, Event], Mapping[str, Any]]

#: Records and bytes that one call takes at most, and calls of an account at once.
MOST_RECORDS, MOST_BYTES, MOST_CALLS = 1_000, 1_500_000, 15
_OPENING, _END = b'{"d":[', b"]}"
#: Calls of a lane that are ready or under way: while one is sent, the next is made.
_AHEAD = 2
_NUMBER = re.compile(r"record number\s*:\s*([0-9]+)")


@dataclass(frozen=True, slots=True)
class Failed:
    """A record that was not stored. `position` counts from 0, in what was given."""

    position: int | None
    code: int | str | None
    error: str
    record: Record


@dataclass(frozen=True, slots=True)
class Notice:
    """A value that was not stored, of a record that was."""

    position: int | None
    property: str | None
    code: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of records: `sent = processed + len(failed)`."""

    sent: int = 0
    processed: int = 0
    failed: tuple[Failed, ...] = ()
    notices: tuple[Notice, ...] = ()

    def raise_for_failures(self) -> Self:
        """The result itself where every record was stored. Raises RecordsFailed."""
        if self.failed:
            raise RecordsFailed(self)
        return self


class RecordsFailed(HeadcountError):
    """Some records were not stored. `result.failed` has them."""

    def __init__(self, result: Result) -> None:
        first = result.failed[0]
        message = f"{len(result.failed):,} of {result.sent:,} records were not stored."
        super().__init__("records_failed", message, f"The first is at position {first.position}: {first.error}")
        self.result = result


class SendingStopped(HeadcountError):
    """Sending ended before its end; the cause is chained, and its code is the code.

    What the server answered is in `result`. The record at `position` is the first of which it is not known whether it was stored.
    """

    def __init__(self, cause: HeadcountError, result: Result, position: int) -> None:
        advice = f"{result.sent:,} records were answered. Go on at position {position}."
        super().__init__(cause.code, cause.message, f"{cause.advice} {advice}".lstrip())
        self.result = result
        self.position = position


@dataclass(slots=True)
class Batch:
    """The records of one call, with their positions."""

    key: str
    positions: list[int] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    size: int = len(_OPENING) + len(_END)

    def has_room(self, text: bytes, most: int) -> bool:
        """Whether one more goes into the call."""
        return len(self.texts) < most and self.size + len(text) + 1 <= MOST_BYTES

    def add(self, position: int, text: bytes) -> None:
        """One more record."""
        self.positions.append(position)
        self.texts.append(text)
        self.size += len(text) + 1

    def body(self) -> bytes:
        """What is sent."""
        return _OPENING + b",".join(self.texts) + _END


class Stopping:
    """That calls are given up, and the first reason: those that come after it only follow from it."""

    def __init__(self) -> None:
        self.event = Event()
        self.cause: HeadcountError | None = None

    def because(self, error: HeadcountError) -> None:
        """What is behind a call that failed, in any lane, is not sent."""
        self.cause = self.cause or error
        self.event.set()


class Tally:
    """What has become of the records so far."""

    def __init__(self, on_progress: Callable[[int], object] | None) -> None:
        self.sent = self.processed = 0
        self.failed, self.notices = list[Failed](), list[Notice]()
        self._on_progress = on_progress

    def answered(self, batch: Batch, answer: Mapping[str, Any]) -> None:
        """Count what a call said of its records."""
        unprocessed = answer.get("unprocessed") or ()
        self.sent += len(batch.positions)
        self.processed += int(answer.get("processed") or 0)
        self.failed += [_failed(batch, each) for each in unprocessed]
        self.notices += [_notice(batch, each) for each in answer.get("notices") or ()]
        if self._on_progress is not None:
            self._on_progress(self.sent)

    def unsendable(self, position: int, record: Record, why: str) -> None:
        """Count a record that no call could bring."""
        self.sent += 1
        self.failed.append(Failed(position, "record_unsendable", why, record))

    def result(self) -> Result:
        """As it stands."""
        order = sorted(self.failed, key=lambda each: -1 if each.position is None else each.position)
        return Result(self.sent, self.processed, tuple(order), tuple(self.notices))


class Lane:
    """Calls one after another: the records of a person keep their order, because they all take the same lane."""

    def __init__(self, key: str, most: int, submit: Callable[[Batch], Future[Mapping[str, Any]]]) -> None:
        self._key, self._most, self._submit = key, most, submit
        self._calls = 0
        self._filling: Batch | None = None
        self._under_way = deque[tuple[Batch, Future[Mapping[str, Any]]]]()

    def add(self, position: int, text: bytes, tally: Tally) -> None:
        """Take one more record, and send those that fill a call. Raises what went wrong with a call."""
        if self._filling is not None and not self._filling.has_room(text, self._most):
            self.send(tally)
        if self._filling is None:
            self._filling = Batch(f"{self._key}-{self._calls}")
        self._filling.add(position, text)

    def send(self, tally: Tally) -> None:
        """Send what waits, when there is room for a call. Raises what went wrong with one before."""
        while len(self._under_way) >= _AHEAD:
            self._settle(tally)
        if self._filling is not None:
            self._under_way.append((self._filling, self._submit(self._filling)))
            self._calls += 1
            self._filling = None

    def finish(self, tally: Tally) -> None:
        """Send all, and wait for every answer. Raises what went wrong with a call."""
        self.send(tally)
        while self._under_way:
            self._settle(tally)

    def count_done(self, tally: Tally) -> None:
        """Count the answers that are there, up to the first call that went wrong."""
        while self._under_way and self._under_way[0][1].done() and not self._under_way[0][1].cancelled():
            if self._under_way[0][1].exception() is not None:
                return
            self._settle(tally)

    def first_open(self) -> int | None:
        """The position of the first record that is not answered."""
        waiting = [batch for batch, _ in self._under_way] + ([self._filling] if self._filling else [])
        return waiting[0].positions[0] if waiting else None

    def _settle(self, tally: Tally) -> None:
        batch, call = self._under_way[0]
        tally.answered(batch, call.result())
        self._under_way.popleft()


@dataclass(frozen=True, slots=True)
class Sender:
    """How records are sent. With the same key, the same records in the same calls are counted once, whoever sends them again."""

    post: Post
    batch: int = MOST_RECORDS
    concurrency: int = 1
    key: str | None = None

    def send(self, records: Iterable[Record], made: Callable[[Record], Record], on_progress: Callable[[int], object] | None) -> Result:
        """Send them all. Raises SendingStopped."""
        tally, stopping, at = Tally(on_progress), Stopping(), 0
        run, lanes = self.key or uuid.uuid4().hex, list[Lane]()
        try:
            with ExitStack() as stack:
                lanes += [self._lane(f"{run}-{number}", stack, stopping) for number in range(self.concurrency)]
                stack.callback(stopping.event.set)
                for record in records:
                    self._put(lanes, tally, at, made(record))
                    at += 1
                for each in lanes:
                    each.finish(tally)
        except HeadcountError as error:
            for each in lanes:
                each.count_done(tally)
            opened = [first for each in lanes if (first := each.first_open()) is not None]
            cause = stopping.cause or error
            raise SendingStopped(cause, tally.result(), min([at, *opened])) from cause
        return tally.result()

    def _put(self, lanes: list[Lane], tally: Tally, position: int, record: Record) -> None:
        try:
            text = encoded(record)
        except Unsendable as error:
            tally.unsendable(position, record, f"It is in no JSON: {error}")
            return
        if len(text) + len(_OPENING) + len(_END) >= MOST_BYTES:
            tally.unsendable(position, record, f"It has {len(text):,} bytes; a call takes at most {MOST_BYTES:,}.")
            return
        lanes[lane(record, len(lanes))].add(position, text, tally)

    def _lane(self, key: str, stack: ExitStack, stopping: Stopping) -> Lane:
        pool = ThreadPoolExecutor(1, thread_name_prefix="headcount")
        stack.callback(pool.shutdown, cancel_futures=True)
        return Lane(key, self.batch, lambda batch: pool.submit(self._call, stopping, batch))

    def _call(self, stopping: Stopping, batch: Batch) -> Mapping[str, Any]:
        if stopping.event.is_set():
            raise HeadcountError("stopped", "Another call failed before.")
        try:
            return self.post(batch.body(), batch.key, stopping.event)
        except HeadcountError as error:
            stopping.because(error)
            raise


def _failed(batch: Batch, entry: Mapping[str, Any]) -> Failed:
    error = str(entry.get("error", ""))
    said = _NUMBER.findall(error)
    number = int(said[-1]) if said else None
    return Failed(_position(batch, number), entry.get("code"), error, entry.get("record") or {})


def _notice(batch: Batch, entry: Mapping[str, Any]) -> Notice:
    number = entry.get("record")
    position = _position(batch, number if isinstance(number, int) else None)
    return Notice(position, entry.get("property"), entry.get("code"), str(entry.get("reason", "")))


def _position(batch: Batch, number: int | None) -> int | None:
    """Where the record stands in what was given, by its number in the call, which counts from 1."""
    known = number is not None and 1 <= number <= len(batch.positions)
    return batch.positions[number - 1] if known and number is not None else None
