"""`/api/v1/uploads`: send a file, answer what is open, look at it, apply it, take it back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any, TypeAlias

from anyio import to_thread
from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BeforeValidator, Field

from headcount.api import events, transfer
from headcount.api.caller import Caller, Calling
from headcount.api.documents import PeopleTouched, PersonTouched, ReversalWould, Shown, UploadList, UploadObject
from headcount.api.errors import described, may_answer
from headcount.api.people_shapes import Asked
from headcount.errors import WrongCall
from headcount.profiles.store import Part
from headcount.uploads.desk import Desk
from headcount.uploads.manifest import with_event
from headcount.uploads.mapping import Request as Mapping
from headcount.uploads.upload import WORKING

routes = APIRouter(prefix="/api/v1/uploads", tags=["Uploads"])

UploadId: TypeAlias = Annotated[
    str, Path(pattern=r"^[0-9a-z]{1,18}$", description="The id of an upload; its first characters are enough.", examples=["u01k8"])
]
#: The largest number that a row could have.
MAX_ROW = 2**62
#: Seconds that a call waits for the end of a small upload, and the most that it can be told to.
_WAIT, _LONGEST = 10.0, 60.0
_PAUSE = 0.05
EventName: TypeAlias = Annotated[
    str | None, Query(description="The rows are events of this name; otherwise what the manifest says.", examples=["Charged"])
]
_BINARY = {"type": "string", "format": "binary"}
FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, or as the part `file` beside a part `manifest`, which says what its columns mean.",
        "content": {
            "text/csv": {"schema": _BINARY, "example": "identity,plan\n17,pro\n"},
            "application/gzip": {"schema": _BINARY},
            "application/zip": {"schema": _BINARY},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"manifest": {"type": "string", "maxLength": 1 << 20}, "file": _BINARY},
                }
            },
        },
    }
}


def _day(text: object) -> object:
    """Only the one way to write a day; the library would take seconds since 1970 as well."""
    if isinstance(text, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("a day is written like 2026-01-31")
    return text


Day: TypeAlias = Annotated[date, BeforeValidator(_day)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which uploads a list shows."""

    limit: Annotated[int, Query(ge=1, le=100_000, description="At most so many, the newest.")] = 100
    status: Annotated[str | None, Query(description="Only those in this status.", examples=["completed"])] = None
    since: Annotated[Day | None, Query(description="Only those of this day and later.")] = None
    until: Annotated[Day | None, Query(description="Only those of this day and before.")] = None


@routes.post("", status_code=201, responses=may_answer(409, 413, 415, 507), openapi_extra=FILE_BODY)
async def upload(  # noqa: PLR0913, PLR0917 - each is a parameter of the call
    request: Request,
    caller: Calling,
    name: Annotated[str | None, Query(max_length=255, description="What the upload is called; otherwise as the file.")] = None,
    event: EventName = None,
    review: Annotated[bool, Query(description="Stop when it is ready, with a check of what it would change.")] = False,
    wait: Annotated[
        float, Query(ge=0, le=_LONGEST, description="So many seconds at most the answer waits for the upload to end, or to stop.")
    ] = _WAIT,
) -> Shown:
    """Send a file. It is stored while it arrives, then inspected and applied in its turn; the answer is what is known of it by then."""
    await to_thread.run_sync(caller.desk.demand_upload, transfer.least_size(request))

    def begin(body: transfer.Body) -> Any:  # noqa: ANN401 - a context manager
        called = name or (body.manifest and body.manifest.name) or body.file_name
        mapping = with_event(body.manifest.request if body.manifest else Mapping(), event)
        return caller.desk.receiving(name=called, file_name=body.file_name, request=mapping, review=review, total=body.total)

    async with AsyncExitStack() as stack:
        incoming = await transfer.take_in(request, stack, begin)
        incoming.name = None if name else incoming.name
        # A manifest that came behind the file took the place of what was asked for.
        incoming.request = with_event(incoming.request, event)
    return await _after(caller, incoming.upload_id or "", wait)


async def _after(caller: Caller, upload_id: str, seconds: float) -> Shown:
    """The document of an upload when nobody works on it any more, or after so many seconds."""
    until = asyncio.get_running_loop().time() + seconds
    pause = _PAUSE
    while (found := await to_thread.run_sync(caller.desk.receipt, upload_id))["upload"]["status"] in WORKING:
        if caller.house.worker.stopping or asyncio.get_running_loop().time() + pause > until:
            break
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 1.0)
    return Shown.model_validate(found)


@routes.get("", responses=may_answer())
def list_(caller: Calling, wanted: Annotated[Wanted, Depends()]) -> UploadList:
    """The uploads, the newest first."""
    found = caller.desk.list(limit=wanted.limit, status=wanted.status, since=wanted.since, until=wanted.until)
    return UploadList(uploads=[UploadObject.model_validate(upload) for upload in found])


@routes.get("/{upload_id}", responses=may_answer(404, 409))
def show(caller: Calling, upload_id: UploadId) -> Shown:
    """The report of an upload: what each row did or, while it is only ready, what each would do."""
    return Shown.model_validate(caller.desk.show(upload_id))


@routes.get("/{upload_id}/inspection", responses=may_answer(404, 409))
def inspection(caller: Calling, upload_id: UploadId) -> dict[str, Any]:
    """What the file is, while the upload waits: encoding, delimiter, first rows, and what each column is, with the evidence."""
    found = caller.desk.inspection(upload_id)
    if found is None:
        raise WrongCall("inspection_gone", "What the file is, is only kept while the upload waits.", "Its report says what it did.")
    return found


