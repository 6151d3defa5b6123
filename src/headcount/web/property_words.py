"""What the documents of properties say, in words and as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from headcount.profiles.report import COVER
from headcount.segments.filter import Exists
from headcount.segments.grammar import render
from headcount.web.words import instant, number, percent

#: A sign for each type, and the types as choices.
SIGNS: Mapping[str, str] = {"string": "Aa", "integer": "12", "float": "1.5", "boolean": "✓", "date": "31", "list": "[ ]"}
TYPE_OPTIONS = tuple((name, name) for name in SIGNS)
#: What names a property.
KINDS: Mapping[str, str] = {"mapping": "Remembered mapping", "upload": "Upload that waits", "segment": "Segment"}
_ADDRESSES: Mapping[str, str] = {"mapping": "/uploads/{}", "upload": "/uploads/{}", "segment": "/segments/{}"}
#: Values that a line of the list shows, and the height of its picture.
_SHOWN, HEIGHT = 3, 24
#: The least size of what is not nothing, so that it is seen, of a hundred.
_LEAST = 2.0
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def address(name: str) -> str:
    """The page of a property."""
    return f"/properties/{quote(name, safe='')}"


def use_address(use: Mapping[str, Any]) -> str:
    """The page of what names a property."""
    return _ADDRESSES[use["kind"]].format(quote(use["id"], safe=""))


def whoever_has(name: str) -> str:
    """The filter for everybody who has a value."""
    return render(Exists(name))


def found(properties: Sequence[Mapping[str, Any]], text: str, *, hidden: bool) -> list[Mapping[str, Any]]:
    """The properties whose name or description holds the text, in any case; those of the account before those of every account."""
    seen = [each for each in properties if hidden or not each["hidden"]]
    wanted = [each for each in seen if text.casefold() in f"{each['name']}\n{each['description']}".casefold()]
    return sorted(wanted, key=lambda each: (is_empty(each), each["system"], each["name"].casefold()))


def is_empty(each: Mapping[str, Any]) -> bool:
    """Whether it is a system property of which nobody has a value."""
    return bool(each["system"] and each["statistics"] and not each["statistics"]["filled"])


def counted(properties: Sequence[Mapping[str, Any]], now: datetime) -> str:
    """How old the numbers are, and whether they are being counted again."""
    stale = sum(each["stale"] for each in properties)
    if stale:
        many = "1 property is" if stale == 1 else f"{number(stale)} properties are"
        return f"{many} being counted: values were written since, and the numbers are those of before."
    oldest = max((each["counted_at"] for each in properties if each["counted_at"]), default=None)
    return f"Counted {ago(oldest, now)}." if oldest else ""


def ago(iso: str, now: datetime) -> str:
    """How long ago an instant was; of days, the instant itself."""
    at = datetime.fromisoformat(iso)
    seconds = int((now - at.replace(tzinfo=at.tzinfo or UTC)).total_seconds())
    if seconds >= _DAY:
        return f"on {instant(iso)}"
    for unit, size in (("hour", _HOUR), ("minute", _MINUTE), ("second", 1)):
        if seconds >= size:
            many = seconds // size
            return f"{many} {unit if many == 1 else unit + 's'} ago"
    return "just now"


def coverage(each: Mapping[str, Any], people: int) -> str:
    """How many people have a value, and which share that is."""
    filled = each["statistics"]["filled"]
    return f"{number(filled)} · {percent(filled, people)}" if filled else "nobody"


def distinct(statistics: Mapping[str, Any]) -> str:
    """How many values there are."""
    return f"{'' if statistics['distinct_exact'] else 'about '}{number(statistics['distinct'])}"


def shown(value: object) -> str:
    """A value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, int | float) else str(value)


def bars(statistics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The histogram or, where there is none, the most frequent values: each with its label, its people and the width of its bar."""
    spread = [(_between(each), each["people"]) for each in statistics["histogram"]]
    rows = spread or [(shown(each["value"]), each["people"]) for each in statistics["top"]]
    most = max((people or 0 for _, people in rows), default=0)
    return [{"label": label, "people": people, "width": _size(people, most), "covered": label == COVER} for label, people in rows]


def few(statistics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The most frequent values for a line of the list."""
    filled, top = statistics["filled"], bars({**statistics, "histogram": []})[:_SHOWN]
    return [{**bar, "percent": percent(bar["people"], filled), "width": _size(bar["people"], filled)} for bar in top]


def spark(statistics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The histogram as a small picture: place, width, and height of each bar, from the left."""
    bins = statistics["histogram"]
    most, width = max((each["people"] or 0 for each in bins), default=0), 100 / max(len(bins), 1)
    heights = [_size(each["people"], most) * HEIGHT / 100 for each in bins]
    return [{"x": round(place * width, 2), "width": round(width * 0.86, 2), "height": round(h, 2)} for place, h in enumerate(heights)]


def _size(people: int | None, most: int) -> float:
    # Few, which are not to be counted, are seen as the least there is.
    return _LEAST if people is None else round(max(100 * people / most, _LEAST), 2) if people else 0.0


def _between(each: Mapping[str, Any]) -> str:
    start, end = _edge(each["from"]), _edge(each["to"])
    if each["from"] is None:
        return f"below {end}"
    return f"{start} and above" if each["to"] is None else f"{start} – {end}"


def _edge(value: object) -> str:
    """An edge of a bin: of an instant the day alone, where it is the beginning of one."""
    if not isinstance(value, str):
        return shown(value)
    at = datetime.fromisoformat(value)
    day = f"{at.day} {at:%b} {at.year}"
    return day if (at.hour, at.minute) == (0, 0) else f"{day}, {at:%H:%M}"
