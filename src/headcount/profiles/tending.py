"""Properties as somebody tends them: what is known of each, and the port of the store that counts and changes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from headcount.profiles.properties import Property
from headcount.values.types import Type

#: Most frequent values that are kept of a property.
TOP = 12
#: Values that would be lost of which a preview tells.
LOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Value:
    """A value, as JSON has it (a date as text in ISO 8601), and how many people have it."""

    value: Any
    people: int


@dataclass(frozen=True, slots=True)
class Bin:
    """How many people have a value of at least `start` and below `end`, as JSON has them; None is without a bound."""

    start: Any
    end: Any
    people: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was counted of the values of a property. Of a list the texts in it are the values; `filled` counts people, not texts."""

    filled: int
    #: How many different values there are; about so many where it is not `exact`.
    distinct: int
    exact: bool
    #: Of numbers and dates.
    least: Any
    greatest: Any
    #: The most frequent values, the first most so.
    top: tuple[Value, ...]
    #: Of numbers and dates that have many values, in order; else none.
    bins: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True)
class Tended:
    """A property with all that is known of it."""

    property: Property
    description: str
    #: The number of the first upload that had a column for it; 0 while there was none.
    first_upload: int
    #: The number of the last upload that had a column for it.
    last_upload: int | None
    #: What it was called before, the last name last.
    former_names: tuple[str, ...]
    #: None where it was never counted.
    statistics: Statistics | None
    counted_at: datetime | None
    #: Whether values were written since.
    stale: bool


@dataclass(frozen=True, slots=True)
class RetypePreview:
    """What would become of the values of a property that gets another type."""

    stored: Type
    #: How many people have a value.
    values: int
    #: How many of these values cannot be of the new type.
    lost: int
    #: The most frequent of those, with how many people have each.
    examples: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where values of a property are: how many people have one, and how many uploads keep some for an undo."""

    values: int
    uploads: int


@dataclass(frozen=True, slots=True)
class Uncounted:
    """The numbers of properties that are out of date: those that are to be counted now, and others; what waits longest comes first."""

    due: Sequence[int]
    later: Sequence[int]


class PropertyStore(Protocol):
    """The properties of one account. A public method is one transaction; those that name a property raise WrongCall `property_unknown`."""

    def properties(self) -> tuple[Property, ...]:
        """The registered properties in order of their numbers, the system ones first."""
        ...

    def tended(self) -> tuple[int, Sequence[Tended]]:
        """How many people there are, and every property in order of their numbers."""
        ...

    def uncounted(self, now: datetime) -> Uncounted:
        """What is out of date. A property that live calls write to all the time is due now and then only."""
        ...

    @property
    def pressed(self) -> bool:
        """Whether live calls wait, or are likely to soon."""
        ...

    def count_property(self, number: int, now: datetime) -> None:
        """Count a property; readers and writers go on meanwhile. One that is gone is left alone."""
        ...

    def count_addresses(self, now: datetime | None = None) -> None:
        """Find out which addresses several people have, where any were written since; with a time, where it is time for that."""
        ...

    def rename(self, name: str, wanted: str) -> None:
        """Call a property otherwise. Raises WrongCall (`property_system`, `property_exists`)."""
        ...

    def describe(self, name: str, description: str) -> None:
        """Say what a property is."""
        ...

    def hide(self, name: str, *, hidden: bool) -> None:
        """Leave a property out where nobody asks for it, or no longer."""
        ...

    def would_retype(self, name: str, wanted: Type) -> RetypePreview:
        """What another type would do. Raises WrongCall `property_system`."""
        ...

    def retype(self, name: str, wanted: Type) -> int:
        """Change the type of a property; returns how many values could not be kept. Raises WrongCall `property_system`."""
        ...

    def holdings(self, name: str) -> Holdings:
        """Where values of the property are. Raises WrongCall `property_system`."""
        ...

    def delete(self, name: str) -> Holdings:
        """Remove a property with all its values, those kept for undos too; what there was. Raises WrongCall `property_system`."""
        ...
