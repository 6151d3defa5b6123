"""Reach: how many people a message reaches on each channel, why not the others, and who they are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from headcount.auth.rights import Right
from headcount.campaigns.reach import Place
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel
from headcount.segments.filter import InSegment
from headcount.segments.grammar import render
from headcount.web.building import EVERYBODY
from headcount.web.person_words import address
from headcount.web.reach_words import PLACES, charts, why
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting
from headcount.web.words import CHANNELS

router = APIRouter(include_in_schema=False)

REACH = "/reach"
#: People on a page.
PAGE = 100


@router.get(REACH)
def ask(request: Request, visit: Visiting) -> Response:
    """The form, filled in for everybody."""
    return _page(request, visit, EVERYBODY)


# A filter can name a person: it travels in the body, where neither history nor log keeps it, and so the answer is the page itself.
@router.post(REACH)
def count(request: Request, visit: Visiting, condition: Annotated[str, Form()] = "") -> Response:
    """The waterfalls of all channels."""
    try:
        found = visit.house.reach(visit.principal).reach(condition, list(Channel))
    except WrongCall as error:
        return _not_counted(request, visit, condition, error)
    return _page(request, visit, condition, charts=charts(found["channels"]), found=found)


@router.post(REACH + "/people")
def people(
    request: Request,
    visit: Visiting,
    channel: Annotated[Channel, Form()],
    place: Annotated[Place, Form()],
    condition: Annotated[str, Form()] = "",
) -> Response:
    """The people of one place."""
    sees = visit.principal.may(Right.SEE_PERSONAL_DATA)
    try:
        found = visit.house.reach(visit.principal).people(condition, channel, place, PAGE + 1)
    except WrongCall as error:
        return _not_counted(request, visit, condition, error)
    return page(
        request,
        "reach/people.html",
        visit,
        condition=condition,
        channel=CHANNELS[channel],
        place=PLACES[place],
        why=why(place, channel),
        channel_name=channel.value,
        place_name=place.value,
        people=[{**each, "href": address(each["identity"]) if sees else None} for each in found[:PAGE]],
        more=len(found) > PAGE,
    )


def _not_counted(request: Request, visit: Visit, condition: str, error: WrongCall) -> Response:
    if error.code == "right_missing":
        raise error
    return _page(request, visit, condition, 400, error=error)


def _page(request: Request, visit: Visit, condition: str, status: int = 200, **shown: object) -> Response:
    saved = [(render(InSegment(name)), name) for name in visit.house.segments(visit.principal).names().values()]
    nothing = {"charts": None, "found": None, "error": None, "saved": saved}
    return page(request, "reach/reach.html", visit, status, **{"condition": condition, **nothing, **shown})
