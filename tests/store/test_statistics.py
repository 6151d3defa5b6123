"""What is counted of properties is what plain Python counts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.uploads.account import Account, account_in

from headcount.people.counting import count_all
from headcount.profiles.tending import TOP, Statistics, Tended
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
COLUMNS = {
    "s": st.sampled_from(["a", "b", "ä", "家", "long" * 9]) | st.text("xyz", min_size=1, max_size=3),
    "i": st.integers(-5, 5) | st.integers(-(2**53), 2**53),
    "f": st.floats(-100, 100).map(lambda x: round(x, 3)),
    "b": st.booleans(),
    "d": st.datetimes(datetime(1950, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(microsecond=0)),
    "l": st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True),
}
TYPES = dict(zip(COLUMNS, (Type.STRING, Type.INTEGER, Type.FLOAT, Type.BOOLEAN, Type.DATE, Type.LIST), strict=True))
MAPPING = Request(columns={name: ColumnRequest(type=type_, format="iso" if name == "d" else None) for name, type_ in TYPES.items()})
PEOPLE = st.lists(st.fixed_dictionaries({name: st.none() | values for name, values in COLUMNS.items()}), min_size=1, max_size=40)


def cell(value: Any) -> str:  # noqa: ANN401 - of any type
    if isinstance(value, list):
        value = json.dumps(value)
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return '"' + text.replace('"', '""') + '"'


def csv(people: list[dict[str, Any]]) -> str:
    rows = [",".join([str(n), *(cell(person[name]) for name in COLUMNS)]) for n, person in enumerate(people, 1)]
    return "\n".join([",".join(["identity", *COLUMNS]), *rows, ""])


def counted(account: Account, now: datetime = NOW) -> dict[str, Tended]:
    count_all(account.app.store, lambda: now)
    with account.app.store() as store:
        return {each.property.name: each for each in store.tended()[1]}


def of(account: Account, name: str) -> Statistics:
    found = counted(account)[name].statistics
    assert found
    return found


def as_json(value: Any) -> Any:  # noqa: ANN401 - of any type
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value


@settings(max_examples=9, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(PEOPLE)
def test_statistics_are_those_of_plain_python(tmp_path_factory: Any, people: list[dict[str, Any]]) -> None:  # noqa: ANN401 - pytest's
    with account_in(tmp_path_factory.mktemp("people")) as account:
        document = account.send(csv(people), MAPPING)
        assert (document["upload"]["status"], document["problems"]) == ("completed", []), csv(people)
        found = counted(account)
        for name in COLUMNS:
            given_ = [person[name] for person in people if person[name] is not None]
            values = [item for value in given_ for item in (value if name == "l" else [value])]
            tended = found.get(name)
            if tended is None or tended.statistics is None:
                assert not given_
                continue
            statistics = tended.statistics
            frequent = sorted(Counter(values).items(), key=lambda each: (-each[1], each[0]))
            top = [(as_json(v), n) for v, n in frequent if n > 1 or len(frequent) <= TOP][:TOP]
            assert (name, statistics.filled, statistics.distinct, statistics.exact) == (name, len(given_), len(set(values)), True)
            assert [(value.value, value.people) for value in statistics.top] == top
            ends = (min(values), max(values)) if name in "ifd" and values else (None, None)
            assert (statistics.least, statistics.greatest) == tuple(map(as_json, ends))
            between = {(each.start, each.end): each.people for each in statistics.bins}
            assert bool(between) == (name in "ifd" and len(frequent) > TOP)
            texts = [as_json(value) for value in values]
            for (start, end), number in between.items():
                assert number == sum((start is None or text >= start) and (end is None or text < end) for text in texts)
            assert not between or sum(between.values()) == len(values)


def test_what_was_written_is_out_of_date_until_it_is_counted(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,plan,tier\n1,pro,a\n2,free,a\n")
        assert not any(each.stale for each in counted(account).values())
        later = account.send("identity,plan\n3,pro\n", name="more.csv")
        with account.app.store() as store:
            assert {each.property.name for each in store.tended()[1] if each.stale} == {"plan"}
            assert store.tended()[0] == 3
        found = counted(account, NOW + timedelta(minutes=1))
        assert [(v.value, v.people) for v in (found["plan"].statistics or of(account, "plan")).top] == [("pro", 2), ("free", 1)]
        account.app.uploads.reverse(later["upload"]["id"], "undo", door="cli")
        with account.app.store() as store:
            assert all(each.stale for each in store.tended()[1])
        assert of(account, "plan").filled == 2


def test_an_address_that_a_match_stores_is_counted(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        counted(account)
        account.send("identity,plan\nann@example.com,pro\n", Request(match="email"))
        assert of(account, "Email").filled == 1


def test_an_age_follows_from_the_date_of_birth(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,DOB<yyyy-MM-dd>\n1,1990-01-01\n2,\n")
        assert (of(account, "DOB").filled, of(account, "Age").filled) == (1, 1)


def test_calls_let_a_property_be_counted_now_and_then(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,plan\n1,pro\n")
        counted(account)
        with account.app.store() as store:
            (number,) = (each.number for each in store.properties() if each.name == "plan")
            store.connection.execute("UPDATE property_statistics SET writes = writes + 1 WHERE number = ?", [number])
            soon, late = (store.uncounted(NOW + timedelta(seconds=seconds)) for seconds in (30, 90))
        assert (soon.due, soon.later) == ([], [number])
        assert (late.due, late.later) == ([number], [])


def test_nothing_counted_is_kept_of_who_is_erased(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,plan\n1,secret\n2,free\n")
        counted(account)
        with account.app.store() as store:
            store.erase(["1"], NOW)
            assert store.connection.execute("SELECT count(*) FROM property_statistics WHERE found IS NOT NULL").fetchall() == [(0,)]
        assert [value.value for value in of(account, "plan").top] == ["free"]
