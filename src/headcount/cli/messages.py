"""The commands `messages …`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from headcount.campaigns.messages import MOST
from headcount.cli.call import JsonFlag, opened
from headcount.cli.output import count, data, line, plain, print_json
from headcount.errors import WrongCall

commands = typer.Typer(help="Messages that other programs sent: they count for the frequency caps.")

#: Failures that are shown.
_SHOWN = 20


@commands.command()
def log(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="CSV with columns identity, channel, and maybe at, campaign; or JSON lines. - reads them."),
    ],
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="What this file is known by: sent again with the same key, it counts once.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell of messages that were sent. What one record says wrong costs that record."""
    stored, failed = 0, list[dict[str, Any]]()
    with _opened(file) as source, opened(context) as work:
        records = _records(source)
        for number, batch in enumerate(iter(lambda: list(islice(records, MOST)), [])):
            done = work.reach.keep_messages(batch, key and f"{key} {number}")
            stored += done["stored"]
            failed += [{**each, "index": number * MOST + each["index"]} for each in done["failed"]]
    if as_json:
        print_json({"stored": stored, "failed": failed})
    else:
        _say(stored, failed)


@contextmanager
def _opened(file: str) -> Iterator[TextIO]:
    if file == "-":
        yield sys.stdin
        return
    try:
        source = Path(file).open(encoding="utf-8-sig", newline="")  # noqa: SIM115 - what goes wrong while it is read is something else
    except OSError as error:
        raise WrongCall("file_missing", f"The file {file} cannot be read: {error.strerror}.", "Check its path.") from error
    with source:
        yield source


def _records(source: TextIO) -> Iterator[Mapping[str, Any]]:
    """The records of CSV or of JSON lines, one after another. Raises WrongCall `messages_invalid`."""
    try:
        first = source.readline()
        lines = (each for part in ([first], source) for each in part)
        if first.lstrip().startswith("{"):
            yield from (_record(number, text) for number, text in enumerate(lines, 1) if text.strip())
        else:
            yield from _rows(lines)
    except (csv.Error, UnicodeDecodeError) as error:
        raise _invalid("The file is neither CSV in UTF-8 nor JSON lines.") from error


def _rows(lines: Iterator[str]) -> Iterator[Mapping[str, Any]]:
    rows = csv.DictReader(lines, strict=True)
    if not {"identity", "channel"} <= set(rows.fieldnames or ()):
        raise _invalid("The file has no columns identity and channel, and is not JSON lines.")
    for row in rows:
        if None in row or None in row.values():
            raise _invalid("A row has more or fewer cells than the header.")
        yield {name: cell for name, cell in row.items() if cell}


def _record(number: int, text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _invalid(f"Line {number:,} is not JSON.") from error
    if not isinstance(found, dict):
        raise _invalid(f"Line {number:,} is not a JSON object.")
    return found


def _invalid(reason: str) -> WrongCall:
    return WrongCall("messages_invalid", reason, "A record has identity and channel; at, in ISO 8601 with a zone; campaign.")


def _say(stored: int, failed: Sequence[Mapping[str, Any]]) -> None:
    out = data()
    line(out, f"{count(stored, 'message was', 'messages were')} kept, {len(failed):,} not.")
    for each in failed[:_SHOWN]:
        line(out, f"  record {each['index'] + 1:,}: {plain(each['message'])}")
    if len(failed) > _SHOWN:
        line(out, f"  … and {len(failed) - _SHOWN:,} more; --json has all.")
