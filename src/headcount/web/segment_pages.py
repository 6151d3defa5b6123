"""Segments: the saved ones, and the page where one is built: conditions, the same as text, and whom they mean, while somebody writes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import FormData

from headcount.auth.rights import Right
from headcount.errors import WrongCall
from headcount.people import outgoing
from headcount.people.segments import SegmentDesk, Wish
from headcount.profiles.columns import PUSH_DEVICES
from headcount.profiles.properties import IDENTITY
from headcount.segments.filter import InSegment
from headcount.segments.grammar import render
from headcount.segments.saved import Kind
from headcount.web import filter_words, segment_words
from headcount.web.building import Building, of_form, of_text
from headcount.web.person_words import found_person, shown
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting
from headcount.web.words import CHANNELS

router = APIRouter(include_in_schema=False)

SEGMENTS = "/segments"
NEW, ONE = SEGMENTS + "/new", SEGMENTS + "/{segment_id}"
#: People and values that are shown, values that are suggested, and uploads that can be chosen.
_PEOPLE, _VALUES, _SUGGESTED, _UPLOADS = 8, 10, 50, 100
#: The longest time for which a list is kept that expires, in days.
_MOST_DAYS = 3_650
_SAID = {"saved": "The segment is saved.", "deleted": "The segment is deleted. The people are still there."}


async def _fields(request: Request) -> AsyncIterator[FormData]:
    async with request.form() as form:
        yield form


Fields = Annotated[FormData, Depends(_fields)]


@router.get(SEGMENTS)
def segments(request: Request, visit: Visiting, done: str = "") -> Response:
    """The saved segments."""
    return page(request, "segments/list.html", visit, segments=_desk(visit).list(), say=segment_words, done=_SAID.get(done))


@router.get(NEW)
def new(request: Request, visit: Visiting) -> Response:
    """An empty page to build on."""
    return _page(request, visit, of_text(""), None)


@router.post(NEW)
def build(request: Request, visit: Visiting, form: Fields) -> Response:
    """The page after another step of building, or the segment saved."""
    return _built(request, visit, form, None, _desk(visit).save)


# Before the paths that hold an id.
@router.post(SEGMENTS + "/values")
def values(request: Request, visit: Visiting, property_: Annotated[str, Form(alias="property")] = "") -> Response:
    """Some values of a property, to choose from."""
    sees = visit.principal.may(Right.SEE_PERSONAL_DATA)
    try:
        found = _desk(visit).some_values(property_, _SUGGESTED) if sees else ()
    except WrongCall:
        # There is no such property; the count says so.
        found = ()
    return page(request, "segments/values.html", visit, values=[shown(value) for value in found])


@router.post(SEGMENTS + "/export")
def export(visit: Visiting, condition: Annotated[str, Form()] = "") -> Response:
    """The people whom a filter matches, as a CSV that can be uploaded again."""
    file = outgoing.written(visit.people, visit.house.settings.data, condition, None, "csv")
    headers = {"Content-Length": str(file.size), "Content-Disposition": 'attachment; filename="people.csv"'}
    return StreamingResponse(file.blocks(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get(SEGMENTS + "/file")
def file(request: Request, visit: Visiting, name: str = "") -> Response:
    """Where a list is made or changed by a file."""
    for right in (Right.EDIT_CAMPAIGNS, Right.UPLOAD):
        visit.principal.demand(right)
    lists = [each["name"] for each in _desk(visit).list() if each["kind"] == "frozen"]
    return page(request, "segments/file.html", visit, name=name, lists=lists, limit=visit.house.settings.file_limit_bytes)


@router.get(ONE)
def segment(request: Request, visit: Visiting, segment_id: str, done: str = "", delete: str = "") -> Response:
    """A segment as it is saved."""
    found = _desk(visit).show(segment_id)
    return _page(request, visit, of_text(found["filter"] or _named(found)), found, done=_SAID.get(done), deleting=bool(delete))


@router.get(ONE + "/count")
def count(request: Request, visit: Visiting, segment_id: str) -> Response:
    """How many people are in it: for the list, which does not wait for the numbers."""
    desk = _desk(visit)
    try:
        counted = desk.count(desk.filter_of(segment_id))["count"]
    except WrongCall as error:
        # Such as a property that it asks for and that was deleted.
        return page(request, "segments/count.html", visit, count=None, fault=error)
    return page(request, "segments/count.html", visit, count=counted)


@router.post(ONE)
def rebuild(request: Request, visit: Visiting, segment_id: str, form: Fields) -> Response:
    """The page after another step of building, or the segment saved."""
    desk = _desk(visit)
    return _built(request, visit, form, desk.show(segment_id), partial(desk.change, segment_id))


@router.post(ONE + "/delete")
def delete(request: Request, visit: Visiting, segment_id: str) -> Response:
    """Forget it."""
    desk = _desk(visit)
    try:
        desk.delete(segment_id)
    except WrongCall as error:
        if error.code != "segment_used":
            raise
        found = desk.show(segment_id)
        return _page(request, visit, of_text(found["filter"] or _named(found)), found, 409, fault=error)
    return RedirectResponse(f"{SEGMENTS}?done=deleted", 303)


def _built(
    request: Request, visit: Visit, form: FormData, segment: Mapping[str, Any] | None, save: Callable[[Wish], Mapping[str, Any]]
) -> Response:
    is_list = segment is not None and segment["filter"] is None
    built = of_text(_named(segment)) if segment is not None and is_list else of_form(form, _types(visit).get)
    by = str(form.get("by") or "")
    if form.get("do") != "save":
        return _page(request, visit, built, segment, by=by, given=form)
    try:
        if not is_list:
            built.assert_finished()
        saved = save(_wish(form, None if is_list else built.condition, segment))
    except WrongCall as error:
        if error.code == "right_missing":
            raise
        return _page(request, visit, built, segment, 400, by=by, given=form, fault=error)
    return RedirectResponse(f"{SEGMENTS}/{quote(saved['id'], safe='')}?done=saved", 303)


def _wish(form: FormData, condition: str | None, segment: Mapping[str, Any] | None) -> Wish:
    kind: Kind = "frozen" if form.get("kind") == "frozen" or condition is None else "live"
    name, description, days = (str(form.get(field) or "").strip() for field in ("called", "description", "days"))
    if kind == "live" and days:
        raise WrongCall("segment_invalid", "A live segment does not expire.", "Freeze it, or leave the number of days blank.")
    expires = _expiry(days, segment) if kind == "frozen" else None
    if segment and segment["kind"] == kind == "frozen" and condition == segment["filter"] and not form.get("anew"):
        # Another name or time leaves its people alone.
        condition = None
    return Wish(name=name, filter=condition, description=description, kind=kind, expires_at=expires)


def _expiry(days: str, segment: Mapping[str, Any] | None) -> datetime | None:
    """So many days from now; without a number as it was."""
    if not days:
        return datetime.fromisoformat(segment["expires_at"]) if segment and segment["expires_at"] and not segment["expired"] else None
    if not (days.isascii() and days.isdigit() and len(days) < 5 and 0 < int(days) <= _MOST_DAYS):  # noqa: PLR2004 - digits of the most
        raise WrongCall("segment_invalid", "That is no number of days.", f"It is a whole number from 1 to {_MOST_DAYS:,}, or nothing.")
    return datetime.now(UTC) + timedelta(days=int(days))


def _page(  # noqa: PLR0913 - what is built, of which segment, and what is said beside it
    request: Request,
    visit: Visit,
    built: Building,
    segment: Mapping[str, Any] | None,
    status: int = 200,
    *,
    by: str = "",
    given: FormData | None = None,
    fault: WrongCall | None = None,
    done: str | None = None,
    deleting: bool = False,
) -> Response:
    types = _types(visit)
    return page(
        request,
        "segments/segment.html",
        visit,
        status,
        at=NEW if segment is None else f"{SEGMENTS}/{quote(segment['id'], safe='')}",
        segment=segment,
        built=built,
        answer=_answer(visit, built, segment, by),
        by=by,
        types=types,
        options=_options(visit, types, segment),
        words=filter_words,
        say=segment_words,
        form=given or {},
        fault=fault,
        done=done,
        deleting=deleting,
    )


def _options(visit: Visit, types: Mapping[str, str], segment: Mapping[str, Any] | None) -> Mapping[str, Sequence[tuple[str, str]]]:
    """What can be chosen, each with its word."""
    desk = _desk(visit)
    others = [name for id_, name in desk.names().items() if segment is None or id_ != segment["id"]]
    return {
        "properties": [(name, name) for name in types],
        "channels": list(CHANNELS.items()),
        "events": [(name, name) for name in desk.event_names()],
        "uploads": [(each["id"], each["name"]) for each in visit.desk.list(limit=_UPLOADS)],
        "segments": [(name, name) for name in others],
    }


def _answer(visit: Visit, built: Building, segment: Mapping[str, Any] | None, by: str) -> Mapping[str, Any]:
    """Whom a filter means: how many, some of them, and how they fall apart by a property; or why that cannot be said."""
    if built.error:
        return {"error": built.error}
    # As long as nobody has changed the filter it is the segment: its list, or values that not everybody sees.
    kept = segment is not None and built.text == segment["filter"]
    desk, condition = _desk(visit), _named(segment) if segment is not None and kept else built.condition
    try:
        counted = desk.count(condition)
        people = [found_person(each) for each in desk.people(condition, _PEOPLE)]
        broken = _broken_down(desk, visit, condition, by) if by else None
    except WrongCall as error:
        if error.code == "right_missing":
            raise
        return {"error": error}
    return {"error": None, "condition": condition, "expired": (), **counted, "people": people, "breakdown": broken}


def _broken_down(desk: SegmentDesk, visit: Visit, condition: str, by: str) -> Mapping[str, Any] | None:
    if not visit.principal.may(Right.SEE_PERSONAL_DATA):
        return None
    told = desk.breakdown(condition, by, _VALUES)
    return {**told, "bars": segment_words.bars(told)}


def _types(visit: Visit) -> Mapping[str, str]:
    """From what can be asked for to its type."""
    return {IDENTITY: "string", **visit.house.properties(visit.principal).types(), PUSH_DEVICES: "integer"}


def _named(segment: Mapping[str, Any]) -> str:
    return render(InSegment(segment["name"]))


def _desk(visit: Visit) -> SegmentDesk:
    return visit.house.segments(visit.principal)
