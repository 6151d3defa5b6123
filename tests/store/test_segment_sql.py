from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headcount.errors import WrongCall
from headcount.segments.filter import (
    CHANNELS,
    COMPARISONS,
    CONSENT_STATES,
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
from headcount.segments.period import read_period
from headcount.store.duckdb.segment_sql import Compiled, compile_filter

NOW = datetime(2024, 5, 10, 12, tzinfo=UTC)
ZONE = "Europe/Berlin"
utc = datetime.fromisoformat


@dataclass(frozen=True, slots=True)
class Column:
    type: str
    sql: str


COLUMNS = {
    "identity": Column("string", "p.identity"),
    "plan": Column("string", "p.c1"),
    "age": Column("integer", "p.c2"),
    "score": Column("float", "p.c3"),
    "vip": Column("boolean", "p.c4"),
    "seen": Column("date", "p.c5"),
    "tags": Column("list", "p.c6"),
}
CONSENTS = [f"consent_{channel}" for channel in CHANNELS]
UPLOADS = {"u1": 1, "u2": 2}
#: Who is on which list, people who are gone among them.
LISTED = [(1, "ann"), (1, "eva"), (1, "gone"), (2, "ann"), (1, "id1"), (1, "id3"), (2, "id3")]

#: identity, plan, age, score, vip, seen, tags, four consents, created_upload.
PEOPLE: list[tuple[Any, ...]] = [
    ("ann", "Pro", 30, 1.5, True, utc("2024-04-30T22:00"), ["a", "b"], True, None, False, None, 1),
    ("bob", "pro", 31, -2.0, False, utc("2024-05-01T21:59:59.999999"), ["B"], False, True, True, True, 1),
    ("00123", "1", None, None, None, None, None, None, None, None, None, 2),
    ("dee", None, 2**53 + 1, 30.0, True, utc("2024-05-03T12:00"), [], None, False, None, False, 2),
    ("eva", "free", -5, 1e308, None, utc("2024-05-10T12:00"), ["a"], True, True, True, True, 0),
    ("fay", "100%_", 0, 0.0, False, utc("2024-05-11"), ["100%"], None, None, None, None, 0),
]
CHANGES = [("ann", 2), ("eva", 1), ("id1", 1), ("id2", 2), ("id3", 1)]
#: Consents that an upload changed.
CONSENT = [("fay", 1), ("fay", None), ("id4", 2)]


@pytest.fixture(scope="module")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "create table profiles (identity varchar, c1 varchar, c2 bigint, c3 double, c4 boolean, c5 timestamp,"
            f" c6 varchar[], {' boolean, '.join(CONSENTS)} boolean, created_upload integer)"
        )
        for view in ("standing_changes", "standing_consent", "events"):
            connection.execute(f"create table {view} (identity varchar, upload integer)")
        connection.execute("create table crowd as from profiles")
        for table, people in (("profiles", PEOPLE), ("crowd", CROWD)):
            connection.executemany(f"insert into {table} values ({', '.join('?' * 12)})", people)
        connection.execute("create table listed (list integer, identity varchar)")
        connection.executemany("insert into listed values (?, ?)", LISTED)
        connection.executemany("insert into standing_changes values (?, ?)", CHANGES)
        connection.executemany("insert into standing_consent values (?, ?)", CONSENT)
        yield connection


def compiled(node: Filter) -> Compiled:
    return compile_filter(node, COLUMNS, zone=ZONE, upload_numbers=UPLOADS.get, now=NOW)


def matched(store: duckdb.DuckDBPyConnection, node: Filter, table: str = "profiles") -> list[str]:
    condition = compiled(node)
    query = f"select identity from {table} p where {condition.sql} order by rowid"
    return [identity for (identity,) in store.execute(query, condition.parameters).fetchall()]


