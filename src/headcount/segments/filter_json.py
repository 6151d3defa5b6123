"""A filter as JSON: the shape that the API takes and saved segments are kept in.

{"and": [FILTER, …]}    {"or": [FILTER, …]}    {"not": FILTER}
{"property": NAME, "operator": OPERATOR, "value": VALUE}
{"consent": CHANNEL, "is": "subscribed" | "unsubscribed" | "not_set"}
{"upload": ID}
{"segment": NAME}
{"event": NAME, "at_least": COUNT, "in_last_days": DAYS, "since": DATE, "until": DATE, "where": FILTER}
                                      (all but the name may be left out; "where" asks for properties of the event only)

OPERATOR                              VALUE
= != > >= < <= before after contains  a text, a number, true or false
in                                    a list of one or more of these
between                               a list of two of these: lowest, highest
in_last_days                          a whole number from 1
exists                                (no "value")
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from headcount.errors import WrongCall
from headcount.segments.filter import (
    CHANNELS,
    COMPARISONS,
    CONSENT_STATES,
    MAX_DAYS,
    MAX_DEPTH,
    And,
    Between,
    Comparison,
    Condition,
    ConsentIs,
    Contains,
    Did,
    Exists,
    Filter,
    In,
    InLast,
    InSegment,
    Not,
    Or,
    PropertyTest,
    UploadIs,
    Value,
    asks_of_properties,
)

#: How deep filters may nest: a bracket of a text can hold an `or` of an `and`, two levels of JSON.
MAX_LEVELS: Final = 2 * MAX_DEPTH + 2

_SHOWN: Final = 60


def to_json(node: Filter) -> dict[str, object]:
    """Return the JSON object of a filter; `from_json` makes the same filter of it."""
    match node:
        case And(filters):
            return {"and": [to_json(each) for each in filters]}
        case Or(filters):
            return {"or": [to_json(each) for each in filters]}
        case Not(inner):
            return {"not": to_json(inner)}
        case _:
            return _condition_to_json(node)


def from_json(document: object) -> Filter:
    """Return the filter of a JSON document, such as `json.loads` gives it.

    Raises:
        WrongCall: `filter_invalid`, with the JSON path, what stands there and what was expected.
    """
    return _filter(_Place(document, "$", 0))


def _condition_to_json(node: Condition) -> dict[str, object]:
    match node:
        case ConsentIs(channel, state):
            return {"consent": channel, "is": state}
        case UploadIs(upload_id):
            return {"upload": upload_id}
        case InSegment(name):
            return {"segment": name}
        case Did():
            return _did_to_json(node)
        case Exists(name):
            return {"property": name, "operator": "exists"}
        case _:
            operator, value = _operator_and_value(node)
            return {"property": node.property, "operator": operator, "value": value}


def _did_to_json(node: Did) -> dict[str, object]:
    where = None if node.where is None else to_json(node.where)
    window = {"in_last_days": node.in_last_days, "since": node.since, "until": node.until, "where": where}
    return {"event": node.event, "at_least": node.at_least, **{name: value for name, value in window.items() if value is not None}}


def _operator_and_value(node: PropertyTest) -> tuple[str, object]:
    match node:
        case Comparison(_, operator, value):
            return operator, value
        case Contains(_, value):
            return "contains", value
        case In(_, values):
            return "in", list(values)
        case Between(_, low, high):
            return "between", [low, high]
        case InLast(_, days):
            return "in_last_days", days
        case Exists():
            return "exists", None


@dataclass(frozen=True, slots=True)
class _Place:
    """A value of the document, the path to it and how many objects it lies in."""

    value: object
    path: str
    level: int

    def fields(self, *required: str, optional: tuple[str, ...] = ()) -> list[_Place]:
        """Return the places of the required fields of an object that has no other ones."""
        fields = self.object()
        for name, place in fields.items():
            if name not in required + optional:
                raise place.wrong(f"no field but {', '.join(required + optional)}")
        if missing := set(required) - set(fields):
            raise self.wrong(f'also the field "{min(missing)}"')
        return [fields[name] for name in required]

    def object(self) -> dict[str, _Place]:
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        if self.level > MAX_LEVELS:
            raise self.wrong(f"no more than {MAX_LEVELS} filters inside one another")
        return {name: _Place(value, f"{self.path}.{name}", self.level + 1) for name, value in self.value.items()}

    def items(self) -> tuple[_Place, ...]:
        if not isinstance(self.value, list) or not self.value:
            raise self.wrong("a list that is not empty")
        return tuple(_Place(value, f"{self.path}[{index}]", self.level) for index, value in enumerate(self.value))

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return self.value

    def literal(self) -> Value:
        if isinstance(self.value, (str, int, float)) and _is_finite(self.value):
            return self.value
        raise self.wrong("a text, a number, true or false")

    def count(self, highest: int | None = None) -> int:
        value = self.value
        if type(value) is not int or value < 1 or (highest and value > highest):
            raise self.wrong("a whole number from 1" + (f" up to {highest}" if highest else ""))
        return value

    def one_of(self, choices: tuple[str, ...]) -> str:
        if self.value not in choices:
            raise self.wrong(f"one of {' '.join(choices)}")
        return str(self.value)

    def wrong(self, expected: str) -> WrongCall:
        return WrongCall("filter_invalid", f"{self.path}: expected {expected}, found {self}.")

    def __str__(self) -> str:
        if isinstance(self.value, (dict, list)):
            return "an object" if isinstance(self.value, dict) else "a list"
        shown = json.dumps(self.value, ensure_ascii=False, default=str)
        return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _is_finite(value: Value) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _filter(place: _Place) -> Filter:
    fields = place.object()
    for key, read in _READERS.items():
        if key in fields:
            return read(place)
    raise place.wrong(f"one of the fields {' '.join(_READERS)}")


def _and(place: _Place) -> Filter:
    (filters,) = place.fields("and")
    return _chain(And, filters)


def _or(place: _Place) -> Filter:
    (filters,) = place.fields("or")
    return _chain(Or, filters)


def _chain(node: type[And | Or], place: _Place) -> Filter:
    filters = tuple(map(_filter, place.items()))
    return filters[0] if len(filters) == 1 else node(filters)


def _not(place: _Place) -> Filter:
    (inner,) = place.fields("not")
    return Not(_filter(inner))


def _consent(place: _Place) -> Filter:
    channel, state = place.fields("consent", "is")
    return ConsentIs(channel.one_of(CHANNELS), state.one_of(CONSENT_STATES))


def _upload(place: _Place) -> Filter:
    (upload_id,) = place.fields("upload")
    return UploadIs(upload_id.text())


def _segment(place: _Place) -> Filter:
    (name,) = place.fields("segment")
    return InSegment(name.text())


def _did(place: _Place) -> Filter:
    (event,) = place.fields("event", optional=("at_least", "in_last_days", "since", "until", "where"))
    fields = place.object()
    at_least = fields["at_least"].count() if "at_least" in fields else 1
    days = fields["in_last_days"].count(MAX_DAYS) if "in_last_days" in fields else None
    since, until = (fields[name].text() if name in fields else None for name in ("since", "until"))
    return Did(event.text(), at_least, days, since, until, _of_event(fields["where"]) if "where" in fields else None)


def _of_event(place: _Place) -> Filter:
    found = _filter(place)
    if not asks_of_properties(found):
        raise place.wrong("a filter of the event's properties alone")
    return found


def _property_test(place: _Place) -> Filter:
    _, operator = place.fields("property", "operator", optional=("value",))
    if operator.one_of(OPERATORS) == "exists":
        name, _ = place.fields("property", "operator")
        return Exists(name.text())
    name, _, value = place.fields("property", "operator", "value")
    return _test(name.text(), str(operator.value), value)


def _test(name: str, operator: str, value: _Place) -> Filter:
    match operator:
        case "contains":
            return Contains(name, value.literal())
        case "in":
            return In(name, tuple(each.literal() for each in value.items()))
        case "between":
            return _between(name, value)
        case "in_last_days":
            return InLast(name, value.count(MAX_DAYS))
        case _:
            return Comparison(name, operator, value.literal())


def _between(name: str, value: _Place) -> Filter:
    match [each.literal() for each in value.items()]:
        case [low, high]:
            return Between(name, low, high)
        case _:
            raise value.wrong("a list of two values, lowest and highest")


OPERATORS: Final = (*COMPARISONS, "contains", "in", "between", "in_last_days", "exists")

#: The fields that tell what an object is.
_READERS: Final[dict[str, Callable[[_Place], Filter]]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "property": _property_test,
    "consent": _consent,
    "upload": _upload,
    "segment": _segment,
    "event": _did,
}
