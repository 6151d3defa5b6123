"""Reads a value of a filter as the type of the property it is compared with."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Final, TypeAlias

from headcount.errors import WrongCall
from headcount.segments.filter import Value
from headcount.segments.period import Period, read_period
from headcount.segments.tokens import quoted

#: A value of the type that the store keeps.
Scalar: TypeAlias = str | int | float | bool

#: How much of a long value an error shows.
_SHOWN: Final = 40

_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

_EQUAL: Final = frozenset({"exists", "=", "!=", "in"})
_ORDERED: Final = _EQUAL | {">", ">=", "<", "<=", "between"}

#: Operators by which a text property compares with a number as well as with a text.
_ANY_TEXT: Final = _EQUAL | {"contains"}

#: Larger than every 64-bit number, and as large as the store takes.
_BEYOND: Final = 2**127 - 1

#: What can be asked of a property of each type.
OPERATORS: Final = {
    "string": _ORDERED | {"contains"},
    "integer": _ORDERED,
    "float": _ORDERED,
    "boolean": _EQUAL,
    "date": _ORDERED | {"before", "after", "in last"},
    "list": frozenset({"exists", "contains"}),
}

_NOUNS: Final = {
    "string": "a text",
    "integer": "a whole number",
    "float": "a number",
    "boolean": "true or false",
    "date": "a date",
    "list": "a list",
}

_ADVICE: Final = {
    "string": "Put the value in quotes. To compare as numbers, give the property a number type.",
    "integer": "Compare it with a number, such as 30.",
    "float": "Compare it with a number, such as 9.5.",
    "boolean": "Compare it with true or false by = or !=.",
    "date": 'Write a date as "2024-05-01" or "2024-05-01T10:00:00".',
    "list": 'Ask for an element by contains "text".',
}

_OF_DATES: Final = "Only dates can be asked so. Give the property the type date, or ask it otherwise."


def check_operator(name: str, kind: str, operator: str) -> None:
    """Refuse an operator that a property of this type does not have, with `filter_type`."""
    if operator not in OPERATORS[kind]:
        advice = _OF_DATES if operator in OPERATORS["date"] - OPERATORS["string"] else None
        raise _misfit(name, kind, f"`{operator}` cannot be asked of it", advice)


def read_scalar(name: str, kind: str, operator: str, value: Value) -> Scalar:
    """Return the value as what a property of this type, any but date, compares with.

    Raises:
        WrongCall: `filter_type`, naming the property, its type and the value.
    """
    read = _quoted_text if kind == "string" and operator not in _ANY_TEXT else _READERS[kind]
    try:
        return read(value)
    except (TypeError, ValueError) as error:
        raise _no_value(name, kind, value) from error


def read_date(name: str, value: Value, zone: tzinfo) -> Period:
    """Return the period that a value names to a date property. Raises as `read_scalar` does."""
    try:
        return read_period(_text(value), zone)
    except (TypeError, ValueError) as error:
        raise _no_value(name, "date", value) from error


def _text(value: Value) -> str:
    """A whole number is its digits. Of 1.50 or TRUE nobody knows how the text would spell it."""
    if isinstance(value, (bool, float)):
        raise TypeError("neither a text nor a whole number")
    text = str(value)
    text.encode()  # A lone surrogate cannot be stored, nor sent to the store.
    return text


def _quoted_text(value: Value) -> str:
    """As texts, "9" comes after "30": whoever writes > 30 means numbers."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return _text(value)


def _number(value: Value) -> int | float:
    if isinstance(value, bool):
        raise TypeError("not a number")
    if not isinstance(value, str):
        return value
    shape = _NUMBER.fullmatch(value.strip())
    if shape is None:
        raise ValueError("not a number")
    return float(shape[0]) if shape[1] or shape[2] else int(shape[0])


def _integer(value: Value) -> int | float:
    """A fraction stays one: 30.5 lies between 30 and 31 and equals neither."""
    number = _number(value)
    if isinstance(number, float) and not number.is_integer():
        return number
    return max(-_BEYOND, min(int(number), _BEYOND))


def _float(value: Value) -> float:
    number = _number(value)
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _truth(value: Value) -> bool:
    truth = _TRUTHS.get(str(value).strip().lower())
    if truth is None:
        raise ValueError("neither true nor false")
    return truth


def _misfit(name: str, kind: str, fault: str, advice: str | None = None) -> WrongCall:
    message = f"The property {name} is {_NOUNS[kind]}: {fault}."
    return WrongCall("filter_type", message, advice or _ADVICE[kind])


def _no_value(name: str, kind: str, value: Value) -> WrongCall:
    return _misfit(name, kind, f"{_shown(value)} is not a value to compare it with")


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = quoted(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_READERS: Final[dict[str, Callable[[Value], Scalar]]] = {
    "string": _text,
    "integer": _integer,
    "float": _float,
    "boolean": _truth,
    "list": _text,
}
