"""The page docs/reference/cli.md, made of what `--help` says.

It is renewed by `python -m headcount.cli.reference > docs/reference/cli.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from headcount.cli.app import app
from headcount.cli.exits import MEANINGS

_INTRODUCTION = """# Commands

<!-- Made of what --help says. Renew it with: python -m headcount.cli.reference > docs/reference/cli.md -->

Data and reports go to standard output; progress, questions and errors to standard error. With `--json`, standard output holds exactly
one JSON document, also after an error: `{"error": {"code", "message", "advice"}}`. What a report holds stands in
[Reports as JSON](report-json.md), how a filter is written in [Filters](filters.md).

Settings such as the data directory can also come from the environment or a file: see [Settings](settings.md).

## Exit codes

| code | meaning |
|---|---|
"""
_WIDTH = 80


def page() -> str:
    """The whole page."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in MEANINGS.items())
    sections = "".join(f"\n## {name}\n\n```text\n{help_}\n```\n" for name, help_ in _sections())
    return f"{_INTRODUCTION}{codes}{sections}"


def _sections() -> Iterator[tuple[str, str]]:
    """Each command that does something, under its whole name, with its help."""
    yield from _helps(typer.main.get_command(app), "headcount", None)


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - typer names the types of its commands differently from version to version
    context = command.context_class(command, info_name=name, parent=parent, terminal_width=_WIDTH)
    commands = getattr(command, "commands", {})
    if not commands or parent is None:
        yield context.command_path, context.get_help()
    for sub_name, sub_command in commands.items():
        yield from _helps(sub_command, sub_name, context)


if __name__ == "__main__":
    typer.echo(page(), nl=False)
