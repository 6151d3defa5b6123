from __future__ import annotations

import time

import pytest
from argon2 import PasswordHasher

from headcount.auth.passwords import Passwords
from headcount.errors import WrongCall

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def test_a_password_is_verified_by_its_hash() -> None:
    passwords = Passwords()
    kept = passwords.hash("correct horse")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.verify(kept, "correct horse")
    assert not passwords.verify(kept, "correct house")
    assert not passwords.is_outdated(kept)


def test_equal_passwords_have_different_hashes() -> None:
    assert CHEAP.hash("correct horse") != CHEAP.hash("correct horse")


@pytest.mark.parametrize("password", ["", "short one", "x" * 1001])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(WrongCall) as caught:
        CHEAP.hash(password)
    assert caught.value.code == "password_weak"


@pytest.mark.parametrize("password", ["", "wrong", "x" * 100_000, "\ud800" * 12, "nul\0" * 4])
def test_whatever_is_tried_is_only_wrong(password: str) -> None:
    assert not CHEAP.verify(CHEAP.hash("correct horse"), password)
    assert not CHEAP.verify(None, password)


def test_a_letter_composed_by_one_keyboard_and_not_by_another_is_the_same() -> None:
    assert CHEAP.verify(CHEAP.hash("Schlüssel1"), "Schlu\u0308ssel1")


def test_a_hash_of_other_parameters_is_verified_and_outdated() -> None:
    old = CHEAP.hash("correct horse")
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert newer.verify(old, "correct horse")
    assert newer.is_outdated(old)


def test_an_unknown_user_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords(PasswordHasher(time_cost=3, memory_cost=16384, parallelism=1))
    kept = passwords.hash("correct horse")

    def seconds(password_hash: str | None) -> float:
        begin = time.thread_time()
        passwords.verify(password_hash, "wrong horse!")
        return time.thread_time() - begin

    known, unknown = (min(seconds(each) for _ in range(3)) for each in (kept, None))
    assert 0.5 < unknown / known < 2
