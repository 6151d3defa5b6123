from __future__ import annotations

from typing import Any

import pytest

from headcount.errors import WrongCall
from headcount.segments.cql import read_query
from headcount.segments.grammar import render

BASE = {"event_name": "Charged", "from": 20240131, "to": "20240229"}
JANUARY = 'did "Charged" since "2024-01-31" until "2024-02-29"'
EVER = 'did "Charged" in last 365 days'
TWICE, MORE = (f'did "Charged" at least {times} times in last 365 days' for times in (2, 3))


def fields(*tests: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"common_profile_properties": {"profile_fields": list(tests)}}


def all_of(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"advanced_query": {"did_all": [{"event_name": "Charged", **more}]}}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (BASE, JANUARY),
        ({"event_name": "Charged"}, EVER),
        ({**BASE, "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 5}]}, f"{JANUARY} where (Amount > 5)"),
        ({**BASE, **fields({"name": "plan", "value": "pro"})}, f'{JANUARY} and plan = "pro"'),
        (fields({"name": "plan", "operator": "equals", "value": ["a", "b"]}), 'plan in ("a", "b")'),
        (fields({"name": "plan", "operator": "not_equals", "value": "a"}), 'plan != "a"'),
        (fields({"name": "plan", "operator": "not_equals", "value": ["a", "b"]}), 'not plan in ("a", "b")'),
        (fields({"name": "plan", "operator": "contains", "value": ["a", "b"]}), 'plan contains "a" or plan contains "b"'),
        (fields({"name": "plan", "operator": "does_not_contain", "value": "a"}), 'not plan contains "a"'),
        (fields({"name": "plan", "operator": "exists"}, {"name": "a b", "operator": "does_not_exist"}), "plan exists and not `a b` exists"),
        (fields({"name": "age", "operator": "between", "value": [1, 2.5]}), "age between 1 and 2.5"),
        (fields({"name": "DOB", "operator": "less_than", "value": "$D_0"}), 'DOB < "1970-01-01T00:00:00Z"'),
        ({"common_profile_prop": {"demographics": [{"name": "Gender", "value": "Female"}]}}, 'Gender = "F"'),
        ({"common_profile_properties": {"reachability": [{"name": "has_token", "value": "True"}]}}, "`push.devices` > 0"),
        ({"common_profile_properties": {"reachability": [{"name": "has_token", "value": "False"}]}}, "not `push.devices` > 0"),
        (all_of(), EVER),
        (all_of(operator="equals", value=2), f"{TWICE} and not {MORE}"),
        (all_of(operator="equals", value=0), f"not {EVER}"),
        (all_of(operator="greater_than", value=1), TWICE),
        (all_of(operator="greater_than_equals", value=2), TWICE),
        (all_of(operator="less_than", value=2), f"{EVER} and not {TWICE}"),
        (all_of(operator="less_than_equals", value=1), f"{EVER} and not {TWICE}"),
        (all_of(operator="not_equals", value=2), f"{EVER} and not ({TWICE} and not {MORE})"),
        (all_of(operator="not_equals", value=0), EVER),
        ({"advanced_query": {"did_any": {"any_events": [{"event_name": "Charged"}, BASE]}}}, f"{EVER} or {JANUARY}"),
        ({"advanced_query": {"did_none": [{"event_name": "Charged"}, BASE]}}, f"not {EVER} and not {JANUARY}"),
    ],
)
def test_what_a_query_asks(document: dict[str, Any], text: str) -> None:
    assert render(read_query(document).filter) == text


@pytest.mark.parametrize(
    ("document", "code", "fragment"),
    [
        ({}, "query_invalid", "$: expected event_name, common_profile_properties or advanced_query"),
        ({"event_name": 5}, "query_invalid", "$.event_name"),
        ({**BASE, "from": 20240230}, "query_invalid", "$.from: expected a day such as 20240131"),
        ({**BASE, "from": True}, "query_invalid", "$.from"),
        ({**BASE, "to": 20240101}, "query_invalid", "$.to: expected a day that is not before `from`"),
        ({**BASE, "evnt": 1}, "query_invalid", "no field but advanced_query"),
        ({**BASE, "session_properties": []}, "query_unsupported", "$.session_properties"),
        ({"common_profile_properties": []}, "query_invalid", "expected an object"),
        ({"common_profile_properties": {"geo_radius": [[1, 2, 3]]}}, "query_unsupported", "nothing of that kind is stored"),
        ({"common_profile_properties": {"reachability": [{"name": "has_fax", "value": "True"}]}}, "query_invalid", "has_token"),
        (fields({"name": "plan"}), "query_invalid", "$.common_profile_properties.profile_fields[0].value"),
        (fields({"name": "plan", "value": []}), "query_invalid", "at least one value"),
        (fields({"name": ["plan"], "value": 1}), "query_invalid", "the name of a property"),
        (fields({"name": "plan", "operator": ["equals"], "value": 1}), "query_invalid", "profile_fields[0].operator"),
        (fields({"name": "plan", "operator": "between", "value": [1]}), "query_invalid", "lowest and highest"),
        (all_of(operator="equals", value=True), "query_invalid", "a whole number from 0"),
        (all_of(operator="about", value=1), "query_invalid", "greater_than"),
        ({"advanced_query": {"did_any": {"any_events": [BASE], "operator": "equals", "value": 1}}}, "query_unsupported", "did_any"),
        ({"advanced_query": {"did_any": {"any_events": []}}}, "query_invalid", "a list of events"),
        ({"advanced_query": {"did_none": {}}}, "query_invalid", "$.advanced_query.did_none: expected a list"),
    ],
)
def test_what_is_no_query(document: dict[str, Any], code: str, fragment: str) -> None:
    with pytest.raises(WrongCall) as error:
        read_query(document)
    assert (error.value.code, fragment in error.value.message) == (code, True), error.value.message
