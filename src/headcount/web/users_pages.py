"""The users of an account: who they are, what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from headcount.auth.passwords import SHORTEST, new_password
from headcount.auth.rights import RIGHTS, Right, Role
from headcount.errors import WrongCall
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting

router = APIRouter(include_in_schema=False)

USERS = "/settings/users"

_DONE: Mapping[str, str] = {
    "admitted": "They are a member of this account now, and find it in the menu at the top.",
    "role": "The role is changed, from their next click on.",
    "personal-data": "What they see of people is changed, from their next click on.",
    "disabled": "They are not let in any more. The audit log still names them.",
    "enabled": "They are let in again.",
}
_CONFLICTS = frozenset({"user_exists", "last_admin"})
# What a person can mend in the form itself.
_OF_THE_FORM = _CONFLICTS | {"user_invalid", "name_invalid", "password_weak", "user_unknown", "role_unknown"}


@router.get(USERS)
def users(request: Request, visit: Visiting, done: str = "") -> Response:
    """The members of the account, and the forms that make further ones."""
    return _users(request, visit, done=_DONE.get(done))


@dataclass(frozen=True, slots=True)
class NewUser:
    """What the form of a new user holds."""

    email: str
    name: str
    role: str
    password: str = field(repr=False)


def new_user(
    email: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> NewUser:
    """From the fields of the form."""
    return NewUser(email, name, role, password)


@router.post(USERS)
def create_user(request: Request, visit: Visiting, given: Annotated[NewUser, Depends(new_user)]) -> Response:
    """A new user. A password that nobody gave is made, and shown this once."""
    password = given.password or new_password()
    try:
        member = visit.house.access.create_user(visit.principal, given.email, given.name, _role(given.role), password)
    except WrongCall as error:
        return _refused(request, visit, error, "create", {"email": given.email, "name": given.name, "role": given.role})
    return _users(request, visit, created=member, password=None if given.password else password)


@router.post(USERS + "/admit")
def admit_user(request: Request, visit: Visiting, email: Annotated[str, Form()] = "", role: Annotated[str, Form()] = "") -> Response:
    """A user of another account becomes a member of this one."""
    try:
        visit.house.access.admit_user(visit.principal, email, _role(role))
    except WrongCall as error:
        return _refused(request, visit, error, "admit", {"email": email, "role": role})
    return _done("admitted")


@router.post(USERS + "/{user_id}/role")
def set_role(request: Request, visit: Visiting, user_id: str, role: Annotated[str, Form()] = "") -> Response:
    """Another role."""
    try:
        visit.house.access.set_role(visit.principal, user_id, _role(role))
    except WrongCall as error:
        return _refused(request, visit, error, "change")
    # Whoever gave up the right to manage users would find a closed door here.
    return _done("role") if user_id != visit.principal.id else RedirectResponse("/settings/profile", 303)


@router.post(USERS + "/{user_id}/personal-data")
def grant_personal_data(visit: Visiting, user_id: str, granted: Annotated[str, Form()] = "") -> Response:
    """Let a user see personal data, or not."""
    visit.house.access.grant_personal_data(visit.principal, user_id, granted=granted == "yes")
    return _done("personal-data")


@router.post(USERS + "/{user_id}/disable")
def disable_user(request: Request, visit: Visiting, user_id: str) -> Response:
    """Let a user in no more."""
    try:
        visit.house.access.disable_user(visit.principal, user_id)
    except WrongCall as error:
        return _refused(request, visit, error, "change")
    return _done("disabled")


@router.post(USERS + "/{user_id}/enable")
def enable_user(visit: Visiting, user_id: str) -> Response:
    """Let a user in again."""
    visit.house.access.enable_user(visit.principal, user_id)
    return _done("enabled")


def _users(request: Request, visit: Visit, status: int = 200, **shown: Any) -> Response:  # noqa: ANN401 - what the template takes
    nothing: dict[str, Any] = {"done": None, "error": None, "form": "", "given": {}, "created": None, "password": None}
    by_role = {role for role, rights in RIGHTS.items() if Right.SEE_PERSONAL_DATA in rights}
    members = visit.house.access.users(visit.principal)
    return page(request, "settings/users.html", visit, status, members=members, seeing=by_role, shortest=SHORTEST, **{**nothing, **shown})


def _refused(request: Request, visit: Visit, error: WrongCall, form: str, given: Mapping[str, str] | None = None) -> Response:
    if error.code not in _OF_THE_FORM:
        raise error
    return _users(request, visit, 409 if error.code in _CONFLICTS else 400, error=error, form=form, given=given or {})


def _done(what: str) -> Response:
    return RedirectResponse(f"{USERS}?done={what}", 303)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise WrongCall("role_unknown", "That is not a role.", "Choose one from the list.") from None
