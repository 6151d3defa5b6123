"""An upload that is applied while people change live: what was accepted later wins, whatever the pieces in which it is applied."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headcount.ingest.group import Reading
from headcount.ingest.records import read
from headcount.profiles.live import Call
from headcount.profiles.store import Batch, BatchColumn, Effect, Origin, Progress
from headcount.store.duckdb import pieces
from headcount.store.duckdb.changes import BatchApplication
from headcount.store.duckdb.profiles import DuckDBProfiles, open_profiles
from headcount.uploads.rules import Rules
from headcount.values.types import Type

ACCEPTED = datetime(2026, 3, 1)
WANTED = [("plan", Type.STRING), ("n", Type.INTEGER), ("tags", Type.LIST)]


class Account:
    """A store, an upload of rows `plan`, `n`, `tags`, and live calls."""

    def __init__(self, store: DuckDBProfiles) -> None:
        self.store = store
        self.numbers = {name: p.number for name, p in store.register(1, WANTED).items()}
        # Calls have a connection of their own, as in a server.
        self.live = DuckDBProfiles(store.connection.cursor(), store.turn)
        self.reading = Reading(self.live, Rules("acme", Path("unused")))
        self.calls = 0

    def say(self, after: timedelta, *records: Mapping[str, Any]) -> None:
        """A live call so long after the upload was accepted."""
        self.calls += 1
        call = Call(self.calls, ACCEPTED + after, "app", "api")
        sent = read(json.dumps({"d": list(records)}).encode(), self.calls)
        found = self.reading.read({self.calls: call}, [sent], ordered=True)
        assert found.live is not None
        self.live.apply_live(found.live, lambda _: [])

    def batch(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        names = [(f"p{self.numbers[name]}", name) for name, _ in WANTED]
        table = pa.table(
            {
                "row": pa.array(range(2, len(rows) + 2), pa.int64()),
                "identity": [row["identity"] for row in rows],
                names[0][0]: pa.array([row.get("plan") for row in rows], pa.string()),
                names[1][0]: pa.array([row.get("n") for row in rows], pa.int64()),
                names[2][0]: pa.array([row.get("tags") for row in rows], pa.list_(pa.string())),
                "consent_email": pa.array([row.get("email") for row in rows], pa.bool_()),
            }
        )
        from headcount.profiles.consent import Channel  # noqa: PLC0415 - a name that only this needs

        return Batch(table, tuple(BatchColumn(self.numbers[name], type_) for name, type_ in WANTED), (Channel.EMAIL,))

    def upload(self, rows: Sequence[Mapping[str, Any]], number: int = 7) -> list[Progress]:
        marks = list[Progress]()

        def progress(effect: Effect, done: int) -> Progress:
            marks.append(Progress(0, {"touched": effect.created + effect.updated + effect.unchanged}, done))
            return marks[-1]

        self.store.apply(self.batch(rows), Origin(number, ACCEPTED, accepted=ACCEPTED), progress)
        return marks

    def people(self) -> dict[str, tuple[Any, ...]]:
        columns = ", ".join(f"c{self.numbers[name]}" for name, _ in WANTED)
        found = self.store.connection.execute(f"SELECT identity, {columns}, consent_email FROM profiles").fetchall()
        people = {identity: tuple(values) for identity, *values in found}
        assert len(people) == len(found), "somebody is there twice"
        return people


@contextmanager
def account(folder: Path, name: str = "a") -> Iterator[Account]:
    with open_profiles(folder / f"{name}.duckdb", memory_mb=100, threads=1, patience=1) as store:
        made = Account(store)
        try:
            yield made
        finally:
            made.reading.close()


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Account]:
    with account(tmp_path) as made:
        yield made


def profile(identity: str, **data: object) -> Mapping[str, Any]:
    return {"identity": identity, "type": "profile", "profileData": data}


SECOND = timedelta(seconds=1)
ROWS: list[Mapping[str, Any]] = [{"identity": "a", "plan": "pro", "n": 10, "tags": ["x"], "email": True}, {"identity": "b", "plan": "pro"}]


def test_what_was_said_after_the_upload_stays(acme: Account) -> None:
    acme.say(SECOND, profile("a", plan="free", **{"MSG-email": False}))
    acme.upload(ROWS)
    assert acme.people() == {"a": ("free", 10, ["x"], False), "b": ("pro", None, None, None)}


def test_what_was_said_before_it_does_not(acme: Account) -> None:
    acme.say(-SECOND, profile("a", plan="free", **{"MSG-email": False}))
    acme.upload(ROWS)
    assert acme.people()["a"] == ("pro", 10, ["x"], True)


def test_what_was_added_is_added_to_what_the_upload_sets(acme: Account) -> None:
    acme.say(-SECOND, profile("a", n=1, tags=["old"]))
    acme.say(SECOND, profile("a", n={"$incr": 5}, tags={"$add": "new"}))
    acme.say(2 * SECOND, profile("a", n={"$decr": 1}, tags={"$remove": "x"}))
    acme.upload(ROWS)
    assert acme.people()["a"] == ("pro", 14, ["new"], True)


def test_what_was_cleared_stays_cleared(acme: Account) -> None:
    acme.say(SECOND, profile("a", plan="x"))
    acme.say(2 * SECOND, profile("a", plan={"$delete": 1}))
    acme.upload(ROWS)
    assert acme.people()["a"] == (None, 10, ["x"], True)


def test_it_is_forgotten_when_no_upload_can_need_it(acme: Account) -> None:
    acme.say(SECOND, profile("a", plan="free"))
    acme.store.settle(ACCEPTED + SECOND)
    acme.upload(ROWS)
    assert acme.people()["a"][0] == "pro"


@pytest.mark.parametrize("data", [{"city": "Oslo"}, {"plan": "live"}], ids=["a new property", "somebody whom the piece creates"])
def test_a_piece_is_written_again_where_a_call_was_in_its_way(acme: Account, data: dict[str, Any]) -> None:
    create, times = BatchApplication.create, 0

    def within(application: BatchApplication) -> Effect:
        nonlocal times
        created, times = create(application), times + 1
        acme.say(SECOND, profile("b", **data))
        return created

    with patch.object(BatchApplication, "create", within), patch.object(type(acme.store.turn), "pressed", new=True):
        acme.upload(ROWS)
    assert times == 1
    assert acme.people() == {"a": ("pro", 10, ["x"], True), "b": (data.get("plan", "pro"), None, None, None)}


KNOWN = [f"p{n}" for n in range(8)]
row = st.fixed_dictionaries(
    {"identity": st.sampled_from([*KNOWN, *(f"q{n}" for n in range(8))])},
    optional={"plan": st.sampled_from(["pro", "free"]), "n": st.integers(0, 9), "tags": st.just(["x"]), "email": st.booleans()},
)
said = st.one_of(
    st.fixed_dictionaries({}, optional={"plan": st.sampled_from(["live", "other"]), "n": st.integers(20, 29)}),
    st.fixed_dictionaries(
        {"tags": st.sampled_from([{"$add": "x"}, {"$remove": "x"}, {"$add": ["y", "z"]}, {"$remove": ["y"]}])},
    ),
    st.fixed_dictionaries({}, optional={"n": st.builds(lambda n: {"$incr": n}, st.integers(1, 9)), "plan": st.just({"$delete": 1})}),
)
#: A call before the piece n (at 2 n), or while whom the piece creates is written (at 2 n + 1).
live = st.tuples(st.integers(0, 8), st.sampled_from([*KNOWN[:4], "q0", "q1", "new"]), said)


@settings(max_examples=10)
@given(st.lists(row, min_size=1, max_size=12, unique_by=lambda r: r["identity"]), st.lists(live, max_size=5), st.integers(1, 4))
def test_pieces_and_live_calls_between_them_give_what_the_order_gives(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], calls: list[tuple[int, str, dict[str, Any]]], size: int
) -> None:
    """In pieces of a few rows, with each call after some piece or within it; and once with the upload first and the calls after it."""
    folder = tmp_path_factory.mktemp("order")
    with account(folder, "pieces") as made, account(folder, "plain") as plain:
        for each in (made, plain):
            each.upload([{"identity": identity, "plan": "old", "n": 1} for identity in KNOWN], number=3)
        waiting = sorted(calls, key=lambda call: call[0])

        def say_until(moment: int) -> None:
            while waiting and waiting[0][0] <= moment:
                _, identity, data = waiting.pop(0)
                made.say(SECOND * (made.calls + 1), profile(identity, **data))

        moment = 0

        def between(_pieces: pieces.Pieces) -> Iterator[range]:
            nonlocal moment
            for number, start in enumerate(range(0, len(rows), size)):
                moment = 2 * number
                say_until(moment)
                yield range(start, min(start + size, len(rows)))

        create = BatchApplication.create

        def within(application: BatchApplication) -> Effect:
            created = create(application)
            say_until(moment + 1)
            return created

        with (
            patch.object(pieces.Pieces, "__iter__", between),
            patch.object(BatchApplication, "create", within),
            patch.object(type(made.store.turn), "pressed", new=True),
        ):
            marks = made.upload(rows)
        for _, identity, data in waiting:
            made.say(SECOND * (made.calls + 1), profile(identity, **data))
        plain.upload(rows)
        for _, identity, data in sorted(calls, key=lambda call: call[0]):
            plain.say(SECOND * (plain.calls + 1), profile(identity, **data))
        assert made.people() == plain.people()
        assert sum(mark.tally["touched"] for mark in marks) == len(rows)
        assert made.store.progress(7).rows == len(rows)


step = st.one_of(
    st.fixed_dictionaries({}, optional={"n": st.one_of(st.integers(0, 9), st.sampled_from([{"$delete": 1}, {"$incr": 2}, {"$decr": 3}]))}),
    st.fixed_dictionaries(
        {"tags": st.one_of(st.lists(st.sampled_from("abc")), st.sampled_from([{"$add": ["a", "d"]}, {"$remove": "a"}, {"$delete": 1}]))}
    ),
    st.fixed_dictionaries({"plan": st.sampled_from(["pro", "", {"$delete": 1}]), "MSG-email": st.sampled_from([True, "false", ""])}),
)


def test_records_of_one_call_come_to_what_they_come_to_in_several(acme: Account) -> None:
    people = 0

    @settings(max_examples=12)
    @given(st.lists(step, min_size=1, max_size=6))
    def together_and_apart(steps: list[dict[str, Any]]) -> None:
        nonlocal people
        people += 1
        acme.say(SECOND, *(profile(f"together{people}", **data) for data in steps))
        for data in steps:
            acme.say(SECOND, profile(f"apart{people}", **data))
        found = acme.people()
        assert found[f"together{people}"] == found[f"apart{people}"]

    together_and_apart()
