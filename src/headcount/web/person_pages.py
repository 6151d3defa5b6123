"""A person's page: what is known of them and since when, whether they may be messaged, and what may be done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from headcount.auth.rights import Right
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel, Source
from headcount.web import person_words as say
from headcount.web.render import page
from headcount.web.visit import Visit, Visiting
from headcount.web.words import visible

router = APIRouter(include_in_schema=False)

PEOPLE = "/people"
#: Entries of the consent log on the page.
_ENTRIES = 50
#: Messages on it.
_MESSAGES = 20
#: How many uploads are called by their names; older ones by their ids.
_NAMED = 500
#: On whose word somebody at a page changes a consent.
_SOURCES: Mapping[str, Source] = {"person": Source.PERSON, "dashboard": Source.DASHBOARD}


@router.get(PEOPLE + "/{identity:path}")
def person(request: Request, visit: Visiting, identity: str, erase: str = "", done: str = "") -> Response:
    """All that is known of one person; with `erase`, the question whether they are to be erased; after `done` something."""
    return person_page(request, visit, identity, erasing=bool(erase), done=done)


def person_page(  # noqa: PLR0913 - whom it is about, and what is said beside them
    request: Request, visit: Visit, identity: str, *, erasing: bool = False, fault: str = "", done: str = ""
) -> Response:
    """The page. The identity is the one that was asked for, also where it is covered on the page."""
    document = visit.people.show(identity)
    entries = visit.people.consent_log(identity, None, _ENTRIES)
    known, hidden = say.values(document), visit.house.properties(visit.principal).names(hidden=True)
    uploads = {each["id"]: each for each in visit.desk.list(limit=_NAMED)} if document["uploads"] else {}
    return page(
        request,
        "people/person.html",
        visit,
        400 if fault else 200,
        asked=identity,
        erasing=erasing,
        fault=fault,
        done=done,
        at=say.address(identity),
        document=document,
        title=say.title(document),
        values=[each for each in known if each["name"] not in hidden],
        left_out=sum(each["name"] in hidden for each in known),
        channels=say.channels(document, entries),
        entries=entries,
        most=_ENTRIES,
        messages=visit.people.messages(identity, _MESSAGES),
        most_messages=_MESSAGES,
        scrub_hours=visit.house.settings.scrub_hours,
        uploads=uploads,
        say=say,
    )


@router.post(PEOPLE + "/consent")
def change_consent(  # noqa: PLR0913 - the fields of the form
    *,
    visit: Visiting,
    identity: Annotated[str, Form()],
    channel: Annotated[Channel, Form()],
    subscribed: Annotated[bool, Form()],
    reason: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "person",
) -> Response:
    """Change whether the person may be messaged on a channel, and log why and on whose word."""
    visit.principal.demand(Right.CHANGE_CONSENT)
    if not reason.strip():
        raise WrongCall("reason_missing", "A change of consent takes a reason.", "Go back and write why, such as “asked by phone”.")
    if source not in _SOURCES:
        raise WrongCall("form_invalid", "The form was not complete.", "Go back, fill it in, and send it again.")
    visit.people.set_consent(identity, channel, subscribed=subscribed, source=_SOURCES[source], reason=reason.strip())
    address = say.address(identity)
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}done=consent#consent", 303)


@router.post(PEOPLE + "/take-out")
def take_out(visit: Visiting, identity: Annotated[str, Form()]) -> Response:
    """Everything that is stored of the person, as a file. Its name is nobody's."""
    text = json.dumps(visit.people.take_out(identity), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="person.json"', "Cache-Control": "no-store"}
    return Response(text.encode("utf-8", "replace"), media_type="application/json", headers=headers)


@router.post(PEOPLE + "/erase")
def erase(request: Request, visit: Visiting, identity: Annotated[str, Form()], typed: Annotated[str, Form()] = "") -> Response:
    """Erase the person, where the identity was typed as it is, or as the page shows it."""
    visit.principal.demand(Right.ERASE_PEOPLE)
    if typed.strip() not in {identity, visible(identity)}:
        return person_page(request, visit, identity, erasing=True, fault="That is not the identity of this person.")
    visit.house.records(visit.principal).erase("identity", [identity])
    return RedirectResponse(f"{PEOPLE}?done=erased", 303)


@router.post(PEOPLE + "/scrub")
def scrub(visit: Visiting) -> Response:
    """Take the traces of everybody who was erased out of all files now."""
    visit.house.scrub(visit.principal).ask()
    return RedirectResponse(f"{PEOPLE}?done=scrub", 303)
