"""An upload: its states, its record, and the port behind which the records are kept."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, TypedDict, Unpack

from headcount.uploads.owner import Owner

#: A JSON object. The module that made the document knows what is in it, nobody else looks inside.
Document: TypeAlias = dict[str, Any]


class Status(StrEnum):
    """Where an upload is in its life."""

    #: It was accepted; its bytes are being found.
    RECEIVING = "receiving"
    #: All rows are being read to find types, formats and problems.
    INSPECTING = "inspecting"
    #: Waits for a person: a question is open.
    START_MAPPING = "start_mapping"
    #: Nothing is open; waits to be applied.
    READY = "ready"
    #: Its rows are being applied.
    PROCESSING = "processing"
    #: All rows are answered for.
    COMPLETED = "completed"
    #: The file cannot be used at all; nothing was applied.
    REJECTED = "rejected"
    #: A person stopped it; what had been applied by then is kept.
    CANCELLED = "cancelled"
    #: What it changed is being taken back.
    UNDOING = "undoing"
    #: What it changed was taken back.
    UNDONE = "undone"
    #: What was taken back is being brought back.
    REDOING = "redoing"


#: From each status, those that may follow.
NEXT: Mapping[Status, frozenset[Status]] = {
    Status.RECEIVING: frozenset({Status.INSPECTING, Status.REJECTED, Status.CANCELLED}),
    # Straight to its rows where nobody wants to see a check first.
    Status.INSPECTING: frozenset({Status.START_MAPPING, Status.READY, Status.PROCESSING, Status.REJECTED, Status.CANCELLED}),
    # A new answer needs a new look at the file.
    Status.START_MAPPING: frozenset({Status.INSPECTING, Status.READY, Status.CANCELLED}),
    Status.READY: frozenset({Status.INSPECTING, Status.PROCESSING, Status.CANCELLED}),
    # Another look is needed where the account has changed since the first.
    Status.PROCESSING: frozenset({Status.COMPLETED, Status.CANCELLED, Status.INSPECTING}),
    Status.COMPLETED: frozenset({Status.UNDOING}),
    Status.REJECTED: frozenset(),
    Status.CANCELLED: frozenset({Status.UNDOING}),
    # Back to what it was, where nothing is kept any more by which it could be undone.
    Status.UNDOING: frozenset({Status.UNDONE, Status.COMPLETED, Status.CANCELLED}),
    Status.UNDONE: frozenset({Status.REDOING}),
    Status.REDOING: frozenset({Status.COMPLETED, Status.CANCELLED, Status.UNDONE}),
}

#: A process works on an upload in one of these.
WORKING = frozenset({Status.RECEIVING, Status.INSPECTING, Status.PROCESSING, Status.UNDOING, Status.REDOING})

#: A process takes the upload back or brings it back.
REVERSING = frozenset({Status.UNDOING, Status.REDOING})

#: Work on an upload has ended in one of these.
ENDED = frozenset({Status.COMPLETED, Status.REJECTED, Status.CANCELLED, Status.UNDONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRecord:
    """What is kept about an upload. Times are UTC."""

    id: str
    #: Counts the uploads of an account from 1 in the order of acceptance; names the upload inside the data file.
    number: int
    account_id: str
    name: str
    file_name: str
    #: Where it came in: cli, api, dashboard, sftp.
    door: str
    #: Who uploaded it.
    actor: str
    status: Status
    created_at: datetime
    updated_at: datetime
    #: When the work on it was asked for; works of an account are done in this order.
    turn_at: datetime
    #: When it was first completed, rejected or cancelled.
    finished_at: datetime | None
    #: Of the bytes as received, in hexadecimal.
    sha256: str | None
    size_bytes: int | None
    #: The person's own file, to receive again what a killed process left half copied.
    source_path: str | None
    #: The mapping as the person gave it.
    request: Document
    #: The mapping as it was resolved: every column, type and rule.
    plan: Document | None
    mapping_hash: str | None
    #: The upload that applied the same file with the same mapping before.
    duplicate_of: str | None
    #: The public document of the upload.
    report: Document | None
    owner_pid: int | None
    owner_started: str | None
    #: When the owner last said that it works.
    heartbeat_at: datetime | None
    #: Why the last attempt ended early.
    error: str | None
    #: Whether it stops when it is ready, with a check for a person to read.
    review: bool = False

    @property
    def owner(self) -> Owner | None:
        """The process that works on it, or did when it died."""
        if self.owner_pid is None or self.owner_started is None:
            return None
        return Owner(self.owner_pid, self.owner_started)


class UploadChanges(TypedDict, total=False):
    """The fields of a record that may be set after it was made. Those not named stay as they are."""

    name: str
    file_name: str
    sha256: str | None
    size_bytes: int | None
    source_path: str | None
    request: Document
    review: bool
    plan: Document | None
    mapping_hash: str | None
    duplicate_of: str | None
    report: Document | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which uploads are asked for."""

    #: In one of these statuses; all when empty.
    statuses: frozenset[Status] = frozenset()
    #: Accepted at this moment or later.
    since: datetime | None = None
    #: Accepted before this moment.
    before: datetime | None = None


