"""Which column means what: the headers of a file and what a person said of them, resolved into columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from headcount.profiles.consent import Channel, channel_of, near_miss
from headcount.profiles.names import prohibited, refusals, title
from headcount.profiles.properties import IDENTITY, NAME_LIMIT
from headcount.uploads.problems import HeaderProblem
from headcount.values import dates
from headcount.values.types import Type

#: The columns that a rejects file has beside the original ones; an upload of the mended file ignores them.
REJECTS_ROW, REJECTS_CODE, REJECTS_DESCRIPTION = "row", "Failure Code", "Failure Description"
OPERATION_SUFFIX = ".operation"
#: In a file of events, the columns that say what was done, and when.
EVENT_NAME, EVENT_TIME = "evtName", "ts"

Match = Literal["identity", "email", "phone"]
#: What a row of a file is.
Kind = Literal["profile", "event"]


class Role(StrEnum):
    """What a column is for."""

    IDENTITY = "identity"
    PROPERTY = "property"
    CONSENT = "consent"
    OPERATION = "operation"
    EVENT = "event"
    TIME = "time"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class ColumnRequest:
    """What a person said of one column; None and the defaults leave it as the header says."""

    property: str | None = None
    type: Type | None = None
    format: str | None = None
    skip: bool = False
    blank: Literal["keep", "clear"] = "keep"
    write: Literal["overwrite", "fill"] = "overwrite"
    blanks: tuple[str, ...] = ()
    #: The place in the manifest that says so, for complaints.
    path: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Request:
    """Everything a person said of a file, through whatever door; a column is named by its header, or by `#C` (its letter)."""

    columns: Mapping[str, ColumnRequest] = field(default_factory=dict)
    identity: str | None = None
    match: Match | None = None
    day_first: bool | None = None
    blanks: tuple[str, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    escape: str | None = None
    confirm_resubscribe: str | None = None
    kind: Kind = "profile"
    #: The name of the events; None where a column has them.
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and what it means."""

    index: int
    header: str
    role: Role
    #: The property, for role property; for role operation the header of the column it goes with.
    name: str = ""
    type: Type | None = None
    format: str | None = None
    channel: Channel | None = None
    blank: Literal["keep", "clear"] = "keep"
    write: Literal["overwrite", "fill"] = "overwrite"
    blanks: tuple[str, ...] = ()

    @property
    def letter(self) -> str:
        """Its spreadsheet letter."""
        return letter(self.index)


def letter(index: int) -> str:
    """The spreadsheet letter of a 0-based column: A to Z, then AA and so on."""
    return (letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)  # noqa: PLR2004 - the alphabet


@dataclass(frozen=True, slots=True)
class Resolved:
    """The columns of a file, and what still stands in the way."""

    columns: tuple[Column, ...]
    problems: tuple[HeaderProblem, ...]
    notices: tuple[str, ...]

    @property
    def identity(self) -> Column | None:
        """The column that names the person."""
        return next((c for c in self.columns if c.role is Role.IDENTITY), None)


_SUFFIX = re.compile(r"(?P<name>.*?)\s*<(?P<format>[^<>]*)>")


def resolve(headers: Sequence[str], request: Request) -> Resolved:
    """The meaning of each column. Problems are in the order of the columns; nothing is stored."""
    names = [title(header) for header in headers]
    requests = _by_index(names, request)
    rejects = _rejects_columns(names)
    columns, problems = [], list[HeaderProblem]()
    for index, name in enumerate(names):
        asked = requests.get(index, ColumnRequest())
        ignored = index in rejects and asked.property is None
        column, faults = (Column(index, name, Role.SKIP), ()) if ignored else _column(index, name, asked, request, names)
        columns.append(column)
        problems += faults
    problems += _duplicates(columns)
    if not any(c.role is Role.IDENTITY for c in columns):
        problems.append(_identity_missing(columns))
    if request.kind == "event":
        problems += _event_names(columns, request)
    return Resolved(tuple(columns), tuple(problems), _notices(columns, rejects))


def taken_otherwise(headers: Sequence[str]) -> tuple[Column, ...]:
    """Of the headers that stand for properties, those that a file may have for another reason: they need a mapping to themselves."""
    columns = resolve(headers, Request()).columns
    return tuple(replace(c, name=c.name or c.header) for c in columns if c.role is Role.SKIP)


