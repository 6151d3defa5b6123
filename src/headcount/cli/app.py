"""The command line as a whole: the options before the command, and every command under its name."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from headcount import __version__
from headcount.cli import access, bench, consent, delivery, doctor, messages, people, properties, reach, sample, segments, serve, uploads
from headcount.cli.call import Call
from headcount.cli.exits import MEANINGS, finish, wants_json
from headcount.observability import start_logging

app = typer.Typer(name="headcount", add_completion=False, rich_markup_mode=None)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"headcount {__version__}")
        raise typer.Exit


_EXIT_CODES = "; ".join(f"{code} {meaning}" for code, meaning in MEANINGS.items())
_HELP = f"""A self-hosted home for customer profiles: check a CSV, apply it, and account for every row.

Exit codes: {_EXIT_CODES}.
"""


@app.callback(help=_HELP)
def headcount(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The data directory; otherwise HEADCOUNT_DATA, otherwise ./headcount-data."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Work on the server at this address instead; otherwise HEADCOUNT_URL."),
    ] = None,
    account: Annotated[str | None, typer.Option(metavar="ID", help="The account; otherwise HEADCOUNT_ACCOUNT, otherwise default.")] = None,
    passcode: Annotated[
        str | None,
        typer.Option(
            metavar="P", help="A passcode of the account, for --url. Others can see it in the list of processes: better HEADCOUNT_PASSCODE."
        ),
    ] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is, and exit.")] = False,
) -> None:
    """Keep the options that stand before the command."""
    context.obj = Call(data, account, url, passcode)


app.command("serve")(serve.serve_command)
app.command()(sample.sample)
app.command()(uploads.inspect)
app.command()(uploads.check)
app.command()(uploads.upload)
app.add_typer(uploads.commands, name="uploads")
app.add_typer(people.commands, name="people")
app.add_typer(properties.commands, name="properties")
app.add_typer(segments.commands, name="segment")
app.command()(reach.reach)
app.add_typer(delivery.commands, name="delivery")
app.add_typer(messages.commands, name="messages")
app.add_typer(consent.commands, name="consent")
app.add_typer(access.accounts, name="accounts")
app.add_typer(access.users, name="users")
app.add_typer(access.passcodes, name="passcodes")
app.command()(doctor.doctor)
app.command()(bench.bench)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command, by default the one this process was called with, and exit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding does not have must not end a report in the middle.
            stream.reconfigure(errors="backslashreplace")
    start_logging("warning")
    sys.exit(finish(lambda: _run(given), as_json=wants_json(given)))


def _run(arguments: list[str]) -> None:
    command = typer.main.get_command(app)
    with command.make_context("headcount", arguments) as context:
        command.invoke(context)
