"""Date formats: which ones are tried, and each as the expression that recognises and converts it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headcount.values.text import literal
from headcount.values.types import Reading, is_plainly_written

UNIX = "Unix time"
ISO = "ISO 8601"
EPOCH = "$D_<epoch>"

#: The formats that are recognised unasked, in the order in which they are named to a person.
RECOGNISED = (
    "dd/MM/yyyy HH:mm:ss",
    "MM/dd/yyyy HH:mm:ss",
    "yyyy/dd/MM HH:mm:ss",
    "yyyy/MM/dd HH:mm:ss",
    "dd MMM yyyy HH:mm:ss",
)
#: Those in which the day stands before the month; `--day-first` chooses among them.
DAY_FIRST = frozenset({"dd/MM/yyyy HH:mm:ss", "yyyy/dd/MM HH:mm:ss"})
MONTH_FIRST = frozenset({"MM/dd/yyyy HH:mm:ss", "yyyy/MM/dd HH:mm:ss"})
#: A date without a time is taken at noon, so that no time zone moves it to another day.
NOON = "12:00:00"

_LETTERS = re.compile(r"yyyy|MMM|MM|dd|HH|mm|ss|SSS|'[^']*'|[^A-Za-z']|.")
_PARTS = {
    "yyyy": (r"[0-9]{4}", "%Y"),
    "MMM": (r"[A-Za-z]{3}", "%b"),
    "MM": (r"[0-9]{2}", "%m"),
    "dd": (r"[0-9]{2}", "%d"),
    "HH": (r"[0-9]{2}", "%H"),
    "mm": (r"[0-9]{2}", "%M"),
    "ss": (r"[0-9]{2}", "%S"),
    "SSS": (r"[0-9]{3}", "%g"),
}
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
_ZONED = r".*(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
#: Seconds of the years 1 to 9999.
_UNIX_RANGE = (-62135596800, 253402300799)
_FIRST, _LAST = "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"


class UnknownFormat(ValueError):
    """A date format with letters that mean nothing here."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A format of the letters `yyyy MM MMM dd HH mm ss SSS`: what it looks like, and DuckDB's name for it."""

    shape: str
    strptime: str
    timed: bool
    #: Where the year begins in a text, counted from 1.
    year: int
    #: The shape for LIKE, where the format has a time and none of LIKE's own letters.
    like: str | None


def pattern(name: str) -> Pattern:
    """The pattern of a format such as `dd.MM.yyyy HH:mm`. Raises UnknownFormat."""
    shape, strptime, seen, width, year = "", "", set[str](), 1, 0
    for part in _LETTERS.findall(name):
        year = width if part == "yyyy" else year
        width += len(part.strip("'")) if len(part) > 1 else 1
        if part in _PARTS:
            seen.add(part)
            shape, strptime = shape + _PARTS[part][0], strptime + _PARTS[part][1]
        elif part[0].isalpha():
            raise UnknownFormat(f"“{part}” in the date format “{name}” means nothing; the letters are yyyy MM MMM dd HH mm ss SSS")
        else:
            plain = part.strip("'") if len(part) > 1 else part
            shape, strptime = shape + re.escape(plain), strptime + plain.replace("%", "%%")
    if not {"yyyy", "dd"} <= seen or not seen & {"MM", "MMM"}:
        raise UnknownFormat(f"the date format “{name}” needs a year (yyyy), a month (MM or MMM) and a day (dd)")
    plain = {"HH", "mm", "ss"} <= seen and not set(name) & set("%_\\'")
    return Pattern(shape, strptime, "HH" in seen, year, re.sub("[A-Za-z]", "_", name) if plain else None)


def named(name: str) -> str:
    """The canonical name of a format as a mapping or header suffix writes it. Raises UnknownFormat."""
    word = name.strip().casefold()
    if word in {"unix", "unix time", "epoch"}:
        return UNIX
    if word in {"iso", "iso8601", "iso 8601", "iso-8601"}:
        return ISO
    if word.startswith("$d_"):
        return EPOCH
    pattern(name.strip())
    return name.strip()


