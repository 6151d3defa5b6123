"""Problems and notices in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from headcount.cli.output import clipped, count, line, paragraph, plain

#: How many row numbers are named.
_ROWS = 8
#: How much of a header is shown.
_NAME = 40
_COUNTED = {"row": "row", "cell": "cell"}


def show_problems(out: Console, problems: Sequence[Mapping[str, Any]]) -> None:
    """Print each problem: how often, in which rows, an example and what to do."""
    if not problems:
        return
    line(out, "\nProblems")
    for problem in problems:
        place = f" in {clipped(problem['column'], _NAME)}" if problem["column"] else ""
        line(out, f"  {problem['code']}{place}: {_how_often(problem)}")
        paragraph(out, plain(problem["advice"]), 4)


def show_notices(out: Console, columns: Sequence[Mapping[str, Any]]) -> None:
    """Print what is worth knowing about the columns."""
    said = [(column["header"], notice) for column in columns for notice in column["notices"]]
    if said:
        line(out, "\nWorth knowing")
    for header, notice in said:
        paragraph(out, f"{plain(header)}: {plain(notice)}", 2)


def _how_often(problem: Mapping[str, Any]) -> str:
    noun = _COUNTED.get(problem["severity"])
    if noun is None:
        return plain(problem["title"])
    rows = ", ".join(f"{row:,}" for row in problem["rows"][:_ROWS])
    more = ", …" if problem["count"] > _ROWS else ""
    verb = "rejected" if noun == "row" else "not applied"
    where = f"row {rows}" if problem["count"] == 1 else f"rows {rows}{more}"
    return f"{count(problem['count'], noun)} {verb}, {where}"
