"""Numbers about people and events: always at once, so that no call has to come back for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from headcount.api.caller import Calling
from headcount.api.clevertap.answers import may_answer
from headcount.api.clevertap.body import Body, Document, optional, takes
from headcount.errors import WrongCall
from headcount.segments.cql import day
from headcount.segments.store import Kind, Step, Trend, Wanted

routes = APIRouter(tags=["CleverTap's API"])

_QUERY = {"event_name": "Charged", "from": 20240101, "to": 20240131}
_TOP = {**_QUERY, "groups": {"plans": {"property_type": "profile_fields", "name": "plan", "top_n": 3, "order": "desc"}}}
_TREND = {**_QUERY, "unique": False, "groups": {"days": {"trend_type": "daily"}}}
_KINDS: Mapping[str, Kind] = {"event_properties": "event", "profile_fields": "person", "demographics": "person"}
_STEPS: Mapping[str, Step] = {"daily": "daily", "weekly": "weekly", "monthly": "monthly"}
#: Groups of one call, and values of one group.
_GROUPS, _VALUES = 20, 1000

Ticket = Annotated[str | None, Query(description="Of an answer that was not ready: there are none.")]


@routes.post("/counts/profiles.json", responses=may_answer(), openapi_extra=takes(_QUERY))
def profiles(calling: Calling, body: Body) -> Document:
    """Count the people whom a query finds."""
    return {"status": "success", "count": calling.house.records(calling.principal).count(body)}


@routes.post("/counts/events.json", responses=may_answer(), openapi_extra=takes(_QUERY))
def events(calling: Calling, body: Body) -> Document:
    """Count the events that a query finds."""
    return {"status": "success", "count": calling.house.records(calling.principal).count_events(body)}


@routes.post("/counts/top.json", responses=may_answer(), openapi_extra=takes(_TOP))
def top(calling: Calling, body: Body) -> Document:
    """Count the most or least frequent values of properties, in the events that a query finds or of who did them."""
    wanted = {name: _wanted(group, f"$.groups.{name}") for name, group in _groups(body).items()}
    found = calling.house.records(calling.principal).tops(_without(body, "groups"), wanted)
    return {"status": "success"} | {name: {"NUMBER" if each.numbers else "STR": each.counts} for name, each in found.items()}


@routes.post("/counts/trends.json", responses=may_answer(), openapi_extra=takes(_TREND))
def trends(calling: Calling, body: Body) -> Document:
    """Count the events that a query finds, who did them, or a sum, by days, weeks or months."""
    wanted = {name: _trend(body, group, f"$.groups.{name}") for name, group in _groups(body).items()}
    found = calling.house.records(calling.principal).trends(_without(body, "groups", "unique", "sum_event_prop"), wanted)
    return {"status": "success"} | dict(found)


@routes.get("/counts/{what}.json", responses=may_answer(404))
def ticket(calling: Calling, what: str, req_id: Ticket = None) -> Document:  # noqa: ARG001 - whatever it is, there is none
    """Say that no answer is still to come: counts are given at once."""
    calling.house.records(calling.principal).count_later()
    raise WrongCall("count_unknown", "There is no count with this req_id: counts are answered at once.", "Send the query again.")


@routes.post("/now.json", responses=may_answer(), openapi_extra=optional({"user_type": True}))
def now(calling: Calling, body: Body) -> Document:
    """Count who did something in the last five minutes."""
    people, new, at = calling.house.records(calling.principal).active()
    types = {"user_type": {"new": new, "repeat": people - new}} if body.get("user_type") is True else {}
    return {"status": "success", "count": people, **types, "last_processed_ts": int(at.timestamp())}


@routes.post("/message/report.json", responses=may_answer(), openapi_extra=takes({"from": 20240101, "to": 20240131}))
def reports(calling: Calling, body: Body) -> Document:
    """List the messages that were sent in some days: none, for nothing is sent from here yet."""
    calling.house.records(calling.principal).look_at_campaigns()
    for end in ("from", "to"):
        day(body.get(end), f"$.{end}")
    return {"status": "success", "total_results": 0, "messages": []}


def _groups(body: Document) -> Mapping[str, Any]:
    groups = body.get("groups")
    if not isinstance(groups, dict) or not 1 <= len(groups) <= _GROUPS or "status" in groups:
        raise WrongCall("query_invalid", f"$.groups: expected an object of 1 to {_GROUPS} groups, none of them called status.")
    return groups


def _wanted(group: object, path: str) -> Wanted:
    if not isinstance(group, dict) or not isinstance(group.get("name"), str):
        raise WrongCall("query_invalid", f'{path}: expected an object with "property_type" and "name".')
    kind, most, order = group.get("property_type"), group.get("top_n", 10), group.get("order", "desc")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise WrongCall("query_invalid", f"{path}.property_type: expected {' or '.join(_KINDS)}; nothing else is stored here.")
    if type(most) is not int or not 1 <= most <= _VALUES:
        raise WrongCall("query_invalid", f"{path}.top_n: expected a whole number from 1 to {_VALUES}.")
    if not isinstance(order, str) or order not in {"asc", "desc"}:
        raise WrongCall("query_invalid", f"{path}.order: expected asc or desc.")
    return Wanted(_KINDS[kind], group["name"], most, order == "asc")


def _trend(body: Document, group: object, path: str) -> Trend:
    step = group.get("trend_type") if isinstance(group, dict) else None
    if not isinstance(step, str) or step not in _STEPS:
        raise WrongCall("query_invalid", f"{path}.trend_type: expected daily, weekly or monthly.")
    unique, summed = body.get("unique", False), body.get("sum_event_prop")
    if not isinstance(unique, bool) or not (summed is None or isinstance(summed, str)):
        raise WrongCall("query_invalid", "$: expected true or false as unique, and the name of a property as sum_event_prop.")
    return Trend(_STEPS[step], unique, summed)


def _without(body: Document, *names: str) -> Document:
    return {name: value for name, value in body.items() if name not in names}
