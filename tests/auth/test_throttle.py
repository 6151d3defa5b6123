from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from tests.auth.world import PASSWORD, World

from headcount.auth.throttle import FREE_OF_EMAIL, FREE_OF_NETWORK, LONGEST, Key, keys_of, seconds_left
from headcount.errors import Throttled, WrongCall

ANN = "ann@acme.example"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fail(world: World, email: str = ANN, address: str = "192.0.2.1", times: int = FREE_OF_EMAIL) -> None:
    for _ in range(times):
        with pytest.raises(WrongCall) as caught:
            world.signing.sign_in(email, "wrong horse battery", address)
        assert caught.value.code == "sign_in_failed"


def seconds(world: World, email: str = ANN, address: str = "192.0.2.1") -> int:
    """What the right password is told."""
    with pytest.raises(Throttled) as caught:
        world.signing.sign_in(email, PASSWORD, address)
    assert caught.value.code == "sign_in_throttled"
    return caught.value.seconds


def test_after_some_failures_even_the_right_password_has_to_wait(world: World) -> None:
    fail(world)
    assert seconds(world, address="198.51.100.9") == 1
    world.clock.pass_(seconds=1)
    assert world.principal(ANN).name == ANN


def test_each_failure_doubles_the_wait(world: World) -> None:
    fail(world)
    waits = []
    for _ in range(12):
        waits.append(seconds(world))
        world.clock.pass_(seconds=waits[-1])
        fail(world, times=1)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_an_unknown_address_is_throttled_like_a_known_one(world: World) -> None:
    fail(world, "nobody@acme.example")
    assert seconds(world, "NOBODY@acme.example ") == 1


def test_a_success_forgets_the_failures_of_the_address(world: World) -> None:
    fail(world, times=FREE_OF_EMAIL - 1)
    world.token(ANN)
    fail(world, times=FREE_OF_EMAIL)
    assert seconds(world) == 1


def test_one_network_address_that_tries_many_users_has_to_wait(world: World) -> None:
    for number in range(FREE_OF_NETWORK):
        fail(world, f"user{number}@acme.example", times=1)
    assert seconds(world) == 1
    world.signing.sign_in(ANN, PASSWORD, "198.51.100.9")


def test_an_own_password_does_not_wipe_out_what_was_tried_on_others(world: World) -> None:
    for number in range(FREE_OF_NETWORK):
        world.token("max@acme.example")
        fail(world, f"user{number}@acme.example", times=1)
    assert seconds(world) == 1


def test_an_office_that_signs_in_all_day_never_waits(world: World) -> None:
    for _ in range(2 * FREE_OF_NETWORK):
        world.token(ANN)


def test_a_restart_forgets_nothing(world: World) -> None:
    fail(world)
    assert seconds(World(world.engine, world.clock)) == 1


def test_many_tries_at_once_are_counted_before_they_are_tried(world: World) -> None:
    def attempt(_: int) -> str:
        with pytest.raises(WrongCall) as caught:
            world.signing.sign_in(ANN, "wrong horse battery", "192.0.2.1")
        return caught.value.code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(attempt, range(16)))
    assert codes.count("sign_in_failed") == FREE_OF_EMAIL


def test_changing_the_password_is_throttled_too(world: World) -> None:
    token = world.token(ANN)
    fail(world)
    with pytest.raises(Throttled):
        world.signing.change_password(token, PASSWORD, "another long one", "192.0.2.1")


def test_a_day_without_an_attempt_forgets_all(world: World) -> None:
    fail(world)
    world.clock.pass_(days=1)
    fail(world, times=FREE_OF_EMAIL)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::1", "::2", True),
        ("", "", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_which_network_addresses_count_together(one: str, other: str, *, together: bool) -> None:
    assert (keys_of(ANN, one).network == keys_of(ANN, other).network) is together


@pytest.mark.parametrize(("after", "left"), [(-5, 8), (0, 8), (0.1, 8), (7.9, 1), (8, 0)])
def test_what_is_left_is_told_in_whole_seconds(after: float, left: int) -> None:
    assert seconds_left(Key("k", free=5), 8, NOON, NOON + timedelta(seconds=after)) == left


def test_a_million_failures_wait_no_longer_than_the_longest() -> None:
    assert seconds_left(Key("k", free=5), 1_000_000, NOON, NOON) == LONGEST
