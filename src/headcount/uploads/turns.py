"""The uploads of an account that a server works on: one after another, in the order in which the work was asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from headcount.errors import FileRejected, HeadcountError, WrongCall
from headcount.profiles.store import Job
from headcount.uploads import report
from headcount.uploads.applying import Cancelled
from headcount.uploads.mapping import Request
from headcount.uploads.owner import is_alive, this_process
from headcount.uploads.process import Uploads
from headcount.uploads.reception import Reception, incomplete
from headcount.uploads.requests import request_from_json, request_to_json
from headcount.uploads.rules import no_progress
from headcount.uploads.upload import WORKING, Status, UploadChanges, UploadRecord, is_interrupted
from headcount.uploads.watch import Watch

_WAITING = frozenset({Status.START_MAPPING, Status.READY})


@dataclass(frozen=True, slots=True)
class Turns:
    """Accepts work, and does it when its turn has come. `wake` tells whoever calls `next` that there is some."""

    uploads: Uploads
    wake: Callable[[], None]

    def begin(  # noqa: PLR0913 - the facts every upload begins with
        self, *, name: str, file_name: str, door: str, actor: str, request: Request, review: bool
    ) -> UploadRecord:
        """A new upload whose bytes are about to arrive."""
        return self.uploads.records.create(
            self.uploads.rules.account,
            name=name,
            file_name=file_name,
            door=door,
            actor=actor,
            owner=this_process(),
            request=request_to_json(request),
            review=review,
        )

    @contextmanager
    def receiving(self, record: UploadRecord, total: int) -> Iterator[Reception]:
        """Where the bytes of a new upload go while the context lasts; at its end the upload is in line, or nothing of it is kept.

        Raises FileRejected, HeadcountError `disk_full`, WrongCall `upload_ended`.
        """
        rules = self.uploads.rules
        with self.uploads.board.working(record.id) as tell:
            reception = Reception(rules.folder_of(record.id) / "source", rules.file_limit, total, Watch(self.uploads.records, record, tell))
            try:
                yield reception
                self._received(record, reception)
            except Cancelled:
                reception.abandon()
                self.uploads.close_cancelled(record)
                shutil.rmtree(self._folder(record), ignore_errors=True)
                raise WrongCall("upload_ended", "The upload was stopped while its file came in.", "Upload it again.") from None
            except FileRejected as error:
                reception.abandon()
                self.refused(record, error, reception.size)
                error.upload = record.id
                raise
            except OSError as error:
                reception.abandon()
                raise self._no_room(record, error) from error
            except WrongCall as error:
                # What came with the file is wrong.
                reception.abandon()
                self.refused(record, FileRejected(error.code, error.message, error.advice))
                raise
            except BaseException:
                reception.abandon()
                self.refused(record, incomplete(reception.size, total))
                raise
        self.wake()

    def _received(self, record: UploadRecord, reception: Reception) -> None:
        """Raises Cancelled where somebody has stopped it."""
        sha256 = reception.finish()
        fields: UploadChanges = {"sha256": sha256, "size_bytes": reception.size}
        if not self.uploads.records.advance(record.id, Status.RECEIVING, Status.INSPECTING, in_line=True, **fields):
            raise Cancelled

    def _no_room(self, record: UploadRecord, error: OSError) -> HeadcountError:
        reason = f"The file could not be stored: {error.strerror or error}."
        refusal = FileRejected("disk_full", reason, "Free some disk space on the server, then upload it again.")
        self.refused(record, refusal)
        return HeadcountError(refusal.code, f"{reason} Nothing of it was kept.", refusal.advice)

    def refused(self, record: UploadRecord, error: FileRejected, size: int | None = None) -> None:
        """The file did not come in; nothing of it is kept but why, and how many bytes came."""
        shutil.rmtree(self._folder(record), ignore_errors=True)
        told = {"problems": [report.file_problem(error)]}
        self.uploads.records.advance(record.id, Status.RECEIVING, Status.REJECTED, report=told, error=error.message, size_bytes=size)

    def adopt(self) -> None:
        """Go on with what another process left when it ended."""
        for record in self.uploads.interrupted():
            if self.uploads.records.claim(record.id, this_process(), instead_of=record.owner) and _is_lost(record, self._folder(record)):
                self.refused(record, incomplete(_size(self._folder(record))))
        for left in self.uploads.rules.folder.glob("inspect-*"):
            shutil.rmtree(left, ignore_errors=True)
        self.uploads.tidy()
        self.wake()

    def next(self, stopping: Callable[[], bool]) -> bool:
        """Work on the upload whose turn it is; whether there was one. What goes wrong is noted with it."""
        records = self.uploads.records.working(self.uploads.rules.account)
        record = next((r for r in records if r.owner == this_process() and r.status is not Status.RECEIVING), None)
        if record is None:
            return False
        try:
            with suppress(HeadcountError):
                self.uploads.work(record, no_progress, stopping)
        except Exception:  # noqa: BLE001 - see below
            structlog.get_logger().exception("upload_failed", upload=record.id)
            # The others have their turn, unless this one would come again and again.
            return self.uploads.records.get(record.account_id, record.id).owner is None
        return True

    def answer(self, record: UploadRecord, request: Request) -> None:
        """Look at the file of an upload that waits once more, with this mapping. Raises WrongCall `upload_not_waiting`."""
        self._claim(record, _WAITING, "takes no answers")
        self.uploads.inspect_again(record, request)
        self.wake()

    def check(self, record: UploadRecord) -> None:
        """Look once more, as things are now, and stop for a person. Raises WrongCall `upload_not_waiting`."""
        self._claim(record, _WAITING, "is not waiting")
        self.uploads.records.change(record.id, review=True)
        self.uploads.inspect_again(record, None)
        self.wake()

    def approve(self, record: UploadRecord, confirm_resubscribe: str | None) -> None:
        """Apply an upload that is ready. Raises WrongCall `upload_not_ready`."""
        if record.status is Status.START_MAPPING:
            raise WrongCall("upload_not_ready", f"Upload {record.id} waits for answers.", "Give them first; it says which.")
        self._claim(record, frozenset({Status.READY}), "is not ready to be applied", "upload_not_ready")
        request = replace(request_from_json(record.request), confirm_resubscribe=confirm_resubscribe)
        asked = request if confirm_resubscribe else request_from_json(record.request)
        if not self.uploads.records.advance(record.id, record.status, Status.PROCESSING, in_line=True, request=request_to_json(asked)):
            raise _taken(record)
        self.wake()

    def reverse(self, upload_id: str, job: Job, *, door: str, actor: str) -> None:
        """Take an upload back, or bring it back. Raises WrongCall `undo_impossible`, `redo_impossible`."""
        self.uploads.undoing.begin(upload_id, job, door=door, actor=actor)
        self.wake()

    def resume(self, record: UploadRecord) -> None:
        """Go on with an upload that was interrupted. Raises WrongCall `upload_not_interrupted`."""
        if record.status not in WORKING or not is_interrupted(record, is_alive):
            raise WrongCall("upload_not_interrupted", f"Upload {record.id} is {record.status}; there is nothing to resume.", "")
        self._own(record)
        self.wake()

    def _claim(self, record: UploadRecord, wanted: frozenset[Status], otherwise: str, code: str = "upload_not_waiting") -> None:
        if record.status not in wanted:
            raise WrongCall(code, f"Upload {record.id} {otherwise}: it is {record.status}.", "")
        self._own(record)

    def _own(self, record: UploadRecord) -> None:
        if not self.uploads.records.claim(record.id, this_process(), instead_of=record.owner):
            raise _taken(record)

    def _folder(self, record: UploadRecord) -> Path:
        return self.uploads.rules.folder / record.id


def _taken(record: UploadRecord) -> HeadcountError:
    return HeadcountError("upload_taken", f"Somebody else was faster with upload {record.id}.", "Look at it again.")


def _is_lost(record: UploadRecord, folder: Path) -> bool:
    """Whether the bytes of an upload were on their way to a process that is gone."""
    return record.status is Status.RECEIVING and not record.source_path and not (folder / "source").exists()


def _size(folder: Path) -> int:
    draft = folder / "source.part"
    return draft.stat().st_size if draft.exists() else 0
