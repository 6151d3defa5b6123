"""Server-sent events: how far something is while it goes on, and how it ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, TypeAlias

import structlog
from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi import Request
from fastapi.responses import StreamingResponse

from headcount.api.errors import described
from headcount.errors import HeadcountError

MEDIA_TYPE = "text/event-stream"
#: Seconds between two looks, and after which something is said, so that what lies between does not close the connection.
_PAUSE, _SILENCE = 0.3, 10.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

#: Work that takes `on_progress`, and gives a document.
Task: TypeAlias = Callable[..., Mapping[str, Any]]


class _Left(Exception):
    """Nobody waits for the document any more."""


def event(name: str, data: Mapping[str, Any]) -> str:
    """One event on the wire."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def following(look: Callable[[], Mapping[str, Any]], is_over: Callable[[Mapping[str, Any]], bool]) -> StreamingResponse:
    """`progress` whenever what one sees is new, and `end` with the last of it."""
    return StreamingResponse(_following(look, is_over), media_type=MEDIA_TYPE, headers=_HEADERS)


async def _following(look: Callable[[], Mapping[str, Any]], is_over: Callable[[Mapping[str, Any]], bool]) -> AsyncIterator[str]:
    before, silent = None, 0.0
    while not is_over(seen := await to_thread.run_sync(look)):
        if seen != before or silent >= _SILENCE:
            yield event("progress", seen)
            before, silent = seen, 0.0
        await asyncio.sleep(_PAUSE)
        silent += _PAUSE
    yield event("end", seen)


def heavy(request: Request) -> CapacityLimiter:
    """How much of what reads whole files goes on at once: each takes memory, and must leave threads to everybody else."""
    limiter: CapacityLimiter = request.app.state.heavy
    return limiter


def working(task: Task, limiter: CapacityLimiter, stack: AsyncExitStack | None = None) -> StreamingResponse:
    """`progress` while the task goes on, then `document` or `error`. The stack is closed when it is done."""
    return StreamingResponse(_working(task, limiter, stack or AsyncExitStack()), media_type=MEDIA_TYPE, headers=_HEADERS)


async def _working(task: Task, limiter: CapacityLimiter, stack: AsyncExitStack) -> AsyncIterator[str]:
    async with stack:
        async for said in _said(task, limiter):
            yield said


async def _said(task: Task, limiter: CapacityLimiter) -> AsyncIterator[str]:
    told: SimpleQueue[dict[str, Any]] = SimpleQueue()
    left = Event()

    def tell(phase: str, done: int, total: int) -> None:
        if left.is_set():
            raise _Left
        told.put({"phase": phase, "done": done, "total": total or None})

    going_on = asyncio.ensure_future(to_thread.run_sync(partial(task, on_progress=tell), limiter=limiter))
    try:
        while not going_on.done():
            if (newest := _newest(told)) is not None:
                yield event("progress", newest)
            await asyncio.wait([going_on], timeout=_PAUSE)
        yield _outcome(going_on)
    finally:
        left.set()
        with CancelScope(shield=True):
            await asyncio.wait([going_on])
            # Looked at, so that nobody is told of an error that nobody saw.
            going_on.exception()


def _outcome(done: asyncio.Future[Mapping[str, Any]]) -> str:
    try:
        return event("document", done.result())
    except HeadcountError as error:
        return event("error", described(error))
    except Exception:  # noqa: BLE001 - the answer has begun; what went wrong can only be told in it
        structlog.get_logger().exception("work_failed")
        return event("error", described(HeadcountError("unexpected", "Something went wrong here.", "The log of the server says more.")))


def _newest(told: SimpleQueue[dict[str, Any]]) -> dict[str, Any] | None:
    newest = None
    try:
        while True:
            newest = told.get_nowait()
    except Empty:
        return newest
