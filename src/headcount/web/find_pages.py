"""Find People: by identity, name, e-mail address or phone number, while somebody types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from headcount.auth.rights import Right
from headcount.web.person_pages import PEOPLE, person_page
from headcount.web.person_words import found_person
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting

router = APIRouter(include_in_schema=False)

#: People on the page; of more, it says that there are more.
SHOWN = 20


@router.get(PEOPLE)
def people(request: Request, visit: Visiting, identity: str = "", erase: str = "", done: str = "") -> Response:
    """Where somebody types whom they look for; the page of a person whose identity cannot stand in a path."""
    if identity:
        return person_page(request, visit, identity, erasing=bool(erase))
    return _page(request, visit, "", None, done=done)


@router.post(PEOPLE)
def found(request: Request, visit: Visiting, q: Annotated[str, Form()] = "", condition: Annotated[str, Form()] = "") -> Response:
    """Whom the text finds, or a filter. Both are sent as a form, so that no address or name of a person stands in an address of a page."""
    text = q.strip()
    if condition.strip() and not text:
        return _page(request, visit, "", _meant(visit, condition), condition=condition)
    return _page(request, visit, text, _found(visit, text) if text else None)


def _found(visit: Visit, text: str) -> Mapping[str, Any]:
    # One more, to know whether there are more.
    return _listed(visit.people.find(text, SHOWN + 1))


def _meant(visit: Visit, condition: str) -> Mapping[str, Any]:
    """Whom a filter matches."""
    return _listed(visit.house.segments(visit.principal).people(condition, SHOWN + 1))


def _listed(documents: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"people": [found_person(each) for each in documents[:SHOWN]], "more": len(documents) > SHOWN}


def _page(request: Request, visit: Visit, text: str, found: Mapping[str, Any] | None, **said: str) -> Response:
    """`said` may have `done`, what was done before, and `condition`, the filter that was asked for."""
    sees, erases = (visit.principal.may(right) for right in (Right.SEE_PERSONAL_DATA, Right.ERASE_PEOPLE))
    shown: dict[str, Any] = {"done": "", "condition": "", "text": text, "found": found, "sees": sees, "shown": SHOWN, **said}
    shown["traces"] = visit.house.scrub(visit.principal).state() if erases and found is None else None
    return page(request, "people/find.html", visit, **shown)
