"""What every command is given: the data directory and the account."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from headcount.bootstrap import Application, application, onlooker
from headcount.config import Settings, load_settings
from headcount.observability import start_logging

JsonFlag: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output, and everything else elsewhere.")
]


@dataclass(frozen=True, slots=True)
class Call:
    """The options that stand before the command."""

    data: Path | None = None
    account: str | None = None

    @property
    def program(self) -> str:
        """How a command is called that works on the same data."""
        given = {"--data": self.data, "--account": self.account}
        return shlex.join(["headcount", *(str(part) for flag in given.items() if flag[1] for part in flag)])

    def settings(self) -> Settings:
        """The settings with these options on top. Raises WrongCall."""
        given = {"data": self.data, "account": self.account}
        settings = load_settings(**{name: value for name, value in given.items() if value is not None})
        start_logging(settings.log)
        return settings


def call_of(context: typer.Context) -> Call:
    """The options of the running command."""
    call: Call = context.obj
    return call


@contextmanager
def opened(context: typer.Context) -> Iterator[Application]:
    """The application on the data directory of the call. Raises WrongCall."""
    with application(call_of(context).settings()) as app:
        yield app


@contextmanager
def opened_to_look(context: typer.Context) -> Iterator[Application]:
    """The same for a command that stores nothing, which leaves nothing behind. Raises WrongCall."""
    with onlooker(call_of(context).settings()) as app:
        yield app
