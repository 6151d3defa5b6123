"""Every route of the app, as the app knows them: none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI

#: A method and a path.
Route = tuple[str, str]

#: Where the calls of CleverTap's clients are, with errors of their own shape.
VENDOR = "/1/"
SAFE = frozenset({"GET", "HEAD"})
#: What anybody may call.
PUBLIC = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/docs"),
        ("GET", "/static/{name:path}"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        # They lead on to a page that is not.
        ("GET", "/"),
        ("GET", "/settings"),
    }
)


def routes(app: FastAPI) -> list[Route]:
    """All of them."""
    return sorted({(method, route.path) for route in _flat(app.routes) for method in route.methods - {"HEAD"}})


def _flat(found: Iterable[Any]) -> Iterator[Any]:
    for route in found:
        if getattr(route, "path", None) is None:
            yield from _flat(route.effective_candidates())
        else:
            yield route


def closed(app: FastAPI) -> list[Route]:
    """Those that not everybody may call."""
    return [route for route in routes(app) if route not in PUBLIC]


def is_api(path: str) -> bool:
    return path.startswith(("/api/", VENDOR))


def filled(path: str, **ids: str) -> str:
    """The path with these ids in it, `x` for others."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: ids.get(found[1], "x"), path)
