"""What went wrong, as a page that says it in words and leads on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from headcount.errors import HeadcountError, Throttled, WrongCall
from headcount.web.render import page
from headcount.web.visit import HOME, Visit, drop_session, sign_in_address, token_of, visitor

#: From an error to its HTTP status; the server has the one map.
StatusOf = Callable[[HeadcountError], int]

_TITLES: Mapping[int, str] = {
    400: "That did not work",
    401: "Please sign in",
    403: "You may not do this",
    404: "There is nothing here",
    405: "That did not work",
    409: "Not as things stand",
    413: "That is too large",
    415: "That is not a CSV",
    422: "That file cannot be used",
    429: "Too many attempts",
    500: "Something broke on our side",
    503: "Busy just now",
    507: "There is no room left",
}
_UNKNOWN = WrongCall("page_unknown", "There is no page at this address.", "It may have been typed wrong, or what it showed is gone.")
_FORBIDDEN = WrongCall("right_missing", "Your role in this account does not include this.", "Ask an administrator of the account for it.")
_INCOMPLETE = WrongCall("form_invalid", "The form was not complete.", "Go back, fill it in, and send it again.")
_BROKEN = WrongCall(
    "internal",
    "This was not your doing, and nothing was half done because of it.",
    "Try again. If it comes back, whoever runs this server finds the reason in its log.",
)

#: From the code of what is not there to what to do instead, and where.
_ELSEWHERE: Mapping[str, tuple[str, str, str]] = {
    "person_unknown": (
        "Identities are compared letter by letter. Look for a part of it, or for a name or an address.",
        "To the people",
        "/people",
    ),
    "segment_unknown": ("It may have another name by now, or be deleted.", "To the segments", "/segments"),
    "property_unknown": ("It may have another name by now, or be deleted.", "To the properties", "/properties"),
}


def answer(request: Request, error: Exception, status_of: StatusOf) -> Response:
    """The page for an error; for a session that is over, the way to the sign-in."""
    if isinstance(error, HeadcountError):
        return _to_sign_in(request) if error.code == "session_expired" else failure(request, _worded(error), status_of(error))
    if isinstance(error, HTTPException):
        return _of_status(request, error)
    if isinstance(error, RequestValidationError):
        return failure(request, _INCOMPLETE, 400)
    return failure(request, _BROKEN, 500)


def failure(request: Request, error: HeadcountError, status: int) -> Response:
    """The page that says what is wrong and what to do now."""
    visit = _visit(request) if status != HTTPStatus.INTERNAL_SERVER_ERROR else None
    title = _TITLES.get(status, _TITLES[400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500])
    advice, leads, to = _ELSEWHERE.get(error.code, (error.advice, "To the uploads", HOME))
    response = page(request, "failure.html", visit, status, message=error.message, advice=advice, title=title, leads=leads, to=to)
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _worded(error: HeadcountError) -> HeadcountError:
    """The name of a right is for machines."""
    return _FORBIDDEN if error.code == "right_missing" else error


def _of_status(request: Request, error: HTTPException) -> Response:
    known = {404: _UNKNOWN, 500: _BROKEN}
    shown = known.get(error.status_code) or WrongCall("http", f"{HTTPStatus(error.status_code).phrase}.")
    response = failure(request, shown, error.status_code)
    response.headers.update(error.headers or {})
    return response


def _to_sign_in(request: Request) -> Response:
    address = sign_in_address(request)
    # A script that swaps parts of a page would swap the sign-in page in; it is told to leave the page instead.
    swapping = "hx-request" in request.headers
    response = Response(status_code=204, headers={"HX-Redirect": address}) if swapping else RedirectResponse(address, 303)
    if token_of(request):
        drop_session(request, response)
    return response


def _visit(request: Request) -> Visit | None:
    """Who is visiting, for the frame of the page, where that can be told."""
    try:
        return visitor(request)
    except HeadcountError:
        return None
