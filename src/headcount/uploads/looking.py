"""Looking at a file with the eyes of an account: the survey, what the account knows, and the document of `headcount inspect`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from headcount.csvfile import CsvFile, survey
from headcount.errors import WrongCall
from headcount.profiles.store import Known
from headcount.uploads import report
from headcount.uploads.filling import Stage
from headcount.uploads.inspection import Account, Inspection, Inspector
from headcount.uploads.ledger import Tally
from headcount.uploads.manifest import assert_match
from headcount.uploads.mapping import Request, unknown_columns
from headcount.uploads.plan import Plan
from headcount.uploads.reading import open_reader, rows_of_chunk
from headcount.uploads.rejects import Rejects
from headcount.uploads.rules import OnProgress, OpenStore, Rules, no_progress, of_total

_END = 2**62
#: Rows of a file that are shown as they came.
PREVIEW = 15


@dataclass(frozen=True, slots=True)
class Looking:
    """Reads files against one account; stores nothing."""

    open_store: OpenStore
    rules: Rules

    def survey(self, path: Path, workdir: Path, request: Request, on_progress: OnProgress) -> CsvFile:
        """What the bytes are. Raises FileRejected."""
        workdir.mkdir(parents=True, exist_ok=True)
        return survey(
            path,
            workdir,
            delimiter=request.delimiter,
            encoding=request.encoding,
            quote=request.quote,
            escape=request.escape,
            limit=self.rules.file_limit,
            progress=lambda done, total: on_progress("reading", done, total),
        )

    def stage(
        self, path: Path, workdir: Path, rejects: Path, request: Request, on_progress: OnProgress
    ) -> tuple[CsvFile, Inspection, dict[str, Any]]:
        """Survey and inspect a file: typed rows go to `staged` in the workdir, rejects to `rejects`. Raises FileRejected, WrongCall.

        The last of what it returns says what the file is, as the document of `headcount inspect` does.
        """
        file = self.survey(path, workdir, request, on_progress)
        with open_reader(self.rules.engine, workdir, len(file.header)) as connection:
            rows = self.rows_of_chunk(file)
            on_rows = of_total(on_progress, "inspecting", file.records)
            found = self.inspect(file, request, Stage(connection, file, rejects, workdir / "staged", rows, on_rows))
            return file, found, report.what_it_is(file, found, report.preview(connection, file, PREVIEW))

    def inspect(self, file: CsvFile, request: Request, stage: Stage) -> Inspection:
        """What all rows are; fills the stage. Raises WrongCall (`column_unknown`, `match_impossible`)."""
        assert_match(request)
        unknown = unknown_columns(file.header, request)
        if unknown:
            shown = ", ".join(header.strip() for header in file.header[:20])
            path = request.columns[unknown[0]].path if unknown[0] in request.columns else ""
            place = f", which the manifest names at {path}" if path else ""
            raise WrongCall("column_unknown", f"The file has no column “{unknown[0]}”{place}.", f"Its columns are: {shown}.")
        day_first = self.rules.day_first if request.day_first is None else request.day_first
        return Inspector(stage.connection, file, replace(request, day_first=day_first), self._account(), stage).run()

    def document(self, path: Path, request: Request, *, preview: int = PREVIEW, on_progress: OnProgress = no_progress) -> dict[str, Any]:
        """The document of a file that nobody uploads: what it is and what is wrong with it. Raises FileRejected, WrongCall."""
        with self.workdir() as workdir:
            file = self.survey(path, workdir, request, on_progress)
            with open_reader(self.rules.engine, workdir, len(file.header)) as connection:
                rows = self.rows_of_chunk(file)
                stage = Stage(connection, file, workdir / "rejects", None, rows, of_total(on_progress, "inspecting", file.records))
                found = self.inspect(file, request, stage)
                problems = found.staged.problems if found.staged else _of_broken(stage)
                return report.inspected(file, found, problems.problems, report.preview(connection, file, preview))

    @contextmanager
    def workdir(self) -> Iterator[Path]:
        """A directory for as long as the context lasts."""
        workdir = self.rules.folder_of(f"inspect-{time.time_ns()}")
        try:
            yield workdir
        finally:
            shutil.rmtree(workdir, ignore_errors=True)

    def rows_of_chunk(self, file: CsvFile) -> int:
        """How many rows of a file are staged together."""
        return rows_of_chunk(self.rules.chunk_rows, len(file.header), file.size // max(file.records, 1))

    def _account(self) -> Account:
        with self.open_store() as store:
            properties, events = {p.name: p for p in store.properties()}, store.event_property_types()
        rules = self.rules
        return Account(properties, rules.zone, rules.property_limit, rules.limits, self._known, self._fits_float, events)

    def _fits_float(self, name: str) -> bool:
        with self.open_store() as store:
            return store.fits_float(name)

    def _known(self, addresses: pa.Table) -> Known:
        with self.open_store() as store:
            return store.known(addresses)


def _of_broken(stage: Stage) -> Tally:
    """The problems of the records that could not be read, where nothing more can be said."""
    rejects = Rejects(stage.connection.cursor(), stage.file, Plan(tuple(stage.file.header), 0), stage.rejects)
    rejects.prepare()
    return sum((rejects.explain(*part) for part in rejects.parts(rejects.no_rows(), 0, _END)), Tally())