def unknown_columns(headers: Sequence[str], request: Request) -> tuple[str, ...]:
    """The columns a request names that the file does not have."""
    names = [title(header) for header in headers]
    asked = [*request.columns, *([request.identity] if request.identity else [])]
    return tuple(name for name in asked if not _indexes(names, name))


def requested(headers: Sequence[str], request: Request) -> Mapping[int, ColumnRequest]:
    """What a person said of each column, by its place."""
    return _by_index([title(header) for header in headers], request)


def _indexes(names: Sequence[str], reference: str) -> list[int]:
    found = [i for i, name in enumerate(names) if name == reference.strip()]
    if not found and reference.startswith("#"):
        found = [i for i in range(len(names)) if letter(i) == reference[1:].upper()]
    return found or [i for i, name in enumerate(names) if name.casefold() == reference.strip().casefold()]


def _by_index(names: Sequence[str], request: Request) -> dict[int, ColumnRequest]:
    found = {i: asked for reference, asked in request.columns.items() for i in _indexes(names, reference)}
    if request.identity:
        for index in _indexes(names, request.identity)[:1]:
            found[index] = replace(found.get(index, ColumnRequest()), property=IDENTITY)
    return found


def _rejects_columns(names: Sequence[str]) -> frozenset[int]:
    """The columns that a rejects file added, and the rejects file of a mended rejects file added again."""
    added = {i for i, name in enumerate(names) if name in {REJECTS_CODE, REJECTS_DESCRIPTION}}
    times = min(names.count(REJECTS_CODE), names.count(REJECTS_DESCRIPTION))
    if not times:
        return frozenset()
    return frozenset(added | {i for i, name in enumerate(names[:times]) if name == REJECTS_ROW})


def _column(
    index: int, name: str, asked: ColumnRequest, request: Request, names: Sequence[str]
) -> tuple[Column, tuple[HeaderProblem, ...]]:
    blanks = (*request.blanks, *asked.blanks)
    column = Column(index, name, Role.PROPERTY, type=asked.type, blank=asked.blank, write=asked.write, blanks=blanks)
    if asked.skip:
        return replace(column, role=Role.SKIP), ()
    if name.endswith(OPERATION_SUFFIX) and asked.property is None and request.kind == "profile":
        return _operation(column, names)
    target, format_ = _without_format(name, asked)
    # A name that a header could not say again would be lost to every file that has it, an export first of all.
    target = title(asked.property or target)
    if request.identity is not None and target == IDENTITY and asked.property is None:
        return replace(column, role=Role.SKIP), ()
    column, faults = replace(column, name=target), tuple(_name_faults(target, column, asked))
    try:
        column = replace(column, format=dates.named(format_) if format_ else None)
    except dates.UnknownFormat as error:
        faults = (*faults, _fault("header_format", column, str(error)))
    if column.format and column.type is None:
        column = replace(column, type=Type.DATE)
    if request.kind == "event":
        return replace(column, role=_EVENT_ROLES.get(column.name, Role.PROPERTY)), faults
    return _with_role(column, near=asked.property is None), tuple(_near_misses(column, asked)) or faults


#: What a column of a file of events is for; others are properties of the event.
_EVENT_ROLES = {IDENTITY: Role.IDENTITY, EVENT_NAME: Role.EVENT, EVENT_TIME: Role.TIME}


def _with_role(column: Column, *, near: bool) -> Column:
    channel = channel_of(column.name)
    if channel:
        return replace(column, role=Role.CONSENT, channel=channel)
    if column.name == IDENTITY:
        return replace(column, role=Role.IDENTITY)
    return replace(column, role=Role.SKIP) if near and near_miss(column.name) else column


def _near_misses(column: Column, asked: ColumnRequest) -> Iterator[HeaderProblem]:
    channel = near_miss(column.name)
    if channel and asked.property is None:
        header = reference(column)
        answers = (f"--map '{header}={channel.header}'", f"--map '{header}=ANOTHER NAME'", f"--skip '{header}'")
        yield HeaderProblem("consent_near_miss", column.header, column.letter, channel.header, answers)


def _without_format(name: str, asked: ColumnRequest) -> tuple[str, str | None]:
    """What stands before the suffix, and the format; what a person said of the column answers a suffix that is wrong."""
    found = _SUFFIX.fullmatch(name)
    if found is None:
        return name, asked.format
    answered = asked.property is not None or asked.type is not None
    other = asked.type not in {None, Type.DATE} or (answered and not _is_format(found["format"]))
    return found["name"], asked.format or (None if other else found["format"])


