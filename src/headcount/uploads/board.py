"""How far each upload is, as whoever works on it last said: for everybody who looks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from headcount.errors import HeadcountError
from headcount.uploads.metrics import WORKING
from headcount.uploads.rules import OnProgress

#: What a document says of an upload on which nobody works.
NOT_WORKING: dict[str, Any] = {"phase": None, "done": None, "total": None, "per_second": None, "seconds_left": None}


@dataclass(slots=True)
class _Phase:
    name: str
    total: int
    first: int
    done: int
    began: float = field(default_factory=time.monotonic)

    def to_json(self) -> dict[str, Any]:
        seconds = time.monotonic() - self.began
        rate = (self.done - self.first) / seconds if seconds > 0 else 0
        left = (self.total - self.done) / rate if rate and self.total else None
        return {
            "phase": self.name,
            "done": self.done,
            "total": self.total or None,
            "per_second": round(rate, 1) if rate else None,
            "seconds_left": None if left is None else round(max(left, 0)),
        }


class Board:
    """What is known of the uploads that are worked on in this process."""

    def __init__(self) -> None:
        self._phases: dict[str, _Phase | None] = {}
        self._failures: dict[str, HeadcountError] = {}

    @contextmanager
    def working(self, upload_id: str) -> Iterator[OnProgress]:
        """The upload stands on the board for as long as the context lasts."""
        self._phases[upload_id] = None
        self._failures.pop(upload_id, None)
        WORKING.inc()

        def tell(phase: str, done: int, total: int) -> None:
            known = self._phases.get(upload_id)
            if known is None or known.name != phase or known.total != total:
                self._phases[upload_id] = _Phase(phase, total, done, done)
            else:
                known.done = done

        try:
            yield tell
        finally:
            WORKING.dec()
            del self._phases[upload_id]

    def has(self, upload_id: str) -> bool:
        """Whether somebody works on the upload."""
        return upload_id in self._phases

    def fail(self, upload_id: str, error: HeadcountError) -> None:
        """Keep why the work ended, till somebody works on the upload again."""
        self._failures[upload_id] = error

    def failure(self, upload_id: str) -> HeadcountError | None:
        """Why the last work on the upload ended early, where it did."""
        return self._failures.get(upload_id)

    def progress(self, upload_id: str) -> dict[str, Any]:
        """The phase, how much of it is done of how much, how much a second and the seconds left; null where not known."""
        phase = self._phases.get(upload_id)
        return phase.to_json() if phase else NOT_WORKING
