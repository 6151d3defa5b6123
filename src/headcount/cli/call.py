"""What every command is given: the options before it, and who does what it asks for."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from headcount.bootstrap import Application, application, onlooker
from headcount.cli.local import Local
from headcount.cli.remote import Remote
from headcount.cli.work import Work
from headcount.client.connection import Connection
from headcount.config import Settings, load_settings
from headcount.errors import WrongCall
from headcount.local_socket import answers, local_socket
from headcount.observability import start_logging

JsonFlag: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output, and everything else elsewhere.")
]


@dataclass(frozen=True, slots=True)
class Call:
    """The options that stand before the command."""

    data: Path | None = None
    account: str | None = None
    url: str | None = None
    passcode: str | None = field(default=None, repr=False)

    @property
    def program(self) -> str:
        """How a command is called that works on the same data. The passcode is not shown; it has to be given again."""
        given = {"--data": self.data, "--url": self.url, "--account": self.account}
        return shlex.join(["headcount", *(str(part) for flag in given.items() if flag[1] for part in flag)])

    def settings(self) -> Settings:
        """The settings with these options on top. Raises WrongCall."""
        if self.data and self.url:
            raise WrongCall("usage", "A command works on a data directory or on a server, not on both.", "Leave out --data or --url.")
        given = {"data": self.data, "account": self.account, "url": self.url, "passcode": self.passcode}
        settings = load_settings(**{name: value for name, value in given.items() if value is not None})
        start_logging(settings.log)
        # What is said with the command wins over what was set for all of them.
        return settings.model_copy(update={"url": None}) if self.data else settings


def call_of(context: typer.Context) -> Call:
    """The options of the running command."""
    call: Call = context.obj
    return call


@contextmanager
def opened(context: typer.Context) -> Iterator[Work]:
    """Who does what a command asks for. Raises WrongCall."""
    with _working(call_of(context), call_of(context).settings(), application) as work:
        yield work


@contextmanager
def opened_to_look(context: typer.Context) -> Iterator[Work]:
    """The same for a command that stores nothing, which leaves nothing behind. Raises WrongCall."""
    with _working(call_of(context), call_of(context).settings(), onlooker) as work:
        yield work


@contextmanager
def _working(call: Call, settings: Settings, local: Callable[[Settings], AbstractContextManager[Application]]) -> Iterator[Work]:
    """A server that is named, else the one that works on the data directory, else the data directory itself."""
    if settings.url or answers(local_socket(settings.data)):
        with connected(settings) as connection:
            yield Remote.over(connection, call.program)
    else:
        with local(settings) as app:
            yield Local.on(app, call.program)


def connected(settings: Settings) -> AbstractContextManager[Connection]:
    """A connection to the server that is named, else to the one on the data directory. Raises WrongCall."""
    if settings.url is None:
        return Connection.to_socket(local_socket(settings.data), settings.account)
    passcode = settings.passcode.get_secret_value() if settings.passcode else ""
    if not passcode:
        raise WrongCall("passcode_missing", "A server wants a passcode of the account.", "Set HEADCOUNT_PASSCODE, or give --passcode.")
    return Connection.to_url(settings.url, settings.account, passcode)
