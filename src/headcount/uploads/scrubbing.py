"""Taking the traces of people who were erased out of everything that is kept: files of uploads, reports, and both databases.

Erasing takes a person out of every answer at once. What it cannot reach at once, because that means to write whole files anew, is done
here: within some hours, for all who were erased by then. Killed at any moment it begins again; each of its steps can be done twice.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from headcount.csvfile.dialect import Given
from headcount.csvfile.rewriting import mentioned, received, written
from headcount.errors import FileRejected
from headcount.profiles.erased import Erased
from headcount.profiles.store import Erasure
from headcount.segments.covering import cover_erased
from headcount.segments.saved import SegmentRecords
from headcount.uploads import rejects
from headcount.uploads.plan import Plan
from headcount.uploads.process import Uploads
from headcount.uploads.requests import request_from_json
from headcount.uploads.traces import without
from headcount.uploads.upload import ENDED, WORKING, Document, Status, UploadRecord, Wanted
from headcount.values.instants import in_utc, utc_text

#: A file that somebody only looks at is gone long before.
_ABANDONED = timedelta(hours=1)
#: Of uploads that have not ended there are few.
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class State:
    """Who was erased and still stands in files."""

    #: How many people, and since when the first of them.
    people: int = 0
    since: datetime | None = None
    #: By when it begins.
    due: datetime | None = None
    #: The ids of uploads that were accepted before, have not ended, and may name them: it waits for these.
    uploads: Sequence[str] = ()

    def to_json(self) -> Document:
        """The state as a JSON object."""
        since, due = (moment and utc_text(moment) for moment in (self.since, self.due))
        return {"people": self.people, "since": since, "due": due, "uploads": list(self.uploads)}


@dataclass(frozen=True, slots=True)
class Scrubbing:
    """Scrubs what is kept of one account."""

    uploads: Uploads
    saved: SegmentRecords
    #: Lets a fresh data file, without these erasures, take the place of the old one. Raises Busy.
    renew: Callable[[Sequence[int]], None]
    #: Does the same to the control file. Raises Busy.
    compact: Callable[[], None]
    #: So many hours after an erasure it begins.
    hours: int
    #: Set where somebody wants it now.
    asked: threading.Event = field(default_factory=threading.Event)
    #: Which files of uploads that wait were looked at for which erasures, and whether they name anybody.
    looked: dict[tuple[str, int], bool] = field(default_factory=dict)

    def state(self) -> State:
        """What is still to be done."""
        found = self._erasures()
        if not found:
            return State()
        since = found[0].at.replace(tzinfo=UTC)
        people = len({name for each in found for name in each.identities})
        return State(people, since, since + timedelta(hours=self.hours), [record.id for record in self._open(found)])

    def run(self) -> State:
        """Scrub, unless an upload is in the way; what is still to be done after it. Raises Busy, and then it is to be tried again."""
        self.uploads.tidy()
        self._throw_away_abandoned()
        found = self._erasures()
        if not found or list(self._open(found)):
            self.asked.clear()
            return self.state()
        ended = [self._scrubbed(record, found) for record in self._records()]
        cover_erased(self.saved, self.uploads.rules.account, found)
        with self.uploads.open_store() as store:
            store.forget_tallies(ended)
        self.compact()
        self.renew([each.number for each in found])
        self.asked.clear()
        return self.state()

    def run_where_due(self, now: datetime) -> State:
        """The same where it was asked for, or its time has come."""
        state = self.state()
        if state.due is None or state.uploads or not (self.asked.is_set() or state.due <= now):
            return state
        return self.run()

    def _erasures(self) -> Sequence[Erasure]:
        with self.uploads.open_store() as store:
            return store.erasures()

    def _records(self) -> Iterable[UploadRecord]:
        """Every upload, one at a time: a report can be large."""
        records, account = self.uploads.records, self.uploads.rules.account
        return (records.get(account, upload) for upload in records.ids(account).values())

    def _open(self, found: Sequence[Erasure]) -> Iterable[UploadRecord]:
        """The uploads that were accepted before somebody was erased, and have not ended: who waits only where its file names them."""
        open_ones = Wanted(statuses=frozenset(Status) - ENDED)
        for each in self.uploads.records.list(self.uploads.rules.account, _ALL, open_ones):
            if (since := _erased_since(each, found)) and (each.status in WORKING or self._names(each, since)):
                yield each

    def _names(self, record: UploadRecord, erasures: Sequence[Erasure]) -> bool:
        """Whether the file of an upload that waits names people who were erased."""
        asked = (record.id, erasures[-1].number)
        if asked not in self.looked:
            encoding = request_from_json(record.request).encoding
            path = self.uploads.rules.folder / record.id / "source"
            with TemporaryDirectory(dir=self.uploads.rules.folder, prefix="inspect-") as workdir:
                self.looked[asked] = mentioned(path, Path(workdir), self.uploads.rules.file_limit, encoding, Erased.of(erasures).wanted)
        return self.looked[asked]

    def _scrubbed(self, record: UploadRecord, found: Sequence[Erasure]) -> int:
        """Take those who were erased since an upload out of what is kept of it; the number of the upload."""
        erased = Erased.of(_erased_since(record, found))
        if record.status in ENDED and erased.names:
            folder = self.uploads.rules.folder / record.id
            rows = self._rejected(record, folder / "rejects" / "rejects.csv", erased)
            kept = self._received(record, folder, erased)
            before = record.report or {}
            after = without(before, erased, rows)
            if rows or kept != 0:
                after["erased"] = _counted(before.get("erased"), len(rows), kept)
            if after != before:
                self.uploads.records.change(record.id, report=after)
        return record.number

    def _rejected(self, record: UploadRecord, path: Path, erased: Erased) -> Collection[int]:
        """Take their rows out of the rejects file; their spreadsheet row numbers."""
        if record.plan is None or not path.exists():
            return ()
        # Behind the number of the row.
        kept = written(path, Plan.from_json(record.plan).identity + 1, rejects.UNSPLIT)
        return [int(cell) for cell in kept.take_out(path, erased.wanted, blank=False).first_cells]

    def _received(self, record: UploadRecord, folder: Path, erased: Erased) -> int | None:
        """Take their rows out of the file as it was received; how many. None where it had to go as a whole."""
        path, workdir = folder / "source", folder / "work"
        if not path.exists():
            return 0
        request, limit = request_from_json(record.request), self.uploads.rules.file_limit
        try:
            if record.plan is not None:
                given, identity = Given(request.delimiter, request.quote, request.escape), Plan.from_json(record.plan).identity
                kept, plain = received(path, workdir, limit, given, request.encoding, identity)
                return kept.take_out(plain, erased.wanted, blank=True).rows
            # Nothing of it was applied, and nobody knows which cell names people.
            if not mentioned(path, workdir, limit, request.encoding, erased.wanted):
                return 0
        except (FileRejected, ValueError):
            structlog.get_logger().info("file_not_searched", upload=record.id)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
        path.unlink()
        return None

    def _throw_away_abandoned(self) -> None:
        oldest = time.time_ns() - _ABANDONED // timedelta(microseconds=1) * 1_000
        for left in self.uploads.rules.folder.glob("inspect-*"):
            if left.stat().st_mtime_ns < oldest:
                shutil.rmtree(left, ignore_errors=True)


def _erased_since(record: UploadRecord, found: Sequence[Erasure]) -> Sequence[Erasure]:
    """The erasures after an upload was accepted. Whom a later one names was made anew."""
    accepted = in_utc(record.created_at)
    return [each for each in found if each.at >= accepted]


def _counted(before: Document | None, rejects: int, received: int | None) -> Document:
    """What the report says of the people who were taken out of what is kept of the upload."""
    known = before or {"rejects_rows": 0, "file_rows": 0, "file_removed": False}
    return {
        "rejects_rows": known["rejects_rows"] + rejects,
        "file_rows": known["file_rows"] + (received or 0),
        "file_removed": known["file_removed"] or received is None,
    }
