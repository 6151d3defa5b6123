"""What of saved segments names properties: their filters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from headcount.profiles.uses import Use
from headcount.segments.filter import Condition, ConsentIs, Did, Filter, InSegment, UploadIs, mapped, properties_of
from headcount.segments.filter_json import to_json
from headcount.segments.saved import SavedSegment, SegmentRecords


@dataclass(frozen=True, slots=True)
class SegmentUses:
    """Implements `Uses` for the saved segments of one account."""

    records: SegmentRecords
    account: str

    def used_by(self, name: str) -> Sequence[Use]:
        """See Uses. Who is in a frozen segment is decided, whatever its filter names."""
        return [Use("segment", each.id, each.name) for each in self._naming(name) if each.kind == "live"]

    def renamed(self, before: str, after: str) -> None:
        """See Uses."""
        self.records.change([_asking(each, before, after) for each in self._naming(before)])

    def deleted(self, names: Collection[str]) -> None:
        """See Uses. Nothing is kept of values; a filter says itself that there is no such property any more."""

    def _naming(self, name: str) -> Sequence[SavedSegment]:
        return [each for each in self.records.list(self.account) if each.tree is not None and name in properties_of(each.tree)]


def _asking(segment: SavedSegment, before: str, after: str) -> SavedSegment:
    """A segment whose filter asks for a property by another name."""

    def change(condition: Condition) -> Filter:
        if isinstance(condition, ConsentIs | UploadIs | Did | InSegment) or condition.property != before:
            return condition
        return replace(condition, property=after)

    return segment if segment.tree is None else replace(segment, filter=to_json(mapped(segment.tree, change)))
