"""Instants as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(instant: datetime) -> datetime:
    """An instant in UTC, without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)
