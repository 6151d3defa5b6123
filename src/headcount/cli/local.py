"""The data directory itself does what commands ask for, as nobody else works on it."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from headcount.auth.rights import Principal, operator
from headcount.bootstrap import Application
from headcount.campaigns.desk import ReachDesk
from headcount.cli.exits import was_stopped
from headcount.cli.work import Document, Sink
from headcount.errors import HeadcountError
from headcount.people.desk import PeopleDesk
from headcount.people.properties import PropertyDesk
from headcount.people.records import RecordDesk
from headcount.people.segments import SegmentDesk
from headcount.profiles.store import Job
from headcount.segments.store import Change
from headcount.uploads import listing
from headcount.uploads.mapping import Request
from headcount.uploads.rules import OnProgress
from headcount.uploads.scrub_desk import ScrubDesk

_DOOR = "cli"


@dataclass(frozen=True, slots=True)
class LocalUploads:
    """Implements `UploadWork`. `program` is how another command begins."""

    app: Application
    program: str
    by: Principal

    def inspect(self, file: Path, request: Request, preview: int, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        return self.app.looking.document(file, request, preview=preview, on_progress=on_progress)

    def check(self, file: Path, request: Request, name: str | None, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        return self.app.checking.check(file, request, name=name, door=_DOOR, on_progress=on_progress)

    def upload(self, file: Path, request: Request, name: str | None, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        with self._resumable():
            document = self.app.uploads.upload(file, request, name=name, door=_DOOR, actor=self.by.name, on_progress=on_progress)
        return self._logged("upload.begin", document)

    def list(self, limit: int) -> Sequence[Document]:
        """See UploadWork."""
        return self.app.history.list(limit)

    def show(self, upload_id: str) -> Document:
        """See UploadWork."""
        return self.app.history.show(upload_id)

    def rejects(self, upload_id: str, sink: Sink) -> bool:
        """See UploadWork."""
        path = self.app.history.rejects(upload_id)
        if path is None:
            return False
        with path.open("rb") as source, sink() as out:
            shutil.copyfileobj(source, out)
        self._log("upload.rejects", self.app.history.show(upload_id)["upload"]["id"])
        return True

    def request(self, upload_id: str) -> Request:
        """See UploadWork."""
        return self.app.history.request(upload_id)

    def interrupted(self) -> Sequence[str]:
        """See UploadWork."""
        return [record.id for record in self.app.uploads.interrupted()]

    def resume(self, upload_id: str, answers: Request | None, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        with self._resumable():
            document = self.app.uploads.resume(upload_id, answers=answers, on_progress=on_progress)
        return self._logged("upload.answer" if answers else "upload.resume", document)

    def cancel(self, upload_id: str) -> Document:
        """See UploadWork."""
        return self._logged("upload.cancel", self.app.uploads.cancel(upload_id))

    def reverse(self, upload_id: str, job: Job, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        with self._resumable():
            document = self.app.uploads.reverse(upload_id, job, door=_DOOR, actor=self.by.name, on_progress=on_progress)
        return self._logged(f"upload.{job}", document)

    def would_undo(self, upload_id: str, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        return self.app.undoing.would(upload_id, on_progress)

    def _logged(self, action: str, document: Document) -> Document:
        """Who did what stands in the audit log, through whatever door."""
        self._log(action, document["upload"]["id"])
        return document

    def _log(self, action: str, on: str) -> None:
        self.app.log.add(self.by.did(action, on, datetime.now(UTC)))

    @contextmanager
    def _resumable(self) -> Iterator[None]:
        """Where a person stops the command, say how the upload goes on."""
        try:
            yield
        except BaseException as error:
            if not was_stopped(error):
                raise
            which = "".join(f" {upload_id}" for upload_id in self.interrupted()[-1:])
            advice = f"Go on with: {self.program} uploads resume{which}"
            raise HeadcountError("stopped", "Stopped before the upload was done; nothing is lost.", advice) from error


@dataclass(frozen=True, slots=True)
class LocalErasing:
    """Implements `EraseWork`."""

    records: RecordDesk
    scrubs: ScrubDesk

    def erase(self, identity: str) -> int:
        """See EraseWork."""
        return self.records.erase("identity", [identity])

    def state(self) -> Document:
        """See EraseWork."""
        return self.scrubs.state()

    def scrub(self) -> Document:
        """See EraseWork."""
        return self.scrubs.run()


@dataclass(frozen=True, slots=True)
class Local:
    """Implements `Work`."""

    uploads: LocalUploads
    people: PeopleDesk
    segments: SegmentDesk
    erasing: LocalErasing
    properties: PropertyDesk
    reach: ReachDesk

    @classmethod
    def on(cls, app: Application, program: str) -> Local:
        """The work of whoever holds the data directory, who may do everything."""
        by = replace(operator(app.settings.account, _DOOR), name=getpass.getuser())
        uploads, desks = LocalUploads(app, program, by), app.desks
        erasing = LocalErasing(desks.records(by), desks.scrub(by))
        return cls(uploads, desks.people(by), desks.segments(by), erasing, desks.properties(by), desks.reach(by))

    def fill(  # noqa: PLR0917 - what is changed, by what, and how
        self, name: str, file: Path, request: Request, change: Change, expires_at: datetime | None, on_progress: OnProgress
    ) -> Document:
        """See Work."""
        self.segments.assert_fillable(name, change)
        with listing.opened(self.uploads.app.looking, file, request, on_progress) as listed:
            return self.segments.fill(name, listed, change, expires_at)
