"""The ledger of an undo: what became of every profile that the upload had touched, and the public document of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from headcount.profiles.consent import Channel, State
from headcount.profiles.properties import Property
from headcount.profiles.report import shown_value
from headcount.profiles.store import Kept, Reversed
from headcount.uploads.ledger import LISTED, LedgerError, sums


@dataclass(frozen=True, slots=True)
class UndoTally:
    """What an undo, or bringing back, has counted so far. Adding two tallies counts both."""

    counts: Mapping[str, int]
    #: By property number, and by channel: restored, kept.
    columns: Mapping[int, Mapping[str, int]]
    consent: Mapping[str, Mapping[str, int]]
    kept: tuple[Mapping[str, Any], ...] = ()

    def __add__(self, other: UndoTally) -> UndoTally:
        return UndoTally(
            sums({0: self.counts}, {0: other.counts})[0],
            sums(self.columns, other.columns),
            sums(self.consent, other.consent),
            (*self.kept, *other.kept)[:LISTED],
        )

    def ledger(self) -> dict[str, Any]:
        """`touched = restored + removed + kept`, with the consents per channel. Raises LedgerError."""
        parts = {part: self.counts.get(part, 0) for part in ("touched", "restored", "removed", "kept")}
        if parts["touched"] != parts["restored"] + parts["removed"] + parts["kept"]:
            raise LedgerError(f"{parts['touched']} profiles were touched, but not all are answered for: {parts}")
        nothing = {"restored": 0, "kept": 0}
        return {**parts, "consent": {ch.value: {**nothing, **self.consent.get(ch.value, {})} for ch in Channel}}

    def document(self, properties: Mapping[int, Property], upload_ids: Mapping[int, str]) -> dict[str, Any]:
        """The ledger with the properties by name, and the first of what stays with who made it so."""
        columns = [
            {"property": p.name, "type": p.type.value, **counted}
            for number, counted in sorted(self.columns.items())
            if (p := properties.get(number))
        ]
        return {"ledger": self.ledger(), "columns": columns, "kept": [_named(k, properties, upload_ids) for k in self.kept]}

    def to_json(self) -> dict[str, Any]:
        """The tally as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> UndoTally:
        """The tally that `to_json` wrote; an empty object is an empty tally."""
        columns = {int(number): counts for number, counts in document.get("columns", {}).items()}
        return cls(document.get("counts", {}), columns, document.get("consent", {}), tuple(document.get("kept", ())))


def of_reversed(done: Reversed) -> UndoTally:
    """What a piece adds."""
    counts = {"touched": done.touched, "restored": done.restored, "removed": done.removed, "kept": done.kept}
    columns = {number: asdict(returned) for number, returned in done.columns.items()}
    consent = {channel.value: asdict(returned) for channel, returned in done.consent.items()}
    return UndoTally(counts, columns, consent, tuple(_plain(kept) for kept in done.listed))


def _plain(kept: Kept) -> dict[str, Any]:
    value = State.of(kept.value).value if kept.channel else shown_value(kept.value)
    channel = kept.channel.value if kept.channel else None
    return {**asdict(kept), "channel": channel, "value": value, "source": kept.source.value}


def _named(kept: Mapping[str, Any], properties: Mapping[int, Property], upload_ids: Mapping[int, str]) -> dict[str, Any]:
    known = properties.get(kept["number"])
    return {
        "identity": kept["identity"],
        "property": known.name if known else None,
        "channel": kept["channel"],
        "value": kept["value"],
        "from": {"source": kept["source"], "upload": upload_ids.get(kept["upload"]), "row": kept["row"]},
    }
