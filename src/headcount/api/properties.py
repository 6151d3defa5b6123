"""Properties over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.convertors import PathConvertor, register_url_convertor

from headcount.api.caller import Caller, Calling
from headcount.api.errors import may_answer
from headcount.api.property_shapes import Deleted, OneProperty, Properties, PropertyChanges, RetypeAsked, Retyped
from headcount.people.properties import PropertyDesk


class _Name(PathConvertor):
    """A name, which can have slashes; what ends as another path does is that path, also for a method that it does not take."""

    regex = ".*(?<!/retype)"


register_url_convertor("property", _Name())
router = APIRouter(prefix="/api/v1", tags=["Properties"])

Name = Annotated[str, Path(description="The name, percent-encoded.", examples=["plan"])]


@router.get("/properties", response_model=Properties, responses=may_answer())
def properties(calling: Calling) -> dict[str, Any]:
    """Show every property, with its type and what is known of its values.

    The numbers are counted in the background after values were written; `counted_at` says when. Without the right to see personal data,
    texts and values that fewer than ten people have are covered.
    """
    return _desk(calling).list()


@router.post("/properties/{name:path}/retype", response_model=Retyped, response_model_exclude_none=True, responses=may_answer(404, 409))
def retype(calling: Calling, name: Name, asked: RetypeAsked) -> dict[str, Any]:
    """Change the type of a property. Values that cannot be of the new type are cleared, and counted."""
    if asked.preview:
        return _desk(calling).would_retype(name, asked.type)
    return _desk(calling).retype(name, asked.type)


@router.get("/properties/{name:property}", response_model=OneProperty, responses=may_answer(404))
def show(calling: Calling, name: Name) -> dict[str, Any]:
    """Show one property, and what names it: remembered mappings, uploads that wait, segments."""
    return _desk(calling).show(name)


@router.patch("/properties/{name:property}", response_model=OneProperty, responses=may_answer(404, 409))
def change(calling: Calling, name: Name, asked: PropertyChanges) -> dict[str, Any]:
    """Rename, describe, hide or show a property. Values, their origins and remembered mappings stay with it."""
    return _desk(calling).change(name, asked.name, asked.description, hidden=asked.hidden)


@router.delete("/properties/{name:property}", response_model=Deleted, response_model_exclude_none=True, responses=may_answer(404, 409))
def delete(
    calling: Calling,
    name: Name,
    confirm: Annotated[str | None, Query(description="The name once more.", examples=["plan"])] = None,
    *,
    preview: Annotated[bool, Query(description="Only say what would be removed.")] = False,
) -> dict[str, Any]:
    """Remove a property with all its values for good, those that are kept for undos too."""
    return _desk(calling).would_delete(name) if preview else _desk(calling).delete(name, confirm)


def _desk(calling: Caller) -> PropertyDesk:
    return calling.house.properties(calling.principal)
