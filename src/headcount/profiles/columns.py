"""The columns in which people leave the account, and what each is called in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TypeAlias

from headcount.errors import WrongCall
from headcount.profiles.consent import Channel, channel_of, near_miss
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
        advice = f"{_hint(wanted, known)}`headcount properties list` shows all of them."
        raise WrongCall("property_unknown", f"There is no property called “{wanted}”.", advice)
    return found


def _hint(wanted: str, known: Mapping[str, Property]) -> str:
    if channel := near_miss(wanted):
        return f"Consent is in the column {channel.header}. "
    spellings = {each.casefold(): each for each in known}
    close = [spellings[each] for each in get_close_matches(wanted.casefold(), spellings)]
    return f"Did you mean {', '.join(close)}? " if close else ""
