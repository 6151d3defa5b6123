"""Records of one person, and pages of people or events."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from headcount.api.caller import Caller, Calling
from headcount.api.clevertap.answers import VendorAnswer, may_answer
from headcount.api.clevertap.body import Body, read_object, takes
from headcount.errors import WrongCall
from headcount.people.cursors import Kind
from headcount.segments.store import Named

routes = APIRouter(tags=["CleverTap's API"])

_QUERY = {"event_name": "Charged", "from": 20240101, "to": 20240131}
#: Records of a page at most, and where the call does not say.
_MOST, _FEW = 5000, 10

Size = Annotated[int, Query(ge=1, le=_MOST, description="Records of a page.", examples=[100])]
Asked = Annotated[str | None, Query(description="The query, as JSON.", examples=['{"event_name":"Charged"}'])]
Place = Annotated[str | None, Query(description="The page to give, in place of a query.")]
_NAMES: tuple[Named, ...] = ("email", "identity", "objectId")


@routes.get("/profile.json", responses=may_answer(404))
def profile(
    calling: Calling,
    request: Request,
    email: Annotated[str | None, Query(description="The e-mail address, in any case.", examples=["ann@example.com"])] = None,
    identity: Annotated[str | None, Query(description="The identity.", examples=["00123"])] = None,
    objectId: Annotated[str | None, Query(description="The id of a device.")] = None,  # noqa: N803 - as clients write it
) -> dict[str, Any]:
    """Give the record of one person. A `+` in the address of the call is a plus."""
    given = dict(zip(_NAMES, (email, identity, objectId), strict=True))
    named = next((name for name in _NAMES if given[name]), None)
    if named is None:
        raise WrongCall("name_missing", "Say whom: by email, identity or objectId.")
    return {"status": "success", "record": calling.house.records(calling.principal).record(named, _plain(request, named))}


def _plain(request: Request, name: str) -> str:
    """A parameter in which clients leave the plus as it is, which otherwise stands for a blank."""
    pairs = (pair.partition("=") for pair in request.scope["query_string"].decode("latin-1").split("&"))
    return next((unquote(value) for key, _, value in reversed([*pairs]) if unquote(key) == name), "")


@routes.post("/profiles.json", responses=may_answer(), openapi_extra=takes(_QUERY))
def begin_profiles(calling: Calling, body: Body, batch_size: Size = _FEW) -> dict[str, Any]:
    """Begin to take out the people whom a query finds: gives the cursor of the first page."""
    return _begun(calling, "profiles", body, batch_size)


@routes.get("/profiles.json", responses=may_answer(404))
def profiles(calling: Calling, query: Asked = None, cursor: Place = None, batch_size: Size = _FEW) -> Response:
    """Give a page of people, or the cursor of the first one for a query."""
    return _answered(calling, "profiles", query, cursor, batch_size)


@routes.post("/events.json", responses=may_answer(), openapi_extra=takes(_QUERY))
def begin_events(calling: Calling, body: Body, batch_size: Size = _FEW) -> dict[str, Any]:
    """Begin to take out the events that a query finds: gives the cursor of the first page."""
    return _begun(calling, "events", body, batch_size)


@routes.get("/events.json", responses=may_answer(404))
def events(calling: Calling, query: Asked = None, cursor: Place = None, batch_size: Size = _FEW) -> Response:
    """Give a page of events, or the cursor of the first one for a query."""
    return _answered(calling, "events", query, cursor, batch_size)


def _begun(calling: Caller, kind: Kind, query: dict[str, Any], size: int) -> dict[str, Any]:
    return {"status": "success", "cursor": calling.house.records(calling.principal).begin(kind, query, size)}


def _answered(calling: Caller, kind: Kind, query: str | None, cursor: str | None, size: int) -> Response:
    if cursor is not None:
        records, following = calling.house.records(calling.principal).page(kind, cursor)
        # The engine has written each of them as JSON already. A cursor has no letter that JSON would have to escape.
        further = f',"next_cursor":"{following}"' if following else ""
        return Response(f'{{"status":"success"{further},"records":[{",".join(records)}]}}', media_type=VendorAnswer.media_type)
    if query is None:
        raise WrongCall("query_invalid", "Send a query, or a cursor.")
    return VendorAnswer(_begun(calling, kind, read_object(query), size))
