"""Passcodes: how machines say who they are, and the port behind which they are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from headcount.audit import Entry
from headcount.auth.rights import FOR_MACHINES, Principal, Right
from headcount.auth.tokens import keyed_hash, new_id, new_token, same
from headcount.auth.users import checked_name
from headcount.errors import WrongCall

#: Characters of a passcode that the operator chose.
SHORTEST = 16
#: Use is noted at most this often, because a note is a write.
NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passcode:
    """A machine's way into one account."""

    id: str
    account_id: str
    name: str
    secret_hash: str = field(repr=False)
    #: What whoever presents it may do.
    scope: frozenset[Right]
    created_at: datetime
    #: To the minute.
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def matches(self, secret: str) -> bool:
        """Whether that is its secret, in a time that tells nothing about it."""
        return same(self.secret_hash, keyed_hash(self.id, secret))

    def principal(self, door: str) -> Principal:
        """The machine as who asks."""
        return Principal(id=self.id, name=self.name, account_id=self.account_id, rights=self.scope, door=door)


@dataclass(frozen=True, slots=True)
class NewPasscode:
    """A passcode with its secret, which is nowhere else: it is shown once."""

    passcode: Passcode
    secret: str = field(repr=False)


class Passcodes(Protocol):
    """Where passcodes are kept. Each method is one transaction; the entry of the audit log is part of it."""

    def add(self, passcode: Passcode, entry: Entry) -> None:
        """Keep a new passcode."""

    def list(self, account_id: str) -> Sequence[Passcode]:
        """The passcodes of the account, revoked ones too, oldest first."""
        ...

    def note_use(self, passcode_id: str, at: datetime) -> None:
        """Say that it was used."""

    def revoke(self, account_id: str, passcode_id: str, entry: Entry) -> bool:
        """End it at the time of the entry; False where the account has no such, or it was revoked before."""
        ...


def new_passcode(account_id: str, name: str, scope: Collection[Right], at: datetime, secret: str | None = None) -> NewPasscode:
    """A passcode with a secret drawn for it, or with the one that the operator chose.

    Raises WrongCall `name_invalid`, `scope_invalid`, `passcode_weak`.
    """
    if not scope or not FOR_MACHINES.issuperset(scope):
        raise WrongCall("scope_invalid", f"The scope of a passcode is one or more of {', '.join(sorted(FOR_MACHINES))}.")
    chosen = new_token() if secret is None else _checked(secret)
    passcode = Passcode(
        id=(id_ := new_id("p")),
        account_id=account_id,
        name=checked_name(name),
        secret_hash=keyed_hash(id_, chosen),
        scope=frozenset(scope),
        created_at=at,
    )
    return NewPasscode(passcode, chosen)


def _checked(secret: str) -> str:
    if len(secret) < SHORTEST or not secret.isascii() or not secret.isprintable() or " " in secret:
        what = f"A passcode has {SHORTEST} or more letters, digits and signs of ASCII, without blanks."
        raise WrongCall("passcode_weak", what, "Leave it out to have one made.")
    return secret
