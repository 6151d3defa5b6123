from __future__ import annotations

import pytest

from headcount.errors import WrongCall
from headcount.segments.filter import (
    MAX_DEPTH,
    And,
    Between,
    Comparison,
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
    UploadIs,
)
from headcount.segments.grammar import parse

A, B, C = Exists("a"), Exists("b"), Exists("c")


def test_parse() -> None:
    text = 'plan = "pro" and (age >= 30 or not user_set_1 exists) and consent email is unsubscribed'
    either = Or((Comparison("age", ">=", 30), Not(Exists("user_set_1"))))
    assert parse(text) == And((Comparison("plan", "=", "pro"), either, ConsentIs("email", "unsubscribed")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a exists or b exists and c exists", Or((A, And((B, C))))),
        ("not a exists and b exists", And((Not(A), B))),
        ("(a exists and b exists) and c exists", And((And((A, B)), C))),
        ("((a exists))", A),
        ("not not a exists", Not(Not(A))),
        ("a\n  NOT\tEXISTS", Not(A)),
        ("A exists", Exists("A")),
        ("`Wallet Balance` > -1.5e3", Comparison("Wallet Balance", ">", -1500.0)),
        ("`a``b` exists", Exists("a`b")),
        ("`not` exists", Exists("not")),
        ("größe_2 = 'it\\'s'", Comparison("größe_2", "=", "it's")),
        (r'a = "\\ \" \' \n"', Comparison("a", "=", "\\ \" ' \n")),
        ("1e5 exists", Exists("1e5")),
        ("2 = 2", Comparison("2", "=", 2)),
        ("in in (1, TRUE, 'x')", In("in", (1, True, "x"))),
        ("a not in (1)", Not(In("a", (1,)))),
        ('a contains "x"', Contains("a", "x")),
        ('a not contains "x"', Not(Contains("a", "x"))),
        ("a between 1 and 2 and b exists", And((Between("a", 1, 2), B))),
        ("a between 1 and 2 or b exists", Or((Between("a", 1, 2), B))),
        ('a before "2024-05-01"', Comparison("a", "before", "2024-05-01")),
        ("a in last 7 days", InLast("a", 7)),
        ("a in last 1 day", InLast("a", 1)),
        ("consent SMS is not set", ConsentIs("sms", "not_set")),
        ("consent sms is Not_Set", ConsentIs("sms", "not_set")),
        ("consent sms is not subscribed", Not(ConsentIs("sms", "subscribed"))),
        ('upload "u1"', UploadIs("u1")),
        ('in segment "Spring list"', InSegment("Spring list")),
        ('NOT IN Segment "a" and in exists', And((Not(InSegment("a")), Exists("in")))),
        ('did "Charged"', Did("Charged")),
        ('did "Charged" at least 3 times in last 30 days', Did("Charged", 3, 30)),
        ('did "Charged" since "2024-05-01" until "2024-05-31"', Did("Charged", since="2024-05-01", until="2024-05-31")),
        ('did "Charged" where (a between 1 and 2 or b exists)', Did("Charged", where=Or((Between("a", 1, 2), B)))),
        ("a = 123456789012345678901234567890", Comparison("a", "=", 123456789012345678901234567890)),
    ],
)
def test_parse_each_form(text: str, expected: Filter) -> None:
    assert repr(parse(text)) == repr(expected)


@pytest.mark.parametrize(
    ("text", "position", "fragment"),
    [
        ("", 1, 'expected a condition, such as `plan = "pro"`, found the end of the filter'),
        ("plan = pro", 8, "expected a value, found `pro`"),
        ("plan", 5, "found the end"),
        ("Wallet Balance = 5", 8, "expected a test such as"),
        ("a exists b exists", 10, "expected `and`, `or` or the end"),
        ("(a exists", 10, "expected `)`"),
        ("a exists)", 9, "found `)`"),
        ("true = 1", 1, "expected a condition"),
        ("a = 007", 5, "starts with a zero"),
        ("a = 1e999", 5, "too large"),
        ("a = " + "9" * 5000, 5, "too large"),
        ("a = 'x", 5, "never closed"),
        ("a = `x", 5, "never closed"),
        (r'a = "C:\path"', 8, r"`\p` means nothing"),
        ("a = 5; drop", 6, "`;` is not part of the language"),
        ("a after 2026-11-01", 9, "the date `2026-11-01` without quotes"),
        ("a in (2026-11-01T10:00)", 7, "the date `2026-11-01T10:00` without quotes"),
        ("a < 01/11/2026", 5, "the date `01/11/2026` without quotes"),
        ("a < 1.11.26", 5, "the date `1.11.26` without quotes"),
        ("a = 5 -1", 7, "found `-1`"),
        ("a in ()", 7, "expected a value"),
        ("a in last 0 days", 11, "expected a whole number from 1 up to 36500, found `0`"),
        ("a in last 1.5 days", 11, "expected a whole number"),
        ("a between 1 or 2", 13, "expected `and`"),
        ("a not = 5", 7, "expected a test"),
        ("consent fax is subscribed", 9, "expected push or sms or email or whatsapp"),
        ("consent sms = subscribed", 13, "expected `is`"),
        ("consent sms is maybe", 16, "expected subscribed or"),
        ("upload = 5", 8, "expected the ID of an upload in quotes"),
        ("in segment x", 12, "expected the name of a segment in quotes"),
        ('`in` segment "x"', 6, "expected a test such as"),
        ('did "x" at least 2 days', 20, "expected `times`"),
        ('did "x" where a exists', 15, "expected `(`"),
        ('did "x" where (consent sms is not set)', 15, "properties of the event only"),
    ],
)
def test_error_names_the_place(text: str, position: int, fragment: str) -> None:
    with pytest.raises(WrongCall) as caught:
        parse(text)
    assert caught.value.code == "filter_invalid"
    assert caught.value.message.startswith(f"Character {position}: ")
    assert fragment in caught.value.message


def test_a_date_without_quotes_is_shown_with_them() -> None:
    with pytest.raises(WrongCall) as caught:
        parse("a after 2026-11-01 and b exists")
    assert caught.value.advice.startswith('A date stands in quotes, such as "2026-11-01".')


def test_error_points_with_a_caret() -> None:
    with pytest.raises(WrongCall) as caught:
        parse("a exists and\n\tplan = pro")
    assert str(caught.value).splitlines() == [
        'Character 22: expected a value, found `pro`. A text or a date stands in quotes, such as "pro".',
        "     plan = pro",
        "            ^",
    ]


def test_error_shows_little_of_a_long_filter() -> None:
    with pytest.raises(WrongCall) as caught:
        parse("a exists and " * 1000 + "?" + " and a exists" * 1000)
    assert len(str(caught.value)) < 400


def test_nesting_has_a_limit() -> None:
    parse("(" * MAX_DEPTH + "a exists" + ")" * MAX_DEPTH)
    for opening in ("(", "not "):
        with pytest.raises(WrongCall, match="inside one another"):
            parse(opening * 100_000 + "a exists")


def test_a_long_filter_is_fine() -> None:
    node = parse(" or ".join(f"a = {number}" for number in range(20_000)))
    assert isinstance(node, Or)
    assert len(node.filters) == 20_000
