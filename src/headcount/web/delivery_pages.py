"""The settings of delivery: how often people are messaged at most, and how many are not messaged at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from headcount.auth.rights import Right
from headcount.campaigns.delivery import ALL, MOST_DAYS, MOST_HOURS, MOST_MESSAGES
from headcount.campaigns.reach import Cap
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting
from headcount.web.words import CHANNELS

router = APIRouter(include_in_schema=False)

DELIVERY = "/settings/delivery"
_LIMITS = {"messages": MOST_MESSAGES, "days": MOST_DAYS, "gap_hours": MOST_HOURS, "control_percent": ALL}
#: A field of the form that is there once a channel, in the order of the channels.
_Each = Annotated[list[str] | None, Form()]


@router.get(DELIVERY)
def delivery(request: Request, visit: Visiting, done: str = "") -> Response:
    """What holds, in a form."""
    visit.principal.demand(Right.MANAGE_DELIVERY)
    said = "It holds from now on." if done == "delivery" else None
    return _page(request, visit, visit.house.reach(visit.principal).delivery(), done=said)


@router.post(DELIVERY)
def set_delivery(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    visit: Visiting,
    messages: _Each = None,
    days: _Each = None,
    gap_hours: _Each = None,
    control_percent: Annotated[str, Form()] = "",
) -> Response:
    """Say what holds from now on."""
    desk = visit.house.reach(visit.principal)
    visit.principal.demand(Right.MANAGE_DELIVERY)
    try:
        caps = zip(Channel, _numbers(messages), _numbers(days), _numbers(gap_hours), strict=True)
        desk.set_delivery({channel: Cap(*limits) for channel, *limits in caps}, _number(control_percent))
    except WrongCall as error:
        return _page(request, visit, desk.delivery(), 400, error=error)
    return RedirectResponse(f"{DELIVERY}?done=delivery", 303)


def _numbers(given: Sequence[str] | None) -> list[int]:
    if given is None or len(given) != len(Channel):
        raise WrongCall("form_invalid", "The form was not complete.", "Fill it in again.")
    return [_number(each) for each in given]


def _number(given: str) -> int:
    text = given.strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_HOURS))):
        raise WrongCall("delivery_invalid", "Limits are whole numbers.")
    return int(text)


def _page(request: Request, visit: Visit, holds: dict[str, Any], status: int = 200, **shown: object) -> Response:
    said = {"done": None, "error": None, **shown}
    return page(request, "settings/delivery.html", visit, status, holds=holds, channels=CHANNELS, limits=_LIMITS, **said)
