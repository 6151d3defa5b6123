"""The command `reach`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from headcount.campaigns.reach import Place
from headcount.cli.call import JsonFlag, opened
from headcount.cli.output import bar, count, data, line, paragraph, plain, print_json, show_table, table, words
from headcount.cli.segment_words import say_expired
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel

#: The numbers of a channel, in the order in which they are taken off.
_NUMBERS = ("matched", *(place.value for place in Place))


def reach(
    context: typer.Context,
    condition: Annotated[str, typer.Argument(metavar="FILTER", help="Whom, as in `segment count`; 'identity exists' is everybody.")],
    channel: Annotated[
        list[Channel] | None, typer.Option(help="This channel; can be given several times. All four where none is named.")
    ] = None,
    people: Annotated[Place | None, typer.Option(help="Show the people of this place instead, of one channel.")] = None,
    *,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1_000, help="At most so many people.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Count whom a message would reach on each channel, and the others by what keeps them out."""
    channels = list(dict.fromkeys(channel or Channel))
    if people:
        _people(context, condition, channels, people, limit, as_json=as_json)
        return
    with opened(context) as work:
        found = work.reach.reach(condition, channels)
    say_expired(found.get("expired", ()))
    if as_json:
        numbers = {name: {key: told[key] for key in _NUMBERS} for name, told in found["channels"].items()}
        print_json(numbers[channels[0]] if len(channels) == 1 else {"channels": numbers})
        return
    for name, told in found["channels"].items():
        _show(name, told)
    _say_what_runs(found["uploads_running"])


def _people(context: typer.Context, condition: str, channels: Sequence[Channel], place: Place, limit: int, *, as_json: bool) -> None:
    if len(channels) != 1:
        raise WrongCall("usage", "The people of a place are those of one channel.", "Name it with --channel.")
    with opened(context) as work:
        found = work.reach.people(condition, channels[0], place, limit)
    if as_json:
        print_json({"people": found})
    elif found:
        made = table("identity", "address")
        for each in found:
            made.add_row(plain(each["identity"]), plain(each["address"]))
        show_table(data(), made)
    else:
        line(words(), "There is nobody.")


def _show(channel: str, told: Mapping[str, Any]) -> None:
    """Print how a channel takes people off, from all of them to those who are reached."""
    out, matched = data(), told["matched"]
    made = table(channel, "people", "", numbers=["people"])
    for key in _NUMBERS:
        made.add_row(key.replace("_", " "), f"{told[key]:,}", bar(told[key], matched))
    show_table(out, made)
    if told["hints"]:
        line(out, "")
    for hint in told["hints"]:
        paragraph(out, f"{count(hint['people'], 'person', 'people')}, {hint['place'].replace('_', ' ')}: {hint['advice']}", 4, "  -")
    line(out, "")


def _say_what_runs(uploads: Sequence[str]) -> None:
    if uploads:
        line(
            words(), f"These numbers change: {count(len(uploads), 'upload')} being worked on sets what is asked for ({', '.join(uploads)})."
        )