def test_a_simple_filter_is_plain_sql() -> None:
    assert compiled(parse('plan = "pro" and age > 30')) == Compiled("(p.c1 = ? and p.c2 > ?)", ["pro", 30])


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("identity exists", "ann bob 00123 dee eva fay"),
        ('identity = "00123"', "00123"),
        ('plan = "pro"', "bob"),
        ('plan != "pro"', "ann 00123 dee eva fay"),
        ('not plan = "pro"', "ann 00123 dee eva fay"),
        ("plan = 1", "00123"),
        ('plan contains "PR"', "ann bob"),
        ('plan contains "%"', "fay"),
        ('plan not contains "pr"', "00123 dee eva fay"),
        ('plan > "free"', "bob"),
        ('plan in ("pro", 1)', "bob 00123"),
        ('plan not in ("pro", 1)', "ann dee eva fay"),
        ('age = "30"', "ann"),
        ("age = 30.0", "ann"),
        ("age > 30.5", "bob dee"),
        ("not age > 30.5", "ann 00123 eva fay"),
        ("age = 9007199254740992", ""),
        ("age = 9007199254740992.0", ""),
        ("age in (9007199254740992, 30.5)", ""),
        ("age in (30.5)", ""),
        ("not age in (30.5)", "ann bob 00123 dee eva fay"),
        ("age < 1" + "0" * 99, "ann bob dee eva fay"),
        ("age < 1e300", "ann bob dee eva fay"),
        ("age between 30 and 31", "ann bob"),
        ("score < 1" + "0" * 400, "ann bob dee eva fay"),
        ("score >= 30", "dee eva"),
        ("vip = true", "ann dee"),
        ("vip != true", "bob 00123 eva fay"),
        ('vip in (false, "yes")', "ann bob dee fay"),
        ('seen = "2024-05-01"', "ann bob"),
        ('seen != "2024-05-01"', "00123 dee eva fay"),
        ('seen after "2024-05-01"', "dee eva fay"),
        ('seen > "2024-05-01T00:00:00"', "bob dee eva fay"),
        ('seen before "2024-05-02"', "ann bob"),
        ('seen <= "2024-05-03T14:00:00"', "ann bob dee"),
        ('seen >= "2024-05-10T12:00:00Z"', "eva fay"),
        ('seen between "2024-05-01" and "2024-05-03"', "ann bob dee"),
        ('seen in ("2024-05-01", "2024-05-03")', "ann bob dee"),
        ("seen in last 7 days", "eva"),
        ("seen in last 8 days", "dee eva"),
        ("seen not exists", "00123"),
        ('tags contains "a"', "ann eva"),
        ('not tags contains "a"', "bob 00123 dee fay"),
        ("tags exists", "ann bob eva fay"),
        ("not tags exists", "00123 dee"),
        ("consent push is subscribed", "ann eva"),
        ("consent email is unsubscribed", "ann"),
        ("consent email is not set", "00123 dee fay"),
        ("not consent whatsapp is subscribed", "ann 00123 dee fay"),
        ('upload "u1"', "ann bob eva fay"),
        ('not upload "u2"', "bob eva fay"),
        ('(plan = "pro" or vip = true) and age > 30', "bob dee"),
        ('plan = "\' or 1=1 --"', ""),
    ],
)
def test_who_is_matched(store: duckdb.DuckDBPyConnection, text: str, people: str) -> None:
    assert matched(store, parse(text)) == people.split()


