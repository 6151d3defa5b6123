"""The commands `delivery …`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from headcount.campaigns.delivery import MOST_DAYS, MOST_HOURS, MOST_MESSAGES
from headcount.campaigns.reach import Cap
from headcount.cli.call import JsonFlag, opened
from headcount.cli.output import data, line, print_json, show_table, table
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel

commands = typer.Typer(help="Delivery: how often people are messaged at most, and how many are not messaged at all.")


@commands.command()
def show(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Show how often people are messaged at most on each channel, and how many of a hundred are not messaged at all."""
    with opened(context) as work:
        _tell(work.reach.delivery(), as_json=as_json)


@commands.command("set")
def set_(
    context: typer.Context,
    *,
    channel: Annotated[list[Channel] | None, typer.Option(help="The channel of the limits; can be given several times.")] = None,
    messages: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=MOST_MESSAGES, help="At most so many within the days; 0 is no limit.")
    ] = None,
    days: Annotated[int | None, typer.Option(metavar="N", min=1, max=MOST_DAYS, help="Within so many days of 24 hours.")] = None,
    gap_hours: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=MOST_HOURS, help="So many hours between two messages; 0 is no limit.")
    ] = None,
    control_percent: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=100, help="Of a hundred people, so many get nothing; 0 is nobody.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say how often people are messaged at most from now on. What is not given stays as it is."""
    said = {"messages": messages, "days": days, "gap_hours": gap_hours}
    changes = {name: number for name, number in said.items() if number is not None}
    if changes and not channel:
        raise WrongCall("usage", "Limits are those of a channel.", "Name it with --channel.")
    if not changes and control_percent is None:
        raise WrongCall("usage", "Nothing is to change.", "Give --messages, --days or --gap-hours with --channel, or --control-percent.")
    with opened(context) as work:
        before = work.reach.delivery()
        caps = {Channel(name): Cap(**cap) for name, cap in before["caps"].items()}
        caps |= {each: Cap(**{**before["caps"][each], **changes}) for each in channel or ()}
        percent = before["control_percent"] if control_percent is None else control_percent
        _tell(work.reach.set_delivery(caps, percent), as_json=as_json)


def _tell(delivery: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(delivery)
        return
    out, made = data(), table("channel", "at most", "between two")
    for name, cap in delivery["caps"].items():
        often = f"{cap['messages']:,} in {cap['days']:,} days" if cap["messages"] else "no limit"
        made.add_row(name, often, f"{cap['gap_hours']:,} hours" if cap["gap_hours"] else "no limit")
    show_table(out, made)
    line(out, f"\nControl group: {delivery['control_percent']} % of all people get nothing.")