def _unix(text: str) -> str:
    seconds = f"try_cast({text} AS BIGINT)"
    plain = f"({is_plainly_written(text)} OR regexp_full_match({text}, '-?[0-9]{{1,12}}'))"
    fits = f"{seconds} BETWEEN {_UNIX_RANGE[0]} AND {_UNIX_RANGE[1]} AND {plain}"
    return f"CASE WHEN {fits} THEN make_timestamp({seconds} * 1000000) END"


def _utc(timestamp: str, zone: str) -> str:
    if zone == "UTC":
        return timestamp
    return f"timezone('UTC', timezone({literal(zone)}, {timestamp}))"


def _iso(text: str, zone: str) -> str:
    zoned = f"timezone('UTC', try_cast({text} AS TIMESTAMPTZ))"
    noon = f"CASE WHEN length({text}) = 10 THEN concat({text}, ' {NOON}') ELSE {text} END"
    local = _utc(f"try_cast({noon} AS TIMESTAMP)", zone)
    has_zone = f"length({text}) > 10 AND regexp_full_match(substr({text}, 11), {literal(_ZONED)})"
    instant = f"CASE WHEN {has_zone} THEN {zoned} ELSE {local} END"
    return f"CASE WHEN regexp_full_match({text}, {literal(_ISO)}) AND NOT starts_with({text}, '0000') THEN {instant} END"


def _pattern(text: str, name: str, zone: str) -> str:
    parts = pattern(name)
    source, strptime = (text, parts.strptime) if parts.timed else (f"concat({text}, ' {NOON}')", f"{parts.strptime} %H:%M:%S")
    value = _utc(f"try_strptime({source}, {literal(strptime)})", zone)
    fits = f"regexp_full_match({text}, {literal(parts.shape)})"
    if parts.like is not None:
        # Cheaper, and as strict: strptime itself refuses all but digits and blanks beside a blank.
        fits = f"{text} LIKE {literal(parts.like)} AND NOT contains({text}, '  ')"
    # There was no year 0.
    return f"CASE WHEN {fits} AND substr({text}, {parts.year}, 4) <> '0000' THEN {value} END"


def value(text: str, name: str, zone: str = "UTC") -> str:
    """SQL of the UTC TIMESTAMP that `text` is in the format `name`, NULL where it is none. Local times are read in `zone`."""
    if name == UNIX:
        return _unix(text)
    if name == ISO:
        return _iso(text, zone)
    if name == EPOCH:
        return f"CASE WHEN {text} LIKE '$D\\_%' ESCAPE '\\' THEN {_unix(f'substr({text}, 4)')} END"
    return _pattern(text, name, zone)


def iso_text(timestamp: str) -> str:
    """SQL of the ISO 8601 text that `value` reads as the same UTC instant, to the microsecond and in whatever zone."""

    def written(instant: str, offset: str) -> str:
        return f"concat(replace({instant}::VARCHAR, ' ', 'T'), '{offset}')"

    # A local time of the first or last day of the calendar may be of a year in UTC that has no four digits.
    most = "INTERVAL '23 hours 59 minutes'"
    return (
        f"CASE WHEN {timestamp} BETWEEN '{_FIRST}' AND '{_LAST}' THEN {written(timestamp, 'Z')} "
        f"WHEN {timestamp} < '{_FIRST}' THEN {written(f'({timestamp} + {most})', '+23:59')} "
        f"ELSE {written(f'({timestamp} - {most})', '-23:59')} END"
    )


def reading(name: str, zone: str = "UTC") -> Reading:
    """The reading of a column of dates in one format."""
    return Reading("TIMESTAMP", lambda text: value(text, name, zone), lambda _: "'date_invalid'")