@routes.get(
    "/{upload_id}/progress",
    response_class=StreamingResponse,
    responses={**may_answer(404, 409), 200: {"content": {events.MEDIA_TYPE: {}}}},
)
def progress(caller: Calling, upload_id: UploadId) -> StreamingResponse:
    """How far the work on the upload is, as server-sent events: `progress` as it goes on, `end` when nobody works on it any more.

    Where it ended early, `error` says why.
    """
    look, stopping = partial(_seen, caller.desk, upload_id), caller.house.worker
    look()
    return events.following(look, lambda seen: seen["status"] not in WORKING or stopping.stopping)


def _seen(desk: Desk, upload_id: str) -> dict[str, Any]:
    # The status first: the reason is there when it changes.
    seen, failure = desk.progress(upload_id), desk.failure(upload_id)
    return seen | (described(failure) if failure else {})


@routes.get(
    "/{upload_id}/rejects",
    response_class=FileResponse,
    responses={**may_answer(404, 409), 200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def rejects(caller: Calling, upload_id: UploadId) -> FileResponse:
    """The rows to mend, as they came, each with its reason."""
    path = caller.desk.rejects(upload_id)
    if path is None:
        raise WrongCall("rejects_unknown", f"Upload {upload_id} rejected nothing; there is no rejects file.", "")
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename=f"{upload_id}-rejects.csv")


@routes.get("/{upload_id}/people", responses=may_answer(404, 409))
def people(
    caller: Calling,
    upload_id: UploadId,
    part: Annotated[Part, Query(description="Whom it created, or whom it changed.")],
    after: Annotated[int, Query(ge=0, le=MAX_ROW, description="Only those behind this row: the last one of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 100,
) -> PeopleTouched:
    """The people whom the upload created or changed, by the rows that did."""
    found = caller.desk.people(upload_id, part, after=after, limit=limit)
    return PeopleTouched(people=[PersonTouched.model_validate(each) for each in found])


@routes.get("/{upload_id}/manifest", responses=may_answer(404, 409))
def manifest(
    caller: Calling,
    upload_id: UploadId,
    resolved: Annotated[bool, Query(description="With what was found out about each column, not only what was said.")] = False,
) -> dict[str, Any]:
    """The mapping of the upload as a manifest, for the next file like it."""
    return caller.desk.manifest(upload_id, resolved=resolved)


@routes.put("/{upload_id}/mapping", responses=may_answer(404, 409))
def answer(
    caller: Calling,
    upload_id: UploadId,
    mapping: Annotated[dict[str, Any], Body(description="A manifest.", examples=[{"identity": "user_id", "dayFirst": True}])],
) -> Shown:
    """Say what the columns of a waiting upload mean, and have it looked at again. Without `review` it goes straight on after that."""
    return Shown.model_validate(caller.desk.answer(upload_id, json.dumps(mapping)))


class Apply(Asked):
    """What can be said when an upload is applied."""

    confirm_resubscribe: str | None = Field(
        None,
        alias="confirmResubscribe",
        max_length=1000,
        description="Why the file may re-subscribe people who opted out themselves; without a reason they stay opted out.",
        examples=["list re-permissioned in May"],
    )


@routes.post("/{upload_id}/apply", responses=may_answer(404, 409))
def apply(caller: Calling, upload_id: UploadId, wish: Annotated[Apply | None, Body()] = None) -> Shown:
    """Apply an upload that is ready."""
    return Shown.model_validate(caller.desk.apply(upload_id, None if wish is None else wish.confirm_resubscribe))


@routes.get(
    "/{upload_id}/undo",
    response_model=ReversalWould,
    responses={**may_answer(404, 409), 200: {"content": {events.MEDIA_TYPE: {}}}},
)
def would_undo(request: Request, caller: Calling, upload_id: UploadId) -> Any:  # noqa: ANN401 - a document, or the events on the way to it
    """What taking the upload back would do now. With `Accept: text/event-stream` the way there, too."""
    desk = caller.desk
    if events.MEDIA_TYPE in request.headers.get("accept", ""):
        return events.working(partial(desk.would_undo, upload_id), events.heavy(request))
    return desk.would_undo(upload_id)


_VERBS: dict[str, tuple[Callable[[Desk, str], dict[str, Any]], str]] = {
    "check": (Desk.check, "Work out anew what a waiting upload would change, as things are now."),
    "cancel": (Desk.cancel, "Stop an upload. What was applied by then is kept and counted, and can be undone."),
    "resume": (Desk.resume, "Go on with an upload that was interrupted."),
    "undo": (Desk.undo, "Take an upload back: every value that is still as it left it."),
    "redo": (Desk.redo, "Bring an upload back that was taken back."),
}


def _add(verb: str, do: Callable[[Desk, str], dict[str, Any]], summary: str) -> None:
    @routes.post(f"/{{upload_id}}/{verb}", name=verb, description=summary, responses=may_answer(404, 409))
    def act(caller: Calling, upload_id: UploadId) -> Shown:
        return Shown.model_validate(do(caller.desk, upload_id))


for _verb, (_do, _summary) in _VERBS.items():
    _add(_verb, _do, _summary)
