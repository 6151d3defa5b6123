"""Find People: by identity, name, e-mail address or phone number, or by a filter, while somebody types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from headcount.auth.rights import Right
from headcount.errors import WrongCall
from headcount.web.building import EVERYBODY
from headcount.web.person_pages import PEOPLE, person_page
from headcount.web.person_words import found_person
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting

router = APIRouter(include_in_schema=False)

#: People on the page; of more, it says that there are more.
SHOWN = 20


@router.get(PEOPLE)
def people(request: Request, visit: Visiting, identity: str = "", erase: str = "", done: str = "") -> Response:
    """Where somebody types whom they look for, and who changed last; the page of a person whose identity cannot stand in a path."""
    if identity:
        return person_page(request, visit, identity, erasing=bool(erase))
    return _page(request, visit, _latest(visit), done=done)


@router.post(PEOPLE)
def found(request: Request, visit: Visiting, q: Annotated[str, Form()] = "", condition: Annotated[str, Form()] = "") -> Response:
    """Whom the text finds, or a filter. Both are sent as a form, so that no address or name of a person stands in an address of a page."""
    text = q.strip()
    if condition.strip() and not text:
        return _page(request, visit, _meant(visit, condition), condition=condition)
    return _page(request, visit, _found(visit, text) if text else _latest(visit), text=text)


def _latest(visit: Visit) -> Mapping[str, Any]:
    """Who changed last, and how many people there are."""
    return {**_listed(visit.people.latest(SHOWN)), "count": visit.house.segments(visit.principal).count(EVERYBODY)["count"]}


def _found(visit: Visit, text: str) -> Mapping[str, Any]:
    # One more, to know whether there are more.
    return _listed(visit.people.find(text, SHOWN + 1))


def _meant(visit: Visit, condition: str) -> Mapping[str, Any]:
    """Whom a filter matches, or why that cannot be said."""
    desk = visit.house.segments(visit.principal)
    try:
        return {**_listed(desk.people(condition, SHOWN + 1)), **desk.count(condition)}
    except WrongCall as error:
        if error.code == "right_missing":
            raise
        return {**_listed(()), "fault": error}


def _listed(documents: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    people = [found_person(each) for each in documents[:SHOWN]]
    return {"people": people, "more": len(documents) > SHOWN, "count": None, "fault": None}


def _page(request: Request, visit: Visit, found: Mapping[str, Any], **said: str) -> Response:
    """`said` may have `done`, what was done before, and the `text` or the filter, `condition`, that was asked for."""
    sees, erases = (visit.principal.may(right) for right in (Right.SEE_PERSONAL_DATA, Right.ERASE_PEOPLE))
    shown: dict[str, Any] = {"done": "", "condition": "", "text": "", "found": found, "sees": sees, "shown": SHOWN, **said}
    is_asked = shown["condition"] or shown["text"]
    shown["traces"] = visit.house.scrub(visit.principal).state() if erases and not is_asked else None
    return page(request, "people/find.html", visit, **shown)
