"""Sessions: how long a sign-in lasts, and the port behind which they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from headcount.audit import Entry
from headcount.auth.tokens import csrf_token, keyed_hash
from headcount.auth.users import Member

#: How long one lasts at most.
LONGEST = timedelta(hours=12)
#: How long one lasts without being used.
IDLE = timedelta(hours=2)
#: Use is noted at most this often, because a note is a write.
NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in of a user in one account."""

    id: str
    user_id: str
    account_id: str
    token_hash: str = field(repr=False)
    created_at: datetime
    #: When it was last used, to the minute.
    seen_at: datetime

    def is_live(self, at: datetime) -> bool:
        """Whether it still counts."""
        return at < self.created_at + LONGEST and at < self.seen_at + IDLE


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session with its token, which is nowhere else: for the cookie of the browser."""

    session: Session
    token: str = field(repr=False)

    @property
    def csrf(self) -> str:
        """The token for the forms of the session."""
        return csrf_token(self.token)


class Sessions(Protocol):
    """Where sessions are kept. Each method is one transaction."""

    def add(self, session: Session, entry: Entry) -> None:
        """Keep a new session with its entry of the audit log, and forget those that ended by themselves."""

    def find(self, token_hash: str) -> tuple[Session, Member] | None:
        """The session with the token of that hash, and who signed in."""
        ...

    def of_user(self, user_id: str) -> Sequence[Session]:
        """The sessions of the user in all accounts, newest first."""
        ...

    def note_use(self, session_id: str, at: datetime) -> None:
        """Say that it was used."""

    def end(self, user_id: str, session_id: str) -> bool:
        """Forget the session; False where the user has no such."""
        ...

    def end_all(self, user_id: str) -> None:
        """Forget all sessions of the user."""


def session_hash(token: str) -> str:
    """What is kept of a session's token, and what it is found by."""
    return keyed_hash("session", token)
