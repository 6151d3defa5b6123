"""Campaigns: estimates of whom one would reach. None is made or sent from here yet, and the answers say so."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter

from headcount.api.caller import Caller, Calling
from headcount.api.clevertap.answers import may_answer
from headcount.api.clevertap.body import Body, Document, takes
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel
from headcount.profiles.properties import IDENTITY
from headcount.segments.cql import read_query
from headcount.segments.filter import Exists, Filter

routes = APIRouter(tags=["CleverTap's API"])

_CHANNELS = {"push": Channel.PUSH, "webpush": Channel.PUSH, "email": Channel.EMAIL, "sms": Channel.SMS, "whatsapp": Channel.WHATSAPP}
#: What the devices of a type are called in an estimate, by the way of the campaign.
_DEVICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "push": {"android": ("fcm", "gcm"), "ios": ("apns",), "windows": ("wns", "mpns")},
    "webpush": {"chrome": ("chrome",)},
}
_CREATE = {"name": "news", "target_mode": "email", "segment": "all", "estimate_only": True}
_NONE_YET = "Campaigns are not part of Headcount yet: nothing was created or sent."
_ONE = {"id": 1457433898}


@routes.post("/targets/create.json", responses=may_answer(), openapi_extra=takes(_CREATE))
def create(calling: Calling, body: Body) -> Document:
    """Estimate how many people a campaign would reach, with `estimate_only`; else say that none can be made yet."""
    _may_edit(calling)
    if body.get("estimate_only") is not True:
        raise WrongCall("campaigns_missing", _NONE_YET, "With estimate_only the reach is estimated.")
    mode = body.get("target_mode", "push")
    if not isinstance(mode, str) or mode not in _CHANNELS:
        raise WrongCall("query_invalid", f"$.target_mode: expected {' or '.join(_CHANNELS)}.")
    reached = calling.house.reach(calling.principal).estimate(_whom(body), _CHANNELS[mode])
    return {"status": "success", "estimates": _estimates(mode, reached, body.get("devices"))}


@routes.post("/targets/list.json", responses=may_answer(), openapi_extra=takes({"from": 20240101, "to": 20240131}))
def targets(calling: Calling, body: Body) -> Document:  # noqa: ARG001 - in whatever days, there are none
    """List the campaigns: there are none yet."""
    calling.house.records(calling.principal).look_at_campaigns()
    return {"status": "success", "targets": []}


@routes.post("/targets/result.json", responses=may_answer(404), openapi_extra=takes(_ONE))
def result(calling: Calling, body: Body) -> Document:  # noqa: ARG001 - whichever it is, there is none
    """Tell what became of a campaign: there is none yet."""
    calling.house.records(calling.principal).look_at_campaigns()
    raise WrongCall("target_unknown", "There is no target with this id.")


@routes.post("/targets/stop.json", responses=may_answer(404), openapi_extra=takes(_ONE))
def stop(calling: Calling, body: Body) -> Document:  # noqa: ARG001 - whichever it is, there is none
    """Stop a campaign: there is none yet."""
    _may_edit(calling)
    raise WrongCall("target_unknown", "There is no target with this id.")


@routes.post(
    "/send/{channel}.json", responses=may_answer(), openapi_extra=takes({"to": {"Identity": ["00123"]}, "content": {"body": "Hello"}})
)
def send(calling: Calling, channel: str, body: Body) -> Document:  # noqa: ARG001 - by whatever way, nothing is sent
    """Send a message to some people: nothing is sent from here yet."""
    _may_edit(calling)
    raise WrongCall("campaigns_missing", _NONE_YET)


def _may_edit(calling: Caller) -> None:
    calling.house.records(calling.principal).work_on_campaigns()


def _whom(body: Document) -> Filter:
    """Whom a campaign is for."""
    where, segment = body.get("where"), body.get("segment")
    if segment == "all" and where is None:
        return Exists(IDENTITY)
    if not isinstance(where, dict) or segment is not None:
        raise WrongCall("query_invalid", '$: expected either a query as where, or "all" as segment.')
    return read_query(where).filter


def _estimates(mode: str, reached: Mapping[str, int], devices: object) -> Mapping[str, int]:
    if mode not in _DEVICES:
        return reached
    counts = {name: sum(reached.get(kind, 0) for kind in kinds) for name, kinds in _DEVICES[mode].items()}
    wanted = devices if mode == "push" and isinstance(devices, list) else [*counts]
    return {name: count for name, count in counts.items() if name in wanted}
