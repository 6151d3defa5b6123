"""Ugly files, each beside the report it has to give: inspected and uploaded as a person would do it."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from headcount.bootstrap import Application, application
from headcount.config import load_settings
from headcount.errors import HeadcountError
from headcount.uploads.mapping import Request

FOLDER = Path(__file__).parent / "files"
UPDATE = "UPDATE_GOLDEN=1 pytest tests/golden"

#: What was said of a file with flags; of all others nothing was.
REQUESTS = {
    "given-delimiter.csv": Request(delimiter=";", identity="identity,x"),
    "given-delimiter-wrong.csv": Request(delimiter=";"),
    "given-encoding.csv": Request(encoding="cp850"),
    "given-encoding-wrong.csv": Request(encoding="utf-8"),
    "given-iso-8859-1.csv": Request(encoding="iso-8859-1"),
    "given-day-first.csv": Request(day_first=True),
    "given-blank-words.csv": Request(blanks=("NULL", "N/A")),
    "identity-given.csv": Request(identity="user_id"),
}

#: Files that the program does not read as it should yet. Their reports say what is right and are written by hand.
WRONG: dict[str, str] = {}

_FILE_LIMIT = 4_000_000
_SHOWN_COLUMNS, _SHOWN_ROWS, _SHOWN_TEXT = 12, 6, 60

Document = dict[str, Any]


def _cases() -> list[Any]:
    wrong = {name: pytest.mark.xfail(strict=True, reason=reason) for name, reason in WRONG.items()}
    names = sorted(path.name for path in FOLDER.iterdir() if not path.name.startswith(".") and not path.name.endswith(".expected.json"))
    return [pytest.param(name, marks=wrong.get(name, ()), id=name) for name in names]


@pytest.mark.parametrize("name", _cases())
def test_an_ugly_file_gives_its_report(name: str, tmp_path: Path) -> None:
    request = REQUESTS.get(name, Request())
    with application(load_settings(data=tmp_path / "data", file_limit_bytes=_FILE_LIMIT, threads=1)) as app:
        inspected, upload = _inspected(app, FOLDER / name, request), app.uploads.upload(FOLDER / name, request, name=None, door="cli")
        found = {**inspected, **_uploaded(app, upload)}
    if upload["upload"]["status"] == "completed":
        assert (inspected["rows"], inspected["problems"]) == (upload["ledger"]["rows"], _problems(upload))
    assert _expected(name, found) == found, f"{name}: the report is not the expected one; if the new one is right: {UPDATE}"


def _expected(name: str, found: Document) -> Document:
    path = FOLDER / f"{name}.expected.json"
    if os.environ.get("UPDATE_GOLDEN") and name not in WRONG:
        path.write_text(_compact(found), encoding="utf-8")
    expected: Document = json.loads(path.read_text(encoding="utf-8"))
    return expected


def _compact(document: Document) -> str:
    """A line for each entry of the document, and for each entry of its lists of lists."""
    return "{\n" + ",\n".join(f"  {json.dumps(name)}: {_entry(value)}" for name, value in document.items()) + "\n}\n"


def _entry(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return "[\n" + ",\n".join(f"    {_line(item)}" for item in value) + "\n  ]"
    return _line(value)


def _line(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, ensure_ascii=False)


def _inspected(app: Application, path: Path, request: Request) -> Document:
    try:
        found = app.looking.document(path, request, preview=_SHOWN_ROWS)
    except HeadcountError as error:
        return {"error": error.code}
    dialect = found["dialect"]
    return {
        "encoding": found["encoding"],
        "dialect": dialect["delimiter"] + dialect["quote"] + dialect["escape"] + dialect["newline"],
        "header": _some([_cut(header) for header in found["header"]]),
        "rows": found["rows"],
        "blank_lines": found["blank_lines"],
        "preview": [{"row": line["row"], "cells": _some([_cut(cell) for cell in line["cells"]])} for line in found["preview"]],
        "columns": _some([_column(column) for column in found["columns"]]),
        "problems": _problems(found),
        "questions": [question["code"] for question in found["questions"]],
    }


def _column(column: Document) -> Document:
    shown = {"role": column["role"], "property": column["property"], "type": column["type"], "format": column["format"]}
    notices = {"notices": len(column["notices"])} if column["notices"] else {}
    return {name: value if name == "role" else _cut(value) for name, value in shown.items() if value} | notices


def _problems(document: Document) -> list[Document]:
    found = sorted(document["problems"], key=lambda p: (p["rows"][:1], p["code"], p["column"] or ""))
    return [
        {"code": p["code"], **({"column": _cut(p["column"])} if p["column"] else {}), "count": p["count"], "rows": p["rows"]} for p in found
    ]


def _some(entries: list[Any]) -> list[Any]:
    return entries if len(entries) <= _SHOWN_COLUMNS else [*entries[:3], f"… {len(entries)} in all"]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_TEXT else f"{text[:_SHOWN_TEXT]}… {len(text)} characters"


def _uploaded(app: Application, document: Document) -> Document:
    status = document["upload"]["status"]
    if status == "rejected":
        return {"status": status, "error": document["problems"][0]["code"]}
    if status != "completed":
        return {"status": status}
    rejects = _rejects(app, document)
    _assert_every_row_is_accounted_for(app, document, rejects)
    shown = [_some([_cut(cell) for cell in line[:-1]]) for line in rejects[:_SHOWN_ROWS]]
    return {"status": status, "ledger": _ledger(document), **({"rejects": shown} if shown else {})}


def _ledger(document: Document) -> Document:
    ledger = {name: n for name, n in document["ledger"].items() if name not in {"rows", "blank_lines", "consent"} and n}
    consent = {channel: counts for channel, counts in document["ledger"]["consent"].items() if any(counts.values())}
    return ledger | ({"consent": consent} if consent else {})


def _assert_every_row_is_accounted_for(app: Application, document: Document, rejects: list[list[str]]) -> None:
    """The ledger speaks of as many people as there are, and the rejects file of every row that a problem names."""
    ledger, problems = document["ledger"], [p for p in document["problems"] if p["severity"] in {"row", "cell"}]
    with app.store() as store:
        (people,) = store.connection.execute("SELECT count(*) FROM profiles").fetchall()[0]
    assert people == ledger["created"]
    assert ledger["rows"] == people + ledger["merged"] + ledger["rejected"]
    assert [int(line[0]) for line in rejects] == sorted({row for problem in problems for row in problem["rows"]})


def _rejects(app: Application, document: Document) -> list[list[str]]:
    """The lines of the rejects file: row, cells, code, description."""
    path = app.history.rejects(document["upload"]["id"])
    if path is None:
        return []
    csv.field_size_limit(_FILE_LIMIT)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]
