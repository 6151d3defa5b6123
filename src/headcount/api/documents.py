"""The documents of uploads as OpenAPI describes them. They may hold more than is named here."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class UploadObject(_Open):
    """What an upload is called and where it stands."""

    id: str | None = Field(examples=["u01k8m3p2qabcdef12"])
    name: str
    status: str = Field(
        description="receiving, inspecting, start_mapping, ready, processing, completed, rejected, cancelled, undoing, undone, redoing, "
        "or interrupted.",
        examples=["completed"],
    )
    door: str = Field(description="Where it came in: cli, api, dashboard, sftp.", examples=["api"])
    by: str | None = None
    duplicate_of: str | None = Field(None, description="The upload that applied the same file with the same mapping before.")
    file_name: str
    size_bytes: int | None = None
    created_at: str | None = None
    finished_at: str | None = None
    undo_until: str | None = Field(None, description="Until when it can be taken back; null when it cannot be.")
    review: bool = Field(default=False, description="Whether it stops when it is ready.")
    rows: int | None = None
    processed: int | None = None
    rejected: int | None = None
    error: str | None = Field(None, description="Why the last attempt ended early.")


class UploadList(BaseModel):
    """Uploads, the newest first."""

    uploads: list[UploadObject]


class Ledger(_Open):
    """`rows = created + updated + unchanged + merged + rejected`; of a file of events `rows = stored + rejected`."""

    rows: int
    created: int
    updated: int
    unchanged: int
    merged: int
    rejected: int
    blank_lines: int
    cells_not_applied: int
    consent: dict[str, dict[str, int]]


class ColumnDone(_Open):
    """A column of the file and what it sets."""

    header: str
    property: str | None
    type: str | None
    format: str | None
    new: bool
    notices: list[str] = []


class ProblemFound(_Open):
    """Why rows or cells are not applied, and what to do."""

    code: str
    severity: str
    count: int
    rows: list[int]
    example: str | None
    advice: str


class QuestionOpen(_Open):
    """What a person has to answer before the upload goes on, with the flags that do."""

    code: str
    column: str | None
    message: str
    answers: list[str]


class Shown(_Open):
    """An upload and its report."""

    upload: UploadObject
    ledger: Ledger | None
    columns: list[ColumnDone]
    problems: list[ProblemFound]
    questions: list[QuestionOpen]
    rejects_file: str | None
    seconds: float | None
    rows_per_second: float | None


class ReversalWould(_Open):
    """What an undo would do: `touched = restored + removed + kept`."""

    ledger: dict[str, Any]
    columns: list[dict[str, Any]]
    kept: list[dict[str, Any]]
    seconds: float


class PersonTouched(BaseModel):
    """A person whom an upload created or changed."""

    row: int = Field(description="The spreadsheet row that did.")
    identity: str


class PeopleTouched(BaseModel):
    """People whom an upload created or changed, by their rows."""

    people: list[PersonTouched]
