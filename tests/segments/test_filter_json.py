from __future__ import annotations

import pytest

from headcount.errors import WrongCall
from headcount.segments.filter import MAX_DEPTH, Between, Comparison, Did, Exists, Filter, In, InLast, InSegment
from headcount.segments.filter_json import MAX_LEVELS, from_json, to_json
from headcount.segments.grammar import parse


def test_to_json() -> None:
    text = 'plan = "pro" and (age between 18 and 30 or not `user set` exists) and consent email is unsubscribed'
    assert to_json(parse(text)) == {
        "and": [
            {"property": "plan", "operator": "=", "value": "pro"},
            {
                "or": [
                    {"property": "age", "operator": "between", "value": [18, 30]},
                    {"not": {"property": "user set", "operator": "exists"}},
                ]
            },
            {"consent": "email", "is": "unsubscribed"},
        ]
    }


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"and": [{"property": "a", "operator": "exists"}]}, Exists("a")),
        ({"property": "a", "operator": "before", "value": "2024-05-01"}, Comparison("a", "before", "2024-05-01")),
        ({"property": "a", "operator": "in", "value": [1, "x", True]}, In("a", (1, "x", True))),
        ({"property": "a", "operator": "between", "value": [1.5, 2]}, Between("a", 1.5, 2)),
        ({"property": "a", "operator": "in_last_days", "value": 7}, InLast("a", 7)),
        ({"segment": "Spring list"}, InSegment("Spring list")),
        ({"event": "Charged"}, Did("Charged")),
        ({"event": "Charged", "at_least": 2, "in_last_days": 9}, Did("Charged", 2, 9)),
        (
            {"event": "Charged", "since": "2024-05-01", "where": {"property": "a", "operator": "exists"}},
            Did("Charged", since="2024-05-01", where=Exists("a")),
        ),
    ],
)
def test_from_json(document: object, expected: Filter) -> None:
    assert repr(from_json(document)) == repr(expected)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "$: expected an object, found a list."),
        (None, "$: expected an object, found null."),
        (
            {},
            "$: expected one of the fields and or not property consent upload segment event, found an object.",
        ),
        ({"and": []}, "$.and: expected a list that is not empty, found a list."),
        ({"or": [{"upload": 5}]}, "$.or[0].upload: expected a text, found 5."),
        ({"not": {"upload": "u", "x": 1}}, "$.not.x: expected no field but upload, found 1."),
        ({"consent": "email"}, '$: expected also the field "is", found an object.'),
        ({"consent": "fax", "is": "set"}, '$.consent: expected one of push sms email whatsapp, found "fax".'),
        ({"event": "e", "at_least": True}, "$.at_least: expected a whole number from 1, found true."),
        ({"event": "e", "where": {"upload": "u"}}, "$.where: expected a filter of the event's properties alone, found an object."),
        (
            {"event": "e", "in_last_days": 10**9},
            "$.in_last_days: expected a whole number from 1 up to 36500, found 1000000000.",
        ),
        (
            {"property": "a", "operator": "exists", "value": 1},
            "$.value: expected no field but property, operator, found 1.",
        ),
        (
            {"property": "a", "operator": "=", "value": float("nan")},
            "$.value: expected a text, a number, true or false, found NaN.",
        ),
        (
            {"property": "a", "operator": "between", "value": [1]},
            "$.value: expected a list of two values, lowest and highest, found a list.",
        ),
    ],
)
def test_error_names_the_path(document: object, message: str) -> None:
    with pytest.raises(WrongCall) as caught:
        from_json(document)
    assert caught.value.code == "filter_invalid"
    assert caught.value.message == message


def test_json_holds_the_deepest_text() -> None:
    inner = "a exists"
    for _ in range(MAX_DEPTH):
        inner = f"b exists or c exists and ({inner})"
    assert from_json(to_json(parse(inner))) == parse(inner)


def test_nesting_has_a_limit() -> None:
    document: object = {"property": "a", "operator": "exists"}
    for _ in range(MAX_LEVELS + 1):
        document = {"not": document}
    with pytest.raises(WrongCall, match="inside one another"):
        from_json(document)
