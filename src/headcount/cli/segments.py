"""The commands `segment …`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from headcount.cli import people_words, segment_words
from headcount.cli.call import JsonFlag, opened
from headcount.cli.options import readable
from headcount.cli.output import count, data, line, paragraph, print_json, words
from headcount.cli.people import ColumnsOption, FormatOption, OutputOption, give_out
from headcount.cli.progress import progress
from headcount.cli.work import Document, Work
from headcount.errors import WrongCall
from headcount.people.segments import Wish
from headcount.segments.filter import InSegment
from headcount.segments.grammar import render
from headcount.segments.saved import checked_name, no_segment
from headcount.segments.store import Change
from headcount.uploads.mapping import Match, Request

commands = typer.Typer(help="Segments: the people a filter means, under a name or without one.")

#: How long something lasts, such as 30d.
_SPAN = re.compile(r"([0-9]{1,5})([hdw])", re.ASCII)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

FilterArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="FILTER", help="""Such as 'plan = "pro" and not consent email is unsubscribed'.""")
]
NameArgument: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="The name of the segment, in any case.")]
ExpiresOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="SPAN", help="After so long nobody is on the list any more: such as 12h, 30d or 8w.")
]


@commands.callback()
def segment() -> None:
    """Segments: the people a filter means, under a name or without one."""


@commands.command("count")
def count_(context: typer.Context, condition: FilterArgument, as_json: JsonFlag = False) -> None:
    """Count the people whom a filter matches."""
    with opened(context) as work:
        found = work.segments.count(condition)
    segment_words.say_expired(found.get("expired", ()))
    if as_json:
        print_json({"count": found["count"]})
    else:
        line(data(), count(found["count"], "person", "people"))


@commands.command()
def save(
    context: typer.Context,
    name: NameArgument,
    condition: FilterArgument,
    *,
    description: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Keep whom the filter matches now, instead of asking it anew each time.")
    ] = False,
    expires: ExpiresOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Where there is a segment of this name, make another of it.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Save a filter under a name. Other filters can ask for it: 'in segment "Spring list"'."""
    wish = Wish(
        name=checked_name(name), filter=condition, description=description, kind="frozen" if frozen else "live", expires_at=_after(expires)
    )
    with opened(context) as work:
        known = work.segments.list(name) if replace else ()
        found = work.segments.change(known[0]["id"], wish) if known else work.segments.save(wish)
    if as_json:
        print_json(found)
    else:
        line(data(), segment_words.saved(found))


@commands.command("list")
def list_(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Show the saved segments."""
    with opened(context) as work:
        found = work.segments.list()
    if as_json:
        print_json({"segments": list(found)})
    elif found:
        segment_words.show_list(found)
    else:
        line(words(), "No segment is saved. `headcount segment save NAME FILTER` saves one.")


@commands.command()
def show(context: typer.Context, name: NameArgument, as_json: JsonFlag = False) -> None:
    """Show a saved segment, and how many people are in it."""
    with opened(context) as work:
        found = _named(work, name)
        counted = _counted(work, found)
    segment_words.say_expired(counted.get("expired", ()))
    if as_json:
        print_json({**found, "people": counted["count"]})
    else:
        segment_words.show(found, counted["count"])


@commands.command()
def delete(context: typer.Context, name: NameArgument) -> None:
    """Delete a saved segment; the people stay."""
    with opened(context) as work:
        found = _named(work, name)
        work.segments.delete(found["id"])
    line(words(), f"Deleted the segment “{found['name']}”.")


@commands.command()
def people(
    context: typer.Context,
    name: NameArgument,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1_000, help="At most so many people.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Show some of the people in a saved segment."""
    with opened(context) as work:
        found = work.segments.people(_filter(_named(work, name)), limit)
    if as_json:
        print_json({"people": list(found)})
    elif found:
        people_words.show_list(found)
    else:
        line(words(), "There is nobody.")


@commands.command()
def export(
    context: typer.Context,
    name: NameArgument,
    columns: ColumnsOption = None,
    *,
    file_format: FormatOption = "csv",
    output: OutputOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give out the people in a saved segment, as `people export` does."""
    give_out(context, render(InSegment(name)), columns, file_format, output, as_json=as_json)


@commands.command()
def audience(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the list; one that is not there is made.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV that names people, by a column `identity` or its only one.")],
    *,
    add: Annotated[bool, typer.Option("--add", help="The people of the file come to the list.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="They go from it.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="They are all who is on it from now on.")] = False,
    identity: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column that names the person.")] = None,
    match: Annotated[
        Match | None, typer.Option(help="What that column holds: identities, or the e-mail addresses or phone numbers of people.")
    ] = None,
    expires: ExpiresOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change a list of people by a file that names them. Nothing else of the file is used."""
    change = _change(add=add, remove=remove, replace=replace)
    request = Request(identity=identity, match=match)
    with opened(context) as work, progress() as on_progress:
        found = work.fill(checked_name(name), readable(file), request, change, _after(expires), on_progress)
    if as_json:
        print_json(found)
    else:
        segment_words.show_filled(found)


def _change(**asked: bool) -> Change:
    changes: dict[str, Change] = {"add": "add", "remove": "remove", "replace": "replace"}
    wanted = [changes[name] for name, given in asked.items() if given]
    if len(wanted) != 1:
        raise WrongCall("usage", "A file changes a list in one way.", "Give one of --add, --remove and --replace.")
    return wanted[0]


def _after(span: str | None) -> datetime | None:
    """The instant so long from now. Raises WrongCall."""
    if span is None:
        return None
    found = _SPAN.fullmatch(span.strip().lower())
    if found is None or not int(found[1]):
        raise WrongCall("usage", f"{span!r} is no span of time.", "Such as 12h, 30d or 8w.")
    return datetime.now(UTC) + int(found[1]) * _UNITS[found[2]]


def _named(work: Work, name: str) -> Document:
    """The segment of a name. Raises WrongCall."""
    found = work.segments.list(name)
    if not found:
        raise no_segment(name)
    return found[0]


def _counted(work: Work, segment: Document) -> Document:
    """How many people are in it; None, and why on standard error, where its filter asks for what is not there any more."""
    try:
        return work.segments.count(_filter(segment))
    except WrongCall as error:
        paragraph(words(), f"{error.message} {error.advice}", 0)
        return {"count": None}


def _filter(segment: dict[str, Any]) -> str:
    return render(InSegment(segment["name"]))
