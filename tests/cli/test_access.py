from __future__ import annotations

import re

import pytest
from tests.cli.conftest import Headcount

from headcount.auth.rights import Principal
from headcount.bootstrap import begin, open_house
from headcount.config import load_settings
from headcount.errors import WrongCall

EMAIL = "ann@example.com"


def sign_in(email: str, password: str, account: str = "default") -> Principal:
    with open_house(load_settings()) as house:
        return house.sign_in.principal_of_session(house.sign_in.sign_in(email, password, "", account_id=account).token)


def password_in(words: str) -> str:
    found = re.search(r"password (\S+)", words)
    assert found
    return found[1]


@pytest.fixture
def begun(headcount: Headcount) -> Headcount:
    begin(load_settings())
    return headcount


def test_a_user_signs_in_with_the_password_that_is_shown_once(begun: Headcount) -> None:
    made = begun("users", "add", EMAIL, "--role", "creator")
    assert sign_in(EMAIL, password_in(made.out)).name == EMAIL
    listed = begun("users", "list", "--json").json["users"]
    assert [(user["email"], user["role"]) for user in listed] == [("admin@localhost", "admin"), (EMAIL, "creator")]


def test_a_lost_password_is_replaced(begun: Headcount) -> None:
    old = password_in(begun("users", "add", EMAIL).out)
    new = password_in(begun("users", "password", EMAIL).out)
    assert sign_in(EMAIL, new).name == EMAIL
    with pytest.raises(WrongCall, match="wrong"):
        sign_in(EMAIL, old)


def test_another_account_admits_the_same_user(begun: Headcount) -> None:
    password = password_in(begun("users", "add", EMAIL).out)
    begun("accounts", "add", "second", "--name", "Second")
    assert "with the password they have" in begun("--account", "second", "users", "add", EMAIL, "--role", "admin").out
    assert sign_in(EMAIL, password, "second").account_id == "second"
    assert [each["id"] for each in begun("accounts", "list", "--json").json["accounts"]] == ["default", "second"]


def test_a_disabled_user_is_not_let_in_till_enabled(begun: Headcount) -> None:
    password = password_in(begun("users", "add", EMAIL).out)
    begun("users", "disable", EMAIL)
    with pytest.raises(WrongCall):
        sign_in(EMAIL, password)
    begun("users", "enable", EMAIL)
    begun("users", "role", EMAIL, "admin")
    assert sign_in(EMAIL, password).name == EMAIL


def test_a_passcode_lets_in_till_it_is_revoked(begun: Headcount) -> None:
    made = re.search(r"Passcode (\S+) of account default: (\S+)", begun("passcodes", "add", "nightly", "--may", "read").out)
    assert made
    with open_house(load_settings()) as house:
        assert house.access.principal_of_passcode("default", made[2]).rights == {"read"}
    begun("passcodes", "revoke", made[1])
    with open_house(load_settings()) as house, pytest.raises(WrongCall):
        house.access.principal_of_passcode("default", made[2])
    listed = begun("passcodes", "list", "--json")
    assert made[2] not in listed.out
    assert {each["name"]: each["revoked"] for each in listed.json["passcodes"]} == {"first": False, "nightly": True}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["users", "password", "nobody@example.com"], "There is no user"),
        (["users", "disable", "admin@localhost"], "no administrator any more"),
        (["--account", "third", "users", "list"], "There is no account"),
        (["passcodes", "add", "x", "--may", "manage_users"], "The scope of a passcode"),
        (["accounts", "add", "../x"], "An account's id has"),
        (["--url", "http://127.0.0.1:1", "users", "list"], "not over --url"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(begun: Headcount, call: list[str], words: str) -> None:
    done = begun(*call)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
