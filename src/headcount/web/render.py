"""Templates to pages: one environment, in which what a person typed is never markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from headcount.auth.rights import Right
from headcount.web import words
from headcount.web.static_files import static
from headcount.web.visit import Visit

#: The width of a bar, in the units of its picture.
WIDTH = 1000
#: The least width of a part that is not nothing, so that it is seen.
_LEAST = 8


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation."""

    href: str
    label: str
    current: bool


# A browser that may tell nobody where it comes from does not tell our own forms either, and then no sign-in is known to be ours.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
_PLACES = (
    ("/uploads", "CSV uploads", "/uploads"),
    ("/people", "People", "/people"),
    ("/segments", "Segments", "/segments"),
    ("/reach", "Reach", "/reach"),
    ("/properties", "Properties", "/properties"),
    ("/settings/profile", "Settings", "/settings"),
)

#: The pages of the settings, and the right without which each is not shown.
SETTINGS: Sequence[tuple[str, str, Right | None]] = (
    ("/settings/profile", "Your profile", None),
    ("/settings/users", "Users", Right.MANAGE_USERS),
    ("/settings/passcodes", "Passcodes", Right.MANAGE_PASSCODES),
    ("/settings/delivery", "Delivery", Right.MANAGE_DELIVERY),
    ("/settings/audit", "Audit log", Right.READ_AUDIT),
)


def page(request: Request, template: str, visit: Visit | None, status: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401 - a template takes anything
    """A page made of the template, for whoever visits; None is somebody who is not signed in. A page of an account is kept nowhere."""
    html = ENVIRONMENT.get_template(template).render(**_frame(request, visit), **context)
    return HTMLResponse(html, status, _HEADERS)


def settings_links(request: Request, visit: Visit) -> list[Link]:
    """The settings that the visitor may see."""
    seen = [(href, label) for href, label, right in SETTINGS if right is None or visit.principal.may(right)]
    return [Link(href, label, request.url.path == href) for href, label in seen]


def bar(parts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The parts of a stacked bar that are not nothing, each with its place `x`, its `width` and its `percent` of the whole."""
    some = [part for part in parts if part["count"]]
    whole = sum(part["count"] for part in some)
    widths = _widths([part["count"] for part in some])
    places = [sum(widths[:index]) for index in range(len(widths))]
    return [
        {**part, "x": round(x, 2), "width": round(width, 2), "percent": words.percent(part["count"], whole)}
        for part, x, width in zip(some, places, widths, strict=True)
    ]


def _widths(counts: Sequence[int]) -> list[float]:
    """What each count takes of the width: its share, but what is seen at least."""
    raised = [max(WIDTH * count / sum(counts), _LEAST) for count in counts]
    return [WIDTH * width / sum(raised) for width in raised]


def _frame(request: Request, visit: Visit | None) -> dict[str, Any]:
    """What the frame of each page takes."""
    if visit is None:
        return {"request": request, "visit": None}
    names = [(member.account_id, visit.house.accounts.get(member.account_id).name) for member in visit.accounts]
    account = dict(names)[visit.principal.account_id]
    return {"request": request, "visit": visit, "account_name": account, "account_options": names, "navigation": _navigation(request)}


def _navigation(request: Request) -> list[Link]:
    return [Link(href, label, request.url.path.startswith(place)) for href, label, place in _PLACES]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("headcount.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.finished,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=words.number,
        bytes=words.size,
        instant=words.instant,
        visible=words.visible,
        status_word=words.status_word,
        status_tone=words.status_tone,
    )
    environment.globals.update(static=static, bar=bar, percent=words.percent, Right=Right, settings_links=settings_links)
    environment.globals.update(doors=words.DOORS, actions=words.ACTIONS, roles=words.ROLES)
    environment.globals["role_options"] = [(role, word) for role, (word, _) in words.ROLES.items()]
    return environment


ENVIRONMENT = _environment()
