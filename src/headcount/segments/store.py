"""The ports of the store that answers filters and queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

import pyarrow as pa

from headcount.profiles.columns import Column
from headcount.profiles.consent import Occasion
from headcount.profiles.store import Person
from headcount.segments.cql import Query
from headcount.segments.filter import Filter


class People(Protocol):
    """The people of a filter at one moment. Each method reads all of them anew, in no particular order."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is given of each beside the identity."""
        ...

    @property
    def schema(self) -> pa.Schema:
        """`identity` and the columns under their names, each of its own type."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...

    def lines(self) -> Iterator[pa.Array]:
        """Texts, each the line of a CSV file in UTF-8 for one person, its line feed included."""
        ...

    def rows(self) -> Iterator[pa.RecordBatch]:
        """One row a person, as the schema says."""
        ...


class SegmentStore(Protocol):
    """The profiles of one account, as seen by a filter."""

    def count(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None]) -> int:
        """How many people the filter matches; local times are read in `zone`. Raises WrongCall."""
        ...

    def people(
        self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None], names: Sequence[str] | None = None
    ) -> AbstractContextManager[People]:
        """The people whom the filter matches, as of now; with the columns named, else with all that hold a value. Raises WrongCall."""
        ...


#: What the rows of a file do to a list.
Change: TypeAlias = Literal["add", "remove", "replace"]


class Listing(Protocol):
    """The rows of a file that name people, and the problems of the others."""

    @property
    def match(self) -> Literal["identity", "email", "phone"]:
        """What the people are named by."""
        ...

    def rows(self) -> Iterator[pa.Table]:
        """Tables of `row` (int64, the spreadsheet row) and `key` (text): the identity, the address in lower case, the number in E.164."""
        ...

    @property
    def rejected(self) -> int:
        """How many rows name nobody that could be."""
        ...

    def problems(self, *, covered: bool) -> Sequence[Mapping[str, object]]:
        """Why, as reports of uploads say it; covered as for who may not see personal data."""
        ...


@dataclass(frozen=True, slots=True)
class Unknown:
    """A row that names nobody who is there."""

    row: int
    key: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of a list by the rows of a file: `rows = found + merged + unknown`."""

    rows: int
    #: Rows that name somebody who is there; where an address is that of several, all of them are meant.
    found: int
    #: Rows that name whom a row before them named.
    merged: int
    #: Rows that name nobody who is there.
    unknown: int
    #: People who were not on the list before, and who are not any more.
    added: int
    removed: int
    #: People on the list after it.
    people: int
    #: The first of those that name nobody.
    unknown_rows: tuple[Unknown, ...]


class ListStore(Protocol):
    """The lists of one account, which frozen segments keep. A method is one transaction."""

    def freeze(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None]) -> tuple[int, int]:
        """Put whom the filter matches on a new list: its number, how many they are. Raises WrongCall."""
        ...

    def fill(self, number: int | None, listing: Listing, change: Change) -> tuple[int, Filled]:
        """Change a list by the rows of a file, a new one where no number is given: its number, what became of it."""
        ...

    def drop_list(self, number: int) -> None:
        """Forget a list."""
        ...


@dataclass(frozen=True, slots=True)
class Share:
    """A value of a property and how many people have it."""

    value: object
    people: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """How the people of a filter fall apart by a property; of a list, by its elements."""

    #: How many people were looked at: all of them, or the first million.
    people: int
    #: Of those, how many have no value.
    without: int
    #: How many different values there are.
    values: int
    #: The most frequent values, the most frequent first.
    shares: tuple[Share, ...]


class LookStore(Protocol):
    """What whoever writes a filter looks at."""

    def matching(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None], limit: int) -> tuple[Person, ...]:
        """Some of the people whom the filter matches. Raises WrongCall."""
        ...

    def breakdown(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None], name: str, limit: int) -> Breakdown:
        """The values of a property among the people whom the filter matches. Raises WrongCall."""
        ...

    def some_values(self, name: str, limit: int) -> Sequence[object]:
        """Values of a property, frequent ones of the first people first: not all of them are looked at. Raises WrongCall."""
        ...

    def event_names(self) -> Sequence[str]:
        """What the events of the account are called."""
        ...


#: A property of events, or of the people who did them.
Kind: TypeAlias = Literal["event", "person"]
#: What a period of a trend is.
Step: TypeAlias = Literal["daily", "weekly", "monthly"]
#: How somebody is named.
Named: TypeAlias = Literal["identity", "email", "objectId"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, each the text of a JSON object, and where the next ones begin; None where these are the last."""

    records: Sequence[str]
    end: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which property is counted: how many of its values, the most or the least frequent ones."""

    kind: Kind
    name: str
    most: int = 10
    rarest: bool = False


@dataclass(frozen=True, slots=True)
class Top:
    """Values of a property and how often each was there; whether they are numbers."""

    counts: Mapping[str, int]
    numbers: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """What is counted for each period: events, the people who did them, or the sum of a property of theirs."""

    step: Step
    people: bool = False
    sum_of: str | None = None


class RecordStore(Protocol):
    """The people and events of one account, as records for programs and as numbers. Local times are in `zone`."""

    def record(self, named: Named, value: str) -> str | None:
        """The text of the record of one person; of several with the e-mail address the one who was there first."""
        ...

    def profile_page(self, condition: Filter, zone: str, after: str | None, size: int) -> Page:
        """Records of people whom the filter matches, in the order of their identities, those behind `after`. Raises WrongCall."""
        ...

    def event_page(self, query: Query, zone: str, after: str | None, size: int) -> Page:
        """Records of the events of a query, in the order of their times, those behind `after`. Raises WrongCall."""
        ...

    def count_events(self, query: Query, zone: str) -> int:
        """How many events of a query there are. Raises WrongCall."""
        ...

    def top(self, query: Query, zone: str, wanted: Wanted) -> Top:
        """The values of a property in the events of a query, or of who did them. Raises WrongCall."""
        ...

    def trend(self, query: Query, zone: str, wanted: Trend) -> Mapping[str, int | float]:
        """What is counted of the events of a query, by periods such as 20240131, 202405 (an ISO week) or 202401. Raises WrongCall."""
        ...

    def active(self, since: datetime, until: datetime) -> tuple[int, int]:
        """How many people did something in the time, and how many of them were not known before it."""
        ...

    def identities(self, named: Named, values: Sequence[str]) -> Sequence[str]:
        """The people of these names who are there."""
        ...

    def subscribe(self, wishes: pa.Table, occasion: Occasion) -> pa.Table:
        """Change the consents of everybody with an address, and log it; where several wishes are about a consent, the last one counts.

        Columns of the wishes: `place` (int64), `channel`, `address` (text), `subscribed` (boolean). Gives for each place, in order,
        `valid`, whether that can be an address, `people`, how many have it, and `held`, how many of them opted out themselves and stay so.
        """
        ...

    def erase(self, identities: Sequence[str], at: datetime) -> int:
        """Remove all that is stored of people, at a moment (UTC, without a zone); how many of them there were.

        What they are called is noted until files were searched for them: see `ProfileStore.erasures`.
        """
        ...
