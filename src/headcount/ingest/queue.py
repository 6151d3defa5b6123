"""The live calls of one account: those that wait are written together, and answered when that is durable.

While an upload has the data file, most calls are answered before they are written there: when they are in the journal (decision 27).
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from anyio import Semaphore, move_on_after

from headcount.errors import Busy, Throttled
from headcount.ingest.group import Outcome, Reading
from headcount.ingest.journal import Entry, Journal
from headcount.ingest.records import RECORDS, read
from headcount.ingest.waiting import Asked, Waiting
from headcount.ingest.writer import Writer
from headcount.profiles.live import Call, LiveStore, known_as
from headcount.uploads.rules import Rules
from headcount.values.instants import in_utc

#: Calls of an account that are in hand at once; the compared platform has the same limit.
AT_ONCE = 15
#: How many more wait for one of those to be answered, and for how many seconds; an upload may have its turn for a moment.
_WAITING, _PATIENCE = 15, 0.5
#: Records that are written together at most, and beyond which no further call is answered before it is written.
_TOGETHER = AT_ONCE * RECORDS
#: Seconds for which calls are gathered that are answered before they are written, and how many are enough.
_GATHERED, _ENOUGH = 0.08, 10
#: Seconds after which those are written: what a group takes hardly depends on how many they are, and the upload needs the processor, too.
_LAG = 0.5
#: Seconds between two looks whether the upload has ended.
_ROUND = 1.0
#: Seconds that the account is kept open for the next call.
_LINGER = 20.0
#: ... between two looks whether it is wanted back.
_LOOK = 0.25

OpenStore = Callable[[], AbstractContextManager[LiveStore]]


class Ingest:
    """Takes the live calls of one account. Threads work while there are any, and for a while after."""

    def __init__(self, open_store: OpenStore, rules: Rules, underway: Callable[[], bool], journal: Journal) -> None:
        self._open_store = open_store
        self._rules = rules
        #: Whether an upload of the account was accepted that is not applied yet.
        self._underway = underway
        self._journal = journal
        self._changed = threading.Condition()
        #: Calls that came while others are answered before they are written, and those that are written next.
        self._came: list[Waiting] = []
        self._line: list[Waiting] = []
        self._places = Semaphore(AT_ONCE)
        self._number: int | None = None
        self._threads: dict[str, threading.Thread] = {}
        self._working = self._promising = self._stopping = False
        #: Whether the calls that an earlier program left in the journal are in the line.
        self._adopted = False
        #: How many calls were noted in the journal so far, how many of those were written, and how many somebody waits for.
        self._noted = self._written = self._wanted = 0

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
        at = in_utc(datetime.now(UTC))
        waiting = Waiting(Call(number, at, asked.actor, asked.door), body, sent, known)
        with self._changed:
            if self._promising:
                self._came.append(waiting)
                self._changed.notify_all()
            else:
                self._enqueue([waiting])
        return waiting.future

    def settle(self) -> None:
        """Return when every call that was answered is in the store, as far as the store can be written."""
        with self._changed:
            self._adopted = self._adopted or not self._journal.is_there
            if self._adopted and self._noted == self._written:
                return
            self._keep_working()
            self._changed.wait_for(lambda: self._adopted or not self._working)
            wanted = self._wanted = self._noted
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._written >= wanted or not self._working)

    def stop(self, seconds: float) -> None:
        """Take no more calls, and wait until those in hand are answered."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for name in ("promising", "writing"):
            if thread := self._threads.get(name):
                thread.join(seconds)
        self._journal.close()

    def _next_number(self) -> int:
        with self._changed:
            if self._number is None:
                with self._open_store() as store:
                    self._number = max(store.last_call(), self._journal.last())
            self._number += 1
            return self._number

    def _enqueue(self, calls: Sequence[Waiting]) -> None:
        """Have calls written; called with the condition."""
        self._line.extend(calls)
        if self._line:
            self._keep_working()
        self._changed.notify_all()

    def _keep_working(self) -> None:
        if not self._working:
            self._working = True
            self._start("writing", self._write)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        before = self._threads.get(name)

        def run() -> None:
            if before:
                # It is about to end.
                before.join()
            work()

        self._threads[name] = threading.Thread(target=run, name=f"{name}-{self._rules.account}", daemon=True)
        self._threads[name].start()

    def _write(self) -> None:
        try:
            more = True
            while more:
                with self._open_store() as store, closing(Reading(store, self._rules)) as reading:
                    self._adopt(store)
                    more = self._write_into(store, Writer(store, reading, self._underway))
        except Exception as error:  # noqa: BLE001 - see below
            # The store cannot be opened; whoever waits learns why.
            structlog.get_logger().exception("live_failed", account=self._rules.account)
            self._fail(error)

    def _write_into(self, store: LiveStore, writer: Writer) -> bool:
        """Write what comes, until nothing does for a while or the store is wanted back; whether it is to be opened again."""
        while self._is_due(store):
            if store.closing:
                return True
            if self._underway():
                self._begin_to_promise()
            # Whoever comes while it is waited for is written with the others.
            with store.live_turn():
                group = self._take()
                done = writer.write(group)
            self._forget(group, done)
        return False

    def _is_due(self, store: LiveStore) -> bool:
        """Whether calls are to be written, or the store is wanted back; not where neither came for a while, and then the thread ends."""
        until = time.monotonic() + _LINGER
        with self._changed:
            while not (self._line or self._stopping or store.closing or time.monotonic() > until):
                self._changed.wait(_LOOK)
            if store.closing:
                return True
            if self._line:
                self._changed.wait_for(self._presses, _LAG)
            else:
                self._working = False
                self._changed.notify_all()
            return self._working

    def _presses(self) -> bool:
        """Whether somebody waits until the calls in the line are written."""
        waited_for = self._written < self._wanted or not all(each.noted for each in self._line)
        return waited_for or self._stopping or not self._promising

    def _take(self) -> Sequence[Waiting]:
        """The calls that wait, as many as are written together."""
        with self._changed:
            taken, records = list[Waiting](), 0
            while self._line and (not taken or records + len(self._line[0].sent.records) <= _TOGETHER):
                taken.append(self._line.pop(0))
                records += len(taken[-1].sent.records)
            return taken

    def _forget(self, group: Sequence[Waiting], done: Sequence[Waiting]) -> None:
        """Take out of the journal what is written. What could not be stays there until the program is started again."""
        if not any(each.noted for each in group):
            return
        self._journal.forget(each.call.number for each in done if each.noted)
        with self._changed:
            self._written += sum(each.noted for each in group)
            ended = self._written == self._noted and not self._promising
            self._changed.notify_all()
        if ended:
            self._journal.close()

    def _adopt(self, store: LiveStore) -> None:
        """Take over what an earlier program had answered, and not written."""
        if self._adopted:
            return
        left = self._journal.left()
        written = store.written([entry.call.number for entry in left]) if left else ()
        self._journal.forget(written)
        waiting = [Waiting.left(entry.call, entry.body) for entry in left if entry.call.number not in written]
        with self._changed:
            self._line[:0] = waiting
            self._noted += len(waiting)
            self._adopted = True
            self._changed.notify_all()
        if not waiting:
            self._journal.close()

    def _fail(self, error: Exception) -> None:
        with self._changed:
            failed = [each for each in self._line if not each.noted]
            self._line = [each for each in self._line if each.noted]
            self._working = False
            self._changed.notify_all()
        for each in failed:
            each.fail(error)

    def _begin_to_promise(self) -> None:
        with self._changed:
            if not self._promising and not self._stopping:
                self._promising = True
                self._start("promising", self._promise)

    def _promise(self) -> None:
        """Answer calls before they are written, for as long as an upload is underway."""
        try:
            with self._open_store() as store, closing(Reading(store, self._rules)) as reading:
                for group in self._gathered(store):
                    outcomes = self._foretold(group, reading)
                    with self._changed:
                        for each in group:
                            if each.call.number in outcomes:
                                each.promise(outcomes[each.call.number])
                        self._noted += len(outcomes)
                        self._enqueue(group)
        except Exception:  # noqa: BLE001 - whoever waits is written, and answered, as at other times
            structlog.get_logger().exception("live_promise_failed", account=self._rules.account)
        with self._changed:
            came, self._came, self._promising = self._came, [], False
            self._enqueue(came)

    def _gathered(self, store: LiveStore) -> Iterator[Sequence[Waiting]]:
        while self._underway() and not self._stopping and not store.closing:
            with self._changed:
                self._changed.wait_for(lambda: self._came or self._stopping, _ROUND)
                if self._came:
                    self._changed.wait_for(lambda: len(self._came) >= _ENOUGH or self._stopping, _GATHERED)
                group, self._came = self._came, []
            if group:
                yield group

    def _foretold(self, group: Sequence[Waiting], reading: Reading) -> Mapping[int, Outcome]:
        """What becomes of those calls for which that is known already, and which are in the journal now."""
        plain = {each.call.number: each for each in group if each.asked.key is None and not each.asked.dry_run}
        with self._changed:
            crowded = sum(len(each.sent.records) for each in self._line) >= _TOGETHER
        if not plain or crowded:
            return {}
        try:
            outcomes = reading.foretell({number: each.call for number, each in plain.items()}, [each.sent for each in plain.values()])
            self._journal.note(Entry(plain[number].call, plain[number].body) for number in outcomes)
        except Exception as error:  # noqa: BLE001 - then they are written, and answered, as at other times
            structlog.get_logger().error("live_promise_failed", account=self._rules.account, error=type(error).__name__)
            return {}
        return outcomes


def _too_many() -> Throttled:
    return Throttled("calls_too_many", "Too many concurrent requests", seconds=1)
