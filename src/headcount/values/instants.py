"""Instants as they are stored, and as they are shown."""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(instant: datetime) -> datetime:
    """An instant in UTC, without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def utc_text(instant: datetime) -> str:
    """An instant in ISO 8601 with `Z`; one without a zone is UTC."""
    utc = instant if instant.tzinfo is None else in_utc(instant)
    return f"{utc.isoformat()}Z"
