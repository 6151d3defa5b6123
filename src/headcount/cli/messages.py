"""The commands `messages …`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
_NOTHING: Mapping[str, Any] = {"stored": 0, "failed": []}


@dataclass(frozen=True, slots=True)
class _Record:
    """A message of a file."""

    #: The row as a spreadsheet counts it, or the line.
    row: int
    record: Mapping[str, Any]
    #: Why it is none.
    fault: str = ""


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
            whole = [place for place, each in enumerate(batch) if not each.fault]
            done = work.reach.keep_messages([batch[place].record for place in whole], key and f"{key} {number}") if whole else _NOTHING
            stored += done["stored"]
            found = {whole[each["index"]]: each for each in done["failed"]} | {
                place: {"code": "message_invalid", "message": each.fault} for place, each in enumerate(batch) if each.fault
            }
            failed += [{**found[at], "index": number * MOST + at, "row": batch[at].row} for at in sorted(found)]
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


def _records(source: TextIO) -> Iterator[_Record]:
    """The records of CSV or of JSON lines, one after another. Raises WrongCall `messages_invalid`."""
    try:
        first = source.readline()
        lines = (each for part in ([first], source) for each in part)
        yield from _of_json(lines) if first.lstrip().startswith("{") else _of_csv(lines)
    except UnicodeDecodeError as error:
        raise _invalid("The file is not in UTF-8.") from error


def _of_csv(lines: Iterator[str]) -> Iterator[_Record]:
    rows = enumerate(csv.reader(lines, strict=True), 1)
    row, header = 1, list[str]()
    try:
        _, header = next(rows, (1, []))
        if not {"identity", "channel"} <= set(header):
            raise _invalid("The file has no columns identity and channel, and is not JSON lines.")
        for row, cells in rows:
            if len(cells) == len(header):
                yield _Record(row, {name: cell for name, cell in zip(header, cells, strict=True) if cell})
            elif cells:
                yield _Record(row, {}, f"The row has {len(cells)} cells, the header {len(header)}.")
    except csv.Error as error:
        raise _invalid(f"The quoting is broken after row {row:,}; nothing behind that was read.") from error


def _of_json(lines: Iterator[str]) -> Iterator[_Record]:
    for row, text in enumerate(lines, 1):
        if text.strip():
            try:
                found = json.loads(text)
            except ValueError:
                found = None
            yield _Record(row, found) if isinstance(found, dict) else _Record(row, {}, "The line is not a JSON object.")


def _invalid(reason: str) -> WrongCall:
    return WrongCall("messages_invalid", reason, "A record has identity and channel; at, in ISO 8601 with a zone; campaign.")


def _say(stored: int, failed: Sequence[Mapping[str, Any]]) -> None:
    out = data()
    line(out, f"{count(stored, 'message was', 'messages were')} kept, {len(failed):,} not.")
    for each in failed[:_SHOWN]:
        line(out, f"  row {each['row']:,}: {plain(each['message'])}")
    if len(failed) > _SHOWN:
        line(out, f"  … and {len(failed) - _SHOWN:,} more; --json has all.")
