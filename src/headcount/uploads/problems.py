"""The catalogue of problems: why a file, header, row or cell was not applied, and what to do about it.

A problem in a row is data in the report, never an exception. `{value}` and `{detail}` in an advice are filled per occurrence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

#: Characters of a value that an advice shows.
SHOWN = 80


class Severity(StrEnum):
    """What a problem costs."""

    #: The whole upload stops.
    FILE = "file"
    #: The upload waits until the header is mended or mapped.
    HEADER = "header"
    #: The row is rejected.
    ROW = "row"
    #: The cell is not applied, the rest of its row is.
    CELL = "cell"
    #: Nothing is lost; worth knowing.
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the catalogue."""

    code: str
    severity: Severity
    title: str
    #: What is wrong and how to mend it, in one or two plain sentences.
    advice: str


def _kinds(severity: Severity, *entries: tuple[str, str, str]) -> dict[str, Kind]:
    return {code: Kind(code, severity, title, advice) for code, title, advice in entries}


FILE = _kinds(
    Severity.FILE,
    ("file_empty", "The file is empty", "Export the file again: it holds no rows and no header."),
    ("file_not_csv", "The file is not a CSV", "Open it in the program that made it and export it as CSV."),
    ("file_too_large", "The file is too large", "Split the file, or raise HEADCOUNT_FILE_LIMIT_BYTES."),
    ("archive_invalid", "The archive is broken", "Make the archive again, or upload the plain CSV."),
    ("archive_encrypted", "The archive is encrypted", "Upload an archive without a password, or the plain CSV."),
    (
        "archive_many",
        "The archive does not hold exactly one CSV",
        "Put one CSV into the archive and upload each file by itself.",
    ),
    ("file_gone", "The file is gone", "Upload it again."),
    ("disk_full", "The file could not be stored", "Free some disk space on the server, then upload it again."),
    ("transfer_incomplete", "The file did not arrive whole", "Upload it again."),
    ("file_changed", "The file was changed while it was read", "Upload it again when it is complete."),
    ("header_missing", "The file has no header row", "Write the names of the columns into the first row."),
)

HEADER = _kinds(
    Severity.HEADER,
    ("header_blank", "A header is blank", "Write a name into the header, or leave the column out."),
    ("header_duplicate", "Two columns set the same property", "{detail}. Rename one of the two, or leave one out."),
    (
        "header_prohibited_character",
        "A name has a prohibited character",
        "Rename the column without {detail}: a property name has none of % > < ! | & . : ; $ ' \" \\ #",
    ),
    ("header_too_long", "A name is too long", "Shorten it to at most 120 characters."),
    ("header_format", "A date format in a header is unknown", "{detail}."),
    (
        "operation_without_column",
        "An operation column has no column to go with it",
        "Add the column {detail}, or leave this one out.",
    ),
    ("identity_missing", "No column is the identity", "Say which column names the person."),
    ("property_limit", "Too many custom properties", "{detail}."),
    (
        "consent_near_miss",
        "A header is almost a consent column",
        "Write {detail} if it is one, or give it another name.",
    ),
    ("type_conflict", "The property has another type already", "{detail}."),
    ("event_name_missing", "No column says what was done", "Name the event of the whole file, or the column that names it in each row."),
    ("event_name_twice", "The event is named twice", "All rows are to be {detail}. Leave the column out, or give it another name."),
)

ROW = _kinds(
    Severity.ROW,
    (
        "field_count",
        "Wrong number of fields",
        "The row {detail}. Put values that hold the delimiter into quotes, and leave no field out.",
    ),
    (
        "quote_unclosed",
        "A quote is not closed",
        "A quote opens in this row and never closes. Close it, or double it if it is part of the text.",
    ),
    (
        "quote_stray",
        "A quote stands where none can",
        "There is text behind a closing quote. Double the quotes that are part of the text.",
    ),
    (
        "bytes_undecodable",
        "Bytes that are no text",
        "The row holds a {detail}. Save the file as UTF-8, or name its encoding with --encoding.",
    ),
    ("record_too_long", "The row is too long", "The row {detail}. Look for a quote that is never closed."),
    ("identity_blank", "The identity is blank", "Write the identity of the person into the row."),
    (
        "identity_invalid",
        "The identity names nobody",
        "“{value}” {detail}.",
    ),
    ("identity_too_long", "The identity is too long", "An identity has at most 1,024 characters."),
    ("event_name_blank", "The name of the event is blank", "Write into the row what the person did."),
    ("event_name_too_long", "The name of the event is too long", "The name of an event has at most {detail} characters."),
    ("event_restricted", "The event is not one to send", "“{value}” is an event that platforms raise themselves. Give it another name."),
    (
        "event_time_invalid",
        "Not the time of an event",
        "“{value}” is not a time in the format {detail}. Mend it, or map the column; where it is blank the time of the upload is taken.",
    ),
)

CELL = _kinds(
    Severity.CELL,
    (
        "number_invalid",
        "Not a number",
        "“{value}” is not a number this property can hold. Write digits, with a point before decimals.",
    ),
    (
        "number_out_of_range",
        "Number out of range",
        "“{value}” cannot be stored exactly. Shorten the number, or keep it as a string.",
    ),
    ("boolean_invalid", "Not true or false", "“{value}” is not one of true, false, 1, 0, yes, no."),
    (
        "date_invalid",
        "Not a date of the column's format",
        "“{value}” is not a date in the format {detail}. Mend the date, or map the column.",
    ),
    ("email_invalid", "Not an e-mail address", "“{value}” is not an e-mail address. Mend it, or leave the cell blank."),
    ("phone_invalid", "Not a phone number", "“{value}” is not a number with its country code, such as +4930123456."),
    ("choice_invalid", "Not one of the choices", "“{value}” is not one of the values this property has: {detail}."),
    ("value_too_long", "The text is too long", "The text is longer than {detail} characters. Shorten it."),
    (
        "operation_invalid",
        "Not an operation",
        "“{value}” does not work here. Operations are $set, $delete, and for lists $add and $remove.",
    ),
    ("list_too_long", "The list is too long", "A list holds at most {detail} texts. Remove some first."),
    ("consent_invalid", "Not true or false", "“{value}” is neither true nor false. Consent stays as it was."),
)

NOTICE = _kinds(
    Severity.NOTICE,
    (
        "identity_not_first",
        "The identity is not the first column",
        "The file is accepted; the first column is where others look for it.",
    ),
    (
        "identity_duplicate",
        "Identities that come more than once",
        "Each is one profile; its last filled cell of each column wins.",
    ),
)

CATALOGUE: Mapping[str, Kind] = FILE | HEADER | ROW | CELL | NOTICE


@dataclass(frozen=True, slots=True)
class HeaderProblem:
    """A fault of one header, with the place and the flags that answer it."""

    code: str
    #: The header as it stands in the file, and its spreadsheet letter.
    header: str
    letter: str
    detail: str = ""
    answers: tuple[str, ...] = ()
    #: The name that a mapping gave the column instead.
    renamed: str = ""

    @property
    def message(self) -> str:
        """One sentence that names the header, its column and the way out."""
        kind = CATALOGUE[self.code]
        renamed = f", mapped to “{self.renamed}”" if self.renamed else ""
        place = f" (column {self.letter}: “{self.header}”{renamed})" if self.letter else ""
        return f"{kind.title}{place}. {kind.advice.format(detail=self.detail, value=self.header)}"


@dataclass(frozen=True, slots=True)
class Question:
    """What a person must answer before the upload goes on."""

    code: str
    column: str | None
    message: str
    answers: tuple[str, ...]
