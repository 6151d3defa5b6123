"""Where data and words go: data to standard output, words beside it to standard error, both as plain text when nobody looks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import typer
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

#: Longer lines are hard to read, however wide the terminal is.
_WIDEST = 100
_BAR = 24


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document: on one line for a program, indented for a person."""
    indent = 2 if sys.stdout.isatty() else None
    ascii_only = not sys.stdout.encoding.lower().startswith("utf")
    typer.echo(json.dumps(document, ensure_ascii=ascii_only, indent=indent))


def data() -> Console:
    """Standard output."""
    return _console(stderr=False)


def words() -> Console:
    """Standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    # What a person's file says is never markup.
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    console.width = min(console.width, _WIDEST)
    return console


def line(console: Console, text: str) -> None:
    """Print a line that is not folded, so that a command in it can be copied."""
    console.print(text, soft_wrap=True)


def paragraph(console: Console, text: str, indent: int, mark: str = "") -> None:
    """Print a text folded to the width of the console; `mark` stands in the indent of its first line."""
    start = mark.ljust(indent)
    for part in Text(text).wrap(console, console.width - indent):
        line(console, f"{start}{part.plain}".rstrip())
        start = " " * indent


def table(*headings: str, numbers: Iterable[str] = ()) -> Table:
    """An empty table; the columns called as one of `numbers` are set right."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    right = frozenset(numbers)
    for heading in headings:
        justify: JustifyMethod = "right" if heading in right else "left"
        made.add_column(heading, justify=justify, overflow="fold")
    return made


def show_table(console: Console, made: Table) -> None:
    """Print a table without the blanks that fill up its lines."""
    with console.capture() as captured:
        console.print(made)
    for text in captured.get().splitlines():
        console.file.write(f"{text.rstrip()}\n")


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def plain(value: object) -> str:
    """A value as one line of visible characters: a file's control characters must not steer a terminal."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in _text(value))


def clipped(value: object, width: int) -> str:
    """A value as `plain` has it, cut to `width` signs."""
    text = plain(value)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def bar(part: int, whole: int) -> str:
    """A bar as long as the share of the whole; the smallest still shows."""
    eighths = max(1, round(_BAR * 8 * part / whole)) if part else 0
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        return "#" * -(-eighths // 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
