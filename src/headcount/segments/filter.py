"""A filter as a tree: what is asked of a person, without a word on how it is written or answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

CHANNELS = ("push", "sms", "email", "whatsapp")
CONSENT_STATES = ("subscribed", "unsubscribed", "not_set")
COMPARISONS = ("=", "!=", ">", ">=", "<", "<=", "before", "after")

#: The longest window of `in last N days`: a hundred years.
MAX_DAYS = 36_500

#: How deep brackets and `not` may nest in a text, which keeps recursion within what Python allows.
MAX_DEPTH = 50

#: A value as it is written. Dates are texts: only the property's type makes a date of one.
Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class And:
    """Every one of two or more filters holds."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more filters holds."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The filter does not hold; a person without a value is among those."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class Comparison:
    """The property compares with the value by one of `COMPARISONS`."""

    property: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Exists:
    """The property has a value."""

    property: str


@dataclass(frozen=True, slots=True)
class Contains:
    """The text holds the value, in any case; or the list has it as an element."""

    property: str
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """The property equals one of the values, of which there is at least one."""

    property: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The property lies between two values; both ends count."""

    property: str
    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class InLast:
    """The date lies in the `days` times 24 hours up to now, 1 to `MAX_DAYS`."""

    property: str
    days: int


@dataclass(frozen=True, slots=True)
class ConsentIs:
    """The consent for one of `CHANNELS` is in one of `CONSENT_STATES`."""

    channel: str
    state: str


@dataclass(frozen=True, slots=True)
class UploadIs:
    """The upload created or changed the person."""

    upload_id: str


@dataclass(frozen=True, slots=True)
class Did:
    """The person did the event `at_least` times, ever or in a window of time.

    `since` and `until` are dates as a filter writes them; the days, or shorter times, that they name count.
    """

    event: str
    at_least: int = 1
    in_last_days: int | None = None
    since: str | None = None
    until: str | None = None
    #: What has to hold for the properties of an event that counts: tests of properties, joined.
    where: Filter | None = None


@dataclass(frozen=True, slots=True)
class InSegment:
    """The person is in the saved segment of this name, in any case."""

    name: str
    #: The number of its list, where it keeps one and names are resolved (`saved.resolved`): 0 for a list that has expired.
    list_number: int | None = None


PropertyTest: TypeAlias = Comparison | Exists | Contains | In | Between | InLast
Condition: TypeAlias = PropertyTest | ConsentIs | UploadIs | Did | InSegment
Filter: TypeAlias = And | Or | Not | Condition


def asks_of_properties(node: Filter) -> bool:
    """Whether a filter asks for nothing but properties: what can be asked of an event."""
    match node:
        case And(filters) | Or(filters):
            return all(map(asks_of_properties, filters))
        case Not(inner):
            return asks_of_properties(inner)
        case _:
            return isinstance(node, PropertyTest)


def properties_of(node: Filter) -> tuple[str, ...]:
    """The properties that a filter asks for, each once."""
    match node:
        case And(filters) | Or(filters):
            return tuple(dict.fromkeys(name for each in filters for name in properties_of(each)))
        case Not(inner):
            return properties_of(inner)
        case ConsentIs() | UploadIs() | Did() | InSegment():
            return ()
        case _:
            return (node.property,)


def segments_of(node: Filter) -> tuple[str, ...]:
    """The names of the saved segments that a filter asks for, each once."""
    match node:
        case And(filters) | Or(filters):
            return tuple(dict.fromkeys(name for each in filters for name in segments_of(each)))
        case Not(inner):
            return segments_of(inner)
        case InSegment(name):
            return (name,)
        case _:
            return ()


def mapped(node: Filter, change: Callable[[Condition], Filter]) -> Filter:
    """The filter with something else in the place of each condition."""
    match node:
        case And(filters):
            return And(tuple(mapped(each, change) for each in filters))
        case Or(filters):
            return Or(tuple(mapped(each, change) for each in filters))
        case Not(inner):
            return Not(mapped(inner, change))
        case _:
            return change(node)
