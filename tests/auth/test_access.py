from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.auth.world import PASSWORD, World

from headcount.auth.access import Access
from headcount.auth.passcodes import new_passcode
from headcount.auth.rights import FOR_MACHINES, Principal, Right, Role, operator
from headcount.errors import WrongCall
from headcount.store.control.passcodes import SqlPasscodes

ANN, MAX, OLGA = "ann@acme.example", "max@acme.example", "olga@other.example"


def code(call: Callable[[], object]) -> str:
    with pytest.raises(WrongCall) as caught:
        call()
    return caught.value.code


def test_a_user_is_created_and_signs_in(world: World) -> None:
    made = world.access.create_user(world.principal(ANN), " Eve@Acme.example", " Eve ", Role.CREATOR, PASSWORD)
    assert (made.user.email, made.user.name, made.role) == ("eve@acme.example", "Eve", Role.CREATOR)
    assert world.principal("eve@acme.example").may(Right.UPLOAD)
    assert [member.user.email for member in world.access.users(world.principal(ANN))] == [ANN, "eve@acme.example", MAX]


@pytest.mark.parametrize(
    ("email", "name", "password", "expected"),
    [
        ("ANN@acme.example", "Ann", PASSWORD, "user_exists"),
        (OLGA, "Olga", PASSWORD, "user_exists"),
        ("nobody", "Nobody", PASSWORD, "user_invalid"),
        ("two words@acme.example", "Two", PASSWORD, "user_invalid"),
        ("eve@acme.example", " ", PASSWORD, "name_invalid"),
        ("eve@acme.example", "Eve", "short", "password_weak"),
    ],
)
def test_a_wrong_user_is_refused(world: World, email: str, name: str, password: str, expected: str) -> None:
    assert code(lambda: world.access.create_user(operator("acme"), email, name, Role.MEMBER, password)) == expected
    assert len(world.access.users(operator("acme"))) == 2


def test_a_role_is_changed_from_the_next_click_on(world: World) -> None:
    token = world.token(MAX)
    world.access.set_role(operator("acme"), world.signing.principal_of_session(token).id, Role.CREATOR)
    assert world.signing.principal_of_session(token).may(Right.UPLOAD)


def test_the_last_administrator_stays(world: World) -> None:
    ann = world.principal(ANN)
    assert code(lambda: world.access.disable_user(ann, ann.id)) == "last_admin"
    assert code(lambda: world.access.set_role(ann, ann.id, Role.MEMBER)) == "last_admin"
    world.access.set_role(ann, world.principal(MAX).id, Role.ADMIN)
    assert world.access.set_role(ann, ann.id, Role.MEMBER).role is Role.MEMBER


CALLS: list[Callable[[Access, Principal, str], object]] = [
    lambda access, by, _: access.users(by),
    lambda access, by, _: access.create_user(by, "eve@acme.example", "Eve", Role.ADMIN, PASSWORD),
    lambda access, by, _: access.admit_user(by, OLGA, Role.ADMIN),
    lambda access, by, user: access.set_role(by, user, Role.ADMIN),
    lambda access, by, user: access.grant_personal_data(by, user, granted=True),
    lambda access, by, user: access.disable_user(by, user),
    lambda access, by, user: access.enable_user(by, user),
    lambda access, by, _: access.passcodes(by),
    lambda access, by, _: access.create_passcode(by, "Mine", {Right.READ}),
    lambda access, by, id_: access.revoke_passcode(by, id_),
    lambda access, by, _: access.audit(by, 10),
    lambda access, by, user: access.set_password(by, user, "another long word"),
]


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_who_may_not_manage_manages_nothing(world: World, number: int) -> None:
    machine = world.access.create_passcode(operator("acme"), "Nightly", FOR_MACHINES - {Right.READ_AUDIT})
    for by in (world.principal(MAX), machine.passcode.principal("api")):
        assert code(lambda by=by: CALLS[number](world.access, by, by.id)) == "right_missing"  # type: ignore[misc]


@pytest.mark.parametrize("number", [3, 4, 5, 6, 11])
def test_an_administrator_of_another_account_does_not_touch_a_user(world: World, number: int) -> None:
    ann = world.principal(ANN)
    assert code(lambda: CALLS[number](world.access, world.principal(OLGA), ann.id)) == "user_unknown"
    assert world.principal(ANN) == ann


def test_an_account_sees_nothing_of_another(world: World) -> None:
    olga = world.principal(OLGA)
    passcode = world.access.create_passcode(world.principal(ANN), "Nightly", {Right.UPLOAD})
    assert [member.user.email for member in world.access.users(olga)] == [OLGA]
    assert world.access.passcodes(olga) == []
    assert {entry.account_id for entry in world.access.audit(olga, 100)} == {"other"}
    assert code(lambda: world.access.revoke_passcode(olga, passcode.passcode.id)) == "passcode_unknown"
    assert code(lambda: world.access.principal_of_passcode("other", passcode.secret)) == "passcode_invalid"


def test_to_disable_a_user_of_two_accounts_in_one_leaves_the_other(world: World) -> None:
    world.access.admit_user(world.principal(OLGA), ANN, Role.MEMBER)
    here, there = world.token(ANN, "acme"), world.token(ANN, "other")
    world.access.disable_user(world.principal(OLGA), world.signing.principal_of_session(here).id)
    assert world.signing.principal_of_session(here).may(Right.MANAGE_USERS)
    assert code(lambda: world.signing.principal_of_session(there)) == "session_expired"


