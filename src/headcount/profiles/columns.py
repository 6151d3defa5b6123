"""The columns in which people leave the account, and what each is called in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from headcount.profiles.consent import Channel, channel_of, near_miss
from headcount.profiles.names import no_property
from headcount.profiles.properties import IDENTITY, Property
from headcount.values.text import escaped_header
from headcount.values.types import Type

#: What a filter calls the number of devices that a push message reaches; no property can be called so.
PUSH_DEVICES = "push.devices"

#: A property, or the consent for a channel.
Column: TypeAlias = Property | Channel


def name(column: Column) -> str:
    """What the column is called."""
    return column.header if isinstance(column, Channel) else column.name


def header(column: Column) -> str:
    """The header of the column in a CSV file. That of a date says how it is written, so that nobody is asked."""
    dated = isinstance(column, Property) and column.type is Type.DATE
    return escaped_header(f"{name(column)}<ISO>" if dated else name(column))


def named(names: Sequence[str], properties: Sequence[Property]) -> tuple[Column, ...]:
    """The columns of these names, each once, without the identity, which is always there. Raises WrongCall(`property_unknown`)."""
    known = {each.name: each for each in properties}
    wanted = dict.fromkeys(each for each in names if each != IDENTITY)
    return tuple(dict.fromkeys(_named(each, known) for each in wanted))


def _named(wanted: str, known: Mapping[str, Property]) -> Column:
    found = channel_of(wanted) or known.get(wanted)
    if found is None:
        channel = near_miss(wanted)
        raise no_property(wanted, known, f"Consent is in the column {channel.header}. " if channel else "")
    return found
