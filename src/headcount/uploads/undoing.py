"""Taking an upload back, and bringing it back after that: a job in pieces that can be killed at any moment and goes on where it was."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headcount.errors import HeadcountError, WrongCall
from headcount.profiles.store import Job, ProfileStore, Progress, Reversal, Reversed
from headcount.uploads.owner import is_alive, this_process
from headcount.uploads.reading import rows_of_chunk
from headcount.uploads.rules import OnProgress, OpenStore, Rules, no_progress
from headcount.uploads.undo_ledger import UndoTally, of_reversed
from headcount.uploads.upload import REVERSING, WORKING, Document, Status, UploadRecord, UploadRecords, is_interrupted
from headcount.values.instants import in_utc, utc_text

_JOBS: dict[Status, Job] = {Status.UNDOING: "undo", Status.REDOING: "redo"}
#: Pieces of a reversal are smaller than chunks: they hold values from before and after.
_PIECES_A_CHUNK = 2
_PHASES: dict[Job, str] = {"undo": "undoing", "redo": "redoing"}


@dataclass(frozen=True, slots=True)
class Undoing:
    """Takes back the uploads of one account."""

    records: UploadRecords
    open_store: OpenStore
    rules: Rules

    def begin(self, upload_id: str, job: Job, *, door: str, actor: str) -> UploadRecord:
        """The upload on its way back, owned by this process. Raises WrongCall where it cannot be."""
        record = self.records.get(self.rules.account, upload_id)
        self._assert_possible(record, job)
        asked = {"at": utc_text(datetime.now(UTC)), "by": actor or None, "door": door, "was": record.status.value}
        report = {**(record.report or {}), "reversal": asked}
        to = Status.UNDOING if job == "undo" else Status.REDOING
        claimed = self.records.claim(record.id, this_process(), instead_of=record.owner)
        if not (claimed and self.records.advance(record.id, record.status, to, in_line=True, report=report)):
            raise HeadcountError("upload_taken", f"Another process is already working on upload {record.id}.", "")
        return self.records.get(self.rules.account, record.id)

    def run(self, record: UploadRecord, on_progress: OnProgress) -> None:
        """Go on with the job that the record is in, to its end. Raises WrongCall where nothing is kept any more by which it could be."""
        started, job = time.monotonic(), _JOBS[record.status]
        with self.open_store() as store:
            forget_expired(self.records, store, self.rules)
            self._assert_kept(record, store)
            reversal = _reversal(record)
            tally = self._pieces(record, store, reversal, on_progress)
            store.end_reversal(reversal)
            document = self._document(tally, store)
        self._end(record, job, document | {"seconds": round(time.monotonic() - started, 3)})

    def would(self, upload_id: str, on_progress: OnProgress = no_progress) -> Document:
        """The document that taking an upload back would give now; nothing is stored. Raises WrongCall."""
        record = self.records.get(self.rules.account, upload_id)
        self._assert_possible(record, "undo")
        started = time.monotonic()
        with self.open_store() as store:
            self._assert_kept(record, store)
            tally = self._pieces(record, store, Reversal("undo", record.number, _now()), on_progress, keep=False)
            return {**self._document(tally, store), "seconds": round(time.monotonic() - started, 3)}

    def give_up(self, record: UploadRecord) -> None:
        """Leave an upload as it was before the job."""
        report = {key: value for key, value in (record.report or {}).items() if key != "reversal"}
        self.records.advance(record.id, record.status, Status(_asked(record)["was"]), report=report)

    def _end(self, record: UploadRecord, job: Job, document: Document) -> None:
        report, asked = dict(record.report or {}), _asked(record)
        before = report.pop("undo", asked)
        for name in ("reversal", "redo"):
            report.pop(name, None)
        to = Status.UNDONE if job == "undo" else Status(before["was"])
        self.records.advance(record.id, record.status, to, report={**report, job: asked | document}, error=None)

    def _pieces(
        self, record: UploadRecord, store: ProfileStore, reversal: Reversal, on_progress: OnProgress, *, keep: bool = True
    ) -> UndoTally:
        done = store.progress(record.number, reversal.job) if keep else Progress(0, {})
        tally = UndoTally.from_json(done.tally)
        last, size = store.last_row(reversal), self._rows_of_piece(record)
        start = done.chunks
        while last and start <= last:
            try:
                tally = _piece(store, reversal, range(start, start + size), tally, keep=keep)
            except HeadcountError as error:
                if error.code != "memory_short" or size == 1:
                    raise
                size //= 2
                continue
            start += size
            on_progress(_PHASES[reversal.job], min(start, last), last)
        return tally

    def _rows_of_piece(self, record: UploadRecord) -> int:
        return max(1, rows_of_chunk(self.rules.chunk_rows, len((record.plan or {}).get("headers", ()))) // _PIECES_A_CHUNK)

    def _document(self, tally: UndoTally, store: ProfileStore) -> Document:
        properties = {p.number: p for p in store.properties()}
        return tally.document(properties, self.records.ids(self.rules.account))

    def _assert_possible(self, record: UploadRecord, job: Job) -> None:
        reason, advice = _obstacle(record, job)
        others = (r for r in self.records.working(self.rules.account) if r.status in REVERSING and r.id != record.id)
        unfinished = next((r for r in others if is_interrupted(r, is_alive)), None)
        if not reason and unfinished:
            reason = f"Upload {unfinished.id} was interrupted while it was taken back or brought back."
            advice = f"Go on with that first: `headcount uploads resume {unfinished.id}`."
        if not reason and _expired(record, self.rules):
            reason = f"Upload {record.id} was finished more than {self.rules.undo_days} days ago; what an undo needs is kept no longer."
            advice = "The setting undo_days says for how long it is."
        if reason:
            raise WrongCall(f"{job}_impossible", reason, advice)

    def _assert_kept(self, record: UploadRecord, store: ProfileStore) -> None:
        ledger = (record.report or {}).get("ledger") or {}
        changed = sum(ledger.get(part, 0) for part in ("created", "updated", "stored"))
        if changed and record.number not in store.undoable():
            reason = f"What an undo of upload {record.id} needs is not kept."
            raise WrongCall("undo_impossible", reason, "The setting undo_days says for how long it is.")


def forget_expired(records: UploadRecords, store: ProfileStore, rules: Rules) -> None:
    """Remove what was kept for uploads that cannot be undone any more."""
    kept = set(store.undoable())
    expired = kept.intersection(records.finished_before(rules.account, _oldest(rules))) if kept else None
    if expired:
        store.forget(expired)


def undo_until(record: UploadRecord, rules: Rules) -> datetime | None:
    """Until when an upload can be taken back or brought back; None where it cannot be."""
    if _obstacle(record, "redo" if record.status is Status.UNDONE else "undo")[0] or record.finished_at is None:
        return None
    return None if _expired(record, rules) else record.finished_at + timedelta(days=rules.undo_days)


def _piece(store: ProfileStore, reversal: Reversal, rows: range, before: UndoTally, *, keep: bool) -> UndoTally:
    after = before

    def progress(done: Reversed) -> Progress:
        nonlocal after
        after = before + of_reversed(done)
        return Progress(rows.stop, after.to_json())

    store.reverse(reversal, rows, progress, keep=keep)
    return after


def _obstacle(record: UploadRecord, job: Job) -> tuple[str, str]:
    """Why an upload in its status cannot be taken back, or brought back, and what to do; blank where it can."""
    upload, status = f"Upload {record.id}", record.status
    if status in WORKING:
        return _at_work(record)
    if job == "redo":
        return ("", "") if status is Status.UNDONE else (f"{upload} is {status}; only what was undone can be brought back.", "")
    if status is Status.CANCELLED and not (record.report or {}).get("ledger"):
        return f"{upload} was cancelled before anything was applied.", ""
    waits = f"{upload} waits and has changed nothing yet.", f"`headcount uploads cancel {record.id}` gives it up."
    return {
        Status.UNDONE: (f"{upload} is undone already.", f"`headcount uploads redo {record.id}` brings it back."),
        Status.REJECTED: (f"{upload} was rejected; it changed nothing.", ""),
        Status.START_MAPPING: waits,
        Status.READY: waits,
    }.get(status, ("", ""))


def _at_work(record: UploadRecord) -> tuple[str, str]:
    if is_interrupted(record, is_alive):
        return f"Upload {record.id} was interrupted.", f"Go on with it first: `headcount uploads resume {record.id}`."
    return f"Upload {record.id} is {record.status}.", "Wait until that is done."


def _expired(record: UploadRecord, rules: Rules) -> bool:
    return record.finished_at is not None and record.finished_at < _oldest(rules)


def _oldest(rules: Rules) -> datetime:
    """Uploads that were finished before cannot be undone any more."""
    return datetime.now(UTC) - timedelta(days=rules.undo_days)


def _asked(record: UploadRecord) -> Document:
    """When the job was asked for, by whom and through which door, and what the upload was before."""
    asked: Document = (record.report or {})["reversal"]
    return asked


def _reversal(record: UploadRecord) -> Reversal:
    asked = _asked(record)
    at = in_utc(datetime.fromisoformat(asked["at"]))
    return Reversal(_JOBS[record.status], record.number, at, asked["by"] or "", asked["door"])


def _now() -> datetime:
    return in_utc(datetime.now(UTC))
