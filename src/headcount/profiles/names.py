"""What a property can be called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from headcount.errors import WrongCall
from headcount.profiles.consent import channel_of, near_miss
from headcount.profiles.properties import IDENTITY, NAME_LIMIT, PROHIBITED
from headcount.values.text import unescaped_header

#: What stands where the bytes of a header were no text.
UNDECODABLE = "\ufffd"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def title(header: str) -> str:
    """A header on one line, without a byte order mark, without blanks at its ends and without the spreadsheet escape."""
    return unescaped_header(_CONTROLS.sub(" ", header.strip().lstrip("\ufeff")).strip())


def no_property(name: str, known: Iterable[str] = (), hint: str = "") -> WrongCall:
    """A name that no property has: with a hint, or else with those of the `known` names that are close."""
    spellings = {each.casefold(): each for each in known}
    close = [spellings[each] for each in get_close_matches(name.casefold(), spellings)]
    said = hint or (f"Did you mean {', '.join(close)}? " if close else "")
    return WrongCall("property_unknown", f"There is no property called “{name}”.", f"{said}`headcount properties list` shows all of them.")


def checked_name(wanted: str) -> str:
    """The name as a header says it. Raises WrongCall `property_name_invalid` where none can, or it means something else."""
    name = title(wanted)
    if fault := _fault(name):
        raise WrongCall("property_name_invalid", f"A property cannot be called “{name}”: {fault}.", "Choose another name.")
    return name


def prohibited(name: str) -> Sequence[str]:
    """The characters of a name that none may have, each once."""
    return list(dict.fromkeys(sign for sign in name if sign in PROHIBITED or sign == UNDECODABLE or "\ud800" <= sign <= "\udfff"))


def refusals(name: str) -> Iterator[str]:
    """The codes of what keeps a name from being that of a property."""
    if not name:
        yield "header_blank"
    if prohibited(name):
        yield "header_prohibited_character"
    if len(name) > NAME_LIMIT:
        yield "header_too_long"


def _fault(name: str) -> str:
    bad = prohibited(name)
    channel = channel_of(name) or near_miss(name)
    faults = {
        "the name is blank": not name,
        f"it has more than {NAME_LIMIT} characters": len(name) > NAME_LIMIT,
        f"it has {' '.join(bad).encode('ascii', 'backslashreplace').decode()}": bool(bad),
        "that names the person": name == IDENTITY,
        f"that is, or looks like, the consent column {channel.header if channel else ''}": channel is not None,
    }
    return next((fault for fault, found in faults.items() if found), "")