def _is_format(name: str) -> bool:
    try:
        return bool(dates.named(name))
    except dates.UnknownFormat:
        return False


def _operation(column: Column, names: Sequence[str]) -> tuple[Column, tuple[HeaderProblem, ...]]:
    base = column.header.removesuffix(OPERATION_SUFFIX).strip()
    target = next((n for n in names if base in {n, _SUFFIX.sub(r"\g<name>", n)}), None)
    if target is None:
        return replace(column, role=Role.SKIP), (_fault("operation_without_column", column, f"“{base}”"),)
    return replace(column, role=Role.OPERATION, name=target), ()


def _name_faults(name: str, column: Column, asked: ColumnRequest) -> Iterator[HeaderProblem]:
    signs = " ".join(f"“{sign}”" for sign in prohibited(name))
    for code in refusals(name):
        fault = _fault(code, column, signs if code == "header_prohibited_character" else "")
        yield replace(fault, renamed=name if asked.property is not None else "")


def reference(column: Column) -> str:
    """How a flag names the column: its header when that is a plain one, else its letter."""
    plain = column.header and not set(column.header) & set("='#") and column.header.isprintable() and len(column.header) <= NAME_LIMIT
    return column.header if plain else f"#{column.letter}"


def _fault(code: str, column: Column, detail: str = "") -> HeaderProblem:
    name = reference(column)
    return HeaderProblem(code, column.header, column.letter, detail, (f"--map '{name}=NAME'", f"--skip '{name}'"))


def _duplicates(columns: Iterable[Column]) -> list[HeaderProblem]:
    def meaning(c: Column) -> str:
        return f"{c.name}{OPERATION_SUFFIX}" if c.role is Role.OPERATION else c.channel.header if c.channel else c.name

    first = dict[str, Column]()
    found = list[HeaderProblem]()
    for column in (c for c in columns if c.role is not Role.SKIP and c.name):
        before = first.setdefault(meaning(column), column)
        if before is not column:
            answers = (f"--map '#{column.letter}=NAME'", f"--skip '#{column.letter}'")
            detail = f"Column {before.letter} “{before.header}” sets {_what(column)}, too"
            found.append(HeaderProblem("header_duplicate", column.header, column.letter, detail, answers))
    return found


def _what(column: Column) -> str:
    if column.role is Role.OPERATION:
        return f"the operation of “{column.name}”"
    return f"the consent for {column.channel}" if column.channel else f"“{column.name}”"


_LIKE_IDENTITY = re.compile(
    r"((customer|user|client|member|profile|person|contact|account|object|external)[ _-]*|g?u|uu)?(id|identity|identifier)"
    r"|e-?mail([ _-]*address)?|(mobile|phone)([ _-]*(number|no))?",
    re.IGNORECASE,
)


def _identity_missing(columns: Sequence[Column]) -> HeaderProblem:
    usable = [c for c in columns if c.role is Role.PROPERTY and c.header]
    likely = [c for c in usable if _LIKE_IDENTITY.fullmatch(c.header)] or usable[:1]
    return HeaderProblem(
        "identity_missing",
        "",
        "",
        answers=tuple(f"--identity '{reference(c)}'" for c in likely) or ("--identity COLUMN",),
    )


def _event_names(columns: Sequence[Column], request: Request) -> Iterator[HeaderProblem]:
    """What is wrong with where the names of events stand: nowhere, or in two places."""
    named = next((c for c in columns if c.role is Role.EVENT), None)
    if named is None and request.event is None:
        yield HeaderProblem("event_name_missing", "", "", answers=("--event NAME", f"--map 'COLUMN={EVENT_NAME}'"))
    if named is not None and request.event is not None:
        answers = (f"--skip '{reference(named)}'", f"--map '{reference(named)}=NAME'")
        yield HeaderProblem("event_name_twice", named.header, named.letter, f"“{request.event}”", answers)


def _notices(columns: Sequence[Column], rejects: frozenset[int]) -> tuple[str, ...]:
    first = next((c for c in columns if c.index not in rejects), None)
    found = any(c.role is Role.IDENTITY for c in columns)
    return ("identity_not_first",) if found and first is not None and first.role is not Role.IDENTITY else ()
