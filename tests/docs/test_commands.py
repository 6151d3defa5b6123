from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from headcount.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_SHELL = re.compile(r"^ *```(?:sh|console)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def in_blocks(page: Path) -> Iterator[str]:
    """The commands that a person can copy."""
    for line in "".join(_SHELL.findall(page.read_text("utf-8"))).splitlines():
        yield from re.findall(r"^(?: *|\$ )(headcount .*)", line)


def in_prose(page: Path) -> Iterator[str]:
    """The commands that are spoken of, often without their arguments."""
    yield from re.findall(r"(?<!`)`(headcount [^`…\[]+)`", page.read_text("utf-8"))


def words(command: str) -> list[str]:
    """The arguments, without what the shell makes of the rest of the line."""
    lexer = shlex.shlex(command.replace(" TYPE", " string"), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found = list(lexer)
    end = next((i for i, word in enumerate(found) if word[0] in "|>&;"), len(found))
    return found[1:end]


def call(shown: str) -> None:
    """Parse the arguments, and call nothing. Raises TyperException."""
    command, context, arguments = get_command(app), None, words(shown)
    while True:
        context = command.make_context(command.name, arguments, parent=context)
        if not hasattr(command, "resolve_command"):
            return
        rest = [*context._protected_args, *context.args]  # noqa: SLF001 - how a group itself goes on to its command
        _, command, arguments = command.resolve_command(context, rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_can_be_called_as_they_are_shown(page: Path) -> None:
    for shown in in_blocks(page):
        call(shown)


@pytest.mark.parametrize("shown", sorted({shown for page in PAGES for shown in in_prose(page)}))
def test_commands_that_are_spoken_of_exist(shown: str) -> None:
    try:
        call(shown)
    except typer.TyperException as error:
        if "Missing parameter" not in str(error):
            raise