@pytest.mark.parametrize(
    ("text", "code", "fragment"),
    [
        ("Plann = 1", "property_unknown", "no property called “Plann”. Did you mean plan? `headcount properties list` shows all"),
        ("zzz = 1", "property_unknown", "no property called “zzz”. `headcount properties list` shows all of them."),
        ("`MSG-email` = true", "property_unknown", "`consent email is subscribed`"),
        ("msg_sms = true", "property_unknown", "`consent sms is subscribed`"),
        ('age > "x"', "filter_type", 'property age is a whole number: "x" is not a value to compare it with'),
        ("age = true", "filter_type", "true is not a value"),
        ('age contains "3"', "filter_type", "`contains` cannot be asked of it"),
        ('age before "2024-05-01"', "filter_type", "`before` cannot be asked of it"),
        ("age in last 3 days", "filter_type", "Only dates can be asked so. Give the property the type date"),
        ("score = 'nan'", "filter_type", '"nan" is not a value'),
        ("vip > true", "filter_type", "`>` cannot be asked of it"),
        ('vip = "maybe"', "filter_type", "is true or false"),
        ("plan > 30", "filter_type", "Put the value in quotes"),
        ("plan between 1 and 2", "filter_type", "Put the value in quotes"),
        ("plan = 1.50", "filter_type", "1.5 is not a value"),
        ('age > "' + "9" * 400 + 'x"', "filter_type", "9…"),
        ("vip = 1" + "0" * 400, "filter_type", "0… is not a value"),
        ("plan = true", "filter_type", "Put the value in quotes"),
        ("plan = '\ud800'", "filter_type", "is not a value"),
        ('seen = "01/05/2024"', "filter_type", "Write a date as"),
        ("seen > 1714521600", "filter_type", "Write a date as"),
        ('tags = "a"', "filter_type", 'contains "text"'),
        ('upload "u9"', "upload_unknown", "no upload 'u9'"),
    ],
)
def test_what_cannot_be_asked(text: str, code: str, fragment: str) -> None:
    with pytest.raises(WrongCall) as caught:
        compiled(parse(text))
    assert caught.value.code == code
    assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("node", "people"),
    [
        (InSegment("a", 1), "ann eva"),
        (Not(InSegment("a", 2)), "bob 00123 dee eva fay"),
        (And((InSegment("a", 1), InSegment("b", 2))), "ann"),
        (InSegment("expired", 0), ""),
    ],
)
def test_who_is_on_a_list(store: duckdb.DuckDBPyConnection, node: Filter, people: str) -> None:
    assert matched(store, node) == people.split()


def test_a_name_that_nobody_resolved_is_no_segment() -> None:
    with pytest.raises(WrongCall) as caught:
        compiled(InSegment("Spring list"))
    assert caught.value.code == "segment_unknown"


def test_every_person_either_matches_or_does_not(store: duckdb.DuckDBPyConnection) -> None:
    node = parse('plan = "pro" and (age > 30 or tags contains "a")')
    assert sorted(matched(store, node) + matched(store, Not(node))) == sorted(person[0] for person in PEOPLE)


# The same language once more, in Python and over one person, to hold the SQL against.

Person = Mapping[str, Any]
OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "before": operator.lt,
    "after": operator.gt,
}


def holds(node: Filter, person: Person) -> bool:
    match node:
        case And(filters):
            return all(holds(each, person) for each in filters)
        case Or(filters):
            return any(holds(each, person) for each in filters)
        case Not(inner):
            return not holds(inner, person)
        case ConsentIs(channel, state):
            return person[f"consent_{channel}"] is {"subscribed": True, "unsubscribed": False}.get(state)
        case UploadIs(upload_id):
            number = UPLOADS[upload_id]
            return person["created_upload"] == number or (person["identity"], number) in [*CHANGES, *CONSENT]
        case InSegment(_, number):
            return (number, person["identity"]) in LISTED
        case _:
            assert not isinstance(node, Did)
            stored = person[node.property]
            return answers(node, None if stored == [] else stored)


def answers(node: object, stored: object) -> bool:
    match node, stored:
        case Comparison(name, "!=", value), _:
            return not answers(Comparison(name, "=", value), stored)
        case _, None:
            return False
        case Comparison(_, sign, value), _:
            return OPERATORS[sign](order(stored, value), 0)
        case In(name, values), _:
            return any(order(stored, value) == 0 for value in values)
        case Between(_, low, high), _:
            return order(stored, low) >= 0 >= order(stored, high)
        case Contains(_, str(value)), str(text):
            return value.lower() in text.lower()
        case Contains(_, value), list(elements):
            return value in elements
        case InLast(_, days), datetime() as moment:
            return timedelta(0) <= NOW.replace(tzinfo=None) - moment < timedelta(days=days)
        case _:
            return True