def test_a_lost_password_is_replaced_and_sessions_end(world: World) -> None:
    token = world.token(MAX)
    world.access.set_password(world.principal(ANN), world.principal(MAX).id, "another long word")
    assert code(lambda: world.signing.principal_of_session(token)) == "session_expired"
    assert world.signing.sign_in(MAX, "another long word", "").session.account_id == "acme"
    assert world.access.audit(world.principal(ANN), 2)[1].action == "session.begin"


def test_only_the_operator_sets_the_password_of_a_user_of_two_accounts(world: World) -> None:
    member = world.access.admit_user(world.principal(OLGA), ANN, Role.MEMBER)
    assert code(lambda: world.access.set_password(world.principal(OLGA), member.user.id, "another long word")) == "user_shared"
    assert world.token(ANN)
    world.access.set_password(operator("acme"), member.user.id, "another long word")
    assert world.signing.sign_in(ANN, "another long word", "").session.account_id == "acme"


def test_a_user_is_admitted_once(world: World) -> None:
    world.access.admit_user(operator("other"), ANN, Role.MEMBER)
    assert code(lambda: world.access.admit_user(operator("other"), ANN, Role.ADMIN)) == "user_exists"
    assert code(lambda: world.access.admit_user(operator("other"), "nobody@acme.example", Role.ADMIN)) == "user_unknown"


def test_a_passcode_opens_its_account_with_its_scope(world: World) -> None:
    made = world.access.create_passcode(world.principal(ANN), " Nightly ", {Right.UPLOAD, Right.READ})
    machine = world.access.principal_of_passcode("acme", made.secret)
    assert machine == Principal(
        id=made.passcode.id, name="Nightly", account_id="acme", rights=frozenset({Right.UPLOAD, Right.READ}), door="api"
    )
    assert len(made.secret) == 43


def test_a_revoked_passcode_opens_nothing_and_the_others_do(world: World) -> None:
    ann = world.principal(ANN)
    one, other = (world.access.create_passcode(ann, "Nightly", {Right.UPLOAD}) for _ in range(2))
    world.access.revoke_passcode(ann, one.passcode.id)
    assert code(lambda: world.access.principal_of_passcode("acme", one.secret)) == "passcode_invalid"
    assert world.access.principal_of_passcode("acme", other.secret).id == other.passcode.id
    assert code(lambda: world.access.revoke_passcode(ann, one.passcode.id)) == "passcode_unknown"


@pytest.mark.parametrize("secret", ["", "wrong", "\ud800", "x" * 10_000])
def test_a_wrong_passcode_is_told_in_the_same_words_as_an_unknown_account(world: World, secret: str) -> None:
    world.access.create_passcode(operator("acme"), "Nightly", {Right.UPLOAD})
    for account in ("acme", "none"):
        assert code(lambda account=account: world.access.principal_of_passcode(account, secret)) == "passcode_invalid"  # type: ignore[misc]


def test_the_use_of_a_passcode_is_noted_once_a_minute(world: World) -> None:
    made = world.access.create_passcode(operator("acme"), "Nightly", {Right.UPLOAD})
    noted = []
    for _ in range(4):
        world.clock.pass_(seconds=30)
        world.access.principal_of_passcode("acme", made.secret)
        noted.append(SqlPasscodes(world.engine).list("acme")[0].last_used_at)
    assert noted[0] == noted[1] != noted[2] == noted[3] is not None


@pytest.mark.parametrize("scope", [set(), {Right.MANAGE_USERS}, {Right.READ, Right.MANAGE_PASSCODES}, {Right.APPROVE_CAMPAIGNS}])
def test_a_passcode_is_for_what_machines_do(world: World, scope: set[Right]) -> None:
    assert code(lambda: world.access.create_passcode(operator("acme"), "Nightly", scope)) == "scope_invalid"


@pytest.mark.parametrize("secret", ["", "fifteen letters"[:15], "with blanks in between", "ümlaute-ümlaute-ü", "line\nbreak-line-break"])
def test_a_chosen_passcode_is_neither_short_nor_unfit_for_a_header(world: World, secret: str) -> None:
    assert code(lambda: new_passcode("acme", "Nightly", {Right.READ}, world.clock(), secret)) == "passcode_weak"
    assert new_passcode("acme", "Nightly", {Right.READ}, world.clock(), "sixteen-letters-").passcode.matches("sixteen-letters-")


def test_every_change_is_in_the_audit_log_newest_first(world: World) -> None:
    ann, max_ = world.principal(ANN), world.principal(MAX)
    world.access.set_role(ann, max_.id, Role.CREATOR)
    made = world.access.create_passcode(ann, "Nightly", {Right.UPLOAD, Right.READ})
    world.access.revoke_passcode(ann, made.passcode.id)
    entries = world.access.audit(ann, 3)
    assert [(entry.action, entry.object, entry.details) for entry in entries] == [
        ("passcode.revoke", made.passcode.id, {}),
        ("passcode.create", made.passcode.id, {"scope": "read upload"}),
        ("user.role", max_.id, {"role": "creator"}),
    ]
    assert {(entry.who, entry.who_name, entry.door, entry.at) for entry in entries} == {(ann.id, ANN, "dashboard", world.clock())}


def test_what_was_refused_is_not_in_the_audit_log(world: World) -> None:
    ann = world.principal(ANN)
    before = world.access.audit(ann, 100)
    code(lambda: world.access.disable_user(ann, ann.id))
    code(lambda: world.access.create_user(ann, OLGA, "Olga", Role.MEMBER, PASSWORD))
    code(lambda: world.access.revoke_passcode(ann, "none"))
    assert world.access.audit(ann, 100) == before
