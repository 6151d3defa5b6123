"""What an upload asks, as choices that a person clicks; and what they clicked, as the flags that answer it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headcount.errors import WrongCall
from headcount.uploads.mapping import letter
from headcount.uploads.problems import CATALOGUE
from headcount.web.column_words import references

#: What a field is called, by the place of its question; the form of a single question has buttons called `flag`.
ANSWER, NAME, OTHER, FLAG = "answer-", "name-", "other-", "flag"
#: The value of a choice that takes a name, before the column; and of the one that takes a column.
_NAMED, _OTHER = "name:", "other"
#: Cells of a column that are shown beside its question.
_CELLS = 4
_PLACEHOLDERS = frozenset({"NAME", "ANOTHER NAME"})
_TITLES = {
    "date_ambiguous": "Is the day first, or the month?",
    "match_unclear": "What is in the identity column?",
    "identity_missing": "Which column names the person?",
    "property_limit": "Which columns can be left out?",
}
_FIXED = {
    "--day-first": ("The day comes first", "03/04/2026 is 3 April 2026"),
    "--month-first": ("The month comes first", "03/04/2026 is 4 March 2026"),
    "--match identity": ("Identities", "An address that is no known identity makes a new person with it as identity"),
    "--match email": ("E-mail addresses", "A row applies to everybody who has the address; one that nobody has makes a new person"),
    "--match phone": ("Phone numbers", "A row applies to everybody who has the number; one that nobody has makes a new person"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: a value that is sent as it is; or, `named`, one that goes with a name that is typed."""

    label: str
    value: str
    help: str = ""
    named: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One question."""

    code: str
    title: str
    message: str
    #: The letter of its column, its header, and the first of its filled cells; blank where it is about the whole file.
    letter: str
    header: str
    cells: tuple[str, ...]
    choices: tuple[Choice, ...]
    #: Pairs of reference and label: any of these columns answers it; several of them where it asks what to leave out.
    columns: tuple[tuple[str, str], ...] = ()
    #: Commands that would answer it, for which there is no button.
    commands: tuple[str, ...] = ()


def asked(questions: Iterable[Mapping[str, Any]], inspection: Mapping[str, Any]) -> list[Asked]:
    """The open questions of an upload with the inspection of its file."""
    return [_asked(question, inspection) for question in questions]


def _asked(question: Mapping[str, Any], inspection: Mapping[str, Any]) -> Asked:
    code, header = question["code"], list(inspection["header"])
    index = _index(question, header)
    return Asked(
        code=code,
        title=_TITLES.get(code) or (CATALOGUE[code].title if code in CATALOGUE else "One thing is open"),
        message=_message(question),
        letter="" if index is None else letter(index),
        header="" if index is None else header[index],
        cells=() if index is None else _cells(index, inspection["preview"]),
        choices=tuple(choice for answer in question["answers"] if (choice := _choice(answer, header))),
        columns=_columns(code, inspection),
        commands=tuple(answer for answer in question["answers"] if not answer.startswith("--")),
    )


def _message(question: Mapping[str, Any]) -> str:
    """What is asked, without the title and the place, which stand above it."""
    if question["code"] == "identity_missing":
        return "No column is called identity. Each row is about the person that this column names."
    kind, text = CATALOGUE.get(question["code"]), str(question["message"])
    if kind is None or not text.startswith(kind.title):
        return text
    before, _, rest = text.removeprefix(kind.title).partition("”). ")
    return rest if before.startswith(" (column") and rest else text.removeprefix(kind.title).removeprefix(". ")


def _index(question: Mapping[str, Any], header: Sequence[str]) -> int | None:
    """Which column it is about: the answers name it better than a header that is blank or there twice."""
    known = {reference: index for index, reference in enumerate(references(header))}
    if question["code"] in {"identity_missing", "property_limit", "match_unclear"}:
        return None
    for answer in question["answers"]:
        if (about := _about(answer)) in known:
            return known[about]
        if about.startswith("#") and (found := [i for i in range(len(header)) if letter(i) == about[1:]]):
            return found[0]
    return next((i for i, name in enumerate(header) if name == question["column"]), None)


def _about(answer: str) -> str:
    """The column that a flag names."""
    flag, *rest = _words(answer)
    if not rest:
        return ""
    return rest[0].rpartition("=")[0] if flag == "--map" else rest[0]


def _words(answer: str) -> list[str]:
    try:
        return shlex.split(answer)
    except ValueError:
        return [answer]


def _cells(index: int, preview: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    cells = (row["cells"][index] for row in preview if index < len(row["cells"]))
    return tuple(dict.fromkeys(cell for cell in cells if cell.strip()))[:_CELLS]


def _choice(answer: str, header: Sequence[str]) -> Choice | None:
    """The answer as something to click; None where it is a command, or a flag with a gap that the columns of the file fill."""
    if answer in _FIXED:
        label, help_ = _FIXED[answer]
        return Choice(label, answer, help_)
    flag, about = _words(answer)[0], _about(answer)
    if flag == "--skip" and about != "COLUMN":
        return Choice("Leave the column out", answer, "Nothing of it is stored")
    if flag == "--identity" and about != "COLUMN":
        return Choice(f"Column {_place(about, header)}", answer)
    return _map_choice(answer, about) if flag == "--map" else None


def _place(reference: str, header: Sequence[str]) -> str:
    known = references(header)
    return f"{letter(known.index(reference))}: {reference}" if reference in known else reference.removeprefix("#")


def _map_choice(answer: str, about: str) -> Choice:
    name, _, rest = _words(answer)[1].rpartition("=")[2].partition(":")
    type_, _, format_ = rest.partition(":")
    if name in _PLACEHOLDERS:
        return Choice("Give it the name", _NAMED + about, named=True)
    if format_:
        return Choice(f"Read it as {format_}", answer)
    if type_:
        return Choice(f"Keep {type_}", answer, "Cells that do not fit are not applied, and listed")
    return Choice(f"It is {name}", answer, "Consent: false opts out, true re-subscribes" if name.startswith("MSG-") else "")


def _columns(code: str, inspection: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The columns that are an answer to a question about all of them."""
    if code not in {"identity_missing", "property_limit"}:
        return ()
    header = inspection["header"]
    labels = [(reference, f"{letter(i)}: {header[i] or 'no name'}") for i, reference in enumerate(references(header))]
    roles = {"property"} if code == "property_limit" else {"property", "skip"}
    return tuple(label for label, column in zip(labels, inspection["columns"], strict=True) if column["role"] in roles)


