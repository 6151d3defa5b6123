"""The public documents of an upload and of an inspection, as JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import duckdb

from headcount.csvfile import CsvFile
from headcount.errors import FileRejected
from headcount.profiles.names import title
from headcount.profiles.report import shown_value
from headcount.profiles.store import EXAMPLES, Example
from headcount.uploads.duplicates import Duplicates
from headcount.uploads.inspection import InspectedColumn, Inspection
from headcount.uploads.ledger import LISTED, Problem, Tally
from headcount.uploads.mapping import Role
from headcount.uploads.problems import CATALOGUE, Question
from headcount.uploads.questions import file_notices

_NO_CHANGE = {"set": 0, "changed": 0, "cleared": 0}


def problems(found: Iterable[Problem], notices: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The problems of rows and cells, the most frequent first, then the notices of the file."""
    entries = [
        {
            **asdict(p),
            "severity": CATALOGUE[p.code].severity.value,
            "title": CATALOGUE[p.code].title,
            "rows": list(p.rows),
        }
        for p in found
    ]
    entries.sort(key=lambda entry: -entry["count"])
    return entries + [_notice(code) for code in notices]


def _notice(code: str) -> dict[str, Any]:
    (text,) = file_notices([code])
    return {
        "code": code,
        "severity": "notice",
        "title": CATALOGUE[code].title,
        "column": None,
        "count": 1,
        "rows": [1],
        "example": "",
        "advice": text,
    }


def header_problems(inspection: Inspection, row: int) -> list[dict[str, Any]]:
    """The faults of the header, each with the column it is in."""
    return [
        {
            "code": p.code,
            "severity": CATALOGUE[p.code].severity.value,
            "title": CATALOGUE[p.code].title,
            "column": p.header or None,
            "letter": p.letter or None,
            "count": 1,
            "rows": [row],
            "example": p.header,
            "advice": p.message,
        }
        for p in inspection.header_problems
    ]


def file_problem(error: FileRejected) -> dict[str, Any]:
    """Why a file cannot be used at all."""
    kind = CATALOGUE.get(error.code)
    advice = f"{error.message} {error.advice or (kind.advice if kind else '')}".strip()
    return {
        "code": error.code,
        "severity": "file",
        "title": kind.title if kind else error.message,
        "column": None,
        "count": 1,
        "rows": [],
        "example": "",
        "advice": advice,
    }


def questions(asked: Iterable[Question]) -> list[dict[str, Any]]:
    """What is open."""
    return [{**asdict(q), "answers": list(q.answers)} for q in asked]


def property_of(inspected: InspectedColumn) -> str | None:
    """What a column sets: a property, the identity, or consent."""
    column = inspected.column
    if column.role is Role.PROPERTY:
        return column.name if inspected.type else None
    if column.role is Role.CONSENT and column.channel:
        return column.channel.header
    return column.name if column.role in {Role.IDENTITY, Role.EVENT, Role.TIME} else None


def columns(inspection: Inspection) -> list[dict[str, Any]]:
    """What each column is; `uploads show` adds what it changed."""
    return [
        {
            "header": c.column.header,
            "property": property_of(c),
            "role": c.column.role.value,
            "type": c.type.value if c.type else None,
            "format": c.format,
            "new": c.new,
            "notices": list(c.notices),
        }
        for c in inspection.columns
    ]


