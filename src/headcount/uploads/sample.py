"""A file to begin with, made from the properties that an account has."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from headcount.profiles.consent import Channel
from headcount.profiles.properties import IDENTITY, Property
from headcount.values.types import Type

#: System properties that nearly every file has; the others are shown where somebody has a value.
_USUAL = ("Name", "Email", "Phone")
_CELLS: Mapping[Type, tuple[str, str]] = {
    Type.STRING: ("any text", "another text"),
    Type.INTEGER: ("12", "7"),
    Type.FLOAT: ("9.5", "12.25"),
    Type.BOOLEAN: ("true", "false"),
    Type.DATE: ("24/12/2025 18:30:00", "01/02/2026 09:00:00"),
    Type.LIST: ('["red","blue"]', '["green"]'),
}
_SYSTEM: Mapping[str, tuple[str, str]] = {
    "Name": ("Ada Example", "Ben Example"),
    "Email": ("ada@example.com", "ben@example.com"),
    "Phone": ("+4930123456", "+4930123457"),
}
_DATE_HEADER = "{name}<dd/MM/yyyy HH:mm:ss>"


def sample(properties: Iterable[Property]) -> bytes:
    """A CSV of two people, in UTF-8, with a column for each usual and each custom property and for each channel's consent."""
    columns = list(_columns(properties))
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[column[line] for column in columns] for line in range(3)])
    return out.getvalue().encode()


def _columns(properties: Iterable[Property]) -> Iterator[tuple[str, str, str]]:
    """The header and the cells of each column."""
    yield IDENTITY, "sample-1", "sample-2"
    for known in properties:
        if known.system and known.name in _USUAL:
            yield known.name, *_SYSTEM[known.name]
        elif not known.system and not known.hidden:
            header = _DATE_HEADER.format(name=known.name) if known.type is Type.DATE else known.name
            yield header, *_CELLS[known.type]
    for channel in Channel:
        yield channel.header, "true", "false"
