from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from tests.auth.world import PASSWORD, World

from headcount.accounts import Account
from headcount.auth.first_start import Given, Made, first_start
from headcount.auth.rights import FOR_MACHINES, Right
from headcount.errors import WrongCall
from headcount.store.control.accounts import SqlAccounts
from headcount.store.control.beginnings import SqlBeginnings

GIVEN = Given(account=Account("acme", "Acme", "Europe/Berlin"))


def start(world: World, given: Given = GIVEN) -> Made | None:
    return first_start(SqlBeginnings(world.engine), world.passwords, given, world.clock())


@pytest.fixture
def empty(engine: Engine) -> World:
    return World(engine)


def test_what_is_made_lets_a_person_and_a_machine_in(empty: World) -> None:
    made = start(empty)
    assert made is not None
    assert made.admin_password is not None
    assert made.passcode is not None
    token = empty.signing.sign_in("admin@localhost", made.admin_password, "192.0.2.1").token
    assert empty.signing.principal_of_session(token).rights == frozenset(Right)
    assert empty.access.principal_of_passcode("acme", made.passcode).rights == FOR_MACHINES
    assert SqlAccounts(empty.engine).get("acme").time_zone == "Europe/Berlin"


def test_what_the_operator_chose_is_taken_and_not_shown(empty: World) -> None:
    given = replace(GIVEN, passcode="chosen-by-the-operator", admin_email="Ann@acme.example", admin_password=PASSWORD)
    assert start(empty, given) == Made(account_id="acme", admin_email="ann@acme.example", passcode=None, admin_password=None)
    assert empty.principal("ann@acme.example").may(Right.MANAGE_USERS)
    assert empty.access.principal_of_passcode("acme", "chosen-by-the-operator").name == "first"


def test_the_second_start_changes_nothing(empty: World) -> None:
    start(empty)
    given = Given(account=Account("other", "Other", "UTC"), passcode="chosen-by-the-operator", admin_email="eve@acme.example")
    assert start(empty, given) is None
    assert [account.id for account in SqlAccounts(empty.engine).list()] == ["acme"]


def test_the_account_that_commands_made_before_is_kept(empty: World) -> None:
    SqlAccounts(empty.engine).ensure(Account("acme", "Before", "UTC"))
    assert start(empty) is not None
    assert SqlAccounts(empty.engine).list() == [Account("acme", "Before", "UTC")]


def test_of_two_that_start_together_one_is_first(empty: World) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: start(empty), range(2)))
    assert made.count(None) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (replace(GIVEN, passcode="fifteen-letters"), "passcode_weak"),
        (replace(GIVEN, passcode=""), "passcode_weak"),
        (replace(GIVEN, admin_password="short"), "password_weak"),  # noqa: S106 - a made-up one
        (replace(GIVEN, admin_email="nobody"), "user_invalid"),
    ],
)
def test_a_weak_choice_is_refused_and_nothing_is_made(empty: World, given: Given, code: str) -> None:
    with pytest.raises(WrongCall) as caught:
        start(empty, given)
    assert caught.value.code == code
    assert SqlAccounts(empty.engine).list() == []
    assert start(empty) is not None
