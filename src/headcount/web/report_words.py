"""What an upload did, would do, or would take back, as the pages show it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headcount.auth.rights import Principal, Right
from headcount.segments.filter import Exists, UploadIs
from headcount.segments.grammar import render
from headcount.uploads.upload import WORKING

#: Somebody works on an upload in one of these, or it waits for its turn.
BUSY = frozenset({*WORKING, "waiting"})
#: It can be stopped.
STOPPABLE = frozenset({"receiving", "inspecting", "start_mapping", "ready", "processing", "waiting", "interrupted"})
#: From each phase, what happens in words, and what is counted.
PHASES: Mapping[str, tuple[str, str]] = {
    "receiving": ("Receiving the file", ""),
    "reading": ("Reading the file", ""),
    "inspecting": ("Looking at every row", " rows"),
    "checking": ("Working out what would change", " rows"),
    "applying": ("Applying the rows", " rows"),
    "undoing": ("Taking it back", " people"),
    "redoing": ("Bringing it back", " people"),
    "waiting": ("Waiting for its turn", ""),
}
#: What is shown of a status before it is known how far the work is.
_BEGINS = {"receiving": "receiving", "inspecting": "inspecting", "processing": "applying", "undoing": "undoing", "redoing": "redoing"}

_PARTS = ("created", "updated", "unchanged", "merged", "rejected")
_PARTS_OF_EVENTS = ("stored", "rejected")
#: The colour of a part that has none of its own.
_TONES = {"stored": "created"}
#: The people of these are kept.
_OPENED = frozenset({"created", "updated"})
_PLACES = {
    "stored": "values",
    "created": "values",
    "updated": "values",
    "unchanged": "unchanged",
    "merged": "duplicates",
    "rejected": "problems",
}
_UNDO = {
    "restored": ("as before the upload", "updated"),
    "removed": ("created by it, and gone again", "rejected"),
    "kept": ("changed since; that stays", "unchanged"),
}
_ROWS = 40
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of the values of one property, or how they come back."""

    name: str
    type: str
    new: bool
    counts: Mapping[str, int]
    examples: Sequence[Mapping[str, Any]] = ()

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def first_phase(status: str) -> str:
    """In words, before the first news."""
    return PHASES[_BEGINS.get(status, "waiting")][0]


def ledger_parts(document: Mapping[str, Any], at: str) -> list[dict[str, Any]]:
    """The parts of the bar of rows; each opens its people or rows, or leads to what explains it."""
    ledger, status = document["ledger"], document["upload"]["status"]
    parts = _PARTS_OF_EVENTS if "stored" in ledger else _PARTS
    return [{"label": part, "count": ledger[part], "href": _place(part, status, at), "tone": _TONES.get(part, part)} for part in parts]


def _place(part: str, status: str, at: str) -> str:
    """Of a check there are no people yet."""
    return f"{at}/people/{part}" if part in _OPENED and status != "ready" else f"#{_PLACES[part]}"


def undo_parts(ledger: Mapping[str, Any], place: str) -> list[dict[str, Any]]:
    """The parts of the bar of people that an undo touches, or touched; what stays is listed at `place`."""
    return [
        {"label": f"{part}: {word}", "count": ledger[part], "href": f"#{place}" if part == "kept" and ledger[part] else None, "tone": tone}
        for part, (word, tone) in _UNDO.items()
        if part in ledger
    ]


def effects(columns: Sequence[Mapping[str, Any]]) -> list[Effect]:
    """The properties whose values change, the ones that lose something first."""
    kinds = ("set", "changed", "cleared")
    found = [
        Effect(c["property"], f"{c['type']} {c['format'] or ''}".strip(), c["new"], {k: c[k] for k in kinds}, c.get("examples", ()))
        for c in columns
        if c["type"] and any(c.get(kind) for kind in kinds)
    ]
    return sorted(found, key=lambda effect: -effect.counts["changed"] - effect.counts["cleared"])


def untouched(columns: Sequence[Mapping[str, Any]]) -> int:
    """How many columns change no value."""
    return sum(1 for c in columns if c["type"]) - len(effects(columns))


