"""The port of the store that answers filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from headcount.profiles.columns import Column
from headcount.segments.filter import Filter


class People(Protocol):
    """The people of a filter at one moment. Each method reads all of them anew, in no particular order."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is given of each beside the identity."""
        ...

    @property
    def schema(self) -> pa.Schema:
        """`identity` and the columns under their names, each of its own type."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...

    def lines(self) -> Iterator[pa.Array]:
        """Texts, each the line of a CSV file in UTF-8 for one person, its line feed included."""
        ...

    def rows(self) -> Iterator[pa.RecordBatch]:
        """One row a person, as the schema says."""
        ...


class SegmentStore(Protocol):
    """The profiles of one account, as seen by a filter."""

    def count(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None]) -> int:
        """How many people the filter matches; local times are read in `zone`. Raises WrongCall."""
        ...

    def people(
        self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None], names: Sequence[str] | None = None
    ) -> AbstractContextManager[People]:
        """The people whom the filter matches, as of now; with the columns named, else with all that hold a value. Raises WrongCall."""
        ...
