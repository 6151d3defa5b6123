"""One piece of a reversal: the rows that it is about, and what is known of the upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb

from headcount.profiles.store import Reversal
from headcount.single_row import single_row
from headcount.store.duckdb import consent, images


@dataclass(frozen=True)
class Piece:
    """The spreadsheet rows `rows` of an upload that is taken back or brought back, in the caller's transaction."""

    connection: duckdb.DuckDBPyConnection
    reversal: Reversal
    rows: range

    @property
    def redo(self) -> bool:
        """Whether the upload is brought back."""
        return self.reversal.job == "redo"

    @property
    def upload(self) -> int:
        """The number of the upload."""
        return self.reversal.upload

    @cached_property
    def at(self) -> datetime:
        """The time of the upload."""
        at: datetime = self.row(f"SELECT applied_at FROM uploads WHERE upload = {self.upload}")[0]
        return at

    @cached_property
    def first(self) -> int:
        """The first step of the upload."""
        return int(self.row(f"SELECT first_step FROM uploads WHERE upload = {self.upload}")[0])

    @cached_property
    def act(self) -> int | None:
        """The occasion that the upload was in the consent log."""
        return consent.act_of(self.connection, self.upload)

    @property
    def source(self) -> str:
        """The image that is used up."""
        return images.image("after" if self.redo else "before", self.upload)

    @property
    def target(self) -> str:
        """The image that is made, to go the other way."""
        return images.image("before" if self.redo else "after", self.upload)

    @property
    def removed(self) -> str:
        """The profiles that went, or go, with the upload."""
        return images.removed(self.upload)

    @property
    def types(self) -> Mapping[int, str]:
        """The properties of the image that is used up: their SQL types by their numbers."""
        return images.numbers(self.connection, self.source)

    def within(self, row: str) -> str:
        """SQL of whether a row is one of these."""
        return f"{row} >= {self.rows.start} AND {row} < {self.rows.stop}"

    def run(self, sql: str, **parameters: object) -> None:
        """Run a statement."""
        self.connection.execute(sql, parameters)

    def table(self, name: str, select: str, **parameters: object) -> None:
        """Keep what is selected until the end of the piece."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}", parameters)

    def row(self, sql: str) -> tuple[Any, ...]:
        """The single row of a query."""
        return single_row(self.connection, sql)

    def any(self, source: str) -> bool:
        """Whether there is a row."""
        return bool(self.row(f"SELECT EXISTS (FROM {source})")[0])
