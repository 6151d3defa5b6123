"""The people behind the numbers of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response

from headcount.profiles.store import Part
from headcount.web.render import page
from headcount.web.visit import HOME, Visiting

router = APIRouter(include_in_schema=False)

_PAGE = 100
_LARGEST = 2**62
_TITLES: Mapping[Part, str] = {"created": "People it created", "updated": "People it changed"}


@router.get(HOME + "/{upload_id}/people/{part}")
def people(
    request: Request,
    visit: Visiting,
    upload_id: str,
    part: Annotated[Part, Path()],
    after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
) -> Response:
    """Whom an upload created or changed, by the rows that did."""
    document, found = visit.desk.show(upload_id), visit.desk.people(upload_id, part, after=after, limit=_PAGE)
    upload, ledger = document["upload"], document["ledger"] or {}
    return page(
        request,
        "upload/people.html",
        visit,
        upload=upload,
        at=f"{HOME}/{quote(upload['id'], safe='')}",
        title=_TITLES[part],
        count=ledger.get(part, 0),
        people=found,
        after=after,
        more=found[-1]["row"] if len(found) >= _PAGE else None,
    )
