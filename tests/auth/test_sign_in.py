from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from tests.auth.world import PASSWORD, World

from headcount.auth.passwords import Passwords
from headcount.auth.rights import RIGHTS, Role, operator
from headcount.auth.sessions import Session, session_hash
from headcount.errors import WrongCall
from headcount.store.control.sessions import SqlSessions
from headcount.store.control.users import SqlUsers

ANN, MAX, OLGA = "ann@acme.example", "max@acme.example", "olga@other.example"


def refused(world: World, token: str) -> bool:
    with pytest.raises(WrongCall) as caught:
        world.signing.principal_of_session(token)
    return caught.value.code == "session_expired"


def test_who_signs_in_is_who_the_session_is(world: World) -> None:
    principal = world.signing.principal_of_session(world.token("  Ann@ACME.example "))
    assert (principal.name, principal.account_id, principal.door) == (ANN, "acme", "dashboard")
    assert principal.rights == RIGHTS[Role.ADMIN]


@pytest.mark.parametrize(
    ("email", "password", "account"),
    [
        (ANN, "wrong horse battery", None),
        (ANN, "", None),
        ("nobody@acme.example", PASSWORD, None),
        ("\ud800", PASSWORD, None),
        (ANN, PASSWORD, "other"),
        (ANN, PASSWORD, "none"),
    ],
)
def test_whatever_is_wrong_is_told_in_the_same_words(world: World, email: str, password: str, account: str | None) -> None:
    with pytest.raises(WrongCall) as caught:
        world.signing.sign_in(email, password, "192.0.2.1", account_id=account)
    assert caught.value.code == "sign_in_failed"
    assert str(caught.value) == "The e-mail address or the password is wrong."


def test_a_disabled_user_does_not_sign_in_and_their_session_ends(world: World) -> None:
    token = world.token(MAX)
    world.access.disable_user(operator("acme"), world.signing.principal_of_session(token).id)
    assert refused(world, token)
    with pytest.raises(WrongCall, match="wrong"):
        world.token(MAX)
    world.access.enable_user(operator("acme"), SqlUsers(world.engine).members("acme")[1].user.id)
    assert refused(world, token)
    assert world.principal(MAX).name == MAX


def test_a_session_that_began_while_its_user_was_being_disabled_is_none(world: World) -> None:
    ann, at = world.principal(ANN), world.clock()
    max_ = SqlUsers(world.engine).members("acme")[1]
    world.access.disable_user(ann, max_.user.id)
    late = Session(id="s1", user_id=max_.user.id, account_id="acme", token_hash=session_hash("late"), created_at=at, seen_at=at)
    SqlSessions(world.engine).add(late, ann.did("session.begin", "s1", at))
    assert refused(world, "late")


@pytest.mark.parametrize("token", ["", "none", "\ud800", "x" * 10_000])
def test_a_token_that_was_not_given_out_is_none(world: World, token: str) -> None:
    assert refused(world, token)


def test_signing_in_gives_a_new_token_and_ends_the_one_it_replaces(world: World) -> None:
    planted = world.token(MAX)
    new = world.signing.sign_in(ANN, PASSWORD, "192.0.2.1", replacing=planted)
    assert new.token != planted
    assert world.signing.principal_of_session(new.token).name == ANN
    assert refused(world, planted)


def test_a_token_that_was_planted_before_stays_nobody(world: World) -> None:
    world.signing.sign_in(ANN, PASSWORD, "192.0.2.1", replacing="planted")
    assert refused(world, "planted")


def test_a_session_ends_when_it_is_idle(world: World) -> None:
    token = world.token(ANN)
    world.clock.pass_(hours=1.9)
    world.signing.principal_of_session(token)
    world.clock.pass_(hours=1.9)
    world.signing.principal_of_session(token)
    world.clock.pass_(hours=2)
    assert refused(world, token)


def test_a_session_ends_after_half_a_day_of_use(world: World) -> None:
    token = world.token(ANN)
    for _ in range(11):
        world.clock.pass_(hours=1)
        world.signing.principal_of_session(token)
    world.clock.pass_(hours=1)
    assert refused(world, token)


def test_signing_out_ends_one_session(world: World) -> None:
    one, other = world.token(ANN), world.token(ANN)
    world.signing.sign_out(one)
    assert refused(world, one)
    assert world.signing.principal_of_session(other).name == ANN


def test_signing_out_everywhere_ends_all_of_the_user_only(world: World) -> None:
    one, other, max_ = world.token(ANN), world.token(ANN), world.token(MAX)
    world.signing.sign_out_everywhere(one)
    assert refused(world, one)
    assert refused(world, other)
    assert world.signing.principal_of_session(max_).name == MAX


def test_a_session_is_ended_by_its_own_user_only(world: World) -> None:
    ann, max_ = world.token(ANN), world.token(MAX)
    (session,) = world.signing.sessions(ann)
    with pytest.raises(WrongCall) as caught:
        world.signing.end_session(max_, session.id)
    assert caught.value.code == "session_unknown"
    world.signing.end_session(world.token(ANN), session.id)
    assert refused(world, ann)


def test_the_token_of_the_forms_is_that_of_the_session(world: World) -> None:
    one, other = (world.signing.sign_in(email, PASSWORD, "192.0.2.1") for email in (ANN, MAX))
    world.signing.check_csrf(one.token, one.csrf)
    for wrong in (other.csrf, one.token, "", "\ud800"):
        with pytest.raises(WrongCall) as caught:
            world.signing.check_csrf(one.token, wrong)
        assert caught.value.code == "csrf_invalid"


def test_another_password_ends_all_sessions_and_begins_one(world: World) -> None:
    one, other = world.token(ANN), world.token(ANN)
    new = world.signing.change_password(one, PASSWORD, "another long one", "192.0.2.1")
    assert refused(world, one)
    assert refused(world, other)
    assert world.signing.principal_of_session(new.token).name == ANN
    with pytest.raises(WrongCall, match="wrong"):
        world.token(ANN)


@pytest.mark.parametrize(
    ("current", "new", "code"), [("wrong horse", "another long one", "sign_in_failed"), (PASSWORD, "short", "password_weak")]
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(world: World, current: str, new: str, code: str) -> None:
    token = world.token(ANN)
    with pytest.raises(WrongCall) as caught:
        world.signing.change_password(token, current, new, "192.0.2.1")
    assert caught.value.code == code
    assert world.signing.principal_of_session(token).name == ANN
    assert world.principal(ANN).name == ANN


def test_a_hash_of_old_parameters_is_renewed_at_the_next_sign_in(world: World) -> None:
    renewed = World(world.engine, world.clock, Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)))
    renewed.token(ANN)
    user = SqlUsers(world.engine).by_email(ANN)
    assert user is not None
    assert "t=2" in user.password_hash
    assert renewed.principal(ANN).name == ANN


def test_a_user_of_two_accounts_is_in_one_of_them_at_a_time(world: World) -> None:
    world.access.admit_user(operator("other"), ANN, Role.APPROVER)
    first = world.token(ANN)
    assert [member.account_id for member in world.signing.accounts(first)] == ["acme", "other"]
    second = world.signing.enter_account(first, "other").token
    entered = world.signing.principal_of_session(second)
    assert (entered.account_id, entered.rights) == ("other", RIGHTS[Role.APPROVER])
    assert refused(world, first)


def test_an_account_one_is_not_a_member_of_is_not_entered(world: World) -> None:
    token = world.token(ANN)
    with pytest.raises(WrongCall) as caught:
        world.signing.enter_account(token, "other")
    assert caught.value.code == "account_unknown"
    assert world.signing.principal_of_session(token).account_id == "acme"