def returns(done: Mapping[str, Any]) -> list[Effect]:
    """The properties, and the consents, that an undo or bringing back touches."""
    values = [Effect(c["property"], c["type"], new=False, counts={"restored": c["restored"], "kept": c["kept"]}) for c in done["columns"]]
    consents = done["ledger"]["consent"].items()
    return values + [Effect(f"Consent for {channel}", "", new=False, counts=counts) for channel, counts in consents if any(counts.values())]


def consents(ledger: Mapping[str, Any]) -> list[tuple[str, Mapping[str, int]]]:
    """The channels on which somebody's consent changes, or is held."""
    return [(channel, counts) for channel, counts in ledger["consent"].items() if any(counts.values())]


def held(ledger: Mapping[str, Any]) -> int:
    """How many re-subscriptions the gate holds."""
    return sum(counts["held"] for _, counts in consents(ledger))


def what_changes(ledger: Mapping[str, Any]) -> str:
    """One sentence about events and people: 3 people are created, 1 person changes. Blank where nothing would change."""
    parts = (
        (ledger.get("stored", 0), "event is stored", "events are stored"),
        (ledger["created"], "person is created", "people are created"),
        (ledger["updated"], "person changes", "people change"),
    )
    return ", and ".join(f"{number:,} {one if number == 1 else many}" for number, one, many in parts if number)


def erased(counted: Mapping[str, Any]) -> str:
    """What was taken out for people who were erased: that a file has fewer rows than the report says."""
    parts = (
        (counted["rejects_rows"], "of the rejects file"),
        (counted["file_rows"], "of the file that was kept"),
    )
    said = [f"{number:,} {'row' if number == 1 else 'rows'} {where}" for number, where in parts if number]
    gone = "The file that was kept is gone: their rows could not be taken out of it. " if counted["file_removed"] else ""
    return gone + (f"Taken out for them: {' and '.join(said)}. The numbers below stay as they were." if said else "")


def rows(numbers: Sequence[int], count: int | None = None) -> str:
    """Row numbers as a text: 2, 7, 1,204 and 3 more."""
    shown = ", ".join(f"{number:,}" for number in numbers[:_ROWS])
    more = (len(numbers) if count is None else max(count, len(numbers))) - len(numbers[:_ROWS])
    return f"{shown} and {more:,} more" if more > 0 else shown


def grouped(problems: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The problems by what they cost, the worst first; those that there are none of are not in it."""
    order = ("file", "header", "row", "cell", "notice")
    found = {severity: [p for p in problems if p["severity"] == severity] for severity in order}
    return {severity: those for severity, those in found.items() if those}


def filters(document: Mapping[str, Any]) -> dict[str, str]:
    """The commands that list and count the people of an upload."""
    condition = render(UploadIs(document["upload"]["id"]))
    filled = next((c["property"] for c in document["columns"] if c["type"] and c.get("set")), None)
    found = {
        "condition": condition,
        "count": f"headcount segment count {shlex.quote(condition)}",
        "export": f"headcount people export {shlex.quote(condition)}",
    }
    return {**found, "exists": render(Exists(filled))} if filled else found


def actions(upload: Mapping[str, Any], by: Principal, document: Mapping[str, Any]) -> Iterator[str]:
    """What somebody may do with an upload as it stands."""
    status, until = upload["status"], upload.get("undo_until")
    may_upload, may_undo = by.may(Right.UPLOAD), by.may(Right.UNDO)
    if may_upload and status in STOPPABLE:
        yield "cancel"
    if may_upload and status == "ready":
        yield from ("apply", "check")
    if may_upload and status in {"start_mapping", "ready"}:
        yield "map"
    if may_upload and status == "interrupted":
        yield "resume"
    if may_undo and until and status in {"completed", "cancelled"} and document["ledger"]:
        yield "undo"
    if may_undo and until and status == "undone":
        yield "redo"
    if document["rejects_file"] and by.may(Right.SEE_PERSONAL_DATA):
        yield "rejects"
