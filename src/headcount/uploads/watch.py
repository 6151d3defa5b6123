"""Between an upload and those who watch it: progress goes out, a wish to stop comes in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from headcount.uploads.applying import Cancelled, Parked
from headcount.uploads.owner import this_process
from headcount.uploads.rules import OnProgress
from headcount.uploads.upload import Status, UploadRecord, UploadRecords

_HEARTBEAT_SECONDS = 2.0


def never() -> bool:
    """Nobody wants the process to end."""
    return False


@dataclass(slots=True)
class Watch:
    """Passes progress on, and now and then says that the owner lives and asks whether a person stopped the upload."""

    records: UploadRecords
    record: UploadRecord
    on_progress: OnProgress
    stopping: Callable[[], bool] = never
    _next: float = field(default_factory=time.monotonic)

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Raises Cancelled, Parked."""
        self.on_progress(phase, done, total)
        if self.stopping():
            raise Parked
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _HEARTBEAT_SECONDS
            self.records.heartbeat(self.record.id, this_process())
            if self.records.get(self.record.account_id, self.record.id).status is Status.CANCELLED:
                raise Cancelled
