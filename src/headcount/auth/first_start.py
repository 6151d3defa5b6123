"""The first start: an account, its passcode and an administrator, where there is nobody yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from headcount.accounts import Account
from headcount.audit import Entry
from headcount.auth.passcodes import NewPasscode, Passcode, new_passcode
from headcount.auth.passwords import Passwords, new_password
from headcount.auth.rights import FOR_MACHINES, Role, operator
from headcount.auth.tokens import new_id
from headcount.auth.users import Member, User, checked_email

#: The administrator's address where none is given. No mail is sent to it.
EMAIL = "admin@localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the operator chose; the rest is made."""

    account: Account
    passcode: str | None = field(default=None, repr=False)
    admin_email: str | None = None
    admin_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What there is now. A secret that the operator chose is None: they know it, so that it is not shown."""

    account_id: str
    admin_email: str
    passcode: str | None = field(repr=False)
    admin_password: str | None = field(repr=False)


class Beginnings(Protocol):
    """Where the first things are kept. Each method is one transaction."""

    def is_first(self) -> bool:
        """Whether there is no user in any account yet."""
        ...

    def make(self, account: Account, admin: Member, passcode: Passcode, entries: tuple[Entry, Entry]) -> bool:
        """Keep all of it, the account where there is none of that id; or keep nothing and give False, where there is a user.

        The entries are those of the administrator and of the passcode.
        """
        ...


def first_start(beginnings: Beginnings, passwords: Passwords, given: Given, at: datetime) -> Made | None:
    """Make what is missing for the first sign-in and the first call; None where there is a user already: nothing is changed.

    Raises WrongCall `user_invalid`, `password_weak`, `passcode_weak`.
    """
    if not beginnings.is_first():
        return None
    password = given.admin_password if given.admin_password is not None else new_password()
    admin = _admin(given, passwords.hash(password), at)
    made = new_passcode(given.account.id, "first", FOR_MACHINES, at, given.passcode)
    if not beginnings.make(given.account, admin, made.passcode, _entries(admin, made, at)):
        return None
    return Made(
        account_id=given.account.id,
        admin_email=admin.user.email,
        passcode=made.secret if given.passcode is None else None,
        admin_password=password if given.admin_password is None else None,
    )


def _admin(given: Given, password_hash: str, at: datetime) -> Member:
    email = checked_email(EMAIL if given.admin_email is None else given.admin_email)
    user = User(id=new_id("u"), email=email, name="Administrator", password_hash=password_hash, created_at=at)
    return Member(user=user, account_id=given.account.id, role=Role.ADMIN)


def _entries(admin: Member, made: NewPasscode, at: datetime) -> tuple[Entry, Entry]:
    by = operator(admin.account_id)
    scope = " ".join(sorted(made.passcode.scope))
    return by.did("user.create", admin.user.id, at, role=Role.ADMIN), by.did("passcode.create", made.passcode.id, at, scope=scope)
