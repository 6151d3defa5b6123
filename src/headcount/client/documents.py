"""The document of an upload with its parts by name, and what is raised where it does not say what one wants to hear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, TypeAlias

from headcount.errors import FileRejected, HeadcountError
from headcount.uploads.upload import WORKING

#: A JSON object, as the HTTP API gives it.
Document: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of the rows: `rows = created + updated + unchanged + merged + rejected`; of events `rows = stored + rejected`."""

    rows: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    rejected: int = 0
    #: Events that were stored.
    stored: int = 0
    blank_lines: int = 0
    cells_not_applied: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Why rows or cells are not applied, and what to do. `rows` are the first of the spreadsheet rows that have it."""

    code: str
    #: `file`, `row`, `cell` or `header`.
    severity: str
    count: int
    advice: str
    title: str = ""
    column: str | None = None
    rows: tuple[int, ...] = ()
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be answered before an upload goes on. `answers` are the flags of the command that answer it."""

    code: str
    message: str
    column: str | None = None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as it is known; `document` holds everything that is."""

    document: Document

    @property
    def id(self) -> str | None:
        """What names it in every call; None of a check."""
        found: str | None = self._upload["id"]
        return found

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self._upload["name"])

    @property
    def status(self) -> str:
        """One of the states of an upload, such as `completed`, `start_mapping` or `rejected`."""
        return str(self._upload["status"])

    @property
    def is_over(self) -> bool:
        """Whether nobody works on it: it has ended, or waits for a person."""
        return self.status not in WORKING

    @property
    def ledger(self) -> Ledger | None:
        """What became of the rows; None as long as that is not known."""
        found = self.document["ledger"]
        return None if found is None else _of(Ledger, found)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why rows or cells were not applied."""
        return tuple(_of(Problem, found) for found in self.document["problems"])

    @property
    def questions(self) -> tuple[Question, ...]:
        """What it waits for."""
        return tuple(_of(Question, found) for found in self.document["questions"])

    @property
    def columns(self) -> tuple[Document, ...]:
        """The columns of the file, each with what it sets."""
        return tuple(self.document["columns"])

    @property
    def duplicate_of(self) -> str | None:
        """The id of an earlier upload of the same bytes with the same mapping."""
        found: str | None = self._upload["duplicate_of"]
        return found

    def raise_for_status(self, *, fail_on_rejects: bool = False) -> Self:
        """The upload itself where it is done, or on its way.

        Raises UploadWaits where it waits for an answer, FileRejected where its file cannot be used, RowsRejected where it is done without
        some of its rows and that matters, and HeadcountError where it ended early.
        """
        if self.status == "start_mapping":
            raise UploadWaits(self)
        if self.status == "rejected":
            raise _rejected(self)
        if self.status in {"cancelled", "interrupted"}:
            raise HeadcountError("upload_stopped", f"Upload {self.id} is {self.status}.", str(self._upload.get("error") or ""))
        if fail_on_rejects and self.ledger is not None and self.ledger.rejected:
            raise RowsRejected(self)
        return self

    @property
    def _upload(self) -> Document:
        found: Document = self.document["upload"]
        return found


class UploadWaits(HeadcountError):
    """An upload waits for answers; nothing was applied. `upload.questions` has them."""

    def __init__(self, upload: Upload) -> None:
        asked = "\n".join(f"{question.message} Answer: {' or '.join(question.answers)}" for question in upload.questions)
        advice = f"{asked}\nGive the answer with the next upload, or to this one with answer({upload.id!r}, manifest)."
        super().__init__("upload_waits", f"The upload {upload.name!r} waits for an answer.", advice.lstrip())
        self.upload = upload


class RowsRejected(HeadcountError):
    """An upload is done, but not with all rows. `upload.problems` says why."""

    def __init__(self, upload: Upload) -> None:
        ledger = upload.ledger or Ledger(0)
        message = f"{ledger.rejected:,} of {ledger.rows:,} rows were rejected."
        super().__init__("rows_rejected", message, f"rejects({upload.id!r}, path) writes them, each with its reason.")
        self.upload = upload


def _rejected(upload: Upload) -> FileRejected:
    found = upload.problems
    code = found[0].code if found else "file_rejected"
    error = FileRejected(code, f"The file of {upload.name!r} cannot be used.", "\n".join(problem.advice for problem in found))
    error.upload = upload.id
    return error


def _of(kind: Any, document: Document) -> Any:  # noqa: ANN401 - a dataclass, and one of its kind
    """The document as a dataclass. Fields that are not known here, because the server is newer, are left out."""
    given = {field.name: document[field.name] for field in fields(kind) if field.name in document}
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})
