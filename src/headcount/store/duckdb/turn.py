"""Whose turn it is to write: one at a time of all who have the data file, live calls and uploads alternately where both wait."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition, get_ident
from typing import Literal, TypeAlias

import pyarrow as pa

Writer: TypeAlias = Literal["live", "bulk"]

#: Seconds for which live calls are expected to go on after one.
_LULL = 2.0


class Turn:
    """The right to write to one data file."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._held = False
        self._holder: int | None = None
        self._waiting: dict[Writer, int] = {"live": 0, "bulk": 0}
        self._last: Writer = "bulk"
        self._live_until = float("-inf")
        self._written: list[pa.Array] | None = None
        self._bulk_held = 0.0
        #: Counts the changes of which properties there are, of which type, and of lists.
        self.version = 0
        #: Counts the turns in which addresses were written.
        self.addressed = 0
        self._writes_addresses = False
        #: Whether whoever keeps the file open for long is asked to give it back.
        self.closing = False
        #: Properties of which it is noted that live calls write values of them, since they were last counted.
        self.noted: set[int] = set()

    @contextmanager
    def of(self, writer: Writer) -> Iterator[None]:
        """Have the turn for as long as the context lasts. Whoever had it last lets the others go first; who has it need not wait for it."""
        if self._holder == get_ident():
            yield
            return
        other: Writer = "bulk" if writer == "live" else "live"
        with self._changed:
            self._waiting[writer] += 1
            while self._held or (self._waiting[other] and self._last == writer):
                self._changed.wait()
            self._waiting[writer] -= 1
            self._held, self._last, self._holder = True, writer, get_ident()
            began = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                self._held, self._holder = False, None
                # Not before: whoever begins to look for shared addresses until now does not see all that is committed.
                self.addressed += self._writes_addresses
                self._writes_addresses = False
                if writer == "live":
                    self._live_until = time.monotonic() + _LULL
                else:
                    self._bulk_held = time.monotonic() - began
                self._changed.notify_all()

    def held(self) -> float:
        """The seconds for which an upload held the turn the last time."""
        return self._bulk_held

    @property
    def pressed(self) -> bool:
        """Whether live calls wait, or are likely to soon: whoever has much to write does it in small pieces."""
        return self._waiting["live"] > 0 or time.monotonic() < self._live_until

    def note_addresses(self) -> None:
        """Say that addresses are written; called by whoever has the turn."""
        self._writes_addresses = True

    def note(self, identities: pa.Array) -> None:
        """Say whose rows were written; called by whoever has the turn."""
        if self._written is not None:
            self._written.append(identities)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Keep, for as long as the context lasts, whose rows others write."""
        self._written = []
        try:
            yield
        finally:
            self._written = None

    @property
    def is_noting(self) -> bool:
        """Whether it is kept whose rows others write."""
        return self._written is not None

    @property
    def notes(self) -> int:
        """How often it was noted whose rows others write."""
        return len(self._written or ())

    def written(self, since: int = 0) -> pa.Array:
        """Whose rows others wrote, but for the first so many notes; called by whoever has the turn."""
        noted = (self._written or [])[since:]
        return _joined(noted) if noted else pa.array([], pa.string())


def _joined(arrays: Iterable[pa.Array]) -> pa.Array:
    return pa.concat_arrays([array.cast(pa.string()) for array in arrays])
