"""The settings of everybody: their password and sessions; and the audit log of the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from headcount.auth.passwords import SHORTEST
from headcount.auth.sessions import session_hash
from headcount.errors import Throttled, WrongCall
from headcount.web.render import page
from headcount.web.visit import SIGN_IN, Visit, Visiting, drop_session, keep_session

router = APIRouter(include_in_schema=False)

PROFILE = "/settings/profile"
#: Entries of the audit log on a page.
PAGE = 100

_DONE: Mapping[str, str] = {
    "password": "Your password is changed. Everywhere else you were signed out.",
    "session": "The session is over.",
}
# What a person can mend in the form itself.
_OF_THE_FORM = frozenset({"sign_in_failed", "sign_in_throttled", "password_weak", "password_differs"})


@router.get("/settings")
def settings() -> Response:
    """The first page of the settings."""
    return RedirectResponse(PROFILE, 303)


@router.get(PROFILE)
def profile(request: Request, visit: Visiting, done: str = "") -> Response:
    """Who somebody is here, their password, their sessions."""
    return _profile(request, visit, done=_DONE.get(done))


@router.post(PROFILE + "/password")
def change_password(
    request: Request,
    visit: Visiting,
    current: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Another password; the session in this browser is a new one, all others end."""
    address = request.client.host if request.client else ""
    try:
        _check_same(new, again)
        session = visit.house.sign_in.change_password(visit.token, current, new, address)
    except WrongCall as error:
        return _not_changed(request, visit, error)
    response = RedirectResponse(f"{PROFILE}?done=password", 303)
    keep_session(request, response, session)
    return response


@router.post(PROFILE + "/sessions/{session_id}/end")
def end_session(visit: Visiting, session_id: str) -> Response:
    """End one of one's own sessions."""
    visit.house.sign_in.end_session(visit.token, session_id)
    return RedirectResponse(f"{PROFILE}?done=session", 303)


@router.post(PROFILE + "/sign-out-everywhere")
def sign_out_everywhere(request: Request, visit: Visiting) -> Response:
    """End all of one's own sessions."""
    visit.house.sign_in.sign_out_everywhere(visit.token)
    response = RedirectResponse(SIGN_IN, 303)
    drop_session(request, response)
    return response


@router.get("/settings/audit")
def audit(request: Request, visit: Visiting, before: str = "") -> Response:
    """Who did what, newest first."""
    number = int(before) if before.isascii() and before.isdigit() and len(before) < len(str(1 << 62)) else None
    entries = visit.house.access.audit(visit.principal, PAGE + 1, number)
    older = entries[PAGE - 1].number if len(entries) > PAGE else None
    return page(request, "settings/audit.html", visit, entries=entries[:PAGE], older=older, newest=number is None)


def _profile(request: Request, visit: Visit, *, done: str | None = None, error: WrongCall | None = None, status: int = 200) -> Response:
    mine = next(member for member in visit.accounts if member.account_id == visit.principal.account_id)
    names = {member.account_id: visit.house.accounts.get(member.account_id).name for member in visit.accounts}
    return page(
        request,
        "settings/profile.html",
        visit,
        status,
        member=mine,
        names=names,
        sessions=visit.house.sign_in.sessions(visit.token),
        this=session_hash(visit.token),
        shortest=SHORTEST,
        done=done,
        error=error,
    )


def _not_changed(request: Request, visit: Visit, error: WrongCall) -> Response:
    if error.code not in _OF_THE_FORM:
        raise error
    response = _profile(request, visit, error=_said(error), status=429 if isinstance(error, Throttled) else 400)
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _said(error: WrongCall) -> WrongCall:
    """Who is signed in gave no e-mail address that could be wrong."""
    return WrongCall(error.code, "The current password is wrong.") if error.code == "sign_in_failed" else error


def _check_same(new: str, again: str) -> None:
    if new != again:
        raise WrongCall("password_differs", "The new password was typed in two ways.", "Type it twice alike.")
