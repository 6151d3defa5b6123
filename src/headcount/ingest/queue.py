"""The live calls of one account: those that wait are written together, and answered when that is durable."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog
from anyio import Semaphore, move_on_after
from prometheus_client import Counter, Histogram

from headcount.errors import Busy, Throttled, WrongCall
from headcount.ingest.group import Outcome, Read, Reading
from headcount.ingest.records import RECORDS, Sent, read
from headcount.profiles.live import Answer, Call, LiveEffect, LiveStore, known_as
from headcount.uploads.rules import Rules

#: Calls of an account that are in hand at once; the compared platform has the same limit.
AT_ONCE = 15
#: How many more wait for one of those to be answered, and for how many seconds; an upload may have its turn for a moment.
_WAITING, _PATIENCE = 15, 0.5
#: Records that are written together at most.
_TOGETHER = AT_ONCE * RECORDS
#: Seconds for which calls are gathered while a file is worked on, and how many are enough.
_GATHERED, _ENOUGH = 0.08, 10
#: Seconds that the account is kept open for the next call.
_LINGER = 20.0
#: ... between two looks whether it is wanted back.
_LOOK = 0.25
#: How long an answer is kept for a call that comes again.
KEPT = timedelta(hours=24)

RECORDS_DONE = Counter("headcount_live_records", "Records of live calls, by what became of them.", ["outcome"])
GROUP_SIZE = Histogram("headcount_live_group_calls", "Calls that were written in one transaction.", buckets=(1, 2, 4, 8, 15, 30))

OpenStore = Callable[[], AbstractContextManager[LiveStore]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a call wants to be treated."""

    actor: str
    door: str
    #: What it is known by where it may come again and must not count twice.
    key: str | None = None
    #: Whether it is only looked at.
    dry_run: bool = False


@dataclass(slots=True)
class _Waiting:
    call: Call
    sent: Sent
    asked: Asked
    sha256: str
    future: Future[Outcome] = field(default_factory=Future)


