"""The body of a call that brings a file: raw or as multipart, written to disk while it arrives and never held in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from anyio import to_thread
from fastapi import Request
from fastapi.concurrency import contextmanager_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from headcount.errors import FileRejected, WrongCall
from headcount.uploads.desk import Incoming
from headcount.uploads.manifest import Manifest, read

RAW = frozenset(
    {
        "text/csv",
        "text/plain",
        "text/tab-separated-values",
        "application/csv",
        "application/gzip",
        "application/x-gzip",
        "application/zip",
        "application/x-zip-compressed",
        "application/octet-stream",
        # What Windows calls a CSV where Excel is installed.
        "application/vnd.ms-excel",
    }
)
FILE_NAME = "X-File-Name"
_MULTIPART = "multipart/form-data"
#: Bytes that are written at once, and that a manifest may have.
_BLOCK, _MANIFEST = 1 << 20, 1 << 20
#: Bytes of a multipart body that are of no file: the manifest, and the lines between the parts.
_FRAME = _MANIFEST + (1 << 16)
_NAMELESS = "upload.csv"


@dataclass(frozen=True, slots=True)
class Body:
    """What is known of a file before it arrives: what it is called, its bytes (0 where not known), and its mapping, if that came first."""

    file_name: str
    total: int
    manifest: Manifest | None


#: Opens where a file goes.
Begin: TypeAlias = Callable[[Body], AbstractContextManager[Incoming]]


async def take_in(request: Request, stack: AsyncExitStack, begin: Begin) -> Incoming:
    """The file of the call, wholly arrived; what `begin` opened stays open as long as the stack.

    Raises FileRejected, WrongCall `content_type_wrong`, `body_invalid`, `manifest_invalid`.
    """
    kind = _kind(request)
    if kind == _MULTIPART:
        return await _take_parts(request, stack, begin)
    if kind not in RAW:
        raise FileRejected(
            "content_type_wrong",
            f"A body of type {kind or '(none)'} is no CSV.",
            "Send the file with Content-Type: text/csv, application/gzip or application/zip, or as multipart/form-data.",
        )
    incoming = await _open(stack, begin, Body(_clean(unquote(request.headers.get(FILE_NAME, ""))), length_of(request), None))
    blocks = _Blocks(incoming)
    async for chunk in request.stream():
        await blocks.add(chunk)
    await blocks.flush()
    return incoming


def length_of(request: Request) -> int:
    """The bytes of the body as the caller announced them, 0 where they did not."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def least_size(request: Request) -> int:
    """The bytes that a file at least has when it is as large as announced; 0 where nothing was."""
    return max(0, length_of(request) - _FRAME) if _kind(request) == _MULTIPART else length_of(request)


async def _take_parts(request: Request, stack: AsyncExitStack, begin: Begin) -> Incoming:
    incoming: Incoming | None = None
    blocks: _Blocks | None = None
    first: dict[str, _Part] = {}
    manifest, text, frame = None, bytearray(), 0
    async for part, chunk in _parts(request):
        if first.setdefault(part.name, part) is not part:
            raise WrongCall("body_invalid", "The body has two parts of the same name.", "Send one file at a time.")
        frame += len(chunk) if part.name != "file" else 0
        if frame > _MANIFEST:
            raise WrongCall("manifest_invalid", "The manifest is too large to be one.", "It has at most 1 MiB.")
        if part.name == "manifest":
            text += chunk
        elif part.name == "file":
            if blocks is None:
                manifest = _manifest(text)
                incoming = await _open(stack, begin, Body(_clean(part.file_name), 0, manifest))
                blocks = _Blocks(incoming)
            await blocks.add(chunk)
    if incoming is None or blocks is None:
        raise WrongCall("body_invalid", "The body has no part called file.", "Send the CSV as the part file, its mapping as manifest.")
    await blocks.flush()
    if manifest is None and (manifest := _manifest(text)):
        incoming.request, incoming.name = manifest.request, manifest.name
    return incoming


def _manifest(text: bytearray) -> Manifest | None:
    try:
        return read(text.decode("utf-8-sig")) if text else None
    except UnicodeDecodeError:
        raise WrongCall("manifest_invalid", "The manifest is not UTF-8.", "Save it as UTF-8.") from None


async def _open(stack: AsyncExitStack, begin: Begin, body: Body) -> Incoming:
    return await stack.enter_async_context(contextmanager_in_threadpool(begin(body)))


class _Blocks:
    """Writes in large blocks, in a thread."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._held = bytearray()

    async def add(self, chunk: bytes) -> None:
        self._held += chunk
        if len(self._held) >= _BLOCK:
            await self.flush()

    async def flush(self) -> None:
        held, self._held = bytes(self._held), bytearray()
        if held:
            await to_thread.run_sync(self._incoming.reception.write, held)


@dataclass(slots=True)
class _Part:
    """A part of a multipart body."""

    name: str = ""
    file_name: str = ""


class _Parts:
    """What the parser of the library says, as parts and their bytes."""

    def __init__(self, boundary: bytes) -> None:
        self.found: list[tuple[_Part, bytes]] = []
        self.ended = False
        self._part = _Part()
        self._field, self._value = b"", b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_part_data": self._data,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_end": self._end,
            },
        )

    def write(self, chunk: bytes) -> list[tuple[_Part, bytes]]:
        self.found = []
        self._parser.write(chunk)
        return self.found

    def _begin(self) -> None:
        self._part = _Part()

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.found.append((self._part, data[start:end]))

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            options = parse_options_header(self._value)[1]
            self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
            self._part.file_name = options.get(b"filename", b"").decode("utf-8", "replace")
            # An empty part is one, too.
            self.found.append((self._part, b""))
        self._field, self._value = b"", b""

    def _end(self) -> None:
        self.ended = True


async def _parts(request: Request) -> AsyncIterator[tuple[_Part, bytes]]:
    boundary = parse_options_header(request.headers.get("content-type", ""))[1].get(b"boundary", b"")
    if not boundary:
        raise WrongCall("body_invalid", "The multipart body names no boundary.", "Let your HTTP library write the Content-Type.")
    try:
        parts = _Parts(boundary)
        async for chunk in request.stream():
            for part in parts.write(chunk) if chunk else ():
                yield part
    except FormParserError as error:
        raise WrongCall("body_invalid", f"The multipart body cannot be read: {error}.", "Let your HTTP library write it.") from None
    if not parts.ended:
        raise WrongCall("body_invalid", "The multipart body ends early.", "Send it again.")


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _clean(file_name: str) -> str:
    """The last part of a path, on one line; what the file is called is shown, and never opened."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable()).strip().strip(".")[:255] or _NAMELESS