EVERY = Wanted()


class UploadRecords(Protocol):
    """Where upload records are kept. Each method is one transaction."""

    def create(  # noqa: PLR0913 - the facts every upload begins with
        self,
        account_id: str,
        *,
        name: str,
        file_name: str,
        door: str,
        actor: str = "",
        owner: Owner | None = None,
        source_path: str | None = None,
        request: Document | None = None,
        review: bool = False,
    ) -> UploadRecord:
        """A new upload in `receiving`, with the next number of its account."""

    def get(self, account_id: str, upload_id: str) -> UploadRecord:
        """One upload by its id or the beginning of it. Raises WrongCall `upload_unknown`, `upload_ambiguous`."""

    def list(self, account_id: str, limit: int, wanted: Wanted = EVERY) -> Sequence[UploadRecord]:
        """The newest `limit` uploads of those wanted, newest first."""

    def ids(self, account_id: str) -> Mapping[int, str]:
        """The ids of all uploads by their numbers."""

    def working(self, account_id: str) -> Sequence[UploadRecord]:
        """The uploads in a status in which a process works on them, in the order of their turns."""

    def finished_before(self, account_id: str, moment: datetime) -> Collection[int]:
        """The numbers of the uploads that were finished before a moment."""

    def completed(self, account_id: str, sha256: str, mapping_hash: str) -> Sequence[UploadRecord]:
        """The completed uploads of the same bytes with the same mapping, the last one first."""

    def change(self, upload_id: str, **fields: Unpack[UploadChanges]) -> UploadRecord:
        """Set fields, whatever the status."""

    def advance(self, upload_id: str, from_: Status, to: Status, *, in_line: bool = False, **fields: Unpack[UploadChanges]) -> bool:
        """Go from one status to another and set fields with it; False where it was no longer `from_`.

        In a status in which no process works on it, it has no owner any more. `in_line` lets its turn be after that of all others.
        """

    def claim(self, upload_id: str, owner: Owner, *, instead_of: Owner | None) -> bool:
        """Make `owner` its owner; False where the owner was no longer `instead_of`, because another was faster."""

    def heartbeat(self, upload_id: str, owner: Owner) -> bool:
        """Say that `owner` still works on it; False where it is no longer the owner."""

    def release(self, upload_id: str, owner: Owner) -> bool:
        """Give it up; False where `owner` was not the owner."""


def is_interrupted(record: UploadRecord, alive: Callable[[Owner], bool]) -> bool:
    """Whether work on the upload stopped in the middle, because the process that did it is gone."""
    return record.status in WORKING and not (record.owner and alive(record.owner))


_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def new_upload_id() -> str:
    """18 characters that sort by time: `u`, the milliseconds since 1970, and 40 random bits."""
    return "u" + _base32(time.time_ns() // 1_000_000, 9) + _base32(secrets.randbits(40), 8)


def _base32(number: int, width: int) -> str:
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(width)))
