"""Segments over HTTP: counting filters, saved segments, lists of people from files."""

from __future__ import annotations

from contextlib import AbstractContextManager, AsyncExitStack
from functools import partial
from typing import Annotated, Any, TypeAlias

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from headcount.api import events, transfer
from headcount.api.caller import Caller, Calling
from headcount.api.errors import may_answer
from headcount.api.people import given_out
from headcount.api.people_shapes import People
from headcount.api.segment_shapes import (
    Audience,
    Breakdown,
    BreakdownAsked,
    ChangedSegment,
    CountAsked,
    Counted,
    FilterRead,
    NewSegment,
    PeopleAsked,
    SavedSegment,
    Segment,
    SegmentExport,
    Segments,
)
from headcount.api.uploads import FILE_BODY
from headcount.auth.rights import Right
from headcount.people.segments import SegmentDesk, Wish
from headcount.segments.saved import LONGEST_NAME
from headcount.segments.store import Change
from headcount.uploads.desk import Incoming
from headcount.uploads.manifest import Manifest
from headcount.uploads.mapping import Request as Mapping

router = APIRouter(prefix="/api/v1/segments", tags=["Segments"])

SegmentId: TypeAlias = Annotated[str, Path(description="The id of a segment.", examples=["s5d41402abc4b2a76"])]


@router.post("/count", response_model=Counted, response_model_exclude_unset=True, responses=may_answer(404, 409))
def count(calling: Calling, asked: CountAsked) -> dict[str, Any]:
    """Count the people whom a filter matches."""
    return _segments(calling).count(asked.filter)


@router.post("/read", response_model=FilterRead, responses=may_answer())
def read(calling: Calling, asked: CountAsked) -> dict[str, Any]:
    """Write a filter in both ways: as text and as JSON. Whether there are such properties is not asked."""
    return _segments(calling).written(asked.filter)


@router.post("/people", response_model=People, responses=may_answer(404, 409))
def people(calling: Calling, asked: PeopleAsked) -> dict[str, Any]:
    """Show some of the people whom a filter matches."""
    return {"people": _segments(calling).people(asked.filter, asked.limit)}


@router.post("/breakdown", response_model=Breakdown, responses=may_answer(404, 409))
def breakdown(calling: Calling, asked: BreakdownAsked) -> dict[str, Any]:
    """Show how the people whom a filter matches fall apart by a property: its most frequent values, and how many have each."""
    return _segments(calling).breakdown(asked.filter, asked.property, asked.limit)


@router.post("/audience", response_model=Audience, responses=may_answer(404, 409, 413, 415, 507), openapi_extra=FILE_BODY)
async def audience(
    request: Request,
    calling: Calling,
    name: Annotated[str, Query(max_length=LONGEST_NAME, description="The name of the list; one that is not there is made.")],
    change: Annotated[Change, Query(description="Whether the people of the file come to it, go from it, or are all of it from now on.")],
    expires_at: Annotated[AwareDatetime | None, Query(description="From when on nobody is on it; otherwise as it was.")] = None,
) -> Any:  # noqa: ANN401 - a document, as the response model says
    """Change a list of people by a file that names them, and say what became of each row. A manifest can say what they are named by."""
    desk, segments = calling.desk, _segments(calling)
    await to_thread.run_sync(segments.assert_fillable, name, change)
    await to_thread.run_sync(desk.demand_upload, transfer.least_size(request))

    def begin(body: transfer.Body) -> AbstractContextManager[Incoming]:
        return desk.looking_at(file_name=body.file_name, request=(body.manifest or Manifest(Mapping())).request, total=body.total)

    def fill(incoming: Incoming) -> dict[str, Any]:
        with desk.listing(incoming) as listing:
            return segments.fill(name, listing, change, expires_at)

    async with AsyncExitStack() as stack:
        incoming = await transfer.take_in(request, stack, begin)
        return await to_thread.run_sync(partial(fill, incoming), limiter=events.heavy(request))


@router.get("", response_model=Segments, responses=may_answer())
def list_(
    calling: Calling, name: Annotated[str | None, Query(description="Only the one of this name, in any case.")] = None
) -> dict[str, Any]:
    """Show the saved segments, by their names."""
    return {"segments": _segments(calling).list(name)}


@router.post("", status_code=201, response_model=SavedSegment, responses=may_answer(404, 409))
def save(calling: Calling, asked: NewSegment) -> dict[str, Any]:
    """Save a segment. Its filter may name other segments: `in segment "Spring list"`."""
    return _segments(calling).save(_wish(asked))


@router.get("/{segment_id}", response_model=Segment, responses=may_answer(404))
def show(calling: Calling, segment_id: SegmentId) -> dict[str, Any]:
    """Show a saved segment."""
    return _segments(calling).show(segment_id)


@router.put("/{segment_id}", response_model=SavedSegment, responses=may_answer(404, 409))
def change(calling: Calling, segment_id: SegmentId, asked: ChangedSegment) -> dict[str, Any]:
    """Make another of a segment. Filters that name it go on doing so, also under another name."""
    return _segments(calling).change(segment_id, _wish(asked))


@router.delete("/{segment_id}", status_code=204, response_class=Response, responses=may_answer(404, 409))
def delete(calling: Calling, segment_id: SegmentId) -> Response:
    """Forget a segment; the people stay. One that filters of others name is not forgotten."""
    _segments(calling).delete(segment_id)
    return Response(status_code=204)


@router.post("/{segment_id}/count", response_model=Counted, response_model_exclude_unset=True, responses=may_answer(404, 409))
def count_of(calling: Calling, segment_id: SegmentId) -> dict[str, Any]:
    """Count the people of a segment."""
    desk = _segments(calling)
    return desk.count(desk.filter_of(segment_id))


@router.post("/{segment_id}/export", response_class=StreamingResponse, responses=may_answer(404, 409, 507))
def export(calling: Calling, segment_id: SegmentId, asked: SegmentExport) -> StreamingResponse:
    """Give out the people of a segment, as a file. Uploading a CSV file again as it is changes nothing."""
    return given_out(calling, _segments(calling).filter_of(segment_id, Right.EXPORT, Right.SEE_PERSONAL_DATA), asked.columns, asked.format)


def _segments(calling: Caller) -> SegmentDesk:
    desk: SegmentDesk = calling.house.segments(calling.principal)
    return desk


def _wish(asked: NewSegment | ChangedSegment) -> Wish:
    return Wish(name=asked.name, filter=asked.filter, description=asked.description, kind=asked.kind, expires_at=asked.expires_at)
