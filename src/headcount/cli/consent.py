"""The commands `consent …`."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from headcount.cli.call import JsonFlag, opened
from headcount.cli.output import data, line, plain, print_json, words
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel, ConsentEntry, Source, State, Wish
from headcount.profiles.report import consent_entry

commands = typer.Typer(help="Consent: who may be messaged on which channel, and who changed that.")


class Door(StrEnum):
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
    with opened(context) as app:
        number = app.history.number(upload) if upload else None
        with app.store() as store:
            found = store.consent_log(identity=identity, upload=number, limit=limit)
        ids = app.history.ids()
    entries = [consent_entry(entry, ids) for entry in found]
    if as_json:
        print_json({"entries": entries})
    elif entries:
        _show(entries)
    else:
        line(words(), "No consent was changed.")


def _show(entries: list[dict[str, Any]]) -> None:
    out = data()
    for entry in entries:
        before, after = (entry[key].replace("_", " ") for key in ("before", "after"))
        line(out, f"{entry['at'][:19].replace('T', ' ')}  {plain(entry['identity'])}  {entry['channel']}: {before} → {after}")
        line(out, f"    {'; '.join(_circumstances(entry))}")


def _circumstances(entry: dict[str, Any]) -> Iterator[str]:
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
    source: Annotated[Door, typer.Option(help="On whose word. After `person` no upload brings them back unconfirmed.")] = Door.DASHBOARD,
    reason: Annotated[str | None, typer.Option(metavar="REASON", help="Why; needed to re-subscribe who opted out themselves.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Change the consent of one person, and log it."""
    if reason is not None and not reason.strip():
        raise WrongCall("reason_blank", "The reason is blank.", "Say why, or leave --reason out.")
    now = datetime.now(UTC).replace(tzinfo=None)
    wish = Wish(channel, wanted is Wanted.SUBSCRIBED, Source(source.value), now, getpass.getuser(), "cli", reason)
    with opened(context) as app, app.store() as store:
        entry = store.set_consent(identity, wish)
    if as_json:
        print_json({"changed": entry is not None, "entry": consent_entry(entry, {}) if entry else None})
    else:
        line(data(), _said(entry, identity, channel, wanted))


def _said(entry: ConsentEntry | None, identity: str, channel: Channel, wanted: Wanted) -> str:
    if entry is None:
        return f"“{plain(identity)}” is {wanted.value} on {channel.value} already; nothing changed."
    return f"“{plain(identity)}” is {wanted.value} on {channel.value} now, was {State.of(entry.before).value.replace('_', ' ')}."
