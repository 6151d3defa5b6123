"""What the report of an upload says of single people, taken out for those who were erased."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headcount.csvfile.without import Wanted
from headcount.profiles.store import Erasure
from headcount.uploads.ledger import LISTED
from headcount.uploads.masking import masked_problem
from headcount.values.text import ESCAPE


@dataclass(frozen=True, slots=True)
class Erased:
    """What people who were erased are called."""

    names: frozenset[str]
    #: In small letters.
    emails: frozenset[str]
    #: Their digits alone.
    phones: frozenset[str]

    @classmethod
    def of(cls, erasures: Iterable[Erasure]) -> Erased:
        """Those of some erasures together."""
        told = list(erasures)
        return cls(
            frozenset(name for each in told for name in (*each.identities, *each.aliases)),
            frozenset(email.lower() for each in told for email in each.emails),
            frozenset(_digits(phone) for each in told for phone in each.phones),
        )

    @property
    def wanted(self) -> Wanted:
        """As files are searched for them."""
        return Wanted(sorted(self.names), sorted(self.emails), sorted(self.phones))

    def has(self, text: object) -> bool:
        """Whether a text is what one of them is called, or their address."""
        known = str(text).strip().removeprefix(ESCAPE).strip()
        return known in self.names or known.lower() in self.emails or (_digits(known) in self.phones and not known.isalpha())


def without(report: Mapping[str, Any], erased: Erased, rows: Collection[int]) -> dict[str, Any]:
    """The report of an upload that has ended, without these people; `rows` are those that were theirs in the rejects file."""
    seen = dict(report)
    theirs = frozenset(rows)
    if "problems" in seen:
        seen["problems"] = [_problem(problem, erased, theirs) for problem in seen["problems"]]
    if "held" in seen:
        seen["held"] = _others(seen["held"], erased)
    if duplicates := seen.get("duplicates"):
        seen["duplicates"] = {**duplicates, "listed": _others(duplicates["listed"], erased)}
    for job in ("undo", "redo"):
        if job in seen:
            seen[job] = {**seen[job], "kept": _others(seen[job]["kept"], erased)}
    return seen


def _problem(problem: Mapping[str, Any], erased: Erased, theirs: frozenset[int]) -> dict[str, Any]:
    """Its example may be of any of its rows; of many it does not tell all."""
    may_be_theirs = theirs and (len(problem["rows"]) >= LISTED or not theirs.isdisjoint(problem["rows"]))
    return masked_problem(problem) if may_be_theirs or erased.has(problem["example"]) else dict(problem)


def _others(listed: Sequence[Mapping[str, Any]], erased: Erased) -> list[Mapping[str, Any]]:
    return [entry for entry in listed if not erased.has(entry["identity"])]


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
