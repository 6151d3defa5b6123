"""`/api/v1/inspect` and `/api/v1/check`: what a file is and what it would do; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request

from headcount.api import events, transfer
from headcount.api.caller import Calling
from headcount.api.errors import may_answer
from headcount.api.uploads import FILE_BODY, EventName
from headcount.uploads.desk import Desk, Incoming
from headcount.uploads.manifest import with_event
from headcount.uploads.mapping import Request as Mapping

routes = APIRouter(prefix="/api/v1", tags=["Files"])
_RESPONSES = {**may_answer(413, 415, 507), 200: {"content": {events.MEDIA_TYPE: {}}}}


@routes.post("/inspect", responses=_RESPONSES, openapi_extra=FILE_BODY, response_model=dict[str, Any])
async def inspect(
    request: Request,
    caller: Calling,
    preview: Annotated[int, Query(ge=0, le=100_000, description="How many rows to show.")] = 15,
    event: EventName = None,
) -> Any:  # noqa: ANN401 - a document, or the events on the way to it
    """What a file is: its encoding, columns, types and problems. With `Accept: text/event-stream` the way there, too."""
    return await _answer(request, caller.desk, event, partial(Desk.inspect_file, preview=preview))


@routes.post("/check", responses=_RESPONSES, openapi_extra=FILE_BODY, response_model=dict[str, Any])
async def check(
    request: Request,
    caller: Calling,
    name: Annotated[str | None, Query(max_length=255, description="What the upload would be called; otherwise as the file.")] = None,
    event: EventName = None,
) -> Any:  # noqa: ANN401 - a document, or the events on the way to it
    """What an upload of a file would do now, row by row and value by value. With `Accept: text/event-stream` the way there, too."""
    return await _answer(request, caller.desk, event, partial(Desk.check_file, name=name))


async def _answer(request: Request, desk: Desk, event: str | None, look: Callable[..., dict[str, Any]]) -> Any:  # noqa: ANN401 - see its callers
    def begin(body: transfer.Body) -> AbstractContextManager[Incoming]:
        mapping = with_event(body.manifest.request if body.manifest else Mapping(), event)
        return desk.looking_at(file_name=body.file_name, request=mapping, total=body.total)

    await to_thread.run_sync(desk.demand_upload, transfer.least_size(request))
    async with AsyncExitStack() as stack:
        incoming = await transfer.take_in(request, stack, begin)
        # A manifest that came behind the file took the place of what was asked for.
        incoming.request = with_event(incoming.request, event)
        if events.MEDIA_TYPE not in request.headers.get("accept", ""):
            return await to_thread.run_sync(partial(look, desk, incoming), limiter=events.heavy(request))
        # The file stays until the last event is sent.
        return events.working(partial(look, desk, incoming), events.heavy(request), stack.pop_all())
