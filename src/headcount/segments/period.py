"""A date as it is written in a filter: the stretch of time that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from headcount.values.instants import in_utc

_SHAPE: Final = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?P<minute>[T ]\d\d:\d\d(?P<second>:\d\d(?P<fraction>\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to but without `end`, both in UTC and without a zone, as the store keeps dates."""

    start: datetime
    end: datetime


def read_period(text: str, zone: tzinfo) -> Period:
    """Return the day, minute, second or microsecond that the text names.

    A text without an offset is read in the zone. Raises ValueError where the text is no date.
    """
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None:
        raise ValueError(f"not an ISO 8601 date: {text}")
    try:
        return _day(date.fromisoformat(shape[0]), zone) if shape["minute"] is None else _time(shape, zone)
    except OverflowError as error:
        raise ValueError(f"out of range: {text}") from error


def _day(day: date, zone: tzinfo) -> Period:
    # Not start + 24 hours: a day on which the clocks change is longer or shorter.
    return Period(_midnight(day, zone), _end(lambda: _midnight(day + timedelta(days=1), zone)))


def _time(shape: re.Match[str], zone: tzinfo) -> Period:
    moment = datetime.fromisoformat(shape[0])
    start = in_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    return Period(start, _end(lambda: start + _width(shape)))


def _end(after: Callable[[], datetime]) -> datetime:
    """The instant; nothing comes after the last one that there is."""
    try:
        return after()
    except OverflowError:
        return datetime.max  # noqa: DTZ901 - in UTC, without a zone, as the store keeps dates


def _width(shape: re.Match[str]) -> timedelta:
    if shape["fraction"]:
        return timedelta(microseconds=1)
    return timedelta(seconds=1) if shape["second"] else timedelta(minutes=1)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return in_utc(datetime(day.year, day.month, day.day, tzinfo=zone))
