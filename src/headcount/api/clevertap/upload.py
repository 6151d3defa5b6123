"""Profiles, events and push tokens, as they happen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool

from headcount.api.caller import Calling
from headcount.api.clevertap.answers import may_answer
from headcount.api.clevertap.body import Document, takes
from headcount.ingest.group import Outcome
from headcount.uploads.problems import CATALOGUE

routes = APIRouter(tags=["CleverTap's API"])

_PROFILE = "Profile data is incorrect. "
_IDENTITY = (
    "Identity value cannot be undefined or set at least one of identity / fbId / gpId / objectId under 1024 chars to identify the user. "
)
#: What each reason to refuse a record is called there, with its code. The blanks are where the recorded answers have them.
FAULTS: Mapping[str, tuple[int, str]] = {
    "event_name_blank": (509, "Event Name is incorrect. ErrorCode: 509 - Event name is mandatory. "),
    "event_invalid": (512, "Event structure is incorrect. "),
    "event_restricted": (513, "Event name belongs to the restricted system events. "),
    "gender_invalid": (514, f"{_PROFILE}Gender needs to be M/F/O/U."),
    "email_invalid": (515, f"{_PROFILE}Email is not valid."),
    "phone_invalid": (516, f"{_PROFILE}Phone number is not valid."),
    "employed_invalid": (517, f"{_PROFILE}Employed needs to be Y/N."),
    "education_invalid": (518, f"{_PROFILE}Education needs to be School/College/Graduate.."),
    "married_invalid": (519, f"{_PROFILE}Married needs to be Y/N."),
    "age_invalid": (520, f"{_PROFILE}Age is invalid."),
    "event_property_limit": (522, "An event has at most 256 properties. "),
    "identity_invalid": (523, _IDENTITY),
    "record_type": (524, "A record is neither an event nor a profile nor a token. "),
    "timestamp_invalid": (525, "Timestamp should be present in the Unix Epoch format. "),
    "token_object": (530, "Invalid 'objectId'. "),
    "token_invalid": (531, "Invalid token data. "),
    "token_id": (532, "Token 'id' is not present. "),
    "token_type": (533, "Token 'type' is not present. "),
    "token_type_unknown": (534, "Token 'type' is not valid for 'objectId'. "),
    "token_keys": (535, "Invalid token data: a token of chrome has keys.p256dh and keys.auth. "),
}
#: Codes of which the recorded answers show the phone number as a number, and the one of which they show an identity as a text.
_PHONE_SHOWN, _IDENTITY_SHOWN = range(517, 521), 520
_RECORD = {"identity": "1189549", "type": "profile", "profileData": {"Name": "Jack Montana", "Email": "jack@example.com"}}


@routes.post("/upload", responses=may_answer(422, 429), openapi_extra=takes({"d": [_RECORD]}))
async def upload(
    calling: Calling,
    request: Request,
    dry_run: Annotated[str, Query(alias="dryRun", description="1 looks at the records, and stores nothing.")] = "0",
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="The same key with the same body is applied once.")] = None,
) -> Document:
    """Take up to 1,000 profiles, events and push tokens. They are durable when the call is answered."""
    desk = calling.house.live(calling.principal)
    async with desk.entering():
        body = await request.body()
        waiting = await run_in_threadpool(lambda: desk.send(body, key=key, dry_run=dry_run.lower() in {"1", "true"}))
        return _answer(await asyncio.wrap_future(waiting))


def _answer(outcome: Outcome) -> Document:
    status = "success" if not outcome.failed else "partial" if outcome.processed else "fail"
    answer: Document = {"status": status, "processed": outcome.processed, "unprocessed": [_failed(each) for each in outcome.failed]}
    if outcome.notices:
        answer["notices"] = [_notice(each) for each in outcome.notices]
    return answer


def _failed(failed: Mapping[str, Any]) -> Document:
    named = f"{failed['property'].lower()}_invalid" if failed["property"] else failed["code"]
    fault = "identity_invalid" if named.startswith("identity_") else named
    code, error = FAULTS[fault]
    said = f"{error}Skipped record number : {failed['place'] + 1}"
    return {"status": "fail", "code": code, "error": said, "record": _shown(failed["record"], code, failed["phone"])}


def _shown(record: Any, code: int, phone: str | None) -> Any:  # noqa: ANN401 - anything may stand in a body
    """The record as it came, but for what the compared platform had made of it by then."""
    if code not in _PHONE_SHOWN or not isinstance(record, dict):
        return record
    data = dict(record["profileData"])
    if phone and phone[1:].isdigit():
        data["Phone"] = int(phone[1:])
    if code == _IDENTITY_SHOWN and isinstance(data.get("identity"), int | float):
        data["identity"] = json.dumps(data["identity"])
    return {**record, "profileData": data}


def _notice(notice: Mapping[str, Any]) -> Document:
    title = CATALOGUE[notice["code"]].title if notice["code"] in CATALOGUE else _TITLES[notice["code"]]
    return {"record": notice["place"] + 1, "property": notice["property"], "code": notice["code"], "reason": title}


#: Of what only live records can have.
_TITLES: Mapping[str, str] = {
    "consent_held": "The person opted out themselves, and stays unsubscribed",
    "value_nested": "An object or a nested list is not a value of a property",
}
