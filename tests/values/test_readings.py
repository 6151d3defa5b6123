"""Each type reads a text or says why not; the same expression decides and converts."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from headcount.values import dates, system
from headcount.values.types import Reading, Type, readings

_LONG = "x" * 513


def _read(reading: Reading, text: str) -> tuple[object, object]:
    value, reason = reading.value("t"), reading.reason("t")
    (row,) = duckdb.execute(f"SELECT {value}, {reason} FROM (SELECT ?::VARCHAR AS t)", [text]).fetchall()
    return row[0], None if row[0] is not None else row[1]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (Type.INTEGER, "42", 42),
        (Type.INTEGER, "-7", -7),
        (Type.INTEGER, "+5", 5),
        (Type.INTEGER, "007", 7),
        (Type.INTEGER, "5.0", 5),
        (Type.INTEGER, "9223372036854775807", 9223372036854775807),
        (Type.FLOAT, "1.5", 1.5),
        (Type.FLOAT, ".5", 0.5),
        (Type.FLOAT, "1e5", 100000.0),
        (Type.FLOAT, "0.30000000000000004", 0.30000000000000004),
        (Type.FLOAT, "9007199254740992", 9007199254740992.0),
        (Type.BOOLEAN, "YES", True),
        (Type.BOOLEAN, "0", False),
        (Type.STRING, "00123", "00123"),
        (Type.STRING, "x" * 512, "x" * 512),
        (Type.LIST, "vip", ["vip"]),
        (Type.LIST, '["a", "b", "a"]', ["a", "b"]),
        (Type.LIST, "[not json", ["[not json"]),
    ],
)
def test_a_text_that_fits_is_read(type_: Type, text: str, value: object) -> None:
    assert _read(readings()[type_], text) == (value, None)


@pytest.mark.parametrize(
    ("type_", "text", "code"),
    [
        (Type.INTEGER, "4.5", "number_invalid"),
        (Type.INTEGER, "1e5", "number_invalid"),
        (Type.INTEGER, "1_000", "number_invalid"),
        (Type.INTEGER, "0x1F", "number_invalid"),
        (Type.INTEGER, "9223372036854775808", "number_out_of_range"),
        (Type.FLOAT, "1,5", "number_invalid"),
        (Type.FLOAT, "nan", "number_invalid"),
        (Type.FLOAT, "inf", "number_invalid"),
        (Type.FLOAT, "1e400", "number_out_of_range"),
        (Type.FLOAT, "9007199254740993", "number_out_of_range"),
        (Type.FLOAT, "0.1234567890123456789", "number_out_of_range"),
        (Type.BOOLEAN, "maybe", "boolean_invalid"),
        (Type.STRING, _LONG, "value_too_long"),
        (Type.LIST, _LONG, "value_too_long"),
        (Type.LIST, "[" + ",".join(f'"{n}"' for n in range(101)) + "]", "list_too_long"),
    ],
)
def test_a_text_that_does_not_fit_says_why(type_: Type, text: str, code: str) -> None:
    assert _read(readings()[type_], text) == (None, code)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("dd/MM/yyyy HH:mm:ss", "31/12/2026 23:59:58", datetime(2026, 12, 31, 23, 59, 58)),
        ("MM/dd/yyyy HH:mm:ss", "12/31/2026 00:00:00", datetime(2026, 12, 31)),
        ("yyyy/dd/MM HH:mm:ss", "2026/31/12 00:00:00", datetime(2026, 12, 31)),
        ("yyyy/MM/dd HH:mm:ss", "2026/12/31 00:00:00", datetime(2026, 12, 31)),
        ("dd MMM yyyy HH:mm:ss", "31 Dec 2026 00:00:00", datetime(2026, 12, 31)),
        (dates.UNIX, "1700000000", datetime(2023, 11, 14, 22, 13, 20)),
        (dates.EPOCH, "$D_1700000000", datetime(2023, 11, 14, 22, 13, 20)),
        (dates.ISO, "2026-12-31", datetime(2026, 12, 31, 12)),
        (dates.ISO, "2026-12-31T10:00:00+02:00", datetime(2026, 12, 31, 8)),
        ("yyyy-MM-dd HH:mm", "2026-03-25 10:00", datetime(2026, 3, 25, 10)),
        ("dd.MM.yyyy", "31.12.2026", datetime(2026, 12, 31, 12)),
    ],
)
def test_a_date_of_the_format_is_read(name: str, text: str, value: datetime) -> None:
    assert _read(dates.reading(name), text) == (value, None)


@pytest.mark.parametrize(
    "text",
    [
        "29/02/2026 00:00:00",
        "1/2/2026 3:4:5",
        "01/02/2026  3:04:05",
        "01/02/2026",
        "01/02/2026 24:00:00",
        "01/02/26 00:00:00",
        "2026/02/01 00:00:00",
        "01/02/20266 00:00:0",
    ],
)
def test_what_is_no_date_of_the_format_is_not_read(text: str) -> None:
    assert _read(dates.reading("dd/MM/yyyy HH:mm:ss"), text) == (None, "date_invalid")


def test_local_times_are_read_in_the_zone() -> None:
    value, _ = _read(dates.reading("yyyy/MM/dd HH:mm:ss", "Europe/Berlin"), "2026/07/01 00:00:00")
    assert value == datetime(2026, 6, 30, 22)


@pytest.mark.parametrize("name", ["HH:mm", "yyyy", "dd/MM/yy", "dd/MM/yyyy KK"])
def test_a_format_without_a_whole_day_is_refused(name: str) -> None:
    with pytest.raises(dates.UnknownFormat):
        dates.named(name)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("Email", "ada@example.com", "ada@example.com"),
        ("Email", "gül.ivanova@example.com", "gül.ivanova@example.com"),
        ("Email", "a@b", None),
        ("Email", "a..b@example.com", None),
        ("Email", "not an address", None),
        ("Phone", "+4930123456", "+4930123456"),
        ("Phone", "+1 (415) 555-2671", "+14155552671"),
        ("Phone", "14155552671", "+14155552671"),
        ("Phone", "12345", None),
        ("Phone", "+49 call", None),
        ("Gender", "f", "F"),
        ("Gender", "woman", None),
        ("Education", "college", "College"),
        ("Married", "Y", "Y"),
        ("Timezone", "Europe/Berlin", "Europe/Berlin"),
        ("Timezone", "Mars/Phobos", None),
    ],
)
def test_system_properties_are_checked(name: str, text: str, value: str | None) -> None:
    assert _read(system.readings()[name], text)[0] == value


def test_the_library_decides_only_what_the_pattern_leaves_open() -> None:
    assert system.approve(["ada@bücher.example", '"ada lovelace"@example.com', "ada@-bücher.example"]) == [
        "ada@bücher.example",
        '"ada lovelace"@example.com',
    ]
