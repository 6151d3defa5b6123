"""Filters with something else in the place of values: for whoever may not see them, and for people who were erased."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from headcount.profiles.erased import Erased
from headcount.profiles.properties import ADDRESSES, IDENTITY
from headcount.profiles.report import COVER
from headcount.profiles.store import Erasure
from headcount.segments.filter import Between, Comparison, Condition, Contains, Did, Filter, In, Value, mapped
from headcount.segments.filter_json import to_json
from headcount.segments.saved import SavedSegment, SegmentRecords
from headcount.values.instants import in_utc

#: Gives what stands in the place of a value of a property; None is a property of an event.
Shown: TypeAlias = Callable[[str | None, Value], Value]


def covered(node: Filter) -> Filter:
    """The filter without a value that a property is held against."""
    return _with_values(node, lambda _, __: COVER)


def has_covers(node: Filter) -> bool:
    """Whether something stands in the place of a value."""
    found = list[Value]()

    def noted(_: str | None, value: Value) -> Value:
        found.append(value)
        return value

    _with_values(node, noted)
    return COVER in found


def cover_erased(records: SegmentRecords, account: str, erasures: Sequence[Erasure]) -> None:
    """Take people who were erased out of the filters of all segments that were saved before; who else is meant stays so."""
    if changed := [after for each in records.list(account) if (after := _without(each, erasures)) != each]:
        records.change(changed)


def _without(segment: SavedSegment, erasures: Sequence[Erasure]) -> SavedSegment:
    # Whom a later one names was made anew.
    since = [each for each in erasures if each.at >= in_utc(segment.changed_at)]
    tree = segment.tree if since else None
    return segment if tree is None else replace(segment, filter=to_json(without(tree, Erased.of(since))))


def without(node: Filter, erased: Erased) -> Filter:
    """The filter without these people: what stands in their place is nobody."""
    return _with_values(node, lambda name, value: COVER if _tells(name, str(value)) and erased.has(value) else value)


def _tells(name: str | None, text: str) -> bool:
    """Whether a value says who is meant. An identity such as `1` is a value like any other of another property."""
    return name in {IDENTITY, ADDRESSES["phone"]} or "@" in text or text.startswith("+")


def _with_values(node: Filter, shown: Shown) -> Filter:
    def change(condition: Condition) -> Filter:
        match condition:
            case Comparison(name, _, value) | Contains(name, value):
                return replace(condition, value=shown(name, value))
            case In(name, values):
                return In(name, tuple(dict.fromkeys(shown(name, value) for value in values)))
            case Between(name, low, high):
                return Between(name, shown(name, low), shown(name, high))
            case Did(where=where) if where is not None:
                return replace(condition, where=_with_values(where, lambda _, value: shown(None, value)))
            case _:
                return condition

    return mapped(node, change)
