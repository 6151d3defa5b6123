"""What programs can call, made from the OpenAPI document: for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from headcount.errors import HeadcountError
from headcount.web.render import page
from headcount.web.visit import Visit, visitor

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """One call, as the page shows it."""

    id: str
    tag: str
    method: str
    path: str
    says: str
    #: Name, place, whether it must be there, and what it is.
    parameters: tuple[tuple[str, str, bool, str], ...]
    #: The media types of what it takes, with an example where there is one.
    takes: tuple[tuple[str, Any], ...]
    #: Each status, and what it means.
    answers: tuple[tuple[str, str], ...]


@router.get("/api/docs")
def api_docs(request: Request) -> HTMLResponse:
    """Every operation, by what it is about. Who is not signed in may read it, too."""
    document = request.app.openapi()
    grouped = [(tag, list(found)) for tag, found in groupby(operations(document), key=lambda operation: operation.tag)]
    return page(request, "api.html", _visit(request), groups=grouped, version=document["info"]["version"])


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """The operations of an OpenAPI document in its order."""
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            yield Operation(
                id=described["operationId"],
                tag=described["tags"][0],
                method=method.upper(),
                path=path,
                says=described.get("description", ""),
                parameters=tuple(map(_parameter, described.get("parameters", ()))),
                takes=tuple(_taken(described.get("requestBody", {}).get("content", {}), document)),
                answers=tuple((status, answer["description"]) for status, answer in sorted(described["responses"].items())),
            )


def _parameter(described: Mapping[str, Any]) -> tuple[str, str, bool, str]:
    return described["name"], described["in"], described.get("required", False), described.get("description", "")


def _taken(content: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for media_type, described in content.items():
        schema = _schema(described.get("schema", {}), document)
        examples = [*schema.get("examples", ()), *(property_examples(schema),)]
        yield media_type, described.get("example", examples[0] if examples else None)


def property_examples(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An example made of those of the properties."""
    return {name: known["examples"][0] for name, known in schema.get("properties", {}).items() if known.get("examples")}


def _schema(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference, or behind a choice of one and nothing."""
    chosen = next((each for each in schema.get("anyOf", ()) if "$ref" in each), schema)
    name = chosen.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else chosen
    return found


def _visit(request: Request) -> Visit | None:
    try:
        return visitor(request)
    except HeadcountError:
        return None