def order(stored: Any, value: Any) -> int:  # noqa: ANN401 - values of whatever type, but both of the same
    """Below, equal to or above the value as -1, 0 or 1."""
    if isinstance(stored, datetime):
        period = read_period(value, ZoneInfo(ZONE))
        return int(stored >= period.end) - int(stored < period.start)
    wanted = float(value) if isinstance(stored, float) else value
    return int(stored > wanted) - int(stored < wanted)


TEXTS = ["pro", "Pro", "PROFI", "free", "Größe", "", "%", "p_o", "1", "\\", "a'b"]
NUMBERS = [-5, 0, 1, 30, 31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**64, 2**127, -(10**40)]
FLOATS = [-5.0, 0.0, 0.5, 30.0, 30.5, 2.0**53, 1e300, -1e300]
DATES = [
    "2024-04-30",
    "2024-05-01",
    "2024-03-31",
    "2024-05-01T00:00",
    "2024-05-01T00:00:00+02:00",
    "2024-05-09T12:00:00",
]


def crowd() -> list[tuple[Any, ...]]:
    """A few hundred people of whom every value is missing now and then."""
    random = Random(7)
    periods = [read_period(text, ZoneInfo(ZONE)) for text in DATES]
    moments = [NOW.replace(tzinfo=None), *(moment for each in periods for moment in (each.start, each.end))]
    moments += [moment - timedelta(microseconds=1) for moment in moments]
    whole = [number for number in NUMBERS if -(2**63) <= number < 2**63]
    lists = [["pro", "free"], ["1"], [], ["Pro"]]
    states = [True, False]
    pools: list[list[Any]] = [TEXTS, whole, FLOATS, states, moments, lists, *[states] * len(CHANNELS), [1, 2]]
    return [(f"id{row}", *(random.choice([None, *pool]) for pool in pools)) for row in range(300)]


CROWD = crowd()
NAMES = [*COLUMNS, *CONSENTS, "created_upload"]


def asked_of(
    names: list[str], values: st.SearchStrategy[Any], signs: tuple[str, ...], *others: st.SearchStrategy[Filter]
) -> st.SearchStrategy[Filter]:
    name = st.sampled_from(names)
    return st.one_of(
        st.builds(Exists, name),
        st.builds(Comparison, name, st.sampled_from(signs), values),
        st.builds(In, name, st.lists(values, min_size=1, max_size=3).map(tuple)),
        *others,
    )


def between(names: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    return st.builds(Between, st.sampled_from(names), values, values)


texts, numbers, dates = st.sampled_from(TEXTS), st.sampled_from([*NUMBERS, *FLOATS]), st.sampled_from(DATES)
signs = tuple(sign for sign in COMPARISONS if sign not in ("before", "after"))
conditions: st.SearchStrategy[Filter] = st.one_of(
    asked_of(["identity", "plan"], texts, signs, between(["plan"], texts)),
    asked_of(["age", "score"], numbers, signs, between(["age", "score"], numbers)),
    asked_of(["vip"], st.booleans(), ("=", "!=")),
    asked_of(["seen"], dates, COMPARISONS, between(["seen"], dates), st.builds(InLast, st.just("seen"), st.integers(1, 40))),
    st.builds(Contains, st.sampled_from(["plan", "tags"]), texts),
    st.builds(Exists, st.just("tags")),
    st.builds(ConsentIs, st.sampled_from(CHANNELS), st.sampled_from(CONSENT_STATES)),
    st.builds(UploadIs, st.sampled_from([*UPLOADS])),
    st.builds(InSegment, st.just("list"), st.integers(0, 3)),
)
filters = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150)
@given(node=filters)
def test_sql_and_python_agree(store: duckdb.DuckDBPyConnection, node: Filter) -> None:
    expected = [person[0] for person in CROWD if holds(node, dict(zip(NAMES, person, strict=True)))]
    assert matched(store, node, "crowd") == expected