def flags(form: Iterable[tuple[str, str]]) -> list[str]:
    """The flags that a form of answers means. Raises WrongCall `answer_missing` where nothing was chosen, `answer_invalid`."""
    fields = [(key, value) for key, value in form if value.strip()]
    texts = dict(fields)
    given = [value for key, value in fields if key == FLAG]
    given += [flag for key, value in fields if key.startswith(ANSWER) for flag in _flag(value, key.removeprefix(ANSWER), texts)]
    given += _unticked(texts)
    if not given:
        raise WrongCall("answer_missing", "No answer was chosen.", "Go back and choose one.")
    return given


def _flag(value: str, place: str, texts: Mapping[str, str]) -> Iterator[str]:
    if value == _OTHER:
        yield f"--identity {shlex.quote(_needed(texts, OTHER + place))}"
    elif value.startswith(_NAMED):
        yield f"--map {shlex.quote(_named(value.removeprefix(_NAMED), _needed(texts, NAME + place)))}"
    else:
        yield value


def _unticked(texts: Mapping[str, str]) -> Iterator[str]:
    """A column that was chosen without its round button being pressed is an answer as well."""
    for key, value in texts.items():
        if key.startswith(OTHER) and ANSWER + key.removeprefix(OTHER) not in texts and FLAG not in texts:
            yield f"--identity {shlex.quote(value)}"


def _needed(texts: Mapping[str, str], key: str) -> str:
    if not texts.get(key, "").strip():
        what = "name" if key.startswith(NAME) else "column"
        raise WrongCall("answer_missing", f"The {what} is missing.", f"Go back and give the {what}.")
    return texts[key].strip()


def _named(reference: str, name: str) -> str:
    if set(name) & set("=:"):
        raise WrongCall("answer_invalid", f"“{name}” cannot be the name: it has a = or a colon.", "Go back and give another name.")
    return f"{reference}={name}"
