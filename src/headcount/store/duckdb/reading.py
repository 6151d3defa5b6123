"""Reading the data of an account, in snapshots: records of people and events, and numbers about them. The store writes beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb

from headcount.campaigns.reach import Audience, Counts, Place, Placed
from headcount.errors import WrongCall
from headcount.profiles.columns import PUSH_DEVICES
from headcount.profiles.consent import Channel
from headcount.profiles.properties import IDENTITY, Property
from headcount.profiles.store import Person
from headcount.segments.cql import Query
from headcount.segments.filter import Filter
from headcount.segments.store import Breakdown, Named, Page, Top, Trend, Wanted
from headcount.single_row import single_row
from headcount.store.duckdb import events, export, looks, numbers, people, reach, records, registry
from headcount.store.duckdb.reach import Question
from headcount.store.duckdb.segment_sql import Compiled, compile_events, compile_filter
from headcount.values.instants import in_utc
from headcount.values.types import SQL_TYPES, Type


@dataclass(frozen=True, slots=True)
class FilterColumn:
    """A property as a filter sees it."""

    type: str
    sql: str


def filter_columns(properties: Sequence[Property], stored: Sequence[Property]) -> Mapping[str, FilterColumn]:
    """The properties of an account, of which `stored` have a column, and the identity, for the filter compiler."""
    sql = {p.name: f"NULL::{SQL_TYPES[p.type]}" for p in properties} | {p.name: f"p.{p.column}" for p in stored}
    columns = {p.name: FilterColumn(p.type.value, sql[p.name]) for p in properties}
    age = FilterColumn("integer", people.age(sql["DOB"], sql["Age"]))
    return columns | {
        "Age": age,
        IDENTITY: FilterColumn("string", "p.identity"),
        PUSH_DEVICES: FilterColumn("integer", people.DEVICE_COUNT),
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of one file. Implements `SegmentStore`, `LookStore`, and of `RecordStore` and `ReachStore` what changes nothing."""

    connection: duckdb.DuckDBPyConnection

    def record(self, named: Named, value: str) -> str | None:
        """See RecordStore."""
        with self._snapshot():
            identity = next(iter(records.identities_of(self.connection, named, [value])), "")
            page = records.profiles(self.connection, Compiled("p.identity = ?", [identity]), None, 1)
        return next(iter(page.records), None)

    def profile_page(self, condition: Filter, zone: str, after: str | None, size: int) -> Page:
        """See RecordStore."""
        with self._snapshot():
            return records.profiles(self.connection, self._compiled(condition, zone), after, size)

    def event_page(self, query: Query, zone: str, after: str | None, size: int) -> Page:
        """See RecordStore."""
        with self._snapshot():
            return records.events(self.connection, self._events(query, zone), zone, after, size)

    def count_events(self, query: Query, zone: str) -> int:
        """See RecordStore."""
        with self._snapshot():
            return numbers.count(self.connection, self._events(query, zone))

    def top(self, query: Query, zone: str, wanted: Wanted) -> Top:
        """See RecordStore."""
        with self._snapshot():
            source = self._events(query, zone)
            if wanted.kind == "person":
                stored = {each.name: each for each in registry.stored(self.connection)}
                return numbers.top_of_people(self.connection, source, wanted, stored.get(wanted.name))
            types = self._types_of(query.event.event) if query.event else {}
            return numbers.top_of_events(self.connection, source, wanted, Type(types[wanted.name]) if wanted.name in types else None)

    def trend(self, query: Query, zone: str, wanted: Trend) -> Mapping[str, int | float]:
        """See RecordStore."""
        with self._snapshot():
            return numbers.trend(self.connection, self._events(query, zone), zone, wanted)

    def active(self, since: datetime, until: datetime) -> tuple[int, int]:
        """See RecordStore."""
        return numbers.active(self.connection, since, until)

    def count(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None]) -> int:
        """See SegmentStore."""
        with self._snapshot():
            compiled = self._compiled(condition, zone, upload_numbers)
            (count,) = single_row(self.connection, f"SELECT count(*) FROM profiles p WHERE {compiled.sql}", compiled.parameters)
        return int(count)

    @contextmanager
    def people(
        self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None], names: Sequence[str] | None = None
    ) -> Iterator[export.StoredPeople]:
        """See SegmentStore."""

        def compiled(properties: Sequence[Property], stored: Sequence[Property]) -> Compiled:
            columns = filter_columns(properties, stored)
            return compile_filter(condition, columns, zone=zone, upload_numbers=upload_numbers, event_types=self._types_of)

        with export.snapshot(self.connection, names, compiled) as found:
            yield found

    def matching(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None], limit: int) -> tuple[Person, ...]:
        """See LookStore."""
        with self._snapshot():
            compiled, stored = self._compiled(condition, zone, upload_numbers), registry.stored(self.connection)
            asked = f"SELECT p.rowid FROM profiles p WHERE {compiled.sql} LIMIT {limit}"
            rows = [row for (row,) in self.connection.execute(asked, compiled.parameters).fetchall()]
            return people.of_rows(self.connection, stored, rows)

    def breakdown(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None], name: str, limit: int) -> Breakdown:
        """See LookStore."""
        with self._snapshot():
            whose = self._compiled(condition, zone, upload_numbers)
            return looks.breakdown(self.connection, whose, self._column(name), limit)

    def some_values(self, name: str, limit: int) -> Sequence[object]:
        """See LookStore."""
        with self._snapshot():
            return looks.some_values(self.connection, self._column(name), limit)

    def event_names(self) -> Sequence[str]:
        """See LookStore."""
        return [name for (name,) in self.connection.execute("SELECT name FROM event_names ORDER BY folded").fetchall()]

    def waterfall(self, audience: Audience, channels: Sequence[Channel]) -> Mapping[Channel, Counts]:
        """See ReachStore."""
        with self._snapshot():
            return reach.waterfall(self.connection, self._question(audience, channels))

    def devices(self, audience: Audience) -> Mapping[str, int]:
        """See ReachStore."""
        with self._snapshot():
            return reach.devices(self.connection, self._question(audience, [Channel.PUSH]))

    def placed(self, audience: Audience, channel: Channel, place: Place, limit: int) -> Sequence[Placed]:
        """See ReachStore."""
        with self._snapshot():
            return reach.placed(self.connection, self._question(audience, [channel]), place, limit)

    def identities(self, named: Named, values: Sequence[str]) -> Sequence[str]:
        """See RecordStore."""
        with self._snapshot():
            return records.identities_of(self.connection, named, values)

    def _question(self, audience: Audience, channels: Sequence[Channel]) -> Question:
        people = self._compiled(audience.condition, audience.zone, audience.upload_numbers)
        return Question(people, channels, audience.delivery, in_utc(audience.at))

    def _compiled(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None] = lambda _: None) -> Compiled:
        columns = filter_columns(registry.properties(self.connection), registry.stored(self.connection))
        return compile_filter(condition, columns, zone=zone, upload_numbers=upload_numbers, event_types=self._types_of)

    def _column(self, name: str) -> FilterColumn:
        """A property as a filter sees it. Raises WrongCall `property_unknown`."""
        columns = filter_columns(registry.properties(self.connection), registry.stored(self.connection))
        if name not in columns:
            registry.find(self.connection, name)
        return columns[name]

    def _events(self, query: Query, zone: str) -> Compiled:
        """The events of a query, of whom it is about."""
        if query.event is None:
            raise WrongCall("query_invalid", "$: expected event_name.", "Events are asked for by their name.")
        source = compile_events(query.event, zone=zone, event_types=self._types_of)
        return numbers.of_people(source, self._compiled(query.people, zone) if query.people else None)

    def _types_of(self, event: str) -> Mapping[str, str]:
        """The types of the properties of an event."""
        return events.types(self.connection, event)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """What several queries find is of one moment."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        try:
            self.connection.execute("ROLLBACK")
        except duckdb.Error:
            return  # the transaction is gone with its connection; the file holds what was committed