class Ingest:
    """Takes the live calls of one account. A thread works while there are any, and for a while after."""

    def __init__(self, open_store: OpenStore, rules: Rules, underway: Callable[[], bool]) -> None:
        self._open_store = open_store
        self._rules = rules
        #: Whether an upload of the account was accepted that is not applied yet.
        self._underway = underway
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._places = Semaphore(AT_ONCE)
        self._number: int | None = None
        self._working = False
        self._thread: threading.Thread | None = None
        self._stopping = False

    def demand_room(self) -> None:
        """Raises Throttled `calls_too_many` where no further call may even wait to be taken in hand."""
        if self._places.statistics().tasks_waiting >= _WAITING:
            raise _too_many()

    @asynccontextmanager
    async def entering(self) -> AsyncIterator[None]:
        """Be one of the calls that are in hand, for as long as the context lasts. Raises Throttled `calls_too_many`, Busy `stopping`."""
        if self._stopping:
            raise Busy("stopping", "The server is about to stop; nothing was done.", "Send the call again.")
        self.demand_room()
        with move_on_after(_PATIENCE) as waiting:
            await self._places.acquire()
        if waiting.cancelled_caught:
            raise _too_many()
        try:
            yield
        finally:
            self._places.release()

    def submit(self, body: bytes, asked: Asked) -> Future[Outcome]:
        """What will become of the records in a body, when it is durable.

        Raises WrongCall `body_invalid`, `records_too_many`, `tokens_too_many`, `key_invalid`. The future raises `key_reused`.
        """
        known = replace(asked, key=None if asked.key is None else known_as(asked.key))
        number = self._next_number()
        sent = read(body, number)
        at = datetime.now(UTC).replace(tzinfo=None)
        sha256 = hashlib.sha256(body).hexdigest() if asked.key else ""
        waiting = _Waiting(Call(number, at, asked.actor, asked.door), sent, known, sha256)
        with self._changed:
            self._waiting.append(waiting)
            if not self._working:
                self._working = True
                self._thread = threading.Thread(target=self._work, args=(self._thread,), name=f"live-{self._rules.account}", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return waiting.future

    def stop(self, seconds: float) -> None:
        """Take no more calls, and wait until those in hand are answered."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join(seconds)

    def _next_number(self) -> int:
        with self._changed:
            if self._number is None:
                with self._open_store() as store:
                    self._number = store.last_call()
            self._number += 1
            return self._number

    def _work(self, before: threading.Thread | None) -> None:
        if before:
            # It is about to end.
            before.join()
        try:
            more = True
            while more:
                with self._open_store() as store:
                    more = self._write_into(store)
        except Exception as error:  # noqa: BLE001 - see below
            # The store cannot be opened; whoever waits learns why.
            structlog.get_logger().exception("live_failed", account=self._rules.account)
            self._fail(error)

    def _write_into(self, store: LiveStore) -> bool:
        """Write what comes, until nothing does for a while or the store is wanted back; whether it is to be opened again."""
        writer = _Writer(store, Reading(store, self._rules), self._underway)
        try:
            while self._is_wanted(store):
                if store.closing:
                    return True
                if self._underway():
                    self._gather()
                # Whoever comes while it is waited for is written with the others.
                with store.live_turn():
                    writer.write(self._take())
            return False
        finally:
            writer.close()

    def _is_wanted(self, store: LiveStore) -> bool:
        """Whether calls wait or the store is wanted back; not where neither came for a while, and then the thread ends."""
        until = time.monotonic() + _LINGER
        with self._changed:
            while not (self._waiting or self._stopping or time.monotonic() > until):
                if store.closing:
                    return True
                self._changed.wait(_LOOK)
            if not self._waiting:
                self._working = False
                self._changed.notify_all()
            return self._working

    def _gather(self) -> None:
        """Let some more calls come. What a group takes hardly depends on how many they are, and the upload needs the processor, too."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) >= _ENOUGH or self._stopping, _GATHERED)

    def _take(self) -> Sequence[_Waiting]:
        """The calls that wait, as many as are written together."""
        with self._changed:
            taken, records = list[_Waiting](), 0
            while self._waiting and (not taken or records + len(self._waiting[0].sent.records) <= _TOGETHER):
                taken.append(self._waiting.pop(0))
                records += len(taken[-1].sent.records)
            return taken

    def _fail(self, error: Exception) -> None:
        with self._changed:
            waiting, self._waiting, self._working = self._waiting, [], False
            self._changed.notify_all()
        for each in waiting:
            each.future.set_exception(error)


def _too_many() -> Throttled:
    return Throttled("calls_too_many", "Too many concurrent requests", seconds=1)


class _Writer:
    """Writes groups of calls into one store."""

    def __init__(self, store: LiveStore, reading: Reading, underway: Callable[[], bool]) -> None:
        self._store = store
        self._reading = reading
        self._underway = underway
        self._forgot: datetime | None = None

    def close(self) -> None:
        """Give the engine of the reading back."""
        self._reading.close()

    def write(self, group: Sequence[_Waiting]) -> None:
        """Write what the calls say, and answer them."""
        GROUP_SIZE.observe(len(group))
        repeated = dict[str, list[_Waiting]]()
        fresh = list[_Waiting]()
        for each in group:
            if each.asked.dry_run:
                self._attempt([each])
            elif each.asked.key is None:
                fresh.append(each)
            elif each.asked.key in repeated:
                repeated[each.asked.key].append(each)
            elif not self._answered(each):
                repeated[each.asked.key] = []
                fresh.append(each)
        if fresh:
            self._attempt(fresh)
        for again in repeated.values():
            for each in again:
                if not self._answered(each):
                    self._attempt([each])

    def _answered(self, waiting: _Waiting) -> bool:
        """Whether the call came before, and is answered as it was then."""
        before = self._store.answer(waiting.asked.key or "")
        if before is None:
            return False
        try:
            waiting.future.set_result(Outcome.from_json(before.to_body(waiting.sha256)))
        except WrongCall as error:
            waiting.future.set_exception(error)
        return True

    def _attempt(self, group: Sequence[_Waiting]) -> None:
        try:
            outcomes = self._written(group)
        except Exception as error:  # noqa: BLE001 - see below
            # What one call says must not cost the others.
            if len(group) > 1:
                for each in group:
                    self._attempt([each])
                return
            structlog.get_logger().error("live_call_failed", error=type(error).__name__)
            group[0].future.set_exception(error)
            return
        for each in group:
            outcome = outcomes[each.call.number]
            RECORDS_DONE.labels("processed").inc(outcome.processed)
            RECORDS_DONE.labels("failed").inc(len(outcome.failed))
            each.future.set_result(outcome)

    def _written(self, group: Sequence[_Waiting]) -> Mapping[int, Outcome]:
        keep = not group[0].asked.dry_run
        found = self._reading.read(
            {each.call.number: each.call for each in group},
            [each.sent for each in group],
            keep=keep,
            ordered=keep and self._underway(),
        )
        if keep and found.live is not None:
            self._store.apply_live(found.live, lambda effect: _answers(found, effect, group))
            self._forget(group[-1].call.at)
        return found.outcomes

    def _forget(self, now: datetime) -> None:
        """Forget old answers, once in a while."""
        if self._forgot is None or now - self._forgot > timedelta(hours=1):
            self._forgot = now
            self._store.forget_answers(now - KEPT)


def _answers(found: Read, effect: LiveEffect, group: Sequence[_Waiting]) -> list[Answer]:
    found.note(effect)
    return [
        Answer(each.asked.key, each.sha256, each.call.at, found.outcomes[each.call.number].to_json())
        for each in group
        if each.asked.key is not None
    ]
