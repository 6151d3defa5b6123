"""Calls that are answered before they are in the data file: while an upload has its turn, and when the program is ended."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headcount.ingest import queue
from headcount.ingest.group import Outcome
from headcount.ingest.journal import Entry, Journal
from headcount.ingest.queue import Ingest
from headcount.ingest.waiting import Asked
from headcount.profiles.store import Person
from headcount.store.duckdb.shared import SharedProfiles
from headcount.uploads.rules import Rules

PATIENCE = 20


class Account:
    """A data file, and what takes live calls for it while an upload is underway."""

    def __init__(self, folder: Path) -> None:
        self.shared = SharedProfiles(folder / "acme.duckdb", memory_mb=100, threads=1, patience=1, columns=20)
        self.journal = folder / "acme.calls.sqlite"
        self.is_underway = True
        self.ingest = self.another()

    def another(self) -> Ingest:
        """As a program that is started again would have it."""
        return Ingest(self.shared.open, Rules("acme", Path("unused")), lambda: self.is_underway, Journal(self.journal))

    def send(self, *records: dict[str, Any], key: str | None = None, dry_run: bool = False) -> Future[Outcome]:
        return self.ingest.submit(json.dumps({"d": list(records)}).encode(), Asked(actor="app", door="api", key=key, dry_run=dry_run))

    def begin(self) -> None:
        """Make the properties, and have the first calls notice that an upload is underway."""
        known = profile("known", plan="free", n=1, tags=["a"], **{"MSG-email": True})
        self.send(known, {"type": "event", "identity": "known", "evtName": "Seen"}).result(PATIENCE)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """An upload has its turn for as long as the context lasts."""
        with self.shared.open() as store, store.turn.of("bulk"):
            yield

    def person(self, identity: str) -> Person | None:
        with self.shared.open() as store:
            return store.person(identity)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr(queue, "_GATHERED", 0.01)
    account = Account(tmp_path)
    account.begin()
    yield account
    account.ingest.stop(PATIENCE)
    account.shared.close_idle(0)


def profile(identity: str, **data: object) -> dict[str, Any]:
    return {"identity": identity, "type": "profile", "profileData": data}


def plan(person: Person | None) -> object:
    assert person is not None
    return next(each.value for each in person.values if each.property.name == "plan")


def test_a_call_is_answered_while_an_upload_has_its_turn_and_written_after(acme: Account) -> None:
    with acme.busy():
        outcome = acme.send(profile("a", plan="pro"), profile("", plan="pro")).result(PATIENCE)
        assert (outcome.processed, [each["code"] for each in outcome.failed]) == (1, ["identity_blank"])
        assert acme.person("a") is None
    acme.ingest.settle()
    assert plan(acme.person("a")) == "pro"


@pytest.mark.parametrize(
    ("data", "asked"),
    [
        ({"MSG-email": False}, {}),
        ({"n": {"$incr": 1}}, {}),
        ({"tags": {"$add": "b"}}, {}),
        ({"fresh": 1}, {}),
        ({"plan": "x"}, {"key": "once"}),
        ({"plan": "x"}, {"dry_run": True}),
    ],
)
def test_what_only_the_store_can_tell_waits_for_it(acme: Account, data: dict[str, Any], asked: dict[str, Any]) -> None:
    with acme.busy():
        waiting = acme.send(profile("known", **data), **asked)
        assert acme.send(profile("a", plan="pro")).result(PATIENCE).processed == 1
        assert not waiting.done()
    assert waiting.result(PATIENCE).processed == 1


def test_calls_are_written_in_the_order_in_which_they_came(acme: Account) -> None:
    with acme.busy():
        calls = [acme.send(profile("a", plan=f"p{n}", n={"$incr": 1} if n % 3 else n)) for n in range(10)]
    for each in calls:
        each.result(PATIENCE)
    acme.ingest.settle()
    person = acme.person("a")
    assert person is not None
    assert {each.property.name: each.value for each in person.values} == {"plan": "p9", "n": 9}


def test_what_was_answered_is_there_after_the_program_was_ended(acme: Account) -> None:
    with acme.busy():
        for n in range(3):
            acme.send(profile(f"a{n}", plan="pro"), {"type": "event", "identity": "known", "evtName": "Seen"}).result(PATIENCE)
        left = Journal(acme.journal).left()
        assert len(left) == 3
    acme.ingest.settle()
    # As if the program had been ended before it took the second and third out.
    again = Journal(acme.journal)
    again.note(left[1:])
    again.note([Entry(replace(left[0].call, number=99), json.dumps({"d": [profile("late", plan="pro")]}).encode())])
    before, acme.ingest = acme.ingest, acme.another()
    before.stop(PATIENCE)
    acme.is_underway = False
    acme.ingest.settle()
    assert plan(acme.person("late")) == "pro"
    known = acme.person("known")
    assert known is not None
    assert len(known.events) == 4
    assert acme.send(profile("next", plan="pro")).result(PATIENCE).processed == 1
    assert not acme.journal.exists()


def test_the_journal_goes_away_with_the_upload(acme: Account) -> None:
    with acme.busy():
        acme.send(profile("a", plan="pro")).result(PATIENCE)
        assert acme.journal.exists()
    acme.is_underway = False
    acme.send(profile("b", plan="pro")).result(PATIENCE)
    acme.ingest.stop(PATIENCE)
    assert list(acme.journal.parent.glob("*.sqlite*")) == []
    assert plan(acme.person("a")) == "pro"


def test_where_the_journal_cannot_be_written_calls_wait_for_the_store(acme: Account) -> None:
    acme.journal.mkdir()
    with acme.busy():
        waiting = acme.send(profile("a", plan="pro"))
        # Long enough for it to be looked at.
        settled = threading.Thread(target=partial(waiting.exception, PATIENCE))
        settled.start()
        settled.join(0.2)
        assert not waiting.done()
    assert waiting.result(PATIENCE).processed == 1
    acme.journal.rmdir()
