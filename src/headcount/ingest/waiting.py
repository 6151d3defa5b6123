"""A live call that nobody has written yet."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Self

from headcount.ingest.group import Outcome
from headcount.ingest.records import Sent, read
from headcount.profiles.live import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a call wants to be treated."""

    actor: str
    door: str
    #: What it is known by where it may come again and must not count twice.
    key: str | None = None
    #: Whether it is only looked at.
    dry_run: bool = False


@dataclass(slots=True)
class Waiting:
    """A call, and the answer that somebody waits for."""

    call: Call
    body: bytes
    sent: Sent
    asked: Asked
    future: Future[Outcome] = field(default_factory=Future)
    #: Whether it is in the journal, and answered.
    noted: bool = False

    @classmethod
    def left(cls, call: Call, body: bytes) -> Self:
        """A call that was found in the journal."""
        waiting = cls(call, body, read(body, call.number), Asked(actor=call.actor, door=call.door), noted=True)
        waiting.future.set_result(Outcome())
        return waiting

    def sha256(self) -> str:
        """The hash of its body."""
        return hashlib.sha256(self.body).hexdigest()

    def answer(self, outcome: Outcome) -> None:
        """Tell whoever waits."""
        if not self.noted:
            self.future.set_result(outcome)

    def promise(self, outcome: Outcome) -> None:
        """Tell whoever waits, now that it is in the journal."""
        self.answer(outcome)
        self.noted = True

    def fail(self, error: Exception) -> None:
        """Tell whoever waits that nothing came of it."""
        if not self.noted:
            self.future.set_exception(error)
