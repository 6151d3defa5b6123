"""A server does what commands ask for: the one on the data directory, or one that is somewhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from headcount.cli.remote_people import RemoteErasing, RemotePeople, RemoteReach, RemoteSegments
from headcount.cli.remote_properties import RemoteProperties
from headcount.cli.work import Document, Sink
from headcount.client.connection import Connection, save_rejects
from headcount.client.failures import error_of
from headcount.client.paths import of_upload
from headcount.client.transfer import Parcel
from headcount.errors import FileRejected, HeadcountError, WrongCall
from headcount.profiles.store import Job
from headcount.segments.store import Change
from headcount.uploads.manifest import manifest_of, read
from headcount.uploads.mapping import Request
from headcount.uploads.rules import OnProgress
from headcount.uploads.upload import WORKING

#: As many of the newest uploads are looked through for interrupted ones.
_LOOKED_THROUGH = 1_000


@dataclass(frozen=True, slots=True)
class RemoteUploads:
    """Implements `UploadWork`. `program` is how another command begins."""

    connection: Connection
    program: str

    def inspect(self, file: Path, request: Request, preview: int, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        with _as_given(request):
            return self._looked_at("inspect", _parcel(file, request, on_progress), on_progress, {"preview": preview})

    def check(self, file: Path, request: Request, name: str | None, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        with _as_given(request):
            return self._looked_at("check", _parcel(file, request, on_progress), on_progress, {"name": name})

    def upload(self, file: Path, request: Request, name: str | None, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        try:
            begun = self.connection.send("uploads", _parcel(file, request, on_progress), {"name": name, "wait": 0})
        except FileRejected as error:
            if error.upload is None:
                raise
            return self.show(error.upload)
        except KeyboardInterrupt as stop:
            raise HeadcountError("stopped", "Stopped while the file was sent; nothing of it was kept.", "Upload it again.") from stop
        with _as_given(request):
            return self._followed(begun, on_progress)

    def list(self, limit: int) -> Sequence[Document]:
        """See UploadWork."""
        found: list[Document] = self.connection.get("uploads", {"limit": limit})["uploads"]
        return found

    def show(self, upload_id: str) -> Document:
        """See UploadWork."""
        found: Document = self.connection.get(of_upload(upload_id))
        return found

    def rejects(self, upload_id: str, sink: Sink) -> bool:
        """See UploadWork."""
        return save_rejects(self.connection, upload_id, sink)

    def request(self, upload_id: str) -> Request:
        """See UploadWork."""
        return read(json.dumps(self.connection.get(of_upload(upload_id, "manifest")))).request

    def interrupted(self) -> Sequence[str]:
        """See UploadWork."""
        return [upload["id"] for upload in reversed(self.list(_LOOKED_THROUGH)) if upload["status"] == "interrupted"]

    def resume(self, upload_id: str, answers: Request | None, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        status = None if answers else self.show(upload_id)["upload"]["status"]
        if status == "start_mapping":
            answers = self.request(upload_id)
        if answers is None:
            return self._done("apply" if status == "ready" else "resume", upload_id, on_progress)
        with _as_given(answers):
            return self._followed(self.connection.put(of_upload(upload_id, "mapping"), manifest_of(answers)), on_progress)

    def cancel(self, upload_id: str) -> Document:
        """See UploadWork."""
        found: Document = self.connection.post(of_upload(upload_id, "cancel"))
        return found

    def reverse(self, upload_id: str, job: Job, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        return self._done(job, upload_id, on_progress)

    def would_undo(self, upload_id: str, on_progress: OnProgress) -> Document:
        """See UploadWork."""
        found: Document = self.connection.watch(of_upload(upload_id, "undo"), on_progress)
        return found

    def _looked_at(self, path: str, parcel: Parcel, on_progress: OnProgress, query: dict[str, str | int | None]) -> Document:
        found: Document = self.connection.send_and_watch(path, parcel, on_progress, query)
        return found

    def _done(self, what: str, upload_id: str, on_progress: OnProgress) -> Document:
        return self._followed(self.connection.post(of_upload(upload_id, what)), on_progress)

    def _followed(self, begun: Document, on_progress: OnProgress) -> Document:
        """The document of an upload when nobody works on it any more. Raises what went wrong with the work."""
        upload_id = begun["upload"]["id"]
        with self._goes_on(upload_id):
            end = self.connection.watch(of_upload(upload_id, "progress"), on_progress)
        if end.get("error"):
            raise error_of(end["error"])
        if end["status"] in WORKING:
            message = f"The server is stopping; upload {upload_id} goes on when it runs again."
            raise HeadcountError("server_gone", message, f"See how far it is: {self.program} uploads show {upload_id}")
        return self.show(upload_id)

    @contextmanager
    def _goes_on(self, upload_id: str) -> Iterator[None]:
        """Where a person stops the command, say that the server does not stop."""
        try:
            yield
        except KeyboardInterrupt as stop:
            message = f"Stopped looking on; the server goes on with upload {upload_id}."
            advice = f"See how far it is: {self.program} uploads show {upload_id}\nStop it: {self.program} uploads cancel {upload_id}"
            raise HeadcountError("stopped", message, advice) from stop


@dataclass(frozen=True, slots=True)
class Remote:
    """Implements `Work`."""

    uploads: RemoteUploads
    people: RemotePeople
    segments: RemoteSegments
    erasing: RemoteErasing
    properties: RemoteProperties
    reach: RemoteReach

    @classmethod
    def over(cls, connection: Connection, program: str) -> Remote:
        """The work of a server."""
        people = RemotePeople(connection), RemoteSegments(connection), RemoteErasing(connection)
        return cls(RemoteUploads(connection, program), *people, RemoteProperties(connection), RemoteReach(connection))

    def fill(  # noqa: PLR0917 - what is changed, by what, and how
        self, name: str, file: Path, request: Request, change: Change, expires_at: datetime | None, on_progress: OnProgress
    ) -> Document:
        """See Work."""
        query = {"name": name, "change": change, "expires_at": expires_at.isoformat() if expires_at else None}
        found: Document = self.uploads.connection.send("segments/audience", _parcel(file, request, on_progress), query)
        return found


@contextmanager
def _as_given(request: Request) -> Iterator[None]:
    """Where no manifest was given, none is blamed: flags travel as one."""
    try:
        yield
    except WrongCall as error:
        if not any(asked.path for asked in request.columns.values()):
            error.message = re.sub(r", which the manifest names at [^“”]*\.$", ".", error.message)
        raise


def _parcel(file: Path, request: Request, on_progress: OnProgress) -> Parcel:
    return Parcel.of(file, manifest_of(request), partial(on_progress, "receiving"))
