"""Numbers about uploads for whoever watches the program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import Counter, Gauge

WORKING = Gauge("headcount_uploads_working", "Uploads that bytes arrive for, or that are worked on.")
_ENDS = Counter("headcount_uploads", "Times that work on an upload came to a stop, by the status it then had.", ["status", "door"])
_ROWS = Counter("headcount_rows", "Rows of completed uploads by what became of them.", ["part"])
_SECONDS = Counter("headcount_apply_seconds", "Seconds that completed uploads took from inspection to the last row.")
_PARTS = ("created", "updated", "unchanged", "merged", "rejected")


def note(document: Mapping[str, Any]) -> None:
    """Count an upload on which work stopped, by its public document."""
    status = document["upload"]["status"]
    _ENDS.labels(status, document["upload"]["door"]).inc()
    if status == "completed" and document["seconds"] is not None:
        _SECONDS.inc(document["seconds"])
        for part in _PARTS:
            _ROWS.labels(part).inc(document["ledger"][part])
