"""The same file once more: whoever is still as it left him is not compared again, and everybody else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.uploads.account import Account, account_in, ledger

from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

FILE = "identity,code,plan,tags,tags.operation,MSG-email\na,7,pro,x,$add,true\nb,8,free,y,,\nb,,gold,,,false\nc,9,,z,$remove,\n"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with account_in(tmp_path) as made:
        assert ledger(made.send(FILE)) == {"rows": 4, "created": 3, "merged": 1}
        yield made


def test_nothing_changes_the_second_time(account: Account) -> None:
    for _ in range(2):
        assert ledger(account.send(FILE)) == {"rows": 4, "unchanged": 3, "merged": 1}


@pytest.mark.parametrize(
    "between", ["identity,plan\na,basic\n", "identity,MSG-email\na,false\n", "identity,tags,tags.operation\na,,$delete\n"]
)
def test_what_another_file_changed_in_between_is_set_again(account: Account, between: str) -> None:
    before = account.values("a"), account.consent("a")
    assert ledger(account.send(between, name="other.csv")) == {"rows": 1, "updated": 1}
    assert ledger(account.send(FILE)) == {"rows": 4, "updated": 1, "unchanged": 2, "merged": 1}
    assert (account.values("a"), account.consent("a")) == before


def test_a_value_that_another_type_changed_is_set_again(account: Account) -> None:
    with account.app.store() as store:
        store.retype("plan", Type.INTEGER)
        store.retype("plan", Type.STRING)
    assert "plan" not in account.values("a")
    assert ledger(account.send(FILE)) == {"rows": 4, "updated": 2, "unchanged": 1, "merged": 1}
    assert account.values("a")["plan"] == "pro"


@pytest.mark.parametrize("how", ["deleted", "renamed", "retyped and deleted"])
def test_a_property_that_is_there_no_more_is_made_and_set_again(account: Account, how: str) -> None:
    with account.app.store() as store:
        if how == "renamed":
            store.rename("plan", "level")
        else:
            if how != "deleted":
                store.retype("plan", Type.LIST)
            store.delete("plan")
    assert ledger(account.send(FILE)) == {"rows": 4, "updated": 2, "unchanged": 1, "merged": 1}
    assert (account.values("a")["plan"], account.values("b")["plan"]) == ("pro", "gold")
    assert ledger(account.send(FILE)) == {"rows": 4, "unchanged": 3, "merged": 1}


def test_another_mapping_is_another_upload(account: Account) -> None:
    document = account.send(FILE, Request(columns={"plan": ColumnRequest(property="level")}))
    assert document["upload"]["duplicate_of"] is None
    assert ledger(document) == {"rows": 4, "updated": 2, "unchanged": 1, "merged": 1}
