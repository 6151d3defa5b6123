"""Saved segments: what one is, the port of the store that keeps them, and how a filter that names some is resolved."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeAlias

from headcount.errors import WrongCall
from headcount.segments.filter import And, Condition, Filter, InSegment, Not, Or, mapped, segments_of
from headcount.segments.filter_json import MAX_LEVELS, from_json, to_json
from headcount.segments.grammar import parse

#: A live segment is whom its filter matches now, a frozen one is a list of people.
Kind: TypeAlias = Literal["live", "frozen"]

#: Characters of a name, and of a description.
LONGEST_NAME: Final = 120
LONGEST_DESCRIPTION: Final = 1_000
#: As many segments may stand behind one filter, each counted as often as it is named.
MOST_NAMED: Final = 200
#: As many may stand inside one another, which keeps recursion within what Python allows.
MOST_INSIDE: Final = 20

#: Controls, what turns the direction of a text, and halves of characters.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSegment:
    """A segment under a name."""

    id: str
    account_id: str
    #: Unique in the account, in any case.
    name: str
    description: str
    kind: Kind
    #: The filter as JSON; of a frozen segment the one it was made with, None where it was made of a file.
    filter: Mapping[str, Any] | None
    #: The number of its list in the data file, where it is frozen.
    list_number: int | None
    made_by: str
    made_at: datetime
    changed_at: datetime
    #: From when on a frozen segment is nobody.
    expires_at: datetime | None

    def has_expired(self, now: datetime) -> bool:
        """Whether it is nobody any more."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def tree(self) -> Filter | None:
        """The filter."""
        return None if self.filter is None else from_json(self.filter)


class SegmentRecords(Protocol):
    """Keeps the saved segments of all accounts. A method is one transaction."""

    def list(self, account_id: str) -> Sequence[SavedSegment]:
        """Those of an account, by their names."""
        ...

    def add(self, segment: SavedSegment) -> None:
        """Keep a new one. Raises WrongCall `segment_exists`."""
        ...

    def change(self, segments: Sequence[SavedSegment]) -> None:
        """Keep these in place of what is there under their ids. Raises WrongCall `segment_exists`, `segment_unknown`."""
        ...

    def delete(self, account_id: str, segment_id: str) -> None:
        """Forget one. Raises WrongCall `segment_unknown`."""
        ...


def folded(name: str) -> str:
    """A name as it is compared."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def checked_name(name: str) -> str:
    """The name without blanks around it. Raises WrongCall `segment_invalid`."""
    found = " ".join(name.split())
    if not found or len(found) > LONGEST_NAME or _UNSEEN.search(found):
        advice = f"It has 1 to {LONGEST_NAME} characters that can be seen."
        raise WrongCall("segment_invalid", "That cannot be the name of a segment.", advice)
    return found


def checked_description(text: str) -> str:
    """The description without blanks around it. Raises WrongCall `segment_invalid`."""
    found = text.strip()
    if len(found) > LONGEST_DESCRIPTION or re.search("[\ud800-\udfff]", found):
        raise WrongCall("segment_invalid", "That cannot be a description.", f"It has at most {LONGEST_DESCRIPTION:,} characters.")
    return found


def named(segments: Sequence[SavedSegment], name: str) -> SavedSegment:
    """The segment of a name, in any case. Raises WrongCall `segment_unknown`."""
    for each in segments:
        if folded(each.name) == folded(name):
            return each
    raise no_segment(name)


def with_id(segments: Sequence[SavedSegment], segment_id: str) -> SavedSegment:
    """The segment of an id. Raises WrongCall `segment_unknown`."""
    for each in segments:
        if each.id == segment_id:
            return each
    raise no_segment(segment_id)


def no_segment(called: str) -> WrongCall:
    """A name, or an id, that no segment has."""
    return WrongCall("segment_unknown", f"There is no segment called “{called}”.", "`headcount segment list` shows all of them.")


def list_names(records: SegmentRecords, account: str) -> Mapping[int, str]:
    """What the segments are called that keep lists, by the numbers of these."""
    return {each.list_number: each.name for each in records.list(account) if each.list_number is not None}


def users_of(segments: Sequence[SavedSegment]) -> Mapping[str, Sequence[str]]:
    """From the names of segments, folded, to those of the live ones whose filter asks for them."""
    users: defaultdict[str, list[str]] = defaultdict(list)
    for each in segments:
        tree = each.tree if each.kind == "live" else None
        for name in {folded(name) for name in segments_of(tree)} if tree else ():
            users[name].append(each.name)
    return users


def with_change(saved: Sequence[SavedSegment], segment: SavedSegment, now: datetime) -> Sequence[SavedSegment]:
    """What is saved, with the segment in it; filters that asked for it ask for it by its name of now.

    Raises WrongCall `segment_exists`, and as `resolved` does, of whatever is live.
    """
    before = next((each for each in saved if each.id == segment.id), segment)
    others = [_asking(each, before.name, segment.name) for each in saved if each.id != segment.id]
    if taken := [each for each in others if folded(each.name) == folded(segment.name)]:
        raise WrongCall(
            "segment_exists", f"There is a segment called “{taken[0].name}” already.", "Choose another name, or change that one."
        )
    after = [segment, *others]
    for each in after:
        # One that asks for no other cannot have been broken.
        if each is segment or (each.kind == "live" and each.tree is not None and segments_of(each.tree)):
            resolved(InSegment(each.name), after, now)
    return after


def _asking(segment: SavedSegment, before: str, after: str) -> SavedSegment:
    """A segment with another name for one that its filter asks for."""
    if before == after or segment.tree is None or folded(before) not in map(folded, segments_of(segment.tree)):
        return segment
    return replace(segment, filter=to_json(_renamed(segment.tree, before, after)))


def _renamed(node: Filter, before: str, after: str) -> Filter:
    def change(condition: Condition) -> Filter:
        is_it = isinstance(condition, InSegment) and folded(condition.name) == folded(before)
        return InSegment(after) if is_it else condition

    return mapped(node, change)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A filter without names of live segments, and the frozen ones that it names although they have expired."""

    filter: Filter
    expired: tuple[str, ...]


