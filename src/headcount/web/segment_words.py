"""Segments in words, and how people fall apart as bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headcount.web.person_words import shown
from headcount.web.words import percent

#: Of each kind of segment, the tone and the word of its badge.
KINDS: Mapping[str, tuple[str, str]] = {"live": ("good", "Live"), "frozen": ("busy", "Frozen"), "expired": ("quiet", "Expired")}


def kind(segment: Mapping[str, Any]) -> tuple[str, str]:
    """The tone and the word of the badge of a segment."""
    return KINDS["expired" if segment["expired"] else segment["kind"]]


def bars(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of the most frequent values, of all others and of no value: `label`, `people`, `share` in words and `width` of 100."""
    people = told["people"]
    lines = [(shown(each["value"]), each["people"]) for each in told["shares"]]
    if told["without"]:
        lines.append(("No value", told["without"]))
    largest = max((number for _, number in lines), default=0)
    return [
        {"label": label, "people": number, "share": percent(number, people), "width": round(100 * number / largest, 2)}
        for label, number in lines
    ]
