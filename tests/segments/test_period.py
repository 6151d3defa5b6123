from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headcount.segments.period import Period, read_period

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "start", "width"),
    [
        ("2024-05-01", "2024-04-30T22:00:00", timedelta(days=1)),
        ("2024-03-31", "2024-03-30T23:00:00", timedelta(hours=23)),
        ("2024-10-27", "2024-10-26T22:00:00", timedelta(hours=25)),
        ("2024-05-01 10:00", "2024-05-01T08:00:00", timedelta(minutes=1)),
        ("2024-05-01T10:00:00", "2024-05-01T08:00:00", timedelta(seconds=1)),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00", timedelta(seconds=1)),
        ("2024-05-01T10:00:00-03:30", "2024-05-01T13:30:00", timedelta(seconds=1)),
        (" 2024-05-01T10:00:00.5 ", "2024-05-01T08:00:00.500000", timedelta(microseconds=1)),
    ],
)
def test_read_period(text: str, start: str, width: timedelta) -> None:
    begin = datetime.fromisoformat(start)
    assert read_period(text, BERLIN) == Period(begin, begin + width)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("9999-12-31", "UTC"),
        ("9999-12-31", "America/Los_Angeles"),
        ("9999-12-31T23:59", "UTC"),
        ("9999-12-31T23:59:59.999999", "UTC"),
    ],
)
def test_nothing_comes_after_the_last_instant(text: str, zone: str) -> None:
    assert read_period(text, ZoneInfo(zone)).end == datetime(9999, 12, 31, 23, 59, 59, 999_999)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01/05/2024",
        "2024-02-30",
        "2024-5-1",
        "20240501",
        "2024-05-01T25:00:00",
        "0001-01-01",
        "٢٠٢٤-05-01",
    ],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_period(text, BERLIN)
