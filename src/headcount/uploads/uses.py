"""What of uploads names properties: mappings that are remembered, and uploads that wait."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headcount.profiles.names import title
from headcount.profiles.uses import Use
from headcount.uploads.mapping import ColumnRequest, Request, Role, letter, requested
from headcount.uploads.masking import masked_problem
from headcount.uploads.remembered import Mappings, RememberedMapping
from headcount.uploads.requests import request_from_json, request_to_json
from headcount.uploads.upload import Document, Status, UploadRecord, UploadRecords, Wanted

_WAITING = Wanted(statuses=frozenset({Status.START_MAPPING, Status.READY}))
_ALL = 2**31


@dataclass(frozen=True, slots=True)
class UploadUses:
    """Implements `Uses` for the uploads of one account."""

    records: UploadRecords
    mappings: Mappings
    account: str

    def used_by(self, name: str) -> Sequence[Use]:
        """See Uses."""
        waiting = [Use("upload", record.id, record.name) for record in self._waiting() if name in _sets(record)]
        return [*waiting, *(self._use(mapping) for mapping in self._remembered() if _names(mapping, name))]

    def renamed(self, before: str, after: str) -> None:
        """See Uses. An upload that waits is looked at again before it is applied."""
        for mapping in self._remembered():
            if _names(mapping, before):
                request = _renamed(request_from_json(mapping.request), before, after)
                self.mappings.remember(replace(mapping, request=request_to_json(request)))
        for record in self._waiting():
            columns = _sets(record).get(before, ())
            if columns:
                request = _aimed(request_from_json(record.request), record, columns, after)
                self.records.change(record.id, request=request_to_json(request))

    def deleted(self, names: Collection[str]) -> None:
        """See Uses. What stays of reports are numbers; a file that was kept, and a rejects file, stay as they are."""
        for record in self.records.list(self.account, _ALL):
            report = _without_values(record.report or {}, names)
            if report != (record.report or {}):
                self.records.change(record.id, report=report)

    def _waiting(self) -> Sequence[UploadRecord]:
        return self.records.list(self.account, _ALL, _WAITING)

    def _remembered(self) -> Sequence[RememberedMapping]:
        return self.mappings.list(self.account)

    def _use(self, mapping: RememberedMapping) -> Use:
        return Use("mapping", mapping.upload, self.records.get(self.account, mapping.upload).name)


def _names(mapping: RememberedMapping, name: str) -> bool:
    request = request_from_json(mapping.request)
    return request.kind == "profile" and any(_aims(header, asked) == name for header, asked in request.columns.items())


def _aims(header: str, asked: ColumnRequest) -> str | None:
    """The property that the column of a mapping sets, as far as the mapping says so."""
    return None if asked.skip else title(asked.property or header)


def _renamed(request: Request, before: str, after: str) -> Request:
    columns = {h: replace(asked, property=after) if _aims(h, asked) == before else asked for h, asked in request.columns.items()}
    return replace(request, columns=columns)


def _sets(record: UploadRecord) -> Mapping[str, Sequence[int]]:
    """By the properties that an upload of profiles sets, or would, the places of the columns."""
    found = dict[str, list[int]]()
    if request_from_json(record.request).kind == "profile":
        for place, column in enumerate((record.report or {}).get("columns", ())):
            if column["role"] == Role.PROPERTY and column["property"]:
                found.setdefault(column["property"], []).append(place)
    return found


def _aimed(request: Request, record: UploadRecord, places: Sequence[int], name: str) -> Request:
    """The mapping with columns that set the property of this name."""
    headers = [column["header"] for column in (record.report or {})["columns"]]
    said = requested(headers, request)
    return replace(request, columns={**request.columns, **_columns(places, said, name)})


def _columns(places: Sequence[int], said: Mapping[int, ColumnRequest], name: str) -> Mapping[str, ColumnRequest]:
    return {f"#{letter(place)}": replace(said.get(place, ColumnRequest()), property=name) for place in places}


def _without_values(report: Document, names: Collection[str]) -> Document:
    """A report without the values of the properties of these names, whatever has kept some."""
    headers = {column["header"] for column in report.get("columns", ()) if column["property"] in names}
    seen = dict(report)
    if headers and "columns" in seen:
        seen["columns"] = [_bare(column) if column["property"] in names else column for column in seen["columns"]]
    if headers and "problems" in seen:
        seen["problems"] = [_nameless(problem) if problem.get("column") in headers else problem for problem in seen["problems"]]
    for job in ("undo", "redo"):
        if job in seen:
            seen[job] = {**seen[job], "kept": [kept for kept in seen[job].get("kept", ()) if kept.get("property") not in names]}
    if headers and seen.get("inspection"):
        seen["inspection"] = _unshown(seen["inspection"], headers)
    return seen


def _bare(column: Mapping[str, Any]) -> Document:
    return {key: value for key, value in column.items() if key not in {"examples", "evidence"}}


def _nameless(problem: Mapping[str, Any]) -> Document:
    """A problem of cells without the cell."""
    return {**masked_problem(problem), "example": ""} if problem["severity"] == "cell" else dict(problem)


def _unshown(inspection: Mapping[str, Any], headers: Collection[str]) -> Document:
    """What a file is, without the cells of these columns."""
    hidden = [header in headers for header in inspection["header"]]
    preview = [{**row, "cells": list(_blanked(row["cells"], hidden))} for row in inspection["preview"]]
    return {**inspection, "preview": preview, "columns": [_bare(c) if c["header"] in headers else c for c in inspection["columns"]]}


def _blanked(cells: Sequence[str], hidden: Sequence[bool]) -> Iterator[str]:
    for place, cell in enumerate(cells):
        yield "" if place < len(hidden) and hidden[place] else cell
