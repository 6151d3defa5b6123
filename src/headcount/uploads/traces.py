"""What the report of an upload says of single people, taken out for those who were erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from headcount.profiles.erased import Erased
from headcount.uploads.ledger import LISTED
from headcount.uploads.masking import masked_problem


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
