"""What a person must answer before an upload goes on, and what they should know; each with the flags that answer it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from headcount.profiles.properties import SYSTEM
from headcount.profiles.store import Known
from headcount.uploads.evidence import Found, Subject
from headcount.uploads.mapping import Column, Role, reference
from headcount.uploads.problems import CATALOGUE, HeaderProblem, Question
from headcount.values import dates
from headcount.values.infer import Candidate, by_day_order
from headcount.values.types import Type


def of_header(problems: Iterable[HeaderProblem]) -> list[Question]:
    """One question for each header that cannot be used as it is."""
    return [Question(p.code, p.header or p.letter or None, p.message, p.answers) for p in problems]


def ambiguous_date(column: Column, formats: Sequence[Candidate], differ: int, examples: Sequence[str]) -> Question:
    """Several formats fit the cells equally well and mean different days."""
    names = " or ".join(f"“{c.format}”" for c in formats)
    shown = ", ".join(f"“{text}”" for text in examples)
    values = "1 value would be another day" if differ == 1 else f"{differ:,} values would be other days"
    message = f"Column {column.letter} “{column.header}” may be {names}: {values}, such as {shown}."
    return Question("date_ambiguous", column.header, message, _format_answers(column, formats))


def _format_answers(column: Column, formats: Sequence[Candidate]) -> tuple[str, ...]:
    if all(len(by_day_order(formats, day_first=first)) == 1 for first in (True, False)):
        return ("--day-first", "--month-first")
    return tuple(f"--map '{reference(column)}={column.name}:date:{c.format}'" for c in formats)


def type_conflict(column: Column, stored: Type | None, *, of_event: bool = False) -> Question:
    """The mapping wants another type than the property has."""
    message = f"“{column.name}” holds values of type {stored}; the mapping says {column.type}."
    answers = (
        f"--map '{reference(column)}={column.name}:{stored}'",
        f"headcount properties retype '{column.name}' {column.type}",
    )
    # The type of a property of an event is that of its first value, for good.
    return Question("type_conflict", column.header, message, answers[:1] if of_event else answers)


def event_property_limit(count: int, limit: int) -> HeaderProblem | None:
    """The file has more properties than an event can have."""
    if count <= limit:
        return None
    room = f"The file has {count} properties of an event, which has at most {limit}"
    return HeaderProblem("property_limit", "", "", f"{room}. Leave {count - limit} of them out", ("--skip COLUMN",))


def property_limit(new: int, stored: int, limit: int) -> HeaderProblem | None:
    """The file has more new properties than there is room for."""
    if stored + new <= limit:
        return None
    room = f"The file has {new} new properties and the account has {stored}; at most {limit} are allowed."
    return HeaderProblem("property_limit", "", "", f"{room} Leave {stored + new - limit} of them out", ("--skip COLUMN",))


def unclear_match(identities: int, known: Known, share: float) -> list[Question]:
    """Half or more of the identities are addresses of known people rather than identities."""
    if max(known.emails, known.phones) < max(1, identities * share):
        return []
    message = (
        f"Of {identities:,} identities {known.identities:,} are known identities; of the others {known.emails:,} are known "
        f"e-mail addresses and {known.phones:,} known phone numbers. Say what names the people."
    )
    address = "--match email" if known.emails >= known.phones else "--match phone"
    return [Question("match_unclear", None, message, (address, "--match identity"))]


def hidden(name: str) -> str:
    """Whoever maps a column to a hidden property learns so."""
    return f"“{name}” is hidden: its values are kept, and left out of exports and pages; `headcount properties unhide` shows it again."


def _all_blank(subject: Subject, stored: Type | None) -> str:
    if stored is None:
        return "Every cell is blank; no property is made."
    if subject.column.write == "fill":
        return "Every cell is blank; nothing changes."
    if subject.operation is not None:
        return "Every cell is blank; what changes is said by the operations."
    if subject.column.blank == "clear":
        return "Every cell is blank, and a blank cell clears: everybody in the file loses the value."
    return "Every cell is blank; nothing changes."


def _all_blank_of_event(column: Column) -> str:
    return f"Every cell is blank; {'the time of the upload is taken' if column.role is Role.TIME else 'no event has it'}."


def notices(subject: Subject, found: Found, chosen: Candidate | None, stored: Type | None, *, of_event: bool = False) -> Iterator[str]:
    """What is worth knowing about a column, with the flag that changes it."""
    column = subject.column
    name, filled = reference(column), found.evidence.filled
    if not filled:
        yield _all_blank_of_event(column) if of_event else _all_blank(subject, stored)
        return
    if found.blank_words and not column.blanks:
        yield f"{found.blank_words:,} of the first cells look like a word for nothing (NULL, N/A, -); --blank WORD reads them as blank."
    if chosen and chosen.type is Type.INTEGER and stored is None and found.unix_like and found.unix_like == min(filled, found.unix_like):
        yield f"These may be times in Unix seconds: --map '{name}={column.name}:date:unix' reads them so."
    if stored is Type.INTEGER and chosen and chosen.type is Type.INTEGER and any(c.fraction and n for c, n in found.evidence.fits.items()):
        yield "Cells with decimals are not applied: the property holds whole numbers that would change if it had decimals."
    if stored is Type.INTEGER and chosen and chosen.type is Type.FLOAT and not of_event:
        yield "Cells with decimals: the property widens from integer to float."
    if chosen and chosen.type is Type.DATE and column.format is None and not any(found.evidence.fits.values()):
        known = ", ".join((*dates.RECOGNISED, dates.UNIX))
        yield f"No cell is a date in a recognised format ({known})."
        yield f"--map '{name}={column.name}:date:FORMAT' names another format, such as yyyy-MM-dd or iso."
    if of_event:
        return
    near = next((s for s in SYSTEM if s != column.name and s.casefold() == column.name.casefold()), None)
    if near:
        yield f"“{column.name}” is a property of its own, not the system property “{near}”; --map '{name}={near}' makes it that."


def file_notices(codes: Iterable[str]) -> list[str]:
    """The notices of a whole file as sentences."""
    return [f"{CATALOGUE[code].title}. {CATALOGUE[code].advice}" for code in codes]
