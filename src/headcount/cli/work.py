"""What commands ask for. The data directory itself answers (`local`), or a server does (`remote`): both with the same documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias

from headcount.campaigns.messages import Record
from headcount.campaigns.reach import Cap, Place
from headcount.people.segments import Wish
from headcount.profiles.consent import Channel, Source
from headcount.profiles.store import Job
from headcount.segments.export import Format
from headcount.segments.store import Change
from headcount.uploads.mapping import Request
from headcount.uploads.rules import OnProgress
from headcount.values.types import Type

#: A JSON object, as `--json` prints it.
Document: TypeAlias = dict[str, Any]
#: Opens where a file goes.
Sink: TypeAlias = Callable[[], AbstractContextManager[BinaryIO]]


class UploadWork(Protocol):
    """What is asked about files and uploads. Each method raises HeadcountError; `stopped` where a person stops it."""

    def inspect(self, file: Path, request: Request, preview: int, on_progress: OnProgress) -> Document:
        """What a file is, with so many rows of it."""
        ...

    def check(self, file: Path, request: Request, name: str | None, on_progress: OnProgress) -> Document:
        """What an upload of the file would do now."""
        ...

    def upload(self, file: Path, request: Request, name: str | None, on_progress: OnProgress) -> Document:
        """Apply a file unless something is open."""
        ...

    def list(self, limit: int) -> Sequence[Document]:
        """The newest uploads, newest first."""
        ...

    def show(self, upload_id: str) -> Document:
        """The document of an upload."""
        ...

    def rejects(self, upload_id: str, sink: Sink) -> bool:
        """Write the rejects file; False where there is none."""
        ...

    def request(self, upload_id: str) -> Request:
        """The mapping as it was asked for."""
        ...

    def interrupted(self) -> Sequence[str]:
        """The ids of the uploads that stopped in the middle, in the order of their turns."""
        ...

    def resume(self, upload_id: str, answers: Request | None, on_progress: OnProgress) -> Document:
        """Go on with an upload that was interrupted, or that waits for the answers."""
        ...

    def cancel(self, upload_id: str) -> Document:
        """Stop an upload."""
        ...

    def reverse(self, upload_id: str, job: Job, on_progress: OnProgress) -> Document:
        """Take an upload back, or bring it back."""
        ...

    def would_undo(self, upload_id: str, on_progress: OnProgress) -> Document:
        """What taking it back would do now."""
        ...


class PeopleWork(Protocol):
    """What is asked about people. `headcount.people.desk.PeopleDesk` says what each method gives."""

    def show(self, identity: str) -> Document:
        """One person."""
        ...

    def find(self, text: str, limit: int) -> Sequence[Document]:
        """People who have the text."""
        ...

    def consent_log(self, identity: str | None, upload: str | None, limit: int) -> Sequence[Document]:
        """The newest entries of the consent log."""
        ...

    def set_consent(self, identity: str, channel: Channel, *, subscribed: bool, source: Source, reason: str | None = None) -> Document:
        """Change a consent."""
        ...

    def export(self, condition: str, names: Sequence[str] | None, file_format: Format, out: BinaryIO, on_progress: OnProgress) -> Document:
        """Write the people whom a filter matches."""
        ...


class SegmentWork(Protocol):
    """What is asked about segments. `headcount.people.segments.SegmentDesk` says what each method gives."""

    def count(self, condition: str) -> Document:
        """How many people a filter matches."""
        ...

    def people(self, condition: str, limit: int) -> Sequence[Document]:
        """Some of the people whom a filter matches."""
        ...

    def list(self, name: str | None = None) -> Sequence[Document]:
        """The saved segments, or the one of a name."""
        ...

    def save(self, wish: Wish) -> Document:
        """Save a new segment."""
        ...

    def change(self, segment_id: str, wish: Wish) -> Document:
        """Make another of a segment."""
        ...

    def delete(self, segment_id: str) -> None:
        """Forget a segment."""
        ...


class EraseWork(Protocol):
    """What is asked about people who are to go. `headcount.uploads.scrub_desk.ScrubDesk` says what the documents are."""

    def erase(self, identity: str) -> int:
        """Erase a person; how many profiles there were."""
        ...

    def state(self) -> Document:
        """Of how many people files still hold traces."""
        ...

    def scrub(self) -> Document:
        """Take the traces out now, and wait until that is done; what is still to be done after it."""
        ...


class PropertyWork(Protocol):
    """What is asked about properties. `headcount.people.properties.PropertyDesk` says what each method gives."""

    def list(self) -> Document:
        """Every property."""
        ...

    def names(self) -> Sequence[str]:
        """What they are called."""
        ...

    def show(self, name: str) -> Document:
        """One property."""
        ...

    def rename(self, name: str, wanted: str) -> Document:
        """Call it otherwise."""
        ...

    def describe(self, name: str, description: str) -> Document:
        """Say what it is."""
        ...

    def hide(self, name: str, *, hidden: bool) -> Document:
        """Leave it out where nobody asks for it, or no longer."""
        ...

    def would_retype(self, name: str, wanted: Type) -> Document:
        """What another type would do."""
        ...

    def retype(self, name: str, wanted: Type) -> Document:
        """Change the type of a property."""
        ...

    def would_delete(self, name: str) -> Document:
        """What deleting it would remove."""
        ...

    def delete(self, name: str, confirmed: str | None) -> Document:
        """Remove it."""
        ...


class ReachWork(Protocol):
    """What is asked about the way to a message. `headcount.campaigns.desk.ReachDesk` says what each method gives."""

    def reach(self, condition: str, channels: Sequence[Channel]) -> Document:
        """How many people end in each place, of each channel."""
        ...

    def people(self, condition: str, channel: Channel, place: Place, limit: int) -> Sequence[Document]:
        """The people who end in one place."""
        ...

    def delivery(self) -> Document:
        """What holds for every message."""
        ...

    def set_delivery(self, caps: Mapping[Channel, Cap], control_percent: int) -> Document:
        """Say what holds from now on, the whole of it."""
        ...

    def keep_messages(self, records: Sequence[Record], key: str | None) -> Document:
        """Tell of messages that were sent."""
        ...


class Work(Protocol):
    """All that commands ask for, of one account."""

    @property
    def uploads(self) -> UploadWork:
        """Files and uploads."""
        ...

    @property
    def people(self) -> PeopleWork:
        """People, consent, properties."""
        ...

    @property
    def segments(self) -> SegmentWork:
        """Filters and saved segments."""
        ...

    def fill(  # noqa: PLR0917 - what is changed, by what, and how
        self, name: str, file: Path, request: Request, change: Change, expires_at: datetime | None, on_progress: OnProgress
    ) -> Document:
        """Change a list of people by a file. `headcount.people.segments.SegmentDesk.fill` says what it gives."""
        ...

    @property
    def erasing(self) -> EraseWork:
        """People who are to go."""
        ...

    @property
    def properties(self) -> PropertyWork:
        """Properties."""
        ...

    @property
    def reach(self) -> ReachWork:
        """Whom messages reach."""
        ...
