"""The uploads of an account as somebody asks for them: what each may do, what each may see, and who did what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from headcount.audit import AuditLog
from headcount.auth.rights import OPERATOR, Principal, Right
from headcount.errors import HeadcountError, WrongCall
from headcount.profiles.report import COVER
from headcount.profiles.store import Part
from headcount.uploads.answers import answered
from headcount.uploads.board import NOT_WORKING
from headcount.uploads.checking import Checking
from headcount.uploads.history import History
from headcount.uploads.listing import FileListing, opened
from headcount.uploads.manifest import assert_match, manifest_of, read
from headcount.uploads.mapping import ColumnRequest, Request, unknown_columns
from headcount.uploads.masking import masked, masked_inspection, masked_reversal
from headcount.uploads.reception import Reception, assert_size
from headcount.uploads.remembered import Mappings, RememberedMapping, fingerprint, worth_remembering
from headcount.uploads.requests import request_from_json, request_to_json
from headcount.uploads.rules import OnProgress, no_progress
from headcount.uploads.sample import sample
from headcount.uploads.turns import Turns
from headcount.uploads.undoing import Undoing
from headcount.uploads.upload import Status, UploadRecord, Wanted
from headcount.values.types import Type

_WAITING = frozenset({Status.START_MAPPING, Status.READY})
#: Characters of the name of an upload that are kept.
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Means:
    """What the desk of an account works with."""

    turns: Turns
    history: History
    checking: Checking
    undoing: Undoing
    mappings: Mappings
    log: AuditLog
    clock: Callable[[], datetime]


@dataclass(slots=True)
class Incoming:
    """A file on its way in, the upload that it is for, if any, and the mapping that comes with it."""

    reception: Reception
    request: Request
    file_name: str
    upload_id: str | None = None
    #: What a manifest calls the upload that came behind the file.
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What `principal` can do with the uploads of their account. Every method raises WrongCall, `right_missing` first of all."""

    principal: Principal
    means: Means

    def list(
        self, *, limit: int = 100, status: str | None = None, since: date | None = None, until: date | None = None
    ) -> list[dict[str, Any]]:
        """The newest uploads as upload objects: in this status, accepted on these days of the account's time zone."""
        self.principal.demand(Right.READ)
        zone = ZoneInfo(self.means.history.rules.zone)
        wanted = Wanted(
            statuses=_statuses(status),
            since=None if since is None else _begin_of(since, zone),
            before=None if until is None else _begin_of(until + timedelta(days=1), zone),
        )
        return self.means.history.list(limit, wanted)

    def show(self, upload_id: str) -> dict[str, Any]:
        """The public document of an upload."""
        self.principal.demand(Right.READ)
        return self._seen(self.means.history.show(upload_id))

    def receipt(self, upload_id: str) -> dict[str, Any]:
        """The same for who has just brought the file, who need not be able to read what others brought."""
        self.principal.demand(Right.UPLOAD)
        return self._seen(self.means.history.show(upload_id))

    def inspection(self, upload_id: str) -> dict[str, Any] | None:
        """What the file is, as the document of `headcount inspect` says it, while the upload waits; else None."""
        self.principal.demand(Right.READ)
        found = (self._record(upload_id).report or {}).get("inspection")
        return found if found is None or self._sees_all else masked_inspection(found)

    def progress(self, upload_id: str) -> dict[str, Any]:
        """The status, and how far the work on it is: `phase`, `done`, `total`, `per_second`, `seconds_left`, null where not known."""
        self.principal.demand(Right.READ)
        record = self._record(upload_id)
        described = self.means.history.described(record)
        board = self.means.turns.uploads.board
        return {"status": described["status"], **(board.progress(record.id) if board.has(record.id) else NOT_WORKING)}

    def failure(self, upload_id: str) -> HeadcountError | None:
        """Why the last work on it ended early, where it did in this process."""
        self.principal.demand(Right.READ)
        return self.means.turns.uploads.board.failure(self._record(upload_id).id)

    def rejects(self, upload_id: str) -> Path | None:
        """The rejects file, where there is one."""
        self.principal.demand(Right.READ)
        self.principal.demand(Right.SEE_PERSONAL_DATA)
        path = self.means.history.rejects(upload_id)
        if path:
            self._log("upload.rejects", self._record(upload_id).id)
        return path

    def people(self, upload_id: str, part: Part, *, after: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        """Whom the upload created, or changed: their rows and identities, by their rows, those behind the row `after`."""
        self.principal.demand(Right.READ)
        number = self._record(upload_id).number
        with self.means.checking.looking.open_store() as store:
            found = store.touched(number, part, after=after, limit=limit)
        return [{"row": each.row, "identity": each.identity if self._sees_all else COVER} for each in found]

    def manifest(self, upload_id: str, *, resolved: bool = False) -> dict[str, Any]:
        """The mapping as a manifest: as it was given or, `resolved`, with what was found out about each column."""
        self.principal.demand(Right.READ)
        record = self._record(upload_id)
        request = request_from_json(record.request)
        return manifest_of(_resolved(request, record) if resolved else request, record.name)

    def remembered(self, upload_id: str) -> dict[str, Any] | None:
        """What was said last of a file with the same headers (`at`, `by`, `upload`, `manifest`), unless it is what this one goes by."""
        self.principal.demand(Right.READ)
        record = self._record(upload_id)
        found = self._remembered(record) if record.status in _WAITING else None
        if found is None or found.upload == record.id or _same(found, record):
            return None
        manifest = manifest_of(request_from_json(found.request), None)
        return {"at": found.at.isoformat(), "by": found.by, "upload": found.upload, "manifest": manifest}

    def sample(self) -> bytes:
        """A CSV to begin with, made from the account's own properties."""
        self.principal.demand(Right.READ)
        with self.means.checking.looking.open_store() as store:
            return sample(store.properties())

    def inspect_file(self, incoming: Incoming, *, preview: int, on_progress: OnProgress = no_progress) -> dict[str, Any]:
        """What a file that came in to be looked at is; the document of `headcount inspect`. Raises FileRejected."""
        self.principal.demand(Right.UPLOAD)
        incoming.reception.finish()
        look = self.means.checking.looking.document
        found = look(incoming.reception.target, incoming.request, preview=preview, on_progress=on_progress)
        return found if self._sees_all else masked_inspection(found)

    def check_file(self, incoming: Incoming, *, name: str | None, on_progress: OnProgress = no_progress) -> dict[str, Any]:
        """What an upload of a file that came in to be looked at would do now; the document of `headcount check`."""
        self.principal.demand(Right.UPLOAD)
        incoming.reception.finish()
        found = self.means.checking.check(
            incoming.reception.target,
            incoming.request,
            name=name,
            door=self.principal.door,
            on_progress=on_progress,
            file_name=incoming.file_name,
        )
        return found if self._sees_all else masked(found)

    def would_undo(self, upload_id: str, on_progress: OnProgress = no_progress) -> dict[str, Any]:
        """What taking it back would do now."""
        self.principal.demand(Right.UNDO)
        found = self.means.undoing.would(upload_id, on_progress)
        return found if self._sees_all else masked_reversal(found)

    def demand_upload(self, size: int = 0) -> None:
        """Before anything is received. Raises FileRejected `file_too_large`."""
        self.principal.demand(Right.UPLOAD)
        assert_size(size, self.means.history.rules.file_limit)

    @contextmanager
    def receiving(self, *, name: str, file_name: str, request: Request, review: bool, total: int) -> Iterator[Incoming]:
        """A new upload whose bytes arrive while the context lasts, and which gets in line at its end.

        `total` is their number, 0 where it is not known. When they do not all come in nothing is kept but why. Raises FileRejected,
        HeadcountError `disk_full`, and WrongCall `upload_ended` where somebody stops it meanwhile.
        """
        self.demand_upload(total)
        by = {"door": self.principal.door, "actor": self.principal.name}
        record = self.means.turns.begin(name=_on_a_line(name), file_name=file_name, request=request, review=review, **by)
        self._log("upload.begin", record.id, review=review)
        with self.means.turns.receiving(record, total) as reception:
            incoming = Incoming(reception, request, file_name, record.id)
            yield incoming
            if (incoming.request, incoming.name) != (request, None):
                called, asked = incoming.name or name, request_to_json(incoming.request)
                self.means.turns.uploads.records.change(record.id, name=_on_a_line(called), request=asked)

    @contextmanager
    def looking_at(self, *, file_name: str, request: Request, total: int) -> Iterator[Incoming]:
        """A file that arrives to be looked at, not uploaded; it goes away with the context. Raises FileRejected, HeadcountError."""
        self.demand_upload(total)
        with self.means.checking.looking.workdir() as folder:
            reception = Reception(folder / "file", self.means.history.rules.file_limit, total, no_progress)
            yield Incoming(reception, request, file_name)

    @contextmanager
    def listing(self, incoming: Incoming, on_progress: OnProgress = no_progress) -> Iterator[FileListing]:
        """Whom a file that came in to be looked at names. Raises FileRejected, WrongCall `list_unclear`."""
        self.principal.demand(Right.UPLOAD)
        incoming.reception.finish()
        with opened(self.means.checking.looking, incoming.reception.target, incoming.request, on_progress) as listing:
            yield listing

    def answer(self, upload_id: str, manifest: str) -> dict[str, Any]:
        """Take a manifest instead of the mapping so far, and look again."""
        self.principal.demand(Right.UPLOAD)
        return self._answer(self._record(upload_id), read(manifest).request)

    def answer_flags(self, upload_id: str, flags: Sequence[str]) -> dict[str, Any]:
        """Add answers to the mapping as the questions name them, such as `--day-first`, and look again."""
        self.principal.demand(Right.UPLOAD)
        record = self._record(upload_id)
        return self._answer(record, answered(request_from_json(record.request), flags))

    def use_remembered(self, upload_id: str) -> dict[str, Any]:
        """Take the mapping that is remembered for these headers, and look again."""
        self.principal.demand(Right.UPLOAD)
        record = self._record(upload_id)
        found = self._remembered(record)
        if found is None:
            raise WrongCall("mapping_unknown", "No mapping is remembered for a file with these headers.", "Answer the questions instead.")
        return self._answer(record, request_from_json(found.request))

    def check(self, upload_id: str) -> dict[str, Any]:
        """Look again, as things are now."""
        self.principal.demand(Right.UPLOAD)
        record = self._record(upload_id)
        self.means.turns.check(record)
        return self._done("upload.check", record)

    def apply(self, upload_id: str, confirm_resubscribe: str | None = None) -> dict[str, Any]:
        """Apply an upload that is ready; with a reason, also the re-subscriptions of people who opted out themselves."""
        self.principal.demand(Right.UPLOAD)
        record = self._record(upload_id)
        self.means.turns.approve(record, (confirm_resubscribe or "").strip() or None)
        return self._done("upload.apply", record, resubscribe=bool(confirm_resubscribe))

    def cancel(self, upload_id: str) -> dict[str, Any]:
        """Stop an upload; what was applied by then is kept and counted."""
        self.principal.demand(Right.UPLOAD)
        record = self._record(upload_id)
        self.means.turns.uploads.cancel(record.id)
        return self._done("upload.cancel", record)

    def resume(self, upload_id: str) -> dict[str, Any]:
        """Go on with an upload that was interrupted."""
        self.principal.demand(Right.UPLOAD)
        record = self._record(upload_id)
        self.means.turns.resume(record)
        return self._done("upload.resume", record)

    def undo(self, upload_id: str) -> dict[str, Any]:
        """Take an upload back."""
        self.principal.demand(Right.UNDO)
        record = self._record(upload_id)
        self.means.turns.reverse(record.id, "undo", door=self.principal.door, actor=self.principal.name)
        return self._done("upload.undo", record)

    def redo(self, upload_id: str) -> dict[str, Any]:
        """Bring an upload back that was taken back."""
        self.principal.demand(Right.UNDO)
        record = self._record(upload_id)
        self.means.turns.reverse(record.id, "redo", door=self.principal.door, actor=self.principal.name)
        return self._done("upload.redo", record)

    def _seen(self, found: dict[str, Any]) -> dict[str, Any]:
        """A document as the principal may see it; where its files lie concerns those who can reach them only."""
        if found["rejects_file"] and self.principal.id != OPERATOR:
            found = {**found, "rejects_file": f"/api/v1/uploads/{found['upload']['id']}/rejects"}
        return found if self._sees_all else masked(found)

    @property
    def _sees_all(self) -> bool:
        return self.principal.may(Right.SEE_PERSONAL_DATA)

    def _record(self, upload_id: str) -> UploadRecord:
        return self.means.turns.uploads.records.get(self.principal.account_id, upload_id)

    def _answer(self, record: UploadRecord, request: Request) -> dict[str, Any]:
        header, request = _header(record), _as_before(request, request_from_json(record.request))
        # What can be refused now is, so that an upload stays as it is.
        assert_match(request)
        if header and (unknown := unknown_columns(header, request)) and request.delimiter in {None, _delimiter(record)}:
            raise WrongCall("column_unknown", f"The file has no column “{unknown[0]}”.", f"Its columns are: {', '.join(header[:20])}.")
        self.means.turns.answer(record, request)
        if header:
            self.means.mappings.remember(self._mapping(record, header, request))
        return self._done("upload.answer", record)

    def _mapping(self, record: UploadRecord, header: Sequence[str], request: Request) -> RememberedMapping:
        return RememberedMapping(
            account_id=record.account_id,
            headers=fingerprint(header, request.kind),
            request=request_to_json(worth_remembering(request)),
            upload=record.id,
            by=self.principal.name,
            at=self.means.clock(),
        )

    def _remembered(self, record: UploadRecord) -> RememberedMapping | None:
        header = _header(record)
        kind = request_from_json(record.request).kind
        return self.means.mappings.find(record.account_id, fingerprint(header, kind)) if header else None

    def _done(self, action: str, record: UploadRecord, **details: str | int | bool) -> dict[str, Any]:
        self._log(action, record.id, **details)
        return self._seen(self.means.history.show(record.id))

    def _log(self, action: str, on: str, **details: str | int | bool) -> None:
        self.means.log.add(self.principal.did(action, on, self.means.clock(), **details))


def _as_before(request: Request, before: Request) -> Request:
    """An answer says what columns mean; what the rows are, and what the events are called, was said with the file."""
    if before.kind == "profile":
        return request
    return replace(request, kind=before.kind, event=request.event or before.event)


def _on_a_line(name: str) -> str:
    """What an upload is called as a list can show it."""
    return "".join(sign for sign in name if sign.isprintable())[:_LONGEST_NAME]


def _begin_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _statuses(status: str | None) -> frozenset[Status]:
    if not status:
        return frozenset()
    if status not in set(Status):
        raise WrongCall("status_unknown", f"There is no status {status!r}.", f"The statuses are {', '.join(Status)}.")
    return frozenset({Status(status)})


def _header(record: UploadRecord) -> Sequence[str]:
    found: Sequence[str] = ((record.report or {}).get("inspection") or {}).get("header", ())
    return found


def _delimiter(record: UploadRecord) -> str:
    """The one by which the file was read the last time."""
    return str(record.report["inspection"]["dialect"]["delimiter"]) if record.report else ""


def _same(found: RememberedMapping, record: UploadRecord) -> bool:
    return request_from_json(found.request) == worth_remembering(request_from_json(record.request))


def _resolved(request: Request, record: UploadRecord) -> Request:
    found = {c["header"]: c for c in (record.report or {}).get("columns", ()) if c["role"] == "property" and c["type"] and c["header"]}
    columns = {header: _column(request.columns.get(header, ColumnRequest()), column) for header, column in found.items()}
    return replace(request, columns={**request.columns, **columns})


def _column(asked: ColumnRequest, found: Mapping[str, Any]) -> ColumnRequest:
    type_ = Type(found["type"])
    return replace(asked, property=found["property"], type=type_, format=found["format"])