def with_changes(described: Sequence[Mapping[str, Any]], tally: Tally, numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """The columns with how many values they set, changed and cleared; `numbers` are those of the properties by name."""
    counted = [tally.columns.get(numbers.get(c["property"] or "", 0), _NO_CHANGE) for c in described]
    # Examples are of a check, which the account may have left behind.
    seen = [{key: value for key, value in c.items() if key != "examples"} for c in described]
    return [{**c, **_NO_CHANGE, **changes} for c, changes in zip(seen, counted, strict=True)]


def described(inspection: Inspection, blank_lines: int) -> dict[str, Any]:
    """What is known of a file before it is applied."""
    seen = with_changes(columns(inspection), Tally(), {})
    events = {"event": inspection.plan.events.name} if inspection.plan and inspection.plan.events else {}
    return {"columns": seen, "blank_lines": blank_lines, "notices": list(inspection.notices), **events}


def applied(described: Mapping[str, Any], tally: Tally, ledger: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[str, Any]:
    """What became of a file, whose rows are counted in `tally`; `numbers` are those of the properties by name."""
    return {
        "ledger": {**ledger, "profiles_touched": tally.counts.get("touched", 0)},
        "columns": with_changes(described.get("columns", []), tally, numbers),
        "problems": problems(tally.problems, described.get("notices", ())),
        "duplicates": duplicates(tally),
        "held": held(tally),
        "questions": [],
        **{key: described[key] for key in ("event",) if key in described},
    }


def timing(seconds: float, rows: int) -> dict[str, float]:
    """How long a file took, and how many rows a second that is."""
    return {"seconds": round(seconds, 3), "rows_per_second": round(rows / max(seconds, 0.001), 1)}


def waiting(inspection: Inspection, file: CsvFile) -> dict[str, Any]:
    """What an upload that waits for a person shows."""
    seen = {key: value for key, value in described(inspection, file.blank_lines).items() if key != "notices"}
    return {**seen, "problems": header_problems(inspection, file.header_row), "questions": questions(inspection.questions)}


def inspected(file: CsvFile, inspection: Inspection, found: Iterable[Problem], preview: list[dict[str, Any]]) -> dict[str, Any]:
    """The document of `headcount inspect`."""
    return {
        **what_it_is(file, inspection, preview),
        "problems": header_problems(inspection, file.header_row) + problems(found, inspection.notices),
        "questions": questions(inspection.questions),
    }


def what_it_is(file: CsvFile, inspection: Inspection, preview: list[dict[str, Any]]) -> dict[str, Any]:
    """A file without what is wrong with it."""
    described = [{**c, "evidence": dict(i.evidence)} for c, i in zip(columns(inspection), inspection.columns, strict=True)]
    return {
        "encoding": file.encoding.name,
        "encoding_evidence": file.encoding.evidence,
        "sample": file.encoding.sample,
        "dialect": {
            "delimiter": file.dialect.delimiter,
            "quote": file.dialect.quote,
            "escape": file.dialect.escape,
            "newline": file.dialect.newline,
        },
        "header": [title(header) for header in file.header],
        "rows": file.records + file.broken,
        "blank_lines": file.blank_lines,
        "preview": preview,
        "columns": described,
        "duplicates": _duplicates(inspection).to_json(),
    }


def _duplicates(inspection: Inspection) -> Duplicates:
    """Of people; that somebody does more than one thing is as it should be."""
    if inspection.staged is None or inspection.plan is None or inspection.plan.events:
        return Duplicates()
    return inspection.staged.duplicates


def preview(connection: duckdb.DuckDBPyConnection, file: CsvFile, rows: int) -> list[dict[str, Any]]:
    """The first rows, cells unquoted and otherwise as they came."""
    if not rows:
        return []
    cells = ", ".join(f"coalesce(c{i}, '')" for i in range(len(file.header)))
    found = connection.execute(f"SELECT {cells} FROM {file.source_sql()} LIMIT {rows}").fetchall()
    numbers = file.row_numbers(0, len(found))
    return [{"row": int(number), "cells": list(row)} for number, row in zip(numbers, found, strict=True)]


def examples(found: Iterable[Example]) -> list[dict[str, Any]]:
    """What would change, the values that somebody would lose first."""
    order = {"changed": 0, "cleared": 1, "set": 2}
    first = sorted(found, key=lambda e: (order[e.kind], e.row))[:EXAMPLES]
    return [{**asdict(e), "before": shown_value(e.before), "after": shown_value(e.after)} for e in first]


def held(tally: Tally) -> list[dict[str, Any]]:
    """The first of the re-subscriptions that were held."""
    return [asdict(h) for h in tally.held]


def duplicates(tally: Tally) -> dict[str, Any]:
    """The identities that came more than once, the first of them with their rows."""
    listed = [{"identity": d.identity, "rows": list(d.rows)} for d in tally.duplicates[:LISTED]]
    return {
        "identities": tally.counts.get("duplicate_identities", 0),
        "rows": tally.counts.get("merged", 0) + tally.counts.get("duplicate_identities", 0),
        "listed": listed,
    }
