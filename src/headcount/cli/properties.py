"""The commands `properties …`."""

from __future__ import annotations

from typing import Annotated

import typer

from headcount.cli.call import JsonFlag, opened
from headcount.cli.output import count, data, line, plain, print_json, show_table, table
from headcount.values.types import Type

commands = typer.Typer(help="Properties: what can be known of a person.")


@commands.command("list")
def list_(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Show every property and its type."""
    with opened(context) as work:
        found = work.people.properties()
    if as_json:
        print_json({"properties": found})
        return
    made = table("property", "type", "")
    for known in found:
        made.add_row(plain(known["name"]), known["type"], "system" if known["system"] else "")
    show_table(data(), made)


@commands.command()
def retype(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The property.")],
    wanted: Annotated[Type, typer.Argument(metavar="TYPE", help="string, integer, float, boolean, date or list.")],
    as_json: JsonFlag = False,
) -> None:
    """Change the type of a property. Values that cannot be of the new type are cleared, and counted."""
    with opened(context) as work:
        done = work.people.retype(name, wanted)
    if as_json:
        print_json(done)
    else:
        line(data(), f"“{plain(name)}” is of type {wanted.value} now; {count(done['values_lost'], 'value')} could not be kept.")
