"""Writing live calls that wait, together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram

from headcount.errors import WrongCall
from headcount.ingest.group import Outcome, Read, Reading
from headcount.ingest.waiting import Waiting
from headcount.profiles.live import Answer, LiveEffect, LiveStore

#: How long an answer is kept for a call that comes again.
KEPT = timedelta(hours=24)

RECORDS_DONE = Counter("headcount_live_records", "Records of live calls, by what became of them.", ["outcome"])
GROUP_SIZE = Histogram("headcount_live_group_calls", "Calls that were written in one transaction.", buckets=(1, 2, 4, 8, 15, 30))


class Writer:
    """Writes groups of calls into one store."""

    def __init__(self, store: LiveStore, reading: Reading, underway: Callable[[], bool]) -> None:
        self._store = store
        self._reading = reading
        self._underway = underway
        self._forgot: datetime | None = None

    def write(self, group: Sequence[Waiting]) -> Sequence[Waiting]:
        """Write what the calls say, and answer them; returns those that are done, which are all but what the store cannot take now."""
        GROUP_SIZE.observe(len(group))
        repeated = dict[str, list[Waiting]]()
        fresh = list[Waiting]()
        done = list[Waiting]()
        for each in group:
            if each.asked.dry_run:
                done += self._attempt([each])
            elif each.asked.key is None:
                fresh.append(each)
            elif each.asked.key in repeated:
                repeated[each.asked.key].append(each)
            elif not self._answered(each):
                repeated[each.asked.key] = []
                fresh.append(each)
        if fresh:
            done += self._attempt(fresh)
        for again in repeated.values():
            for each in again:
                if not self._answered(each):
                    done += self._attempt([each])
        return done

    def _answered(self, waiting: Waiting) -> bool:
        """Whether the call came before, and is answered as it was then."""
        before = self._store.answer(waiting.asked.key or "")
        if before is None:
            return False
        try:
            waiting.answer(Outcome.from_json(before.to_body(waiting.sha256())))
        except WrongCall as error:
            waiting.fail(error)
        return True

    def _attempt(self, group: Sequence[Waiting]) -> Sequence[Waiting]:
        try:
            outcomes = self._written(group)
        except Exception as error:  # noqa: BLE001 - see below
            # What one call says must not cost the others.
            if len(group) > 1:
                return [done for each in group for done in self._attempt([each])]
            structlog.get_logger().error("live_call_failed", error=type(error).__name__)
            group[0].fail(error)
            return []
        for each in group:
            outcome = outcomes[each.call.number]
            RECORDS_DONE.labels("processed").inc(outcome.processed)
            RECORDS_DONE.labels("failed").inc(len(outcome.failed))
            each.answer(outcome)
        return group

    def _written(self, group: Sequence[Waiting]) -> Mapping[int, Outcome]:
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


def _answers(found: Read, effect: LiveEffect, group: Sequence[Waiting]) -> list[Answer]:
    found.note(effect)
    return [
        Answer(each.asked.key, each.sha256(), each.call.at, found.outcomes[each.call.number].to_json())
        for each in group
        if each.asked.key is not None
    ]
