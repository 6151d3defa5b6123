"""The commands `people …`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from headcount.cli import people_words
from headcount.cli.call import JsonFlag, call_of, opened
from headcount.cli.output import data, line, plain, print_json, words
from headcount.cli.progress import progress
from headcount.cli.whole_file import sink
from headcount.errors import WrongCall
from headcount.segments.export import Format
from headcount.uploads.rules import OnProgress, no_progress

commands = typer.Typer(help="People: what is known of them, and where it came from.")


ColumnsOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="These columns behind the identity, in this order, instead of all: properties, and consent as MSG-email. "
        "A name with a comma stands in quotation marks.",
    ),
]
FormatOption: TypeAlias = Annotated[
    Format, typer.Option("--format", help="csv can be uploaded again; parquet has a type for each column, for other programs.")
]
OutputOption: TypeAlias = Annotated[Path | None, typer.Option(metavar="FILE", help="Write to a file instead of standard output.")]


@commands.command()
def show(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="The identity, exactly as it was uploaded.")],
    as_json: JsonFlag = False,
) -> None:
    """Show one person: every value with its origin, consent, and where a message can reach them."""
    with opened(context) as work:
        found = work.people.show(identity)
    if as_json:
        print_json(found)
    else:
        people_words.show(found)


@commands.command()
def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A part of an identity, name, e-mail address or phone number, in any case.")],
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1_000, help="At most so many people.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Find people by a part of their identity, name, e-mail address or phone number."""
    with opened(context) as work:
        found = work.people.find(text, limit)
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
    columns: ColumnsOption = None,
    *,
    file_format: FormatOption = "csv",
    output: OutputOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give out the people whom a filter matches. Uploading the file again as it is changes nothing."""
    give_out(context, condition, columns, file_format, output, as_json=as_json)


def give_out(
    context: typer.Context, condition: str, columns: str | None, file_format: Format, output: Path | None, *, as_json: bool
) -> None:
    """Write the people whom a filter matches, and say so. Raises WrongCall."""
    _check_output(output, file_format, as_json=as_json)
    with opened(context) as work, sink(output) as out, _progress(output) as on_progress:
        done = work.people.export(condition, _names(columns), file_format, out, on_progress)
    found = {"people": done["people"], "file": str(output), "format": file_format, "columns": done["columns"]}
    if as_json:
        print_json(found)
    people_words.say_what_was_written(found, call_of(context).program, output)


@commands.command()
def erase(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="The identity, exactly as it was uploaded.")],
    *,
    now: Annotated[bool, typer.Option("--now", help="Take their traces out of all files as well, and wait until that is done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask at a terminal whether it is meant.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Erase a person for good, with all that is stored of them.

    No answer has them any more. Their traces in files go within some hours, with --now before the command ends.
    """
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Erase “{plain(identity)}” for good?", abort=True, err=True)
    with opened(context) as work:
        erased = work.erasing.erase(identity)
        files = work.erasing.scrub() if now else work.erasing.state()
    if as_json:
        print_json({"erased": erased, "files": files})
        return
    line(
        data(),
        f"“{plain(identity)}” was erased." if erased else f"There was no profile of “{plain(identity)}”; what else was stored is erased.",
    )
    people_words.say_what_files_hold(files, call_of(context).program)


@commands.command()
def erasures(
    context: typer.Context,
    *,
    now: Annotated[bool, typer.Option("--now", help="Take their traces out now, and wait until that is done.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show of how many people who were erased files still hold traces, and by when these go."""
    with opened(context) as work:
        files = work.erasing.scrub() if now else work.erasing.state()
    if as_json:
        print_json(files)
    else:
        people_words.say_what_files_hold(files, call_of(context).program)


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


@contextmanager
def _progress(output: Path | None) -> Iterator[OnProgress]:
    """Bars, unless they would stand among the people."""
    if output is None and sys.stdout.isatty():
        yield no_progress
        return
    with progress() as on_progress:
        yield on_progress
