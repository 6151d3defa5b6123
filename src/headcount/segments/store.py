"""The port of the store that answers filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from headcount.segments.filter import Filter


class SegmentStore(Protocol):
    """The profiles of one account, as seen by a filter."""

    def count(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None]) -> int:
        """How many people the filter matches; local times are read in `zone`. Raises WrongCall."""
        ...
