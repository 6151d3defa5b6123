"""What programs ask and do about the people of one account by name or by query: records of them, numbers, consent by address, erasing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from headcount.audit import AuditLog
from headcount.auth.rights import Principal, Right
from headcount.errors import WrongCall
from headcount.people.cursors import Cursor, Cursors, Kind
from headcount.people.masking import masked_record
from headcount.profiles.consent import Channel, Occasion, Source
from headcount.profiles.store import ProfileStore
from headcount.segments.covering import cover_erased
from headcount.segments.cql import Query, read_query
from headcount.segments.filter import Exists
from headcount.segments.saved import SegmentRecords
from headcount.segments.store import Named, Page, RecordStore, SegmentStore, Top, Trend, Wanted
from headcount.values.instants import in_utc

#: A JSON object.
Document: TypeAlias = dict[str, Any]

#: How far back somebody is active now.
NOW = timedelta(minutes=5)
_ALL = Exists("identity")


class Store(RecordStore, ProfileStore, SegmentStore, Protocol):
    """The people of one account, with the filters over them."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is to become of a consent of everybody with an address."""

    channel: Channel
    address: str
    subscribed: bool


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Whether that can be an address, how many people have it, and how many of them stay unsubscribed because they said so themselves."""

    valid: bool
    people: int
    held: int


@dataclass(frozen=True, slots=True)
class RecordDesk:
    """Each method works in the account of the principal, and raises WrongCall `right_missing`.

    A query is the JSON object of `segments.cql`; raises WrongCall `query_invalid`, `query_unsupported`, `property_unknown`, `filter_type`.
    """

    principal: Principal
    #: Opens the store of the account for as long as the context lasts. Raises Busy.
    open_store: Callable[[], AbstractContextManager[Store]]
    saved: SegmentRecords
    cursors: Cursors
    #: The time zone in which days are read, and times told.
    zone: str
    log: AuditLog
    #: Gives the present instant.
    clock: Callable[[], datetime]
    #: Called after people were erased: files are to be searched for them.
    on_erased: Callable[[], None] = lambda: None

    def record(self, named: Named, value: str) -> Document:
        """The record of one person. Raises WrongCall `person_unknown`."""
        self.principal.demand(Right.READ)
        with self.open_store() as store:
            found = store.record(named, value)
        if found is None:
            raise WrongCall("person_unknown", "There is no such person.")
        record: Document = json.loads(found)
        return record if self.principal.may(Right.SEE_PERSONAL_DATA) else masked_record(record)

    def begin(self, kind: Kind, query: Mapping[str, Any], size: int) -> str:
        """The cursor of the first page of what a query finds."""
        # What is given out is unmasked.
        self._demand(Right.EXPORT, Right.SEE_PERSONAL_DATA)
        first = Cursor(account_id=self.principal.account_id, kind=kind, query=query, size=size)
        self._page(replace(first, size=0))
        self.log.add(self.principal.did("people.export", kind, self.clock(), batch=size))
        return self.cursors.keep(first, self.clock())

    def page(self, kind: Kind, name: str) -> tuple[Sequence[str], str | None]:
        """The texts of the records of a page, and the cursor of the next one. Raises WrongCall `cursor_unknown`."""
        self._demand(Right.EXPORT, Right.SEE_PERSONAL_DATA)
        cursor = self.cursors.find(self.principal.account_id, kind, name, self.clock())
        if cursor is None:
            raise WrongCall("cursor_unknown", "There is no such cursor, or it is expired.", "Send the query again.")
        page = self._page(cursor)
        if page.end is None:
            return page.records, None
        return page.records, self.cursors.keep(replace(cursor, after=page.end), self.clock())

    def count(self, query: Mapping[str, Any]) -> int:
        """How many people a query finds."""
        self._demand(Right.READ)
        condition = read_query(query).filter
        with self.open_store() as store:
            return store.count(condition, self.zone, lambda _: None)

    def count_events(self, query: Mapping[str, Any]) -> int:
        """How many events a query finds."""
        self._demand(Right.READ)
        asked = read_query(query)
        with self.open_store() as store:
            return store.count_events(asked, self.zone)

    def tops(self, query: Mapping[str, Any], wanted: Mapping[str, Wanted]) -> Mapping[str, Top]:
        """The values of properties in the events of a query, by the names of what is wanted."""
        # A value may be an address.
        self._demand(Right.READ, Right.SEE_PERSONAL_DATA)
        asked = read_query(query)
        with self.open_store() as store:
            return {name: store.top(asked, self.zone, each) for name, each in wanted.items()}

    def trends(self, query: Mapping[str, Any], wanted: Mapping[str, Trend]) -> Mapping[str, Mapping[str, int | float]]:
        """What is counted of the events of a query by periods, by the names of what is wanted."""
        self._demand(Right.READ)
        asked = read_query(query)
        with self.open_store() as store:
            return {name: store.trend(asked, self.zone, each) for name, each in wanted.items()}

    def active(self) -> tuple[int, int, datetime]:
        """How many people are active now, how many of them were not known before, and what time it is."""
        self._demand(Right.READ)
        now = self.clock()
        until = in_utc(now)
        with self.open_store() as store:
            people, new = store.active(until - NOW, until)
        return people, new, now

    def subscribe(self, wishes: Sequence[Subscription]) -> Sequence[Subscribed]:
        """Change the consents of everybody with the addresses, and log it; one after another, so that the last one counts."""
        self._demand(Right.CHANGE_CONSENT)
        by, at = self.principal, self.clock()
        fields = {
            "place": pa.array(range(len(wishes)), pa.int64()),
            "channel": pa.array([each.channel.value for each in wishes], pa.string()),
            "address": pa.array([each.address for each in wishes], pa.string()),
            "subscribed": pa.array([each.subscribed for each in wishes], pa.bool_()),
        }
        occasion = Occasion(in_utc(at), Source.API, by.name, by.door)
        with self.open_store() as store:
            done = store.subscribe(pa.table(fields), occasion)
        held, people = (sum(done.column(name).to_pylist()) for name in ("held", "people"))
        self.log.add(by.did("consent.subscribe", by.door, at, addresses=len(wishes), people=people, held=held))
        return [Subscribed(row["valid"], row["people"], row["held"]) for row in done.select(["valid", "people", "held"]).to_pylist()]

    def known(self, identities: Sequence[str]) -> frozenset[str]:
        """Those of the texts that are identities of people."""
        self._demand(Right.READ)
        with self.open_store() as store:
            return frozenset(store.identities("identity", identities))

    def erase(self, named: Named, values: Sequence[str]) -> int:
        """Remove all that is stored of people; how many there were. Cursors of the account end, for they may hold an identity."""
        self._demand(Right.ERASE_PEOPLE)
        with self.open_store() as store:
            # What is stored of somebody who has no profile goes as well.
            at = in_utc(self.clock())
            erased = store.erase(values if named == "identity" else store.identities(named, values), at)
            cover_erased(self.saved, self.principal.account_id, store.erasures())
        self.cursors.forget(self.principal.account_id)
        self.log.add(self.principal.did("people.erase", "people", self.clock(), people=erased))
        self.on_erased()
        return erased

    def count_later(self) -> None:
        """Counts are never given later; who may not count is told so first."""
        self._demand(Right.READ)

    def look_at_campaigns(self) -> None:
        """There are none yet; who may not look at them is told so first."""
        self._demand(Right.READ)

    def work_on_campaigns(self) -> None:
        """Likewise for who may not make or stop one."""
        self._demand(Right.EDIT_CAMPAIGNS)

    def _page(self, cursor: Cursor) -> Page:
        query: Query = read_query(cursor.query)
        with self.open_store() as store:
            if cursor.kind == "events":
                return store.event_page(query, self.zone, cursor.after, cursor.size)
            return store.profile_page(query.filter, self.zone, cursor.after, cursor.size)

    def _demand(self, *rights: Right) -> None:
        for right in rights:
            self.principal.demand(right)
