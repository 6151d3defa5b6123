"""Accounts with users to sign in as."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import Engine

from headcount.auth.access import Access
from headcount.auth.passwords import Passwords
from headcount.auth.rights import Principal, Role, operator
from headcount.auth.sign_in import SignIn
from headcount.auth.users import Member
from headcount.store.control.attempts import SqlAttempts
from headcount.store.control.audit import SqlAuditLog
from headcount.store.control.passcodes import SqlPasscodes
from headcount.store.control.sessions import SqlSessions
from headcount.store.control.users import SqlUsers

PASSWORD = "correct horse battery"  # noqa: S105 - a made-up one


@dataclass
class Clock:
    at: datetime = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **of_time: float) -> None:
        self.at += timedelta(**of_time)


@dataclass
class World:
    """Two accounts, `acme` with an administrator and a member, `other` with an administrator, over one control file."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    # The real Argon2, made cheap.
    passwords: Passwords = field(default_factory=lambda: Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))

    def __post_init__(self) -> None:
        users, passcodes, log = SqlUsers(self.engine), SqlPasscodes(self.engine), SqlAuditLog(self.engine)
        self.access = Access(users, passcodes, log, self.passwords, self.clock)
        self.signing = SignIn(users, SqlSessions(self.engine), SqlAttempts(self.engine), self.passwords, self.clock)

    def user(self, email: str, role: Role, account: str = "acme") -> Member:
        return self.access.create_user(operator(account), email, "Somebody", role, PASSWORD)

    def token(self, email: str, account: str | None = None) -> str:
        return self.signing.sign_in(email, PASSWORD, "192.0.2.1", account_id=account).token

    def principal(self, email: str) -> Principal:
        return self.signing.principal_of_session(self.token(email))
