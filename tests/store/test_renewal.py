"""A data file whose place a fresh one takes: lists of people, and the numbers that they are given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.uploads.account import account_in

from headcount.errors import Busy
from headcount.profiles.tending import Statistics
from headcount.segments.filter import Exists
from headcount.store.duckdb import counting
from headcount.store.duckdb import shared as sharing
from headcount.store.duckdb.renewal import Renewal
from headcount.store.duckdb.shared import SharedProfiles
from headcount.store.duckdb.statistics import Counted

EVERYBODY = Exists("identity")


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[SharedProfiles]:
    with account_in(tmp_path) as account:
        account.send("identity,plan\n1,pro\n2,free\n")
        account.send("identity,plan\n1,free\n")
        shared = SharedProfiles(account.app.data_file, memory_mb=200, threads=1, patience=1, columns=20)
        yield shared
        shared.close_idle(0)


def freeze(shared: SharedProfiles) -> tuple[int, int]:
    with shared.open() as store:
        return store.freeze(EVERYBODY, "UTC", lambda _: None)


def test_the_number_of_a_list_is_not_given_again(shared: SharedProfiles) -> None:
    first, people = freeze(shared)
    shared.renew([])
    second, _ = freeze(shared)
    assert people == 2
    assert second > first
    with shared.open() as store:
        assert store.connection.execute("SELECT list, count(*) FROM listed GROUP BY ALL ORDER BY ALL").fetchall() == [
            (first, 2),
            (second, 2),
        ]
    shared.close_idle(0)


def test_who_was_erased_stays_noted_until_the_fresh_file_has_taken_over(shared: SharedProfiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever ends the program right before that finds the traces still there, and takes them out once more."""
    with shared.open() as store:
        store.erase(["1"], datetime(2026, 1, 1))
        (noted,) = store.erasures()

    def ended(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sharing, "take_over", ended)
        with pytest.raises(KeyboardInterrupt):
            shared.renew([noted.number])
    with shared.open() as store:
        assert list(store.erasures()) == [noted]
    shared.renew([noted.number])
    with shared.open() as store:
        assert list(store.erasures()) == []


def test_a_property_is_deleted_while_a_fresh_file_is_made(shared: SharedProfiles, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Renewal.begun

    @contextmanager
    def deleted_after(renewal: Renewal) -> Iterator[None]:
        with begun(renewal):
            with shared.open() as store:
                store.delete("plan")
            yield

    monkeypatch.setattr(Renewal, "begun", deleted_after)
    with pytest.raises(Busy):
        shared.renew([])
    with shared.open() as store:
        assert "plan" not in store.stored()


def test_a_list_that_changes_meanwhile_puts_the_renewal_off(shared: SharedProfiles, monkeypatch: pytest.MonkeyPatch) -> None:
    number, _ = freeze(shared)
    begun = Renewal.begun

    @contextmanager
    def changed_after(renewal: Renewal) -> Iterator[None]:
        with begun(renewal):
            # As many as before: nobody would see it by the number of rows.
            with shared.open() as store:
                store.drop_list(number)
            freeze(shared)
            yield

    monkeypatch.setattr(Renewal, "begun", changed_after)
    with pytest.raises(Busy):
        shared.renew([])
    assert freeze(shared)[1] == 2


def test_values_of_who_is_erased_while_they_are_counted_are_not_kept(shared: SharedProfiles, monkeypatch: pytest.MonkeyPatch) -> None:
    count = counting.count

    def erased_after(*given: Any) -> Counted:  # noqa: ANN401 - as it was called
        found = count(*given)
        with shared.open() as store:
            store.erase(["2"], datetime(2026, 1, 1))
        return found

    def found() -> Statistics | None:
        with shared.open() as store:
            (number,) = (each.number for each in store.properties() if each.name == "plan")
            store.count_property(number, datetime(2026, 1, 1))
            return next(each.statistics for each in store.tended()[1] if each.property.number == number)

    before = found()
    assert before
    assert before.filled == 2
    with monkeypatch.context() as patched:
        patched.setattr(counting, "count", erased_after)
        assert found() is None
    after = found()
    assert after
    assert after.filled == 1
