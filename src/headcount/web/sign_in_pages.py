"""Coming in, going out, and going over into another account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from headcount.errors import HeadcountError, Throttled, WrongCall
from headcount.web.render import page
from headcount.web.visit import (
    HOME,
    SIGN_IN,
    Visiting,
    check_same_site,
    drop_session,
    house_of,
    keep_session,
    local_path,
    token_of,
    visitor,
)

router = APIRouter(include_in_schema=False)

_WRONG = frozenset({"sign_in_failed", "sign_in_throttled"})


@router.get("/")
def home() -> Response:
    """The first page."""
    return RedirectResponse(HOME, 303)


@router.get(SIGN_IN)
def sign_in_form(request: Request, next: str | None = None) -> Response:  # noqa: A002 - the name in the address
    """The form; whoever is signed in goes on at once."""
    wanted = local_path(next)
    try:
        visitor(request)
    except WrongCall:
        return _form(request, wanted)
    return RedirectResponse(wanted, 303)


@router.post(SIGN_IN)
def sign_in(
    request: Request,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str | None, Form()] = None,  # noqa: A002 - the name in the form
) -> Response:
    """A session in the cookie, never under a token that the browser had before; or the form once more, and what was wrong."""
    check_same_site(request)
    wanted, address = local_path(next), request.client.host if request.client else ""
    try:
        session = house_of(request).sign_in.sign_in(email, password, address, replacing=token_of(request) or None)
    except WrongCall as error:
        return _refused(request, wanted, email, error)
    response = RedirectResponse(wanted, 303)
    keep_session(request, response, session)
    return response


@router.post("/sign-out")
def sign_out(request: Request, visit: Visiting) -> Response:
    """End the session."""
    visit.house.sign_in.sign_out(visit.token)
    response = RedirectResponse(SIGN_IN, 303)
    drop_session(request, response)
    return response


@router.post("/account")
def enter_account(request: Request, visit: Visiting, account: Annotated[str, Form()] = "") -> Response:
    """A session in another account of the user."""
    session = visit.house.sign_in.enter_account(visit.token, account)
    response = RedirectResponse(HOME, 303)
    keep_session(request, response, session)
    return response


def _form(request: Request, wanted: str, email: str = "", error: HeadcountError | None = None, status: int = 200) -> Response:
    return page(request, "sign_in.html", None, status, next=wanted, email=email, error=error)


def _refused(request: Request, wanted: str, email: str, error: WrongCall) -> Response:
    if error.code not in _WRONG:
        raise error
    response = _form(request, wanted, email, error, 429 if isinstance(error, Throttled) else 401)
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.seconds)
    return response
