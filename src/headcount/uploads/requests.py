"""A mapping request as JSON, so that an upload can go on after its process died."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type


def request_to_json(request: Request) -> dict[str, Any]:
    """The request as a JSON object."""
    return asdict(request)


def request_from_json(document: Mapping[str, Any]) -> Request:
    """The request that `request_to_json` wrote."""
    columns = {header: _column(asked) for header, asked in document.get("columns", {}).items()}
    return Request(**{**document, "columns": columns, "blanks": tuple(document.get("blanks", ()))})


def _column(document: Mapping[str, Any]) -> ColumnRequest:
    type_ = document.get("type")
    return ColumnRequest(**{**document, "type": Type(type_) if type_ else None, "blanks": tuple(document.get("blanks", ()))})
