"""What every call passes: headers that browsers obey, a limit for bodies that are held in memory, one line in the log, and numbers."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headcount.api.errors import described
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
#: Calls that write their body to disk while it arrives.
_STREAMED = frozenset({"/api/v1/uploads", "/api/v1/inspect", "/api/v1/check"})


class _TooLarge(Exception):
    """The body grew over the limit."""


class Guard:
    """Wraps the app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = _Seen(scope, receive, send)
        try:
            await self._app(scope, seen.receive, seen.send)
        except _TooLarge:
            error = WrongCall("body_too_large", f"The body is larger than {_LARGEST:,} bytes.", "Send less at once.")
            await JSONResponse(described(error), 413)(scope, receive, seen.send)


class _Seen:
    """One call."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._began = time.perf_counter()
        self._size = 0
        self._limited = scope["path"] not in _STREAMED

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._limited and self._size > _LARGEST:
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            _secure(message, self._scope["path"])
            self._tell(message["status"])
        await self._send(message)

    def _tell(self, status: int) -> None:
        seconds = time.perf_counter() - self._began
        # Never the path: it may name a person.
        route = getattr(self._scope.get("route"), "path", "unknown")
        CALLS.labels(self._scope["method"], route, status).inc()
        SECONDS.labels(route).observe(seconds)
        structlog.get_logger().info("call", method=self._scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def _secure(message: MutableMapping[str, Any], path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if not path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
