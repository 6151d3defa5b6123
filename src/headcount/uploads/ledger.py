"""The ledger: what became of every row, and what an upload has counted so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from headcount.profiles.consent import Channel
from headcount.profiles.store import Effect

#: Of how many rows a problem or duplicate tells the number; the rejects file has them all.
LISTED = 1_000


class LedgerError(AssertionError):
    """The ledger does not add up. Nothing may be reported as done."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """`rows = created + updated + unchanged + merged + rejected`; blank lines are no rows.

    Of events `rows = stored + rejected`, and `created` counts the people whom nobody knew before.
    """

    rows: int
    created: int
    updated: int
    unchanged: int
    merged: int
    rejected: int
    blank_lines: int
    cells_not_applied: int
    consent: Mapping[str, Mapping[str, int]]
    #: None where the rows are profiles.
    stored: int | None = None

    def __post_init__(self) -> None:
        answered = self.created + self.updated + self.unchanged + self.merged if self.stored is None else self.stored
        answered += self.rejected
        if self.rows != answered:
            raise LedgerError(f"{self.rows} rows, but {answered} are answered for: {self}")

    def to_json(self) -> dict[str, Any]:
        """The ledger as the report has it."""
        return {key: value for key, value in asdict(self).items() if key != "stored" or value is not None}


@dataclass(frozen=True, slots=True)
class Problem:
    """Occurrences of one problem in one column."""

    code: str
    column: str | None
    count: int
    rows: tuple[int, ...]
    example: str
    advice: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An identity that came more than once."""

    identity: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A re-subscription that was not applied, because the person had opted out themselves."""

    identity: str
    row: int
    channel: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What an upload has counted so far. Adding two tallies counts both."""

    counts: Mapping[str, int] = field(default_factory=dict)
    #: property number → set, changed, cleared.
    columns: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    #: channel → opted_out, resubscribed, held.
    consent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    held: tuple[Held, ...] = ()

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            _sum(self.counts, other.counts),
            sums(self.columns, other.columns),
            sums(self.consent, other.consent),
            _merge((*self.problems, *other.problems)),
            (*self.duplicates, *other.duplicates)[:LISTED],
            (*self.held, *other.held)[:LISTED],
        )

    def ledger(self, blank_lines: int) -> Ledger:
        """The ledger of an upload that counted this. Raises LedgerError."""
        changes = ("opted_out", "resubscribed", "held")
        count = self.counts.get
        return Ledger(
            rows=count("rows", 0),
            created=count("created", 0),
            updated=count("updated", 0),
            unchanged=count("unchanged", 0),
            merged=count("merged", 0),
            rejected=count("rejected", 0),
            blank_lines=blank_lines,
            cells_not_applied=count("cells_not_applied", 0),
            consent={ch.value: {c: self.consent.get(ch.value, {}).get(c, 0) for c in changes} for ch in Channel},
            stored=self.counts.get("stored"),
        )

    def to_json(self) -> dict[str, Any]:
        """The tally as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Tally:
        """The tally that `to_json` wrote; an empty object is an empty tally."""
        return cls(
            document.get("counts", {}),
            {int(number): counts for number, counts in document.get("columns", {}).items()},
            document.get("consent", {}),
            tuple(Problem(**{**p, "rows": tuple(p["rows"])}) for p in document.get("problems", ())),
            tuple(Duplicate(d["identity"], tuple(d["rows"])) for d in document.get("duplicates", ())),
            tuple(Held(**h) for h in document.get("held", ())),
        )


def of_effect(effect: Effect) -> Tally:
    """What an applied batch adds."""
    counts = {
        "created": effect.created,
        "updated": effect.updated,
        "unchanged": effect.unchanged,
        "touched": effect.touched,
    }
    columns = {number: asdict(changed) for number, changed in effect.columns.items()}
    consent = {ch.value: asdict(changed) for ch, changed in effect.consent.items()}
    held = tuple(Held(h["identity"], h["row"], h["channel"]) for h in effect.held.to_pylist()) if effect.held else ()
    return Tally(counts, columns, consent, held=held)


def _sum(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    total = Counter(a)
    total.update(b)
    return dict(total)


def sums(a: Mapping[Any, Mapping[str, int]], b: Mapping[Any, Mapping[str, int]]) -> dict[Any, dict[str, int]]:
    """The counts of both, by what they count."""
    return {key: _sum(a.get(key, {}), b.get(key, {})) for key in (*a, *(k for k in b if k not in a))}


def _merge(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    merged = dict[tuple[str, str | None], Problem]()
    for p in problems:
        key = (p.code, p.column)
        before = merged.get(key)
        merged[key] = (
            p
            if before is None
            else Problem(
                p.code,
                p.column,
                before.count + p.count,
                tuple(sorted({*before.rows, *p.rows}))[:LISTED],
                before.example,
                before.advice,
            )
        )
    return tuple(merged.values())
