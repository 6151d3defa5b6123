"""What a person would do with the same files: upload them, count segments, look people up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headcount.auth.rights import operator
from headcount.bench.data import identities
from headcount.bench.measure import Outcome, measured, warm
from headcount.bench.questions import (
    FIND_EMAIL,
    FIND_NOBODY,
    FIND_PHONE,
    PERSON,
    PROPERTIES,
    ask,
    ask_all,
    ask_reaches,
    look_up_all,
)
from headcount.bench.wide import SKIPPED_NAMES
from headcount.bootstrap import Application, application
from headcount.config import Settings, load_settings
from headcount.errors import HeadcountError
from headcount.profiles.consent import Channel
from headcount.segments.grammar import parse
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.uploads.rules import no_progress
from headcount.values.types import Type

#: Larger than any file of the benchmark.
_NO_LIMIT = 1 << 62
#: People that a page shows.
_FOUND = 20
_PEOPLE = Request(columns={"tags": ColumnRequest(type=Type.LIST)})
_WIDE = Request(columns={name: ColumnRequest(skip=True) for name in SKIPPED_NAMES})


def settings(data: Path, **given: object) -> Settings:
    """The settings of whoever runs the benchmark, on another data directory and without a limit of the file."""
    return load_settings(data=data, file_limit_bytes=_NO_LIMIT, **given)


def upload(data: Path, file: Path) -> Outcome:
    """A file with the twelve columns."""
    return _upload(data, file, _PEOPLE)


def upload_for_good(data: Path, file: Path) -> Outcome:
    """The same, with nothing kept by which it could be undone."""
    return _upload(data, file, _PEOPLE, undo_days=0)


def check(data: Path, file: Path) -> Outcome:
    """What an upload of a file with the twelve columns would do."""
    documents = list[Mapping[str, Any]]()

    def work() -> None:
        with _opened(data) as app:
            documents.append(app.checking.check(file, _PEOPLE, name=None, door="cli", on_progress=no_progress))

    warm(file)
    return Outcome({"check": measured(work)}, ledger_counts(documents[0], "ready"))


def undo(data: Path) -> Outcome:
    """Take the last upload back."""
    documents = list[Mapping[str, Any]]()

    def work() -> None:
        with _opened(data) as app:
            (last,) = app.history.list(1)
            documents.append(app.uploads.reverse(last["id"], "undo", door="cli"))

    return Outcome({"undo": measured(work)}, _counts(documents[0]["undo"]["ledger"]))


def upload_wide(data: Path, file: Path) -> Outcome:
    """The file with 300 columns."""
    return _upload(data, file, _WIDE)


def count(data: Path) -> Outcome:
    """Every question, asked of the people."""
    with _opened(data) as app, app.store() as store:
        return ask(lambda question: store.count(parse(question.filter), app.settings.timezone, app.history.number))


def reach(data: Path) -> Outcome:
    """Every reach, on all channels. Raises HeadcountError `bench_failed` where the channels are not about the same people."""
    with _opened(data) as app:
        desk = app.desks.reach(operator(app.settings.account, "cli"))

        def matched(condition: str) -> int:
            found = {told["matched"] for told in desk.reach(condition, list(Channel))["channels"].values()}
            if len(found) != 1:
                raise HeadcountError("bench_failed", f"The channels of a reach are about {found} people.")
            return int(found.pop())

        return ask_reaches(matched)


def look_up(data: Path, rows: int) -> Outcome:
    """People of the first file, all that is known of them."""
    with _opened(data) as app, app.store() as store:
        return look_up_all(rows, lambda identity: store.person(identity) is not None)


def look(data: Path, rows: int) -> Outcome:
    """What somebody looks for, and looks at, in the dashboard."""
    with _opened(data) as app, app.store() as store:
        identity = identities(rows, 2)[1]
        person = store.person(identity)
        if person is None:
            raise HeadcountError("bench_failed", f"{identity} is not there.")
        known = {each.property.name: str(each.value) for each in person.values}
        return ask_all(
            {
                FIND_EMAIL: lambda: len(store.find(known["Email"], _FOUND)),
                FIND_PHONE: lambda: len(store.find(known["Phone"], _FOUND)),
                FIND_NOBODY: lambda: len(store.find("nobody at all", _FOUND)),
                PERSON: lambda: int(store.person(identity) is not None),
                PROPERTIES: lambda: len(store.tended()[1]),
            }
        )


@contextmanager
def _opened(data: Path, **given: object) -> Iterator[Application]:
    with application(settings(data, **given)) as app:
        yield app


def _upload(data: Path, file: Path, request: Request, **given: object) -> Outcome:
    documents = list[Mapping[str, Any]]()

    def work() -> None:
        with _opened(data, **given) as app:
            documents.append(app.uploads.upload(file, request, name=None, door="cli"))

    warm(file)
    sample = measured(work)
    return Outcome({"upload": sample}, ledger_counts(documents[0]))


def ledger_counts(document: Mapping[str, Any], wanted: str = "completed") -> dict[str, int]:
    """The numbers of the ledger of an upload. Raises HeadcountError `bench_failed` where it has not come to where it should."""
    status = document["upload"]["status"]
    if status != wanted:
        questions = "; ".join(question["message"] for question in document["questions"])
        raise HeadcountError("bench_failed", f"An upload of the benchmark is {status}.", questions)
    return _counts(document["ledger"])


def _counts(ledger: Mapping[str, Any]) -> dict[str, int]:
    return {name: count for name, count in ledger.items() if isinstance(count, int)}
