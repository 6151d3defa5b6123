"""The commands `segment …`."""

from __future__ import annotations

from typing import Annotated

import typer

from headcount.cli.call import JsonFlag, opened
from headcount.cli.output import count, data, line, print_json

commands = typer.Typer(help="Segments: the people a filter means.")


@commands.callback()
def segment() -> None:
    """Segments: the people a filter means."""


@commands.command("count")
def count_(
    context: typer.Context,
    condition: Annotated[str, typer.Argument(metavar="FILTER", help="""Such as 'plan = "pro" and not consent email is unsubscribed'.""")],
    as_json: JsonFlag = False,
) -> None:
    """Count the people whom a filter matches."""
    with opened(context) as work:
        found = work.people.count(condition)
    if as_json:
        print_json({"count": found})
    else:
        line(data(), count(found, "person", "people"))
