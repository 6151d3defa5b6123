"""The files that pages need beside them: each has an address that changes with its content, so that a browser keeps it for ever."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file in memory; all of them are some 100 kB."""

    content: bytes
    media_type: str
    version: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """All of them by their names below the folder. A name that is not here leads nowhere, whatever dots and slashes it has."""
    return {path.relative_to(FOLDER).as_posix(): _read(path) for path in FOLDER.rglob("*") if path.is_file()}


def static(name: str) -> str:
    """The address of a file. A KeyError is a fault of a template."""
    return f"{PREFIX}{name}?v={static_files()[name].version}"


@router.api_route(PREFIX + "{name:path}", methods=["GET", "HEAD"])
def serve(request: Request, name: str) -> Response:
    """The file: for ever under the address of its content, else asked for again each time."""
    found = static_files().get(name)
    if found is None:
        return Response("There is no such file.", 404, media_type="text/plain")
    headers = {"ETag": f'"{found.version}"', "Cache-Control": _keeping(request.query_params.get("v") == found.version)}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)


def _keeping(exact: bool) -> str:  # noqa: FBT001 - one question
    return "public, max-age=31536000, immutable" if exact else "no-cache"


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    return StaticFile(content, mimetypes.guess_type(path.name)[0] or "application/octet-stream", sha256(content).hexdigest()[:12])
