"""Users and what they are in an account, and the port behind which they are kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypedDict, Unpack

from headcount.audit import Entry
from headcount.auth.rights import RIGHTS, Principal, Right, Role
from headcount.errors import WrongCall

_LONGEST = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who signs in. One user can be a member of several accounts."""

    id: str
    #: As `folded` writes it; no two users have the same.
    email: str
    name: str
    password_hash: str = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user in one account. Another account does not see it, and cannot change it."""

    user: User
    account_id: str
    role: Role
    #: Given to this one, beyond the role.
    may_see_personal_data: bool = False
    #: Kept, so that the audit log still names them, but no longer let in.
    disabled: bool = False

    @property
    def is_admin(self) -> bool:
        """Whether they can manage the account now."""
        return self.role is Role.ADMIN and not self.disabled

    @property
    def rights(self) -> frozenset[Right]:
        """What the role gives, and what was granted beside it; nothing when disabled."""
        if self.disabled:
            return frozenset()
        return RIGHTS[self.role] | ({Right.SEE_PERSONAL_DATA} if self.may_see_personal_data else frozenset())

    def principal(self, door: str) -> Principal:
        """The user as who asks."""
        return Principal(id=self.user.id, name=self.user.email, account_id=self.account_id, rights=self.rights, door=door)


class MemberChanges(TypedDict, total=False):
    """The fields of a member that may be set. Those not named stay as they are, so that no change undoes another."""

    role: Role
    may_see_personal_data: bool
    disabled: bool


class Users(Protocol):
    """Where users are kept. Each method is one transaction; the entry of the audit log is part of it."""

    def by_email(self, email: str) -> User | None:
        """The user with the folded address."""
        ...

    def memberships(self, user_id: str) -> Sequence[Member]:
        """What the user is in each account, disabled ones too, by the accounts' ids."""
        ...

    def members(self, account_id: str) -> Sequence[Member]:
        """The members of the account, disabled ones too, by e-mail address."""
        ...

    def add(self, member: Member, entry: Entry) -> bool:
        """Keep a new user as a member; False where one with the address exists."""
        ...

    def admit(self, member: Member, entry: Entry) -> bool:
        """Make a user who exists a member; False where they are one already."""
        ...

    def change(self, account_id: str, user_id: str, entry: Entry, **fields: Unpack[MemberChanges]) -> Member | None:
        """Set fields, and end the sessions in the account of one that is disabled.

        None where there is no such member, or where it was the last administrator who could sign in.
        """
        ...

    def set_password(self, user_id: str, password_hash: str, entry: Entry) -> None:
        """Keep another password, and end all sessions of the user, in every account."""

    def rehash(self, user: User, password_hash: str) -> None:
        """Keep another hash of the same password, unless the password has been changed since the user was read."""


def folded(email: str) -> str:
    """The address as it is compared: without blanks around it, and whatever the case."""
    # A surrogate cannot be asked for in the store.
    return unicodedata.normalize("NFKC", email).strip().casefold().encode("utf-8", "replace").decode()


def checked_email(email: str) -> str:
    """The folded address of a new user. Raises WrongCall `user_invalid`. One on the own machine may have no dot."""
    address = folded(email)
    if len(address) > _LONGEST or not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or not address.isprintable():
        raise WrongCall("user_invalid", "That is not an e-mail address.", "A user signs in with one, such as ann@example.com.")
    return address


def checked_name(name: str) -> str:
    """The name of a user or passcode without blanks around it. Raises WrongCall `name_invalid`."""
    stripped = name.strip()
    if not 0 < len(stripped) <= _LONGEST or not stripped.isprintable():
        raise WrongCall("name_invalid", f"A name has 1 to {_LONGEST} characters on one line.")
    return stripped
