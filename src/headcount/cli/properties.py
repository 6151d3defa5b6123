"""The commands `properties …`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from headcount.cli import property_words
from headcount.cli.call import JsonFlag, call_of, opened
from headcount.cli.output import count, data, line, plain, print_json
from headcount.cli.work import Document
from headcount.values.types import Type

commands = typer.Typer(help="Properties: what can be known of a person.")

Name: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="The property.")]


@commands.command("list")
def list_(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are hidden.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show every property: its type, how many people have a value, how many values there are and the most frequent."""
    with opened(context) as work:
        found = work.properties.list()
    if as_json:
        print_json(found)
    else:
        property_words.show_list(found, everything=everything)


@commands.command()
def show(context: typer.Context, name: Name, as_json: JsonFlag = False) -> None:
    """Show one property: what is known of its values, which uploads brought it, and what names it."""
    with opened(context) as work:
        found = work.properties.show(name)
    if as_json:
        print_json(found)
    else:
        property_words.show(found)


@commands.command()
def rename(
    context: typer.Context,
    name: Name,
    wanted: Annotated[str, typer.Argument(metavar="NEW_NAME", help="What it is to be called.")],
    as_json: JsonFlag = False,
) -> None:
    """Call a property otherwise. Values, their origins and remembered mappings stay with it."""
    with opened(context) as work:
        done = work.properties.rename(name, wanted)
    _tell(done, f"“{plain(name)}” is called “{plain(done['name'])}” now.", as_json=as_json)


@commands.command()
def describe(
    context: typer.Context,
    name: Name,
    description: Annotated[str, typer.Argument(metavar="TEXT", help="What it is, for people; '' takes the description away.")],
    as_json: JsonFlag = False,
) -> None:
    """Say what a property is."""
    with opened(context) as work:
        done = work.properties.describe(name, description)
    _tell(done, f"“{plain(name)}” is described.", as_json=as_json)


@commands.command()
def hide(context: typer.Context, name: Name, as_json: JsonFlag = False) -> None:
    """Leave a property out of exports, suggestions and pages of people unless it is asked for. Its values are kept."""
    _hide(context, name, hidden=True, as_json=as_json)


@commands.command()
def unhide(context: typer.Context, name: Name, as_json: JsonFlag = False) -> None:
    """Show a property that was hidden."""
    _hide(context, name, hidden=False, as_json=as_json)


def _hide(context: typer.Context, name: str, *, hidden: bool, as_json: bool) -> None:
    with opened(context) as work:
        done = work.properties.hide(name, hidden=hidden)
    _tell(done, f"“{plain(name)}” is {'hidden' if hidden else 'shown'}.", as_json=as_json)


@commands.command()
def retype(
    context: typer.Context,
    name: Name,
    wanted: Annotated[Type, typer.Argument(metavar="TYPE", help="string, integer, float, boolean, date or list.")],
    preview: Annotated[bool, typer.Option("--preview", help="Only say what it would do, and show values that would be lost.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Change the type of a property. Values that cannot be of the new type are cleared, and counted."""
    with opened(context) as work:
        done = work.properties.would_retype(name, wanted) if preview else work.properties.retype(name, wanted)
    if preview and not as_json:
        property_words.show_retype(done)
        return
    lost = count(done["values_lost"], "value")
    _tell(done, f"“{plain(name)}” is of type {wanted.value} now; {lost} could not be kept.", as_json=as_json)


@commands.command()
def delete(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, the command says what would be removed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove a property with all its values for good, those that are kept for undos too."""
    with opened(context) as work:
        done = work.properties.delete(name, name) if yes else work.properties.would_delete(name)
    if as_json:
        print_json({**done, "deleted": yes})
    else:
        property_words.show_deleted(done, call_of(context).program, done=yes)


def _tell(done: Document, said: str, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
    else:
        line(data(), said)
