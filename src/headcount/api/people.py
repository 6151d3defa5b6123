"""People and their consent over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from headcount.api.caller import Caller, Calling
from headcount.api.errors import may_answer
from headcount.api.people_shapes import (
    ConsentAsked,
    ConsentChanged,
    ConsentLog,
    ExportAsked,
    People,
    Person,
    PersonAsked,
    WholePerson,
)
from headcount.people import outgoing
from headcount.people.desk import PeopleDesk
from headcount.segments.export import Format

router = APIRouter(prefix="/api/v1")

_MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}

Limit = Annotated[int, Query(ge=1, le=1_000, description="At most so many people.", examples=[20])]
#: Entries of the consent log.
LogLimit = Annotated[int, Query(ge=1, le=100_000, description="At most so many.", examples=[20])]


@router.get("/people", tags=["People"], response_model=People, responses=may_answer())
def find(calling: Calling, q: Annotated[str, Query(description="A part of it.", examples=["berg"])], limit: Limit = 20) -> dict[str, Any]:
    """Find people by their identity, name, e-mail address or phone number, or a part of it, in any case.

    Whose identity, address or number the text is comes first; where it has six characters or more, only they.
    """
    return {"people": _people(calling).find(q, limit)}


@router.post("/people/export", tags=["People"], response_class=StreamingResponse, responses=may_answer(404, 507))
def export(calling: Calling, asked: ExportAsked) -> StreamingResponse:
    """Give out the people whom a filter matches, as a file. Uploading a CSV file again as it is changes nothing."""
    return given_out(calling, asked.filter, asked.columns, asked.format)


@router.post("/people/take-out", tags=["People"], response_model=WholePerson, responses=may_answer(404))
def take_out(calling: Calling, asked: PersonAsked) -> dict[str, Any]:
    """Give out everything that is stored of one person: all events, the consent log, other names and devices as well."""
    return _people(calling).take_out(asked.identity)


@router.get("/people/{identity:path}", tags=["People"], response_model=Person, responses=may_answer(404))
def show(calling: Calling, identity: str) -> dict[str, Any]:
    """Show one person: every value with its origin, consent, and where a message can reach them."""
    return _people(calling).show(identity)


@router.get("/consent", tags=["Consent"], response_model=ConsentLog, responses=may_answer(404, 409))
def consent_log(
    calling: Calling,
    identity: Annotated[str | None, Query(description="Only the entries of this person.")] = None,
    upload: Annotated[str | None, Query(description="Only the entries of this upload.")] = None,
    limit: LogLimit = 100,
) -> dict[str, Any]:
    """Show who changed which consent, when, why and by which row of which upload, the newest first."""
    return {"entries": _people(calling).consent_log(identity, upload, limit)}


@router.post("/consent", tags=["Consent"], response_model=ConsentChanged, responses=may_answer(404, 409))
def set_consent(calling: Calling, asked: ConsentAsked) -> dict[str, Any]:
    """Change the consent of one person, and log it."""
    subscribed = asked.state == "subscribed"
    return _people(calling).set_consent(asked.identity, asked.channel, subscribed=subscribed, source=asked.source, reason=asked.reason)


def _people(calling: Caller) -> PeopleDesk:
    desk: PeopleDesk = calling.house.people(calling.principal)
    return desk


def given_out(calling: Caller, condition: str, columns: Sequence[str] | None, file_format: Format) -> StreamingResponse:
    """The people whom a filter matches, as the answer to a call. Raises WrongCall."""
    written = outgoing.written(_people(calling), calling.house.settings.data, condition, columns, file_format)
    headers = {
        "Content-Length": str(written.size),
        "Content-Disposition": f'attachment; filename="people.{file_format}"',
        "X-Headcount-People": str(written.people),
    }
    return StreamingResponse(written.blocks(), media_type=_MEDIA_TYPES[file_format], headers=headers)
