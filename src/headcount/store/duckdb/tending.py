"""The properties of an account: counted, looked at and changed. Each public method is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from headcount.errors import HeadcountError
from headcount.profiles.properties import Property
from headcount.profiles.tending import Holdings, RetypePreview, Tended, Uncounted
from headcount.store.duckdb import counting, erase, properties, registry, shares, statistics
from headcount.store.duckdb.writing import Writing
from headcount.values.types import Type


@dataclass(frozen=True, slots=True)
class Tending(Writing):
    """The properties in one file. Implements `PropertyStore`."""

    def properties(self) -> tuple[Property, ...]:
        """See ProfileStore."""
        return registry.properties(self.connection)

    def tended(self) -> tuple[int, Sequence[Tended]]:
        """See PropertyStore."""
        with self._snapshot():
            return properties.tended(self.connection)

    def uncounted(self, now: datetime) -> Uncounted:
        """See PropertyStore."""
        return statistics.uncounted(self.connection, now)

    @property
    def pressed(self) -> bool:
        """See PropertyStore."""
        return self.turn.pressed

    def count_property(self, number: int, now: datetime) -> None:
        """See PropertyStore."""
        with self.turn.of("bulk"):
            # What is written from now on is noted again, and not in what is counted.
            self.turn.noted.discard(number)
        with self._snapshot():
            wanted = next((p for p in self.properties() if p.number == number), None)
            counted = wanted and counting.count(self.connection, registry.stored(self.connection), wanted)
            erased = erase.latest(self.connection)
        if counted:
            with self._transaction():
                # Values of somebody who was erased meanwhile are not kept: it is counted again.
                if erase.latest(self.connection) == erased and any(p.number == number for p in self.properties()):
                    statistics.keep(self.connection, number, counted, now)

    def count_addresses(self, now: datetime | None = None) -> None:
        """See PropertyStore."""
        for number in shares.outdated(self.connection, now):
            # Whoever commits from now on is not seen, and counts.
            before = self.turn.addressed
            with self._snapshot():
                found = shares.find(self.connection, number)
            # What a full disk keeps from being kept is found again.
            with suppress(HeadcountError), self._transaction():
                # An upload in pieces said once that it writes them.
                if self.turn.addressed == before and not self.turn.is_noting:
                    shares.keep(self.connection, found, now or datetime.now(UTC))

    def rename(self, name: str, wanted: str) -> None:
        """See PropertyStore."""
        with self._redefining():
            properties.rename(self.connection, name, wanted)

    def describe(self, name: str, description: str) -> None:
        """See PropertyStore."""
        with self._transaction():
            properties.describe(self.connection, name, description)

    def hide(self, name: str, *, hidden: bool) -> None:
        """See PropertyStore."""
        with self._transaction():
            properties.hide(self.connection, name, hidden=hidden)

    def would_retype(self, name: str, wanted: Type) -> RetypePreview:
        """See PropertyStore."""
        with self._snapshot():
            return properties.would_retype(self.connection, name, wanted)

    def retype(self, name: str, wanted: Type) -> int:
        """See PropertyStore."""
        with self._redefining():
            stored = properties.own(self.connection, name)
            return 0 if stored.type is wanted else registry.retype(self.connection, stored, wanted)

    def holdings(self, name: str) -> Holdings:
        """See PropertyStore."""
        with self._snapshot():
            return properties.holdings(self.connection, name)

    def delete(self, name: str) -> Holdings:
        """See PropertyStore."""
        with self._redefining():
            found = properties.holdings(self.connection, name)
            properties.delete(self.connection, name)
        return found
