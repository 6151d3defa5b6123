"""What changes people: consent by address, erasing; and what has nothing to change here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter

from headcount.api.caller import Calling
from headcount.api.clevertap.answers import may_answer
from headcount.api.clevertap.body import Body, Document, takes
from headcount.errors import WrongCall
from headcount.people.records import Subscribed, Subscription
from headcount.profiles.consent import Channel
from headcount.segments.store import Named

routes = APIRouter(tags=["CleverTap's API"])

#: Records of one call, and people of one.
_RECORDS, _PEOPLE = 1000, 100
_CHANNELS = {"phone": Channel.SMS, "email": Channel.EMAIL, "whatsapp": Channel.WHATSAPP}
_STATES = {"Unsubscribe": False, "Resubscribe": True}
_WISH = {"type": "phone", "value": "+14155551234", "status": "Unsubscribe"}
#: What is wrong with an address, and its code.
_INVALID = {
    Channel.EMAIL: (515, "Email is not valid."),
    Channel.SMS: (516, "Phone number is not valid."),
    Channel.WHATSAPP: (516, "Phone number is not valid."),
}


@routes.post("/subscribe", responses=may_answer(), openapi_extra=takes({"d": [_WISH]}))
def subscribe(calling: Calling, body: Body) -> Document:
    """Change the consent of everybody with an address."""
    records = _records(body)
    read = [_subscription(record) for record in records]
    wishes = [each for each in read if isinstance(each, Subscription)]
    done = iter(calling.house.records(calling.principal).subscribe(wishes))
    return _summary(records, [each if isinstance(each, tuple) else _outcome(each, next(done)) for each in read])


def _subscription(record: object) -> Subscription | tuple[int, str]:
    if not isinstance(record, dict):
        return 400, "A record is an object."
    kind, value, state = (record.get(name) for name in ("type", "value", "status"))
    if not isinstance(kind, str) or kind not in _CHANNELS:
        return 400, "Type needs to be phone/email/whatsapp."
    if not isinstance(state, str) or state not in _STATES:
        return 400, "Status needs to be Unsubscribe/Resubscribe."
    if not isinstance(value, str) or not value.strip():
        return _INVALID[_CHANNELS[kind]]
    return Subscription(_CHANNELS[kind], value.strip(), _STATES[state])


def _outcome(wish: Subscription, done: Subscribed) -> tuple[int, str]:
    """What is wrong with a wish, as a code; 0 where all is well."""
    if not done.valid:
        return _INVALID[wish.channel]
    if not done.people:
        return 404, "No profile has this address."
    if done.held:
        return 409, f"{done.held} of {done.people} profiles with this address opted out themselves and stay unsubscribed."
    return 0, ""


@routes.post("/disassociate", responses=may_answer(), openapi_extra=takes({"d": [{"type": "phone", "value": "+14155551234"}]}))
def disassociate(calling: Calling, body: Body) -> Document:
    """Say whether phone numbers identify nobody. They do not, unless one was sent as an identity, which cannot be taken away."""
    records = _records(body)
    numbers = [record.get("value") if isinstance(record, dict) and record.get("type") == "phone" else None for record in records]
    texts = [number for number in numbers if isinstance(number, str)]
    known = calling.house.records(calling.principal).known(texts)
    return _summary(records, [_association(number, known) for number in numbers])


def _association(number: object, known: frozenset[str]) -> tuple[int, str]:
    if not isinstance(number, str):
        return 400, "A record has the type phone and a value."
    return (409, "It is the identity of a profile, which cannot be taken from it.") if number in known else (0, "")


@routes.post("/delete/profiles.json", responses=may_answer(), openapi_extra=takes({"identity": ["00123"]}))
def delete(calling: Calling, body: Body) -> Document:
    """Remove people for good, with all that is stored of them."""
    given = [name for name in ("identity", "guid") if name in body]
    if len(given) != 1 or len(body) > 1:
        raise WrongCall("body_invalid", "Say whom, either by identity or by guid.")
    named: Named = "identity" if given == ["identity"] else "objectId"
    erased = calling.house.records(calling.principal).erase(named, _names(body[given[0]]))
    return {"status": "success", "deleted": erased}


@routes.post("/demerge/profiles.json", responses=may_answer(), openapi_extra=takes({"identities": ["00123"]}))
def demerge(calling: Calling, body: Body) -> Document:
    """Nothing: profiles are never merged here, so that none has to be parted."""
    calling.house.records(calling.principal).known(())
    if not isinstance(body.get("identities"), list):
        raise WrongCall("body_invalid", "Expected a list of identities.")
    _names(body["identities"])
    return {"status": "success"}


def _names(value: object) -> Sequence[str]:
    names = value if isinstance(value, list) else [value]
    # Clients send numbers as they are; a truth value is a number in Python only.
    texts = [str(name) for name in names if isinstance(name, str) or type(name) is int]
    if len(texts) != len(names) or not 1 <= len(texts) <= _PEOPLE or not all(texts):
        raise WrongCall("body_invalid", f"Expected a text or a list of 1 to {_PEOPLE}.")
    return texts


def _records(body: Document) -> list[Any]:
    records = body.get("d")
    if not isinstance(records, list) or len(records) > _RECORDS:
        raise WrongCall("body_invalid", f"Expected at most {_RECORDS:,} records in a list called d.")
    return records


def _summary(records: Sequence[object], outcomes: Sequence[tuple[int, str]]) -> Document:
    """The answer to records, from what is wrong with each: its code, 0 where all is well, and what to say."""
    told = zip(records, outcomes, strict=True)
    failed = [{"status": "fail", "code": code, "error": error, "record": record} for record, (code, error) in told if code]
    status = "success" if not failed else "fail" if len(failed) == len(records) else "partial"
    return {"status": status, "processed": len(records) - len(failed), "unprocessed": failed}
