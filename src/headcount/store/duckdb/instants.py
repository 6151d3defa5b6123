"""Instants in the data file."""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(instant: datetime) -> datetime:
    """An instant as it is stored: in UTC, without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)
