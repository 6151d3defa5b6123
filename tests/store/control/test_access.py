from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from headcount.auth.rights import Role, operator
from headcount.auth.sessions import IDLE, Session
from headcount.auth.users import Member, User
from headcount.store.control.audit import SqlAuditLog
from headcount.store.control.sessions import SqlSessions
from headcount.store.control.users import SqlUsers

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ENTRY = operator("acme").did("user.create", "u1", AT)


def member(number: int = 1, role: Role = Role.ADMIN) -> Member:
    user = User(id=f"u{number}", email=f"user{number}@acme.example", name="Somebody", password_hash="$argon2id$", created_at=AT)  # noqa: S106
    return Member(user=user, account_id="acme", role=role)


def session(id_: str = "s1", at: datetime = AT) -> Session:
    return Session(id=id_, user_id="u1", account_id="acme", token_hash=id_, created_at=at, seen_at=at)


def test_a_user_is_kept(engine: Engine) -> None:
    users = SqlUsers(engine)
    assert users.add(member(), ENTRY)
    assert users.by_email("user1@acme.example") == member().user
    assert users.members("acme") == users.memberships("u1") == [member()]


def test_a_session_is_kept_with_who_signed_in(engine: Engine) -> None:
    SqlUsers(engine).add(member(), ENTRY)
    SqlSessions(engine).add(session(), ENTRY)
    assert SqlSessions(engine).find("s1") == (session(), member())


def test_sessions_that_ended_are_forgotten_when_one_begins(engine: Engine) -> None:
    SqlUsers(engine).add(member(), ENTRY)
    for id_, at in (("s1", AT), ("s2", AT + timedelta(minutes=1)), ("s3", AT + IDLE)):
        SqlSessions(engine).add(session(id_, at), ENTRY)
    assert [each.id for each in SqlSessions(engine).of_user("u1")] == ["s3", "s2"]


def test_a_change_sets_what_it_names_and_keeps_the_rest(engine: Engine) -> None:
    users = SqlUsers(engine)
    users.add(member(1), ENTRY)
    users.add(member(2, Role.MEMBER), ENTRY)
    users.change("acme", "u2", ENTRY, disabled=True)
    assert users.change("acme", "u2", ENTRY, may_see_personal_data=True) == replace(
        member(2, Role.MEMBER), disabled=True, may_see_personal_data=True
    )


def test_two_administrators_who_disable_each_other_at_once_leave_one(engine: Engine) -> None:
    users = SqlUsers(engine)
    users.add(member(1), ENTRY)
    users.add(member(2), ENTRY)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda id_: users.change("acme", id_, ENTRY, disabled=True), ["u1", "u2"]))
    assert done.count(None) == 1
    assert sum(each.is_admin for each in users.members("acme")) == 1


def test_a_change_whose_entry_cannot_be_written_is_not_made(engine: Engine) -> None:
    users = SqlUsers(engine)
    with pytest.raises(IntegrityError):
        users.add(member(), replace(ENTRY, account_id="none"))
    assert users.by_email("user1@acme.example") is None
    assert SqlAuditLog(engine).list("acme", 10) == []


def test_a_rehash_does_not_bring_an_old_password_back(engine: Engine) -> None:
    users = SqlUsers(engine)
    users.add(member(), ENTRY)
    users.set_password("u1", "$new$", ENTRY)
    users.rehash(member().user, "$old, rehashed$")
    user = users.by_email("user1@acme.example")
    assert user is not None
    assert user.password_hash == "$new$"  # noqa: S105 - made up
