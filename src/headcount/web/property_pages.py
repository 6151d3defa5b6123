"""The properties of an account: what is known of people, of how many, and what may be done about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from headcount.auth.rights import Right
from headcount.errors import WrongCall
from headcount.people.properties import LONGEST_DESCRIPTION, PropertyDesk
from headcount.profiles.properties import NAME_LIMIT
from headcount.values.types import Type
from headcount.web import property_words as say
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting

router = APIRouter(include_in_schema=False)

PROPERTIES = "/properties"
#: How many uploads are called by their names; older ones by their ids.
_NAMED = 500

Name = Annotated[str, Form()]


@router.get(PROPERTIES)
def properties(request: Request, visit: Visiting, q: str = "", hidden: str = "", done: str = "") -> Response:
    """All of them, or those whose name or description holds the text."""
    found = _desk(visit).list()
    listed = say.found(found["properties"], q.strip(), hidden=bool(hidden))
    return page(
        request,
        "properties/list.html",
        visit,
        people=found["people"],
        properties=[each for each in listed if not say.is_empty(each)],
        empty=[each for each in listed if say.is_empty(each)],
        hidden=sum(each["hidden"] for each in found["properties"]),
        showing_hidden=bool(hidden),
        stale=any(each["stale"] for each in found["properties"]),
        counted=say.counted(found["properties"], _now()),
        uploads=_uploads(visit),
        text=q,
        deleted=done == "deleted",
        say=say,
    )


@router.get(PROPERTIES + "/{name:path}")
def one(  # noqa: PLR0913, PLR0917 - what may be asked of the page
    request: Request, visit: Visiting, name: str, retype: Type | None = None, delete: str = "", done: str = ""
) -> Response:
    """One property; with `retype` what another type would do, with `delete` the question whether it is to be deleted."""
    return _page(request, visit, name, retype=retype, deleting=bool(delete), done=done)


@router.post(PROPERTIES + "/rename")
def rename(request: Request, visit: Visiting, name: Name, wanted: Annotated[str, Form()] = "") -> Response:
    """Call it otherwise."""
    try:
        after = _desk(visit).rename(name, wanted)["name"]
    except WrongCall as error:
        return _refused(request, visit, name, error)
    return _back(after, "renamed")


@router.post(PROPERTIES + "/describe")
def describe(request: Request, visit: Visiting, name: Name, description: Annotated[str, Form()] = "") -> Response:
    """Say what it is."""
    try:
        _desk(visit).describe(name, description)
    except WrongCall as error:
        return _refused(request, visit, name, error)
    return _back(name, "described")


@router.post(PROPERTIES + "/hide")
def hide(visit: Visiting, name: Name, hidden: Annotated[bool, Form()]) -> Response:
    """Leave it out where nobody asks for it, or no longer."""
    _desk(visit).hide(name, hidden=hidden)
    return _back(name, "hidden" if hidden else "shown")


@router.post(PROPERTIES + "/retype")
def retype(request: Request, visit: Visiting, name: Name, wanted: Annotated[Type, Form()]) -> Response:
    """Give it another type."""
    try:
        _desk(visit).retype(name, wanted)
    except WrongCall as error:
        return _refused(request, visit, name, error)
    return _back(name, "retyped")


@router.post(PROPERTIES + "/delete")
def delete(request: Request, visit: Visiting, name: Name, typed: Annotated[str, Form()] = "") -> Response:
    """Remove it, where its name was typed."""
    try:
        _desk(visit).delete(name, typed.strip())
    except WrongCall as error:
        return _refused(request, visit, name, error, deleting=True)
    return RedirectResponse(f"{PROPERTIES}?done=deleted", 303)


def _refused(request: Request, visit: Visit, name: str, error: WrongCall, *, deleting: bool = False) -> Response:
    if error.code in {"right_missing", "property_unknown"}:
        raise error
    return _page(request, visit, name, deleting=deleting, error=error)


def _page(  # noqa: PLR0913 - what may be asked of the page
    request: Request,
    visit: Visit,
    name: str,
    *,
    retype: Type | None = None,
    deleting: bool = False,
    done: str = "",
    error: WrongCall | None = None,
) -> Response:
    desk = _desk(visit)
    document = desk.show(name)
    tends = visit.principal.may(Right.MANAGE_PROPERTIES) and not document["system"]
    return page(
        request,
        "properties/property.html",
        visit,
        400 if error else 200,
        document=document,
        at=say.address(name),
        preview=desk.would_retype(name, retype) if tends and retype else None,
        removed=desk.would_delete(name) if tends and deleting else None,
        counted=say.counted([document], _now()),
        uploads=_uploads(visit),
        limits={"name": NAME_LIMIT, "description": LONGEST_DESCRIPTION},
        done=_DONE.get(done),
        error=error,
        say=say,
    )


_DONE = {
    "renamed": (
        "It has another name",
        "Values, their origins and remembered mappings stay with it. Reports of uploads show the name of their time.",
    ),
    "described": ("The description is kept", ""),
    "hidden": ("It is hidden", "Its values are kept. Exports and pages leave it out unless it is asked for."),
    "shown": ("It is shown again", ""),
    "retyped": ("It has another type", "Its values are being counted again."),
}


def _back(name: str, done: str) -> Response:
    return RedirectResponse(f"{say.address(name)}?done={done}", 303)


def _uploads(visit: Visit) -> dict[str, dict[str, object]]:
    return {each["id"]: each for each in visit.desk.list(limit=_NAMED)}


def _desk(visit: Visit) -> PropertyDesk:
    return visit.house.properties(visit.principal)


def _now() -> datetime:
    return datetime.now(UTC)
