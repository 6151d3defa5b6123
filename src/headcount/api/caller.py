"""Who calls: the session of a browser, a passcode, or the operator through the socket in the data directory."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, APIKeyHeader

from headcount.accounts import Account
from headcount.auth.rights import Principal, operator
from headcount.config import ACCOUNT_ID
from headcount.errors import WrongCall
from headcount.house import COOKIE, CSRF_HEADER, House
from headcount.uploads.desk import Desk

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ACCOUNT = APIKeyHeader(name="X-CleverTap-Account-Id", auto_error=False, description="The id of the account, beside its passcode.")
_PASSCODE = APIKeyHeader(name="X-CleverTap-Passcode", auto_error=False, description="A passcode of the account.")
_SESSION = APIKeyCookie(name=COOKIE, auto_error=False, description=f"A browser's session; what changes something also needs {CSRF_HEADER}.")
#: Who works through the socket, and through which of our programs a passcode came in.
_USER, _DOOR = "X-Headcount-User", "X-Headcount-Door"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what every call leads to."""

    principal: Principal
    house: House

    @property
    def desk(self) -> Desk:
        """The uploads of the caller's account."""
        return self.house.desk(self.principal)


def caller(
    request: Request,
    account: Annotated[str | None, Depends(_ACCOUNT)],
    passcode: Annotated[str | None, Depends(_PASSCODE)],
    session: Annotated[str | None, Depends(_SESSION)],
) -> Caller:
    """Raises WrongCall `passcode_invalid`, `session_expired`, `csrf_invalid`, `sign_in_needed`."""
    house: House = request.app.state.house
    if _is_local(request):
        return Caller(_operator(request, house, account), house)
    if account and _PASSCODE.model.name in request.headers:
        door = "cli" if request.headers.get(_DOOR) == "cli" else "api"
        return Caller(house.access.principal_of_passcode(account, passcode or "", door), house)
    if session:
        if request.method not in _SAFE:
            house.sign_in.check_csrf(session, request.headers.get(CSRF_HEADER, ""))
        return Caller(house.sign_in.principal_of_session(session), house)
    raise WrongCall("sign_in_needed", "The call does not say who calls.", f"Send {_ACCOUNT.model.name} and {_PASSCODE.model.name}.")


Calling = Annotated[Caller, Depends(caller)]


def _is_local(request: Request) -> bool:
    """Whether the call came in through the socket, whose file permissions are its lock. Where it came in no caller can choose."""
    socket = request.app.state.socket
    return socket is not None and request.scope.get("server") == (str(socket), None)


def _operator(request: Request, house: House, account: str | None) -> Principal:
    wanted = account or house.settings.account
    if not re.fullmatch(ACCOUNT_ID, wanted):
        raise WrongCall("account_invalid", "That is no id of an account.", "It has letters, digits, '-' and '_'.")
    house.accounts.ensure(Account(wanted, wanted, house.settings.timezone))
    name = unquote(request.headers.get(_USER, ""))
    return replace(operator(wanted), name=name if name.isprintable() and name else "operator")
