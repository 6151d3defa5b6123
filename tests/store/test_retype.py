"""A property gets another type: its values are read anew, and the data file opens again whatever the types were."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from tests.uploads.account import Account, account_in

from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

CELLS = {
    Type.STRING: "1487576752",
    Type.INTEGER: "1487576752",
    Type.FLOAT: "1.5",
    Type.BOOLEAN: "true",
    Type.DATE: "19/02/2017 07:45:52",
    Type.LIST: "1487576752",
}


def retyped(account: Account, wanted: Type) -> int:
    with account.app.store() as store:
        return store.retype("x", wanted)


@pytest.mark.parametrize(("before", "after"), list(permutations(Type, 2)))
def test_the_data_file_opens_again(before: Type, after: Type, tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send(f"identity,x\n1,{CELLS[before]}\n2,\n", Request(columns={"x": ColumnRequest(type=before)}))
        lost = retyped(account, after)
        assert account.types() == {"x": after.value}
        assert len(account.values("1")) == 1 - lost
        assert account.send(f"identity,x\n3,{CELLS[after]}\n", name="more.csv")["ledger"]["created"] == 1


def test_what_cannot_be_kept_is_counted_and_cleared(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,x\n1,12\n2,twelve\n3,\n")
        assert retyped(account, Type.INTEGER) == 1
        assert (account.values("1"), account.values("2")) == ({"x": 12}, {})


def test_among_fractions_one_and_nought_are_true_and_false(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,x\n1,1\n2,0\n3,2.5\n")
        assert retyped(account, Type.BOOLEAN) == 1
        assert [account.values(each) for each in "123"] == [{"x": True}, {"x": False}, {}]


def test_a_widened_property_opens_again(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,x\n1,5\n")
        account.send("identity,x\n2,1.5\n", name="more.csv")
        assert (account.values("1"), account.values("2")) == ({"x": 5.0}, {"x": 1.5})


@pytest.mark.parametrize("request_", [Request(), Request(columns={"x": ColumnRequest(type=Type.FLOAT)})])
def test_whole_numbers_that_no_float_is_stay_as_they_are(request_: Request, tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,x\n1,9007199254740993\n", Request(columns={"x": ColumnRequest(type=Type.INTEGER)}))
        document = account.send("identity,x\n2,1.5\n3,4\n", request_, name="more.csv")
        assert account.values("1") == {"x": 9007199254740993}
        asked = {question["code"] for question in document["questions"]}
        told = {problem["code"]: problem["rows"] for problem in document["problems"]}
        assert (asked, told) == (({"type_conflict"}, {}) if request_.columns else (set(), {"number_invalid": [2]}))
