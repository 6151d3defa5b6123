"""Who visits a page: from the cookie of the session to a principal, and proof that a form came from one of our pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Request, Response

from headcount.auth.rights import Principal
from headcount.auth.sessions import NewSession
from headcount.auth.tokens import csrf_token
from headcount.auth.users import Member
from headcount.errors import WrongCall
from headcount.house import COOKIE, CSRF_HEADER, House
from headcount.people.desk import PeopleDesk
from headcount.uploads.desk import Desk

#: Where somebody goes who asked for nothing else.
HOME = "/uploads"
SIGN_IN = "/sign-in"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Browsers read "//" and "/\" as another host, and leave out tabs and line ends before they do.
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is signed in, in one account."""

    principal: Principal
    #: The token for the forms of the session.
    csrf: str
    house: House
    #: What they are in each account they may enter.
    accounts: Sequence[Member]
    #: Of the session; for what somebody does for themselves.
    token: str = field(repr=False)

    @property
    def desk(self) -> Desk:
        """The uploads of the account."""
        return self.house.desk(self.principal)

    @property
    def people(self) -> PeopleDesk:
        """The people of the account."""
        return self.house.people(self.principal)


def house_of(request: Request) -> House:
    """What the server leads to."""
    house: House = request.app.state.house
    return house


def token_of(request: Request) -> str:
    """The token in the cookie; blank where there is none."""
    return request.cookies.get(COOKIE, "")


def visitor(request: Request) -> Visit:
    """Who holds the cookie. Raises WrongCall `session_expired`."""
    house, token = house_of(request), token_of(request)
    principal = house.sign_in.principal_of_session(token)
    return Visit(principal, csrf_token(token), house, house.sign_in.accounts(token), token)


async def given_csrf(request: Request) -> AsyncIterator[str]:
    """The token that came with an unsafe request, in the header or in the form; else blank.

    A body that is no form is not read: it can be a large file. Files of a form are gone when the call ends.
    """
    header, kind = request.headers.get(CSRF_HEADER), request.headers.get("content-type", "").lower()
    if request.method in _SAFE or header or not kind.startswith(_FORMS):
        yield "" if request.method in _SAFE else header or ""
        return
    async with request.form() as form:
        sent = form.get("csrf")
        yield sent if isinstance(sent, str) else ""


def visit(request: Request, given: Annotated[str, Depends(given_csrf)]) -> Visit:
    """Who visits. Raises WrongCall `session_expired`, and for an unsafe request `csrf_invalid`."""
    found = visitor(request)
    if request.method not in _SAFE:
        found.house.sign_in.check_csrf(found.token, given)
    return found


Visiting = Annotated[Visit, Depends(visit)]


def check_same_site(request: Request) -> None:
    """Raises WrongCall `csrf_invalid` where another site sent the form: a sign-in has no session yet whose token it could bring."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    # A browser says the first where the connection is to be trusted; the second with every form.
    foreign = site not in {"same-origin", "none"} if site else origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise WrongCall("csrf_invalid", "The form was sent from another site.", "Open the sign-in page here, and sign in there.")


def local_path(wanted: str | None) -> str:
    """Where to go after the sign-in: the wanted path if it is one of this server, else home."""
    return wanted if wanted and _LOCAL.fullmatch(wanted) else HOME


def sign_in_address(request: Request) -> str:
    """The sign-in page that leads back to what was asked for; home, if that was more than looking."""
    if request.method != "GET":
        return SIGN_IN
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = local_path(asked)
    return SIGN_IN if wanted == HOME else f"{SIGN_IN}?{urlencode({'next': wanted})}"


def keep_session(request: Request, response: Response, session: NewSession) -> None:
    """Give the browser the session: out of reach of scripts and of posts by other sites, and never in the clear where there is TLS."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, session.token, path="/", httponly=True, samesite="lax", secure=secure)


def drop_session(request: Request, response: Response) -> None:
    """Make the browser forget the session."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https")
