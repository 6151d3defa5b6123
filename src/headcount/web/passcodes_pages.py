"""The passcodes of an account: machines, and what each may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from headcount.auth.rights import FOR_MACHINES, Right
from headcount.errors import WrongCall
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting

router = APIRouter(include_in_schema=False)

PASSCODES = "/settings/passcodes"

#: What a passcode may be given, in words, the usual first.
SCOPES: Mapping[Right, tuple[str, str]] = {
    Right.UPLOAD: ("Upload", "check and apply files, send profiles live"),
    Right.READ: ("Read", "uploads, reports, segments; people with their personal data masked"),
    Right.UNDO: ("Undo", "take an upload back, or bring it back"),
    Right.SEE_PERSONAL_DATA: ("See personal data", "names, addresses and other values unmasked"),
    Right.EXPORT: ("Export", "take people out as a file"),
    Right.CHANGE_CONSENT: ("Change consent", "whether a person may be messaged"),
    Right.MANAGE_PROPERTIES: ("Manage properties", "rename, describe, hide, retype and remove them"),
    Right.EDIT_CAMPAIGNS: ("Edit campaigns", "segments too"),
    Right.MANAGE_DELIVERY: ("Manage delivery", "how often people are messaged at most"),
    Right.ERASE_PEOPLE: ("Erase people", "for good"),
    Right.READ_AUDIT: ("Read the audit log", "who did what"),
}
_USUAL = (Right.UPLOAD, Right.READ)
_OF_THE_FORM = frozenset({"name_invalid", "scope_invalid"})


@router.get(PASSCODES)
def passcodes(request: Request, visit: Visiting, done: str = "") -> Response:
    """The passcodes, and the form that makes one."""
    return _passcodes(request, visit, done="The passcode is revoked. Whatever still presents it is refused." if done == "revoked" else None)


@router.post(PASSCODES)
def create_passcode(
    request: Request, visit: Visiting, name: Annotated[str, Form()] = "", scope: Annotated[list[str] | None, Form()] = None
) -> Response:
    """A new passcode, whose secret is in this answer and nowhere else."""
    given = scope or []
    try:
        made = visit.house.access.create_passcode(visit.principal, name, _scope(given))
    except WrongCall as error:
        if error.code not in _OF_THE_FORM:
            raise
        return _passcodes(request, visit, 400, error=error, name=name, ticked=given)
    return _passcodes(request, visit, made=made)


@router.post(PASSCODES + "/{passcode_id}/revoke")
def revoke_passcode(visit: Visiting, passcode_id: str) -> Response:
    """End a passcode."""
    visit.house.access.revoke_passcode(visit.principal, passcode_id)
    return RedirectResponse(f"{PASSCODES}?done=revoked", 303)


def _passcodes(request: Request, visit: Visit, status: int = 200, **shown: Any) -> Response:  # noqa: ANN401 - what the template takes
    nothing = {"done": None, "error": None, "made": None, "name": "", "ticked": _USUAL}
    kept = visit.house.access.passcodes(visit.principal)
    base = str(request.base_url).rstrip("/")
    return page(request, "settings/passcodes.html", visit, status, passcodes=kept, scopes=SCOPES, base=base, **{**nothing, **shown})


def _scope(given: list[str]) -> frozenset[Right]:
    if not FOR_MACHINES.issuperset(given) or not given:
        raise WrongCall("scope_invalid", "A passcode that may do nothing is of no use.", "Tick what the machine has to do, and no more.")
    return frozenset(Right(each) for each in given)
