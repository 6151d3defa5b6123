"""What every call passes: headers that browsers obey, a limit for bodies that are held in memory, one line in the log, and numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import structlog
from prometheus_client import Counter, Histogram
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headcount.errors import WrongCall

CALLS = Counter("headcount_http_calls", "Calls that were answered.", ["method", "route", "status"])
SECONDS = Histogram("headcount_http_seconds", "How long calls took until the first byte of their answer.", ["route"])

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: Bodies of calls that bring no file.
_LARGEST = 2 << 20
#: ... and of those that bring up to 1,000 records.
_LARGEST_OF: Mapping[str, int] = {"/1/upload": 5 << 20}
#: Calls that write their body to disk while it arrives.
_STREAMED = frozenset({"/api/v1/uploads", "/api/v1/inspect", "/api/v1/check", "/api/v1/segments/audience"})
#: What callers send; anything may stand there, and each makes numbers of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: From a call and what went wrong to the answer.
Explain: TypeAlias = Callable[[Request, Exception], Response]
#: Raises HeadcountError where nothing is to be done for a call.
Admit: TypeAlias = Callable[[Scope], None]


class Guard:
    """Wraps the app. What goes wrong in it ends here, so that no error gets around the headers, the log and the numbers."""

    def __init__(self, app: ASGIApp, explain: Explain, admit: Admit) -> None:
        self._app = app
        self._explain = explain
        self._admit = admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = _Seen(scope, receive, send)
        error = None if seen.too_large else await self._error(seen)
        if seen.too_large:
            error = WrongCall("body_too_large", f"The body is larger than {seen.limit:,} bytes.", "Send less at once.")
        if isinstance(error, ClientDisconnect):
            # Nobody waits for an answer.
            structlog.get_logger().info("call_left", method=scope["method"], route=route_of(scope))
        elif error:
            await self._answer(seen, error)

    async def _error(self, seen: _Seen) -> Exception | None:
        try:
            self._admit(seen.scope)
            await self._app(seen.scope, seen.receive, seen.send)
        except Exception as error:  # noqa: BLE001 - see above
            return error
        return None

    async def _answer(self, seen: _Seen, error: Exception) -> None:
        answer = await run_in_threadpool(self._explain, Request(seen.scope), error)
        if not seen.answered:
            seen.too_large = False
            await answer(seen.scope, seen.receive, seen.send)


class _Seen:
    """One call."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self._began = time.perf_counter()
        self.limit = math.inf if scope["path"] in _STREAMED else _LARGEST_OF.get(scope["path"], _LARGEST)
        self._size = 0
        self.answered = False
        self.too_large = _announced(scope) > self.limit

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self.limit:
            self.too_large = True
            # The app reads no further; what it makes of that is not sent.
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if self.too_large and not self.answered:
            return
        if message["type"] == "http.response.start":
            self.answered = True
            _secure(message, self.scope["path"])
            self._tell(message["status"])
        await self._send(message)

    def _tell(self, status: int) -> None:
        seconds, route = time.perf_counter() - self._began, route_of(self.scope)
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        CALLS.labels(method, route, status).inc()
        SECONDS.labels(route).observe(seconds)
        structlog.get_logger().info("call", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def _announced(scope: Scope) -> int:
    """The bytes of the body, where the caller says so."""
    size = Headers(scope=scope).get("content-length", "")
    return int(size) if size.isascii() and size.isdigit() else 0


def route_of(scope: Scope) -> str:
    """Never the path: it may name a person."""
    return getattr(scope.get("route"), "path", "unknown")


def _secure(message: MutableMapping[str, Any], path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if not path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
    if location := headers.get("location"):
        headers["location"] = _local(location)


def _local(location: str) -> str:
    """The path alone: the host is the one that the caller named, and nobody is ever led to another."""
    target = urlsplit(location)
    path = "/" + target.path.lstrip("/\\")
    return urlunsplit(("", "", path, target.query, target.fragment))
