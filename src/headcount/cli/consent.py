"""The commands `consent …`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from headcount.cli.call import JsonFlag, opened
from headcount.cli.output import data, line, plain, print_json, words
from headcount.profiles.consent import Channel, Source, State

commands = typer.Typer(help="Consent: who may be messaged on which channel, and who changed that.")


class NamedSource(StrEnum):
    """The sources that a person can name; uploads name themselves."""

    PERSON = Source.PERSON.value
    DASHBOARD = Source.DASHBOARD.value
    API = Source.API.value
    BOUNCE = Source.BOUNCE.value


class Wanted(StrEnum):
    """The states that can be wished for."""

    SUBSCRIBED = State.SUBSCRIBED.value
    UNSUBSCRIBED = State.UNSUBSCRIBED.value


@commands.command()
def log(
    context: typer.Context,
    identity: Annotated[str | None, typer.Argument(metavar="[IDENTITY]", help="Only the entries of this person.")] = None,
    upload: Annotated[str | None, typer.Option(metavar="ID", help="Only the entries of this upload.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many, the newest.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Show who changed which consent, when, why and by which row of which upload, the newest first."""
    with opened(context) as work:
        entries = work.people.consent_log(identity, upload, limit)
    if as_json:
        print_json({"entries": entries})
    elif entries:
        _show(entries)
    else:
        line(words(), "No consent was changed.")


def _show(entries: Sequence[Mapping[str, Any]]) -> None:
    out = data()
    for entry in entries:
        before, after = (entry[key].replace("_", " ") for key in ("before", "after"))
        line(out, f"{entry['at'][:19].replace('T', ' ')}  {plain(entry['identity'])}  {entry['channel']}: {before} → {after}")
        line(out, f"    {'; '.join(_circumstances(entry))}")


def _circumstances(entry: Mapping[str, Any]) -> Iterator[str]:
    """By which door, who and why."""
    yield f"upload {entry['upload']}, row {entry['row']:,}" if entry["upload"] else f"source {entry['source']}"
    if entry["actor"]:
        yield f"by {plain(entry['actor'])}"
    if entry["door"]:
        yield f"through {entry['door']}"
    if entry["reason"]:
        yield f"because: {plain(entry['reason'])}"


@commands.command("set")
def set_(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="The identity, exactly as it was uploaded.")],
    channel: Annotated[Channel, typer.Argument(metavar="CHANNEL", help="push, sms, email or whatsapp.")],
    wanted: Annotated[Wanted, typer.Argument(metavar="STATE", help="subscribed or unsubscribed.")],
    *,
    source: Annotated[
        NamedSource, typer.Option(help="On whose word. After `person` no upload brings them back unconfirmed.")
    ] = NamedSource.DASHBOARD,
    reason: Annotated[str | None, typer.Option(metavar="REASON", help="Why; needed to re-subscribe who opted out themselves.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Change the consent of one person, and log it."""
    with opened(context) as work:
        done = work.people.set_consent(
            identity, channel, subscribed=wanted is Wanted.SUBSCRIBED, source=Source(source.value), reason=reason
        )
    if as_json:
        print_json(done)
    else:
        line(data(), _said(done["entry"], identity, channel, wanted))


def _said(entry: Mapping[str, Any] | None, identity: str, channel: Channel, wanted: Wanted) -> str:
    if entry is None:
        return f"“{plain(identity)}” is {wanted.value} on {channel.value} already; nothing changed."
    return f"“{plain(identity)}” is {wanted.value} on {channel.value} now, was {entry['before'].replace('_', ' ')}."