def resolved(node: Filter, segments: Sequence[SavedSegment], now: datetime) -> Resolved:
    """The filter with the filters of live segments in place of their names, and with the lists of frozen ones.

    Raises:
        WrongCall: `segment_unknown`, `segment_cycle` with the way round, `segment_nested` where too much stands behind it.
    """
    resolving = _Resolving(segments, now)
    found = resolving.filter(node, ())
    if _levels(found) > MAX_LEVELS:
        raise _nested()
    return Resolved(found, tuple(resolving.expired))


@dataclass(frozen=True, slots=True)
class FilterReader:
    """Reads the filters of one account, which may name its saved segments."""

    account_id: str
    records: SegmentRecords
    #: Gives the present instant.
    clock: Callable[[], datetime]

    def __call__(self, text: str) -> Resolved:
        """The filter that a text says. Raises WrongCall (`filter_invalid`, and as `resolved` does)."""
        node = parse(text)
        saved = self.records.list(self.account_id) if segments_of(node) else ()
        return resolved(node, saved, self.clock())


@dataclass(slots=True)
class _Resolving:
    segments: Sequence[SavedSegment]
    now: datetime
    expired: dict[str, None] = field(default_factory=dict)
    _named: int = 0

    def filter(self, node: Filter, way: tuple[str, ...]) -> Filter:
        """The filter; `way` is the segments in which it stands, the outermost first."""
        return mapped(node, lambda condition: self._segment(condition.name, way) if isinstance(condition, InSegment) else condition)

    def _segment(self, name: str, way: tuple[str, ...]) -> Filter:
        found = named(self.segments, name)
        if found.name in way:
            round_ = " → ".join(f"“{each}”" for each in (*way[way.index(found.name) :], found.name))
            raise WrongCall("segment_cycle", f"The segment is in itself: {round_}.", "Take one of them out of the filter of the other.")
        self._named += 1
        if self._named > MOST_NAMED or len(way) >= MOST_INSIDE:
            raise _nested()
        if found.kind == "live" and found.tree is not None:
            return self.filter(found.tree, (*way, found.name))
        if found.has_expired(self.now):
            self.expired[found.name] = None
            return InSegment(found.name, 0)
        return InSegment(found.name, found.list_number)


def _levels(node: Filter) -> int:
    """How many filters stand inside one another."""
    deepest, todo = 0, [(node, 1)]
    while todo:
        each, level = todo.pop()
        deepest = max(deepest, level)
        inner = each.filters if isinstance(each, And | Or) else (each.filter,) if isinstance(each, Not) else ()
        todo += [(one, level + 1) for one in inner]
    return deepest


def _nested() -> WrongCall:
    advice = f"{MOST_NAMED} segments, {MOST_INSIDE} of them inside one another, and {MAX_LEVELS} levels of filters are the most."
    return WrongCall("segment_nested", "Too much stands behind this filter.", advice)
