"""An upload from its first byte to its ledger. Every step can be killed at any moment and goes on where it was."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog

from headcount.errors import FileRejected, HeadcountError, WrongCall
from headcount.profiles.properties import Property
from headcount.profiles.store import Job, Origin
from headcount.uploads import metrics, rejects, report
from headcount.uploads.applying import Applying, Cancelled, Parked
from headcount.uploads.board import Board
from headcount.uploads.checking import checked
from headcount.uploads.happening import Happening
from headcount.uploads.history import document, repeated
from headcount.uploads.ledger import Tally
from headcount.uploads.looking import Looking
from headcount.uploads.mapping import Request, Role
from headcount.uploads.owner import is_alive, this_process
from headcount.uploads.plan import Plan
from headcount.uploads.reading import open_reader
from headcount.uploads.receiving import Source
from headcount.uploads.requests import request_from_json, request_to_json
from headcount.uploads.rules import OnProgress, OpenStore, Rules, no_progress, of_total
from headcount.uploads.staging import Staged
from headcount.uploads.undoing import Undoing, forget_expired
from headcount.uploads.upload import ENDED, REVERSING, Document, Status, UploadRecord, UploadRecords, is_interrupted
from headcount.uploads.watch import Watch, never
from headcount.values.instants import in_utc

_CHANGED = "The properties of the account have changed since the check, so that nothing was applied. Look at the new check."


def _not_new(record: UploadRecord, plan: Plan) -> set[str]:
    """The properties that were there when the file was read."""
    columns = [] if plan.events else (record.report or {})["columns"]
    return {c["property"] for c in columns if c["role"] == Role.PROPERTY and c["property"] and not c["new"]}


def _still(record: UploadRecord) -> str | None:
    """Whoever had said that an upload be applied learns why it waits again."""
    return record.error if record.error == _CHANGED else None


@dataclass(frozen=True, slots=True)
class Uploads:
    """Takes in, inspects and applies the uploads of one account."""

    records: UploadRecords
    open_store: OpenStore
    looking: Looking
    undoing: Undoing
    rules: Rules
    board: Board = field(default_factory=Board)

    def upload(  # noqa: PLR0913 - what an upload is called, and where and from whom it came in
        self, path: Path, request: Request, *, name: str | None, door: str, actor: str = "", on_progress: OnProgress = no_progress
    ) -> dict[str, Any]:
        """Take in a file and apply it unless something is open; the public document of the upload. Raises WrongCall, Busy."""
        record = self.records.create(
            self.rules.account,
            name=name or path.name,
            file_name=path.name,
            door=door,
            actor=actor,
            owner=this_process(),
            source_path=str(path.resolve()),
            request=request_to_json(request),
        )
        return self.work(record, on_progress)

    def resume(self, upload_id: str, *, answers: Request | None = None, on_progress: OnProgress = no_progress) -> dict[str, Any]:
        """Go on with an upload that was interrupted, that waited for the answers now given, or that is ready. Raises WrongCall."""
        record = self.records.get(self.rules.account, upload_id)
        waiting = record.status in {Status.START_MAPPING, Status.READY}
        if not waiting and not is_interrupted(record, is_alive):
            raise WrongCall("upload_not_interrupted", f"Upload {record.id} is {record.status}; there is nothing to resume.", "")
        if not self.records.claim(record.id, this_process(), instead_of=record.owner):
            raise HeadcountError("upload_taken", f"Another process is already going on with upload {record.id}.", "")
        if record.status is Status.READY and answers is None:
            self.records.advance(record.id, Status.READY, Status.PROCESSING, in_line=True)
        elif waiting:
            self.inspect_again(record, answers)
        return self.work(self._record(record), on_progress)

    def reverse(self, upload_id: str, job: Job, *, door: str, actor: str = "", on_progress: OnProgress = no_progress) -> dict[str, Any]:
        """Take an upload back (`undo`), or bring it back (`redo`); its public document. Raises WrongCall, Busy."""
        return self.work(self.undoing.begin(upload_id, job, door=door, actor=actor), on_progress)

    def inspect_again(self, record: UploadRecord, answers: Request | None) -> None:
        """Let an upload that waits be looked at again, with other answers where these are given; it is as before where they are wrong."""
        before = {"request": record.request, "status": record.status.value}
        given = request_to_json(answers) if answers else record.request
        report = {**(record.report or {}), "before": before}
        self.records.advance(record.id, record.status, Status.INSPECTING, in_line=True, request=given, report=report)

    def interrupted(self) -> list[UploadRecord]:
        """The uploads whose process died, in the order of their turns."""
        return [r for r in self.records.working(self.rules.account) if is_interrupted(r, is_alive)]

    def cancel(self, upload_id: str) -> dict[str, Any]:
        """Stop an upload; what was applied so far is kept and counted. Raises WrongCall."""
        record = self.records.get(self.rules.account, upload_id)
        while not self._cancelled(record):
            # It has gone on meanwhile.
            record = self._record(record)
        if self._nobody_works_on(record):
            self.close_cancelled(record)
        return document(self._record(record), self.rules)

    def _cancelled(self, record: UploadRecord) -> bool:
        """Whether it was still as the record says, and is cancelled now. Raises WrongCall where nothing can be cancelled."""
        if record.status in REVERSING:
            advice = "Let it come to its end; `headcount uploads redo` and `undo` go the other way after that."
            raise WrongCall("upload_reversing", f"Upload {record.id} is being taken back or brought back.", advice)
        if record.status in ENDED:
            raise WrongCall("upload_ended", f"Upload {record.id} has ended already: it is {record.status}.", "")
        return self.records.advance(record.id, record.status, Status.CANCELLED)

    def _nobody_works_on(self, record: UploadRecord) -> bool:
        """Or somebody who would see it, in a moment, and end the upload."""
        if record.owner == this_process():
            return not self.board.has(record.id)
        return record.owner is None or not is_alive(record.owner)

    def work(self, record: UploadRecord, on_progress: OnProgress, stopping: Callable[[], bool] = never) -> dict[str, Any]:
        """Work on an upload of this process until it ends or waits; its public document. Raises WrongCall, HeadcountError."""
        with self.board.working(record.id) as tell:

            def both(phase: str, done: int, total: int) -> None:
                tell(phase, done, total)
                on_progress(phase, done, total)

            return self._watched(record, Watch(self.records, record, both, stopping))

    def _watched(self, record: UploadRecord, watch: Watch) -> dict[str, Any]:
        try:
            self._to_its_end(record, watch)
        except Parked:
            structlog.get_logger().info("upload_parked", upload=record.id)
            self._let_go(record)
        except WrongCall as error:
            # Before the status tells that it ended: who looks on learns why as well.
            self.board.fail(record.id, error)
            self._refuse(self._record(record), error)
            raise
        except HeadcountError as error:
            self._fail(record, error, str(error))
            raise
        except OSError as error:
            raise self._not_stored(record, error) from error
        except BaseException:
            self._let_go(record)
            raise
        found = document(self._record(record), self.rules)
        metrics.note(found)
        return found

    def _let_go(self, record: UploadRecord) -> None:
        """Somebody else may go on with it. What comes to its end is let go of with its last step, and may be in hand again by now."""
        with suppress(HeadcountError):
            self.records.release(record.id, this_process())

    def _to_its_end(self, record: UploadRecord, watch: Watch) -> None:
        try:
            self._steps(record, watch, time.monotonic())
        except FileRejected as error:
            self._reject(self._record(record), error)
        except Cancelled:
            self.close_cancelled(self._record(record))

    def _steps(self, record: UploadRecord, watch: Watch, started: float) -> None:
        if record.status is Status.RECEIVING:
            record = self._receive(record)
        self._await_turn(record, watch)
        if record.status in REVERSING:
            self.undoing.run(record, watch)
        if record.status is Status.PROCESSING and self._has_changed(record):
            self.records.advance(record.id, Status.PROCESSING, Status.INSPECTING, review=True, error=_CHANGED)
            record = self._record(record)
        if record.status is Status.INSPECTING:
            record = self._inspect(record, watch)
        if record.status is Status.PROCESSING:
            self._apply(record, watch, started)
        if record.status not in REVERSING and self._record(record).status is Status.CANCELLED:
            # Later than the last look at whether somebody had stopped it.
            raise Cancelled

    def _receive(self, record: UploadRecord) -> UploadRecord:
        source = self._source(record)
        self.records.advance(record.id, Status.RECEIVING, Status.INSPECTING, size_bytes=source.size)
        return self._record(record)

    def _source(self, record: UploadRecord) -> Source:
        kept = self._kept(record)
        return Source.of(kept if kept.exists() else Path(record.source_path or ""), self.rules.file_limit)

    def _kept(self, record: UploadRecord) -> Path:
        return self.rules.folder_of(record.id) / "source"

    def _await_turn(self, record: UploadRecord, watch: Watch) -> None:
        """Uploads of an account apply in the order they were accepted, since they may touch the same people; so are they undone."""
        while any(
            (r.turn_at, r.number) < (record.turn_at, record.number)
            # What is still on its way gets its turn when it is here; a person's own file is here.
            and (r.status is not Status.RECEIVING or r.source_path is not None)
            # This process does them in their order by itself; waiting here for one that came in between would be for ever.
            and r.owner != this_process()
            and not is_interrupted(r, is_alive)
            for r in self.records.working(self.rules.account)
        ):
            watch("waiting", 0, 0)
            time.sleep(0.1)

    def _inspect(self, record: UploadRecord, watch: Watch) -> UploadRecord:
        workdir, request, source = self._workdir(record), request_from_json(record.request), self._source(record)
        with ThreadPoolExecutor(1, "hashing") as hashing:
            hashed = hashing.submit(lambda: record.sha256 or source.sha256())
            file, found, inspection = self.looking.stage(source.path, workdir, workdir.parent / "rejects", request, watch)
        source.assert_unchanged()
        sha256 = hashed.result()
        if found.plan is None or found.questions:
            return self._wait(record, source, sha256, report.waiting(found, file) | {"inspection": inspection})
        before = self.records.completed(self.rules.account, sha256, found.plan.fingerprint)
        described = report.described(found, file.blank_lines)
        if record.review:
            effect = checked(self.looking, found.plan, workdir, request, before, watch)
            described = {**described, **effect.report(described), "inspection": inspection}
        self.records.advance(
            record.id,
            Status.INSPECTING,
            # In one step: whoever looks in between would take it for one that waits.
            Status.READY if record.review else Status.PROCESSING,
            sha256=sha256,
            plan=found.plan.to_json(),
            mapping_hash=found.plan.fingerprint,
            duplicate_of=before[0].id if before else None,
            report=described,
            error=_still(record),
        )
        return self._record(record)

    def _has_changed(self, record: UploadRecord) -> bool:
        """Whether the account holds other properties than those that the file was read for, and nothing of it was applied yet."""
        plan = Plan.from_json(record.plan or {})
        with self.open_store() as store:
            planned = store.planned(plan.properties)
            custom = {p.name for p in (*store.properties(), *planned.values()) if not p.system}
            other = any(planned[name].type is not type_ for name, type_ in plan.properties)
            other = other or bool(_not_new(record, plan) - {p.name for p in store.properties()})
            return not store.progress(record.number).chunks and (other or len(custom) > self.rules.property_limit)

    def _wait(self, record: UploadRecord, source: Source, sha256: str, waiting: Document) -> UploadRecord:
        """Wait for a person, with the file kept: the answer may come when it is gone from where it was."""
        if source.path != self._kept(record):
            source.keep(self._kept(record))
        shutil.rmtree(self._workdir(record), ignore_errors=True)
        self.records.advance(record.id, Status.INSPECTING, Status.START_MAPPING, report=waiting, sha256=sha256, error=_still(record))
        return self._record(record)

    def _apply(self, record: UploadRecord, watch: Watch, started: float) -> None:
        workdir, plan = self._workdir(record), Plan.from_json(record.plan or {})
        with self.open_store() as store:
            forget_expired(self.records, store, self.rules)
            store.settle(in_utc(record.turn_at))
            properties = store.register(record.number, plan.properties)
        # Opened anew, the store has memory for the new columns.
        with open_reader(self.rules.engine, workdir) as connection, self.open_store() as store:
            plan = plan.numbered(properties)
            refused = rejects.Rejects(connection.cursor(), None, plan, workdir.parent / "rejects")
            refused.prepare()
            origin = self._origin(record, plan)
            staged = Staged.load(workdir / "staged")
            on_rows = of_total(watch, "applying", staged.records)
            if plan.events:
                tally = Happening(staged, plan, store, origin, on_rows).run()
            else:
                tally = Applying(connection, staged, plan, store, origin, refused, on_rows).run()
        self._complete(record, tally, properties, started)

    def _origin(self, record: UploadRecord, plan: Plan) -> Origin:
        confirmed = request_from_json(record.request).confirm_resubscribe
        at = in_utc(record.created_at)
        accepted = in_utc(record.turn_at)
        origin = Origin(record.number, at, record.actor, record.door, confirmed, undoable=self.rules.undo_days > 0, accepted=accepted)
        return replace(origin, repeats=self._repeated(record, plan))

    def _repeated(self, record: UploadRecord, plan: Plan) -> tuple[int, ...]:
        """The numbers of the uploads that read the same rows out of the same bytes."""
        before = self.records.completed(self.rules.account, record.sha256 or "", record.mapping_hash or "")
        return repeated(before, plan)

    def _complete(self, record: UploadRecord, tally: Tally, properties: Mapping[str, Property], started: float) -> None:
        ledger, seconds = tally.ledger((record.report or {})["blank_lines"]), time.monotonic() - started
        done = self._report(record, tally, ledger.to_json(), properties)
        self.records.advance(
            record.id, Status.PROCESSING, Status.COMPLETED, report={**done, **report.timing(seconds, ledger.rows)}, error=None
        )
        self._forget_files(record)

    def _report(self, record: UploadRecord, tally: Tally, ledger: Mapping[str, Any], properties: Mapping[str, Property]) -> dict[str, Any]:
        described = record.report or {}
        headers = tuple((record.plan or {}).get("headers", ()))
        refused = rejects.join(self.rules.folder_of(record.id) / "rejects", headers)
        numbers = Plan.from_json(record.plan or {}).numbers(properties)
        return {**report.applied(described, tally, ledger, numbers), "rejects_file": str(refused) if refused else None}

    def close_cancelled(self, record: UploadRecord) -> None:
        """Count what was applied of an upload that a person has stopped, and forget its files."""
        with self.open_store() as store:
            tally = Tally.from_json(store.progress(record.number).tally)
            properties = {p.name: p for p in store.properties()}
        applied = tally != Tally()
        # Where no row was answered for there is no ledger, and what was asked is no longer open.
        done = self._report(record, tally, tally.ledger(0).to_json(), properties) if applied else _nothing_done(record)
        self.records.change(record.id, report=done)
        self._forget_files(record)

    def tidy(self) -> None:
        """Do what a killed process had no time for: throw away the files of uploads that have ended, and count what was cancelled."""
        names = ("work", "source.part") if self.rules.keep_files else ("work", "source.part", "source")
        for folder in {path.parent for name in names for path in self.rules.folder.glob(f"*/{name}")}:
            with suppress(HeadcountError):
                record = self.records.get(self.rules.account, folder.name)
                if record.status is Status.CANCELLED and not (record.report or {}).get("ledger"):
                    self.close_cancelled(record)
                elif record.status in ENDED:
                    self._forget_files(record)

    def _refuse(self, record: UploadRecord, error: WrongCall) -> None:
        """After a wrong call, be as before; an upload that only began with it is given up."""
        if record.status in REVERSING:
            self.undoing.give_up(record)
            return
        report = dict(record.report or {})
        if before := report.pop("before", None):
            fields = {"request": before["request"], "report": report, "error": str(error)}
            self.records.advance(record.id, Status.INSPECTING, Status.START_MAPPING, **fields)
            return
        self.records.advance(record.id, self._record(record).status, Status.CANCELLED, error=str(error))
        self._forget_files(record)

    def _reject(self, record: UploadRecord, error: FileRejected) -> None:
        self.records.advance(
            record.id,
            record.status,
            Status.REJECTED,
            report={"problems": [report.file_problem(error)]},
            error=error.message,
        )
        self._forget_files(record)

    def _not_stored(self, record: UploadRecord, error: OSError) -> HeadcountError:
        message = f"A file of the upload could not be written or read: {error.strerror or error}."
        failure = HeadcountError("file_not_stored", message, f"Mend that, then go on with `headcount uploads resume {record.id}`.")
        self._fail(record, failure, message)
        return failure

    def _fail(self, record: UploadRecord, error: HeadcountError, noted: str) -> None:
        """Keep why an attempt ended, where the disk still has room for it."""
        self.board.fail(record.id, error)
        with suppress(HeadcountError):
            self.records.change(record.id, error=noted)
        self._let_go(record)

    def _forget_files(self, record: UploadRecord) -> None:
        folder = self.rules.folder_of(record.id)
        shutil.rmtree(folder / "work", ignore_errors=True)
        if not (folder / "rejects" / "rejects.csv").exists():
            # Parts of it alone, of rows that were not applied after all.
            shutil.rmtree(folder / "rejects", ignore_errors=True)
        if not self.rules.keep_files:
            (folder / "source").unlink(missing_ok=True)
        (folder / "source.part").unlink(missing_ok=True)
        with suppress(OSError):
            # It stays where there is a rejects file, or the file itself is kept.
            folder.rmdir()

    def _workdir(self, record: UploadRecord) -> Path:
        return self.rules.folder_of(record.id) / "work"

    def _record(self, record: UploadRecord) -> UploadRecord:
        return self.records.get(self.rules.account, record.id)


def _nothing_done(record: UploadRecord) -> Document:
    """The report of an upload of which nothing was applied: what was asked is no longer open, and no cell of the file is kept."""
    forgotten = {"inspection", "before", "held", "ledger"}
    known = {key: value for key, value in (record.report or {}).items() if key not in forgotten}
    columns = [{key: value for key, value in column.items() if key != "examples"} for column in known.get("columns", [])]
    return {**known, "columns": columns, "questions": []}
