"""The traces of people who were erased from one account, as one principal asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from headcount.audit import AuditLog
from headcount.auth.rights import Principal, Right
from headcount.uploads.scrubbing import Scrubbing
from headcount.uploads.upload import Document


@dataclass(frozen=True, slots=True)
class ScrubDesk:
    """Each method works in the account of the principal, and raises WrongCall `right_missing`.

    The documents say how many `people` were erased and still stand in files, `since` when, by when that ends (`due`), and which `uploads`
    have to end before it can.
    """

    principal: Principal
    scrubbing: Scrubbing
    log: AuditLog
    #: Gives the present instant.
    clock: Callable[[], datetime]
    #: Called where something is to be done in the background.
    wake: Callable[[], None] = lambda: None

    def state(self) -> Document:
        """What is still to be done."""
        self.principal.demand(Right.ERASE_PEOPLE)
        return self.scrubbing.state().to_json()

    def ask(self) -> Document:
        """Let it begin now, in the background; what is still to be done."""
        self.principal.demand(Right.ERASE_PEOPLE)
        state = self.scrubbing.state()
        self._log(state.people)
        self.scrubbing.asked.set()
        self.wake()
        return state.to_json()

    def run(self) -> Document:
        """Do it now; what is still to be done after it. Raises Busy."""
        self.principal.demand(Right.ERASE_PEOPLE)
        before = self.scrubbing.state()
        self._log(before.people)
        return self.scrubbing.run().to_json()

    def _log(self, people: int) -> None:
        self.log.add(self.principal.did("people.scrub", "people", self.clock(), people=people))
