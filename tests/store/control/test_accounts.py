from __future__ import annotations

import pytest
from sqlalchemy import Engine

from headcount.accounts import Account
from headcount.errors import WrongCall
from headcount.store.control.accounts import SqlAccounts


def test_an_account_is_kept(engine: Engine) -> None:
    accounts, shop = SqlAccounts(engine), Account("shop", "The Shop", "Europe/Berlin")
    accounts.ensure(shop)
    assert accounts.get("shop") == shop
    assert [account.id for account in accounts.list()] == ["acme", "shop"]


def test_an_account_that_exists_stays_as_it_is(engine: Engine) -> None:
    SqlAccounts(engine).ensure(Account("acme", "Another", "Europe/Berlin"))
    assert SqlAccounts(engine).get("acme") == Account("acme", "acme", "UTC")


def test_an_unknown_account_is_a_wrong_call(engine: Engine) -> None:
    with pytest.raises(WrongCall) as caught:
        SqlAccounts(engine).get("none")
    assert caught.value.code == "account_unknown"


@pytest.mark.parametrize(
    ("id_", "name", "zone"),
    [
        ("../acme", "A", "UTC"),
        ("", "A", "UTC"),
        ("a\n", "A", "UTC"),
        ("a" * 65, "A", "UTC"),
        ("a", " ", "UTC"),
        ("a", "A", "Mars"),
        ("a", "A", ""),
    ],
)
def test_a_wrong_account_is_not_one(id_: str, name: str, zone: str) -> None:
    with pytest.raises(WrongCall) as caught:
        Account(id_, name, zone)
    assert caught.value.code == "account_invalid"
