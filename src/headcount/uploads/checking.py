"""Checking a file: what applying it would do, worked out by the code that applies, and nothing stored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headcount.errors import FileRejected
from headcount.profiles.store import Example, Origin
from headcount.uploads import report
from headcount.uploads.applying import Applying
from headcount.uploads.happening import Happening
from headcount.uploads.history import NOTHING_YET, repeated
from headcount.uploads.ledger import Tally
from headcount.uploads.looking import Looking
from headcount.uploads.mapping import Request
from headcount.uploads.plan import Plan
from headcount.uploads.reading import open_reader
from headcount.uploads.receiving import Source
from headcount.uploads.rejects import Rejects
from headcount.uploads.rules import OnProgress, of_total
from headcount.uploads.staging import Staged
from headcount.uploads.upload import Status, UploadRecord, UploadRecords
from headcount.values.instants import in_utc

#: The number of no upload.
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Checking:
    """Checks files against one account."""

    records: UploadRecords
    looking: Looking

    def check(  # noqa: PLR0913 - a file, what it is called, and who is told
        self, path: Path, request: Request, *, name: str | None, door: str, on_progress: OnProgress, file_name: str | None = None
    ) -> dict[str, Any]:
        """The document that an upload of the file would have now, with examples of what changes. Raises WrongCall, Busy."""
        started = time.monotonic()
        called = file_name or path.name
        upload = {"id": None, "name": name or called, "door": door, "duplicate_of": None, "file_name": called}
        try:
            status, found = self._found(path, request, on_progress)
        except FileRejected as error:
            status, found = Status.REJECTED, {"problems": [report.file_problem(error)]}
        upload |= {"status": status.value, **found.pop("upload", {})}
        document = {"upload": upload, **NOTHING_YET, **found}
        if document["ledger"]:
            document |= report.timing(time.monotonic() - started, document["ledger"]["rows"])
        return document

    def _found(self, path: Path, request: Request, on_progress: OnProgress) -> tuple[Status, dict[str, Any]]:
        rules = self.looking.rules
        source = Source.of(path, rules.file_limit)
        with self.looking.workdir() as workdir, ThreadPoolExecutor(1, "hashing") as hashing:
            sha256 = hashing.submit(source.sha256)
            file, found, _ = self.looking.stage(source.path, workdir, workdir / "rejects", request, on_progress)
            source.assert_unchanged()
            if found.plan is None or found.questions:
                return Status.START_MAPPING, report.waiting(found, file)
            described = report.described(found, file.blank_lines)
            before = self.records.completed(rules.account, sha256.result(), found.plan.fingerprint)
            effect = checked(self.looking, found.plan, workdir, request, before, on_progress)
            return Status.READY, {"upload": {"duplicate_of": before[0].id if before else None}, **effect.report(described)}


@dataclass(frozen=True, slots=True)
class WouldBe:
    """What applying would do."""

    tally: Tally
    #: The numbers that the properties would have, by name.
    numbers: Mapping[str, int]
    #: Of what would change, by property number.
    examples: Mapping[int, tuple[Example, ...]]

    def report(self, described: Mapping[str, Any]) -> dict[str, Any]:
        """The document of a file that is `described`, with what would become of it."""
        found = report.applied(described, self.tally, self.tally.ledger(described["blank_lines"]).to_json(), self.numbers)
        return {**found, "columns": [self._column(column) for column in found["columns"]]}

    def _column(self, column: Mapping[str, Any]) -> dict[str, Any]:
        return {**column, "examples": report.examples(self.examples.get(self.numbers.get(column["property"] or "", 0), ()))}


def checked(  # noqa: PLR0913, PLR0917 - a file and what is known about it
    looking: Looking, plan: Plan, workdir: Path, request: Request, before: Sequence[UploadRecord], on_progress: OnProgress
) -> WouldBe:
    """What applying the rows staged in the workdir would do now; `before` are the uploads of the same bytes with the same mapping."""
    rules, staged = looking.rules, Staged.load(workdir / "staged")
    now = in_utc(datetime.now(UTC))
    origin = Origin(_NOBODY, now, reason=request.confirm_resubscribe, repeats=repeated(before, plan))
    with open_reader(rules.engine, workdir) as connection, looking.open_store() as store:
        properties = store.planned(plan.properties)
        numbered = plan.numbered(properties)
        # Parts that a check adds are not those of an upload.
        refused = Rejects(connection.cursor(), None, numbered, workdir / "refused")
        refused.prepare()
        on_rows = of_total(on_progress, "checking", staged.records)
        if numbered.events:
            return WouldBe(Happening(staged, numbered, store, origin, on_rows, keep=False).run(), numbered.numbers(properties), {})
        applying = Applying(connection, staged, numbered, store, origin, refused, on_rows, keep=False)
        return WouldBe(applying.run(), {name: p.number for name, p in properties.items()}, applying.examples)
