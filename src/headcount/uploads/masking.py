"""What people who may not see personal data see of an upload: the same documents with the data covered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from headcount.profiles.report import COVER
from headcount.uploads.problems import SHOWN

_QUOTED = re.compile("“[^”]*”")


def masked(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of an upload without anybody's data. What files are called and what columns are called is not covered."""
    seen = dict(document)
    if "columns" in seen:
        seen["columns"] = [_column(column) for column in seen["columns"]]
    seen["problems"] = [masked_problem(problem) for problem in seen.get("problems", [])]
    seen["questions"] = [{**q, "message": _examples_covered(q["message"])} for q in seen.get("questions", [])]
    seen["held"] = [_covered(held, "identity") for held in seen.get("held", [])]
    if duplicates := seen.get("duplicates"):
        seen["duplicates"] = {**duplicates, "listed": [_covered(d, "identity") for d in duplicates.get("listed", [])]}
    for job in ("undo", "redo"):
        if job in seen:
            seen[job] = masked_reversal(seen[job])
    return seen


def masked_reversal(document: Mapping[str, Any]) -> dict[str, Any]:
    """What an undo did or would do, without anybody's data."""
    return {**document, "kept": [_covered(kept, "identity", "value") for kept in document.get("kept", [])]}


def masked_inspection(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a file is, without its cells."""
    preview = [{**row, "cells": [COVER if cell.strip() else cell for cell in row["cells"]]} for row in document["preview"]]
    columns = [_column(column) for column in document["columns"]]
    return masked({**document, "preview": preview, "columns": columns, "sample": document["sample"] and COVER})


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    seen = dict(column)
    if "examples" in seen:
        seen["examples"] = [_covered(example, "identity", "before", "after") for example in seen["examples"]]
    evidence = seen.get("evidence") or {}
    if "ruled_out" in evidence:
        seen["evidence"] = {**evidence, "ruled_out": dict.fromkeys(evidence["ruled_out"], COVER)}
    return seen


def masked_problem(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem without the value that is its example."""
    # Of a header or a file nothing is anybody's.
    if problem["severity"] not in {"row", "cell"} or not problem["example"]:
        return dict(problem)
    # Every advice that has the value quotes it.
    return {**problem, "example": COVER, "advice": problem["advice"].replace(f"“{problem['example'][:SHOWN]}”", f"“{COVER}”")}


def _examples_covered(message: str) -> str:
    head, such_as, examples = message.partition("such as ")
    return f"{head}{such_as}{_QUOTED.sub(f'“{COVER}”', examples)}"


def _covered(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: COVER if key in names and value is not None else value for key, value in entry.items()}
