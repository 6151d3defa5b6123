"""Who did what: the audit log, and the port behind which it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

#: Words and numbers about an action. Never a person's data, never a secret: the log is read by more people than the profiles.
Details: TypeAlias = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that somebody did."""

    at: datetime
    account_id: str
    #: The id of the user or passcode; `operator` for whoever works on the data directory itself.
    who: str
    #: What they were called then.
    who_name: str
    #: A verb and its object, such as `passcode.revoke`.
    action: str
    #: The id of what it was done to.
    object: str
    details: Details
    #: Where it came in: cli, api, dashboard, sftp.
    door: str
    #: Counts up; given by the log.
    number: int = 0


class AuditLog(Protocol):
    """Where entries are kept. There is no way to change or remove one."""

    def add(self, entry: Entry) -> None:
        """Append an entry. What changes a user, a session or a passcode appends its own, in the same transaction."""

    def list(self, account_id: str, limit: int, before: int | None = None) -> Sequence[Entry]:
        """At most `limit` entries of the account, newest first; those below the number `before`, which is where a page ended."""
