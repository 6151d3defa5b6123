"""The desks of one account: what somebody may ask of its people, and change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from headcount.audit import AuditLog
from headcount.auth.rights import Principal
from headcount.campaigns import desk as campaigns
from headcount.campaigns.delivery import Deliveries
from headcount.campaigns.desk import ReachDesk
from headcount.people import desk as people
from headcount.people import records, segments
from headcount.people.cursors import Cursors
from headcount.people.desk import PeopleDesk
from headcount.people.properties import PropertyDesk
from headcount.people.records import RecordDesk
from headcount.people.segments import SegmentDesk
from headcount.profiles.tending import PropertyStore
from headcount.profiles.uses import Uses
from headcount.segments.saved import FilterReader, SegmentRecords, list_names
from headcount.uploads.history import History
from headcount.uploads.scrub_desk import ScrubDesk
from headcount.uploads.scrubbing import Scrubbing


class Store(people.Store, segments.Store, records.Store, campaigns.Store, PropertyStore, Protocol):
    """All that is stored of the people of an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Makes the desks at which somebody asks."""

    #: Opens the store of the account for as long as the context lasts. Raises Busy.
    open_store: Callable[[], AbstractContextManager[Store]]
    history: History
    saved: SegmentRecords
    cursors: Cursors
    deliveries: Deliveries
    scrubbing: Scrubbing
    #: Has what is known of properties counted where it is out of date.
    refresh: Callable[[], None]
    #: Everything that names properties.
    uses: Sequence[Uses]
    log: AuditLog
    #: Gives the present instant.
    clock: Callable[[], datetime]
    #: Called where something is to be done in the background.
    wake: Callable[[], None] = lambda: None

    def people(self, by: Principal) -> PeopleDesk:
        """The people, with their consents."""
        ids, number = self.history.ids, self.history.number
        named = partial(list_names, self.saved, by.account_id)
        return PeopleDesk(by, self.open_store, ids, number, self._read(by), self._zone, self.log, self.clock, named)

    def segments(self, by: Principal) -> SegmentDesk:
        """The saved segments."""
        ids, number = self.history.ids, self.history.number
        return SegmentDesk(by, self.open_store, self.saved, ids, number, self._zone, self.log, self.clock)

    def properties(self, by: Principal) -> PropertyDesk:
        """What is known of people."""
        ids, busy_with = self.history.ids, self.history.busy_with
        return PropertyDesk(by, self.open_store, self.refresh, ids, busy_with, self.uses, self.log, self.clock)

    def records(self, by: Principal) -> RecordDesk:
        """The same people as records, for programs."""
        return RecordDesk(by, self.open_store, self.saved, self.cursors, self._zone, self.log, self.clock, self.wake)

    def scrub(self, by: Principal) -> ScrubDesk:
        """The traces of people who were erased."""
        return ScrubDesk(by, self.scrubbing, self.log, self.clock, self.wake)

    def reach(self, by: Principal) -> ReachDesk:
        """Whom messages reach."""
        number, running = self.history.number, self.history.running
        return ReachDesk(by, self.open_store, number, self._read(by), running, self.deliveries, self.log, self._zone, self.clock)

    @property
    def _zone(self) -> str:
        """The time zone in which filters are read."""
        return self.history.rules.zone

    def _read(self, by: Principal) -> FilterReader:
        return FilterReader(by.account_id, self.saved, self.clock)
