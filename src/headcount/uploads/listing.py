"""A file that only names people: read as an upload is, but for the identity no column of it counts, and nothing of it is applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headcount.csvfile import CsvFile
from headcount.errors import WrongCall
from headcount.profiles.properties import IDENTITY
from headcount.uploads import report
from headcount.uploads.filling import Stage
from headcount.uploads.looking import Looking
from headcount.uploads.mapping import ColumnRequest, Match, Request, letter
from headcount.uploads.masking import masked_problem
from headcount.uploads.plan import Plan
from headcount.uploads.problems import Question
from headcount.uploads.reading import open_reader
from headcount.uploads.rules import OnProgress, of_total
from headcount.uploads.staging import Staged


@dataclass(frozen=True, slots=True)
class FileListing:
    """The rows of a file that name people. Implements `headcount.segments.store.Listing`."""

    staged: Staged
    plan: Plan

    @property
    def match(self) -> Match:
        """See Listing."""
        return self.plan.match

    def rows(self) -> Iterator[pa.Table]:
        """See Listing."""
        for number in range(self.staged.chunks):
            rows = self.staged.rows(number)
            named = rows.filter(pc.is_null(rows.column("fault")))
            yield named.select(["row", self.plan.key]).rename_columns(["row", "key"])

    @property
    def rejected(self) -> int:
        """See Listing."""
        return self.staged.problems.counts.get("rejected", 0)

    def problems(self, *, covered: bool) -> Sequence[Mapping[str, Any]]:
        """See Listing."""
        found = report.problems(self.staged.problems.problems)
        return [masked_problem(each) for each in found] if covered else found


@contextmanager
def opened(looking: Looking, path: Path, request: Request, on_progress: OnProgress) -> Iterator[FileListing]:
    """What a file lists, for as long as the context lasts. Raises FileRejected, and WrongCall `list_unclear` where it asks something."""
    with looking.workdir() as workdir:
        file = looking.survey(path, workdir, request, on_progress)
        with open_reader(looking.rules.engine, workdir, len(file.header)) as connection:
            rows = of_total(on_progress, "inspecting", file.records)
            stage = Stage(connection, file, workdir / "rejects", workdir / "staged", looking.rows_of_chunk(file), rows)
            found = looking.inspect(file, _identities_alone(file, request), stage)
        if found.questions or found.plan is None or found.staged is None:
            raise _unclear(found.questions)
        yield FileListing(found.staged, found.plan)


def _identities_alone(file: CsvFile, request: Request) -> Request:
    """The request without any column but the one that names people: of a file with one column that one, whatever it is called."""
    headers = [header.strip() for header in file.header]
    named = request.identity or (f"#{letter(0)}" if len(headers) == 1 else IDENTITY)
    place = next((i for i, header in enumerate(headers) if named in {header, f"#{letter(i)}"}), None)
    if place is None:
        return request
    others = {f"#{letter(i)}": ColumnRequest(skip=True) for i in range(len(headers)) if i != place}
    return replace(request, columns=others, identity=f"#{letter(place)}")


def _unclear(questions: Sequence[Question]) -> WrongCall:
    first = questions[0]
    answers = " or ".join(first.answers)
    return WrongCall("list_unclear", f"It is not clear whom the file names. {first.message}", f"Say it with {answers}." if answers else "")
