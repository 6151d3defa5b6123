"""The commands `people …`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from headcount.bootstrap import Application
from headcount.cli import people_words
from headcount.cli.call import JsonFlag, call_of, opened
from headcount.cli.output import line, print_json, words
from headcount.cli.progress import progress
from headcount.cli.whole_file import whole_file
from headcount.errors import WrongCall
from headcount.profiles.report import document
from headcount.profiles.store import Person
from headcount.segments.export import WRITERS, Format, headers
from headcount.segments.grammar import parse
from headcount.uploads.rules import OnProgress, no_progress, of_total

commands = typer.Typer(help="People: what is known of them, and where it came from.")


@commands.command()
def show(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="The identity, exactly as it was uploaded.")],
    as_json: JsonFlag = False,
) -> None:
    """Show one person: every value with its origin, consent, and where a message can reach them."""
    with opened(context) as app:
        with app.store() as store:
            person = store.person(identity)
        if person is None:
            advice = "Identities are compared letter by letter; `headcount people find TEXT` searches."
            raise WrongCall("person_unknown", f"There is no person with the identity “{identity}”.", advice)
        (found,) = _documents(app, person)
    if as_json:
        print_json(found)
    else:
        people_words.show(found)


@commands.command()
def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A part of an identity, name, e-mail address or phone number, in any case.")],
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many people.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Find people by a part of their identity, name, e-mail address or phone number."""
    with opened(context) as app:
        with app.store() as store:
            people = store.find(text, limit)
        found = _documents(app, *people)
    if as_json:
        print_json({"people": found})
    elif found:
        people_words.show_list(found)
    else:
        line(words(), f"Nobody has “{text}” in their identity, name, e-mail address or phone number.")


@commands.command()
def export(
    context: typer.Context,
    condition: Annotated[str, typer.Argument(metavar="FILTER", help="Whom, as in `segment count`; 'identity exists' is everybody.")],
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="These columns behind the identity, in this order, instead of all: properties, and consent as MSG-email. "
            "A name with a comma stands in quotation marks.",
        ),
    ] = None,
    *,
    file_format: Annotated[
        Format, typer.Option("--format", help="csv can be uploaded again; parquet has a type for each column, for other programs.")
    ] = "csv",
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to a file instead of standard output.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Give out the people whom a filter matches. Uploading the file again as it is changes nothing."""
    parsed, names = parse(condition), _names(columns)
    _check_output(output, file_format, as_json=as_json)
    with opened(context) as app, app.store() as store, store.people(parsed, app.settings.timezone, app.history.number, names) as people:
        with _sink(output) as out, _progress(output) as on_progress:
            written = WRITERS[file_format](people, out, of_total(on_progress, "exporting", people.count()))
        found = {"people": written, "file": str(output), "format": file_format, "columns": headers(people, file_format)}
    if as_json:
        print_json(found)
    people_words.say_what_was_written(found, call_of(context).program, output)


def _names(columns: str | None) -> list[str] | None:
    """The names in a list that is written as a line of a CSV file."""
    if columns is None:
        return None
    return [name.strip() for fields in csv.reader([columns], skipinitialspace=True) for name in fields]


def _check_output(output: Path | None, file_format: Format, *, as_json: bool) -> None:
    if output is None and as_json:
        raise WrongCall("output_missing", "With --json, standard output is for the report on the export.", "Name a file with --output.")
    if output is None and file_format == "parquet" and sys.stdout.isatty():
        raise WrongCall("output_missing", "Parquet is not for a terminal.", "Name a file with --output, or pipe it into a program.")


def _sink(output: Path | None) -> AbstractContextManager[BinaryIO]:
    return whole_file(output) if output else _standard_output()


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    yield sys.stdout.buffer


@contextmanager
def _progress(output: Path | None) -> Iterator[OnProgress]:
    """Bars, unless they would stand among the people."""
    if output is None and sys.stdout.isatty():
        yield no_progress
        return
    with progress() as on_progress:
        yield on_progress


def _documents(app: Application, *people: Person) -> list[dict[str, Any]]:
    ids, now = app.history.ids(), datetime.now(UTC)
    return [document(person, ids, now) for person in people]
