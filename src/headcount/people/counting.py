"""Keeping the statistics of an account's properties up to date in the background, one property at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from headcount.profiles.tending import PropertyStore, Uncounted

#: While live calls come, it rests for so many times what a property took, and for so many seconds at most.
_REST, _LONGEST = 3.0, 2.0


@dataclass(slots=True)
class Counting:
    """Counts what is out of date, when somebody said that there may be something.

    A store of which nobody says so is not opened: an account that nobody uses stays closed.
    """

    open_store: Callable[[], AbstractContextManager[PropertyStore]]
    #: Gives the present instant.
    clock: Callable[[], datetime]
    #: Whether something may be out of date.
    wanted: bool = False

    def next(self) -> bool:
        """Count the property that waits longest; whether another one is due. Raises Busy."""
        if not self.wanted:
            return False
        # Whoever says so from now on is heard again.
        self.wanted = False
        began = time.monotonic()
        try:
            found, pressed = self._counted()
        except BaseException:
            self.wanted = True
            raise
        if pressed:
            time.sleep(min(_REST * (time.monotonic() - began), _LONGEST))
        more = len(found.due) > 1
        self.wanted = self.wanted or more or bool(found.later)
        return more

    def _counted(self) -> tuple[Uncounted, bool]:
        """What was out of date, of which the first is counted now, and whether live calls wait."""
        with self.open_store() as store:
            found = store.uncounted(self.clock())
            for number in found.due[:1]:
                store.count_property(number, self.clock())
            if len(found.due) <= 1:
                store.count_addresses(self.clock())
            return found, store.pressed


def count_all(open_store: Callable[[], AbstractContextManager[PropertyStore]], clock: Callable[[], datetime]) -> None:
    """Count all that is out of date, where nobody does it in the background."""
    with open_store() as store:
        found = store.uncounted(clock())
        for number in (*found.due, *found.later):
            store.count_property(number, clock())
