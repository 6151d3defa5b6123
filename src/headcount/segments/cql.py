"""Queries in the JSON that clients of CleverTap send, as filters.

QUERY  = EVENT with "common_profile_properties" and "advanced_query"; each of the three may be left out, not all of them
EVENT  = {"event_name": NAME, "from": 20240131, "to": 20240229, "event_properties": [TEST, …]}
         (without "from" and "to": the last 365 days)
common = {"profile_fields": [TEST, …], "demographics": [TEST, …], "reachability": [{"name": "has_token", "value": "True"}]}
TEST   = {"name": NAME, "operator": OPERATOR, "value": VALUE or [VALUE, …]}        (without an operator: equals)
advanced = {"did_all": [EVENT with "operator" and "value" of its count, …], "did_any": {"any_events": [EVENT, …]},
            "did_none": [EVENT, …]}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, TypeAlias

from headcount.errors import WrongCall
from headcount.profiles.columns import PUSH_DEVICES
from headcount.segments.filter import And, Between, Comparison, Contains, Did, Exists, Filter, In, Not, Or, Value

#: A JSON object.
Object: TypeAlias = Mapping[str, Any]

#: How far back an event counts where a query does not say.
DAYS: Final = 365

_EVENT: Final = frozenset({"event_name", "from", "to", "event_properties"})
_COMMON: Final = ("common_profile_properties", "common_profile_prop")
_QUERY: Final = _EVENT | {*_COMMON, "advanced_query"}
#: What clients can ask for there, and nothing is stored of here.
_NOT_STORED: Final = frozenset({"session_properties", "app_fields", "technographics", "geo_fields", "geo_radius"})
_COMPARISONS: Final = {
    "equals": "=",
    "not_equals": "!=",
    "greater_than": ">",
    "greater_than_equals": ">=",
    "less_than": "<",
    "less_than_equals": "<=",
}
_OTHERS: Final = ("contains", "does_not_contain", "exists", "does_not_exist", "between")
_DAY: Final = re.compile(r"\d{8}", re.ASCII)
#: How a value says that it is a date.
_DATE: Final = re.compile(r"\$D_(-?\d{1,10})", re.ASCII)
_GENDERS: Final = {"male": "M", "female": "F", "other": "O", "unknown": "U"}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: an event that people did, and what else holds for them. At least one of the two is there."""

    event: Did | None
    people: Filter | None

    @property
    def filter(self) -> Filter:
        """The people of the query."""
        given = [each for each in (self.event, self.people) if each is not None]
        return _all(given)


def read_query(document: Object, beside: Collection[str] = ()) -> Query:
    """Return what a query asks; fields named `beside` are not looked at.

    Raises:
        WrongCall: `query_invalid`, with the path and what was expected; `query_unsupported`, with what is not stored here.
    """
    _check(document, "$", {*_QUERY, *beside})
    event = _event(document, "$") if "event_name" in document else None
    people = [*_common(document), *_advanced(document.get("advanced_query", {}))]
    if event is None and not people:
        raise _wrong("$", "event_name, common_profile_properties or advanced_query")
    return Query(event, _all(people) if people else None)


def day(value: object, path: str) -> str:
    """The ISO date of a day such as 20240131. Raises WrongCall `query_invalid`."""
    text = str(value) if isinstance(value, (str, int)) else ""
    if not _DAY.fullmatch(text):
        raise _wrong(path, "a day such as 20240131")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError as error:
        raise _wrong(path, "a day such as 20240131") from error


def _event(document: Object, path: str) -> Did:
    name = document.get("event_name")
    if not isinstance(name, str) or not name.strip():
        raise _wrong(f"{path}.event_name", "the name of an event")
    since, until = (day(document[end], f"{path}.{end}") if end in document else None for end in ("from", "to"))
    if since and until and since > until:
        raise _wrong(f"{path}.to", "a day that is not before `from`")
    last = DAYS if since is None and until is None else None
    tests = [*_tests(document, "event_properties", path)]
    return Did(name, 1, last, since, until, _all(tests) if tests else None)


def _common(document: Object) -> Iterator[Filter]:
    for name in _COMMON:
        if name in document:
            path, common = f"$.{name}", _object(document[name], f"$.{name}")
            _check(common, path, {"profile_fields", "demographics", "reachability"})
            yield from _tests(common, "profile_fields", path)
            yield from _tests(common, "demographics", path, _GENDERS)
            yield from _reachability(common, path)


def _reachability(common: Object, path: str) -> Iterator[Filter]:
    for place, test in _items(common, "reachability", path):
        truth = {"true": True, "false": False}.get(str(test.get("value")).lower())
        if test.get("name") != "has_token" or truth is None:
            raise _wrong(place, '{"name": "has_token", "value": "True"}')
        has_one = Comparison(PUSH_DEVICES, ">", 0)
        yield has_one if truth else Not(has_one)


def _advanced(given: object) -> Iterator[Filter]:
    path, advanced = "$.advanced_query", _object(given, "$.advanced_query")
    _check(advanced, path, {"did_all", "did_any", "did_none"})
    for place, item in _items(advanced, "did_all", path):
        _check(item, place, {*_EVENT, "operator", "value"})
        yield _often(_event(item, place), item, place)
    if "did_any" in advanced:
        yield _any(_object(advanced["did_any"], f"{path}.did_any"), f"{path}.did_any")
    for place, item in _items(advanced, "did_none", path):
        _check(item, place, _EVENT)
        yield Not(_event(item, place))


def _any(given: Object, path: str) -> Filter:
    if "operator" in given:
        raise WrongCall("query_unsupported", f"{path}: how often several events happened together cannot be asked here.")
    _check(given, path, {"any_events"})
    events = []
    for place, item in _items(given, "any_events", path):
        _check(item, place, _EVENT)
        events.append(_event(item, place))
    if not events:
        raise _wrong(f"{path}.any_events", "a list of events")
    return events[0] if len(events) == 1 else Or(tuple(events))


def _often(event: Did, item: Object, path: str) -> Filter:
    """How often somebody did it. Who never did is meant by no number but 0."""
    if "operator" not in item:
        return event
    sign, count = item["operator"], item.get("value")
    if not isinstance(sign, str) or sign not in _COMPARISONS:
        raise _wrong(f"{path}.operator", " or ".join(_COMPARISONS))
    if type(count) is not int or count < 0:
        raise _wrong(f"{path}.value", "a whole number from 0")

    def times(at_least: int) -> Filter:
        return Did(event.event, max(at_least, 1), event.in_last_days, event.since, event.until, event.where)

    if count == 0 and sign in {"equals", "less_than_equals"}:
        return Not(event)
    return {
        "equals": And((times(count), Not(times(count + 1)))),
        "not_equals": And((event, Not(And((times(count), Not(times(count + 1))))))) if count else event,
        "greater_than": times(count + 1),
        "greater_than_equals": times(count),
        "less_than": And((event, Not(times(count)))),
        "less_than_equals": And((event, Not(times(count + 1)))),
    }[sign]


def _tests(document: Object, field: str, path: str, words: Mapping[str, str] | None = None) -> Iterator[Filter]:
    """The tests of properties in a list; for the gender, words stand for the letter that is stored."""
    for place, test in _items(document, field, path):
        _check(test, place, {"name", "operator", "value"})
        name, sign = test.get("name"), test.get("operator", "equals")
        if not isinstance(name, str):
            raise _wrong(f"{place}.name", "the name of a property")
        if not isinstance(sign, str) or sign not in {*_COMPARISONS, *_OTHERS}:
            raise _wrong(f"{place}.operator", " or ".join((*_COMPARISONS, *_OTHERS)))
        yield _test(name, sign, test, place, words if name == "Gender" else None)


def _test(name: str, sign: str, test: Object, path: str, words: Mapping[str, str] | None) -> Filter:
    if sign in {"exists", "does_not_exist"}:
        return _unless(sign == "does_not_exist", Exists(name))
    given = test.get("value")
    values = tuple(_value(each, f"{path}.value", words) for each in (given if isinstance(given, list) else [given]))
    if not values:
        raise _wrong(f"{path}.value", "at least one value")
    if sign == "between":
        return _between(name, values, path)
    if sign in {"contains", "does_not_contain"}:
        return _unless(sign == "does_not_contain", _one_of(values, lambda value: Contains(name, value)))
    if len(values) > 1 and sign in {"equals", "not_equals"}:
        return _unless(sign == "not_equals", In(name, values))
    return _one_of(values, lambda value: Comparison(name, _COMPARISONS[sign], value))


def _between(name: str, values: tuple[Value, ...], path: str) -> Filter:
    match values:
        case (low, high):
            return Between(name, low, high)
        case _:
            raise _wrong(f"{path}.value", "a list of two values, lowest and highest")


def _one_of(values: tuple[Value, ...], test: Callable[[Value], Filter]) -> Filter:
    tests = tuple(map(test, values))
    return tests[0] if len(tests) == 1 else Or(tests)


def _value(value: object, path: str, words: Mapping[str, str] | None) -> Value:
    if not isinstance(value, (str, int, float)):
        raise _wrong(path, "a text, a number, true or false, or a list of these")
    if isinstance(value, str) and (found := _DATE.fullmatch(value)):
        return datetime.fromtimestamp(int(found[1]), UTC).isoformat().replace("+00:00", "Z")
    return words.get(value.lower(), value) if words and isinstance(value, str) else value


def _unless(negated: bool, node: Filter) -> Filter:  # noqa: FBT001 - what is told apart
    return Not(node) if negated else node


def _all(filters: list[Any]) -> Filter:
    return filters[0] if len(filters) == 1 else And(tuple(filters))


def _items(document: Object, field: str, path: str) -> Iterator[tuple[str, Object]]:
    """The objects of a list, each with the path to it."""
    items = document.get(field, [])
    if not isinstance(items, list):
        raise _wrong(f"{path}.{field}", "a list")
    for number, item in enumerate(items):
        place = f"{path}.{field}[{number}]"
        yield place, _object(item, place)


def _object(value: object, path: str) -> Object:
    if not isinstance(value, dict):
        raise _wrong(path, "an object")
    return value


def _check(document: Object, path: str, known: Collection[str]) -> None:
    """What is overlooked would be answered by too many people."""
    for name in document:
        if name in _NOT_STORED:
            raise WrongCall("query_unsupported", f"{path}.{name}: nothing of that kind is stored here.", "Leave it out.")
        if name not in known:
            raise _wrong(path, f"no field but {', '.join(sorted(known))}")


def _wrong(path: str, expected: str) -> WrongCall:
    return WrongCall("query_invalid", f"{path}: expected {expected}.")
