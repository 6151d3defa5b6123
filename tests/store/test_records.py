from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headcount.profiles.consent import Channel, Occasion, Source, Wish
from headcount.profiles.live import Answer
from headcount.segments.cql import Query, read_query
from headcount.segments.filter import Exists, Not
from headcount.segments.store import Trend, Wanted
from headcount.store.duckdb import events, images, live, registry
from headcount.store.duckdb.profiles import DuckDBProfiles, open_profiles
from headcount.values.types import Type

AT = datetime(2024, 5, 10, 12)
ALL = Exists("identity")
#: Identity, name, e-mail address, number, plan, joined, tags.
PEOPLE = [
    ("ann", "Ann", "Ann@x.com", "+4915112345678", "pro", datetime(2024, 1, 1), ["a", "b"]),
    ("bob", None, "ann@X.com", None, 'a"b', None, None),
    ("cem", "Cem", None, "+4915112345678", None, None, None),
]
#: Name, identity, time, properties.
EVENTS = [
    ("Charged", "ann", "2024-05-09 23:30:00", '{"Amount": 300, "City": "Rome", "Tags": ["x", "y"]}'),
    ("Charged", "ann", "2024-05-10 10:00:00", '{"Amount": 9.5, "City": "Oslo"}'),
    ("charged", "bob", "2024-05-10 10:00:00", '{"Amount": 300}'),
    ("App Launched", "bob", "2024-05-10 11:58:00", "{}"),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBProfiles]:
    with open_profiles(tmp_path / "a.duckdb", memory_mb=256, threads=1, patience=1) as store:
        made = store.connection
        columns = store.register(1, [("plan", Type.STRING), ("joined", Type.DATE), ("tags", Type.LIST)])
        names = [registry.find(made, name).column for name in ("Name", "Email", "Phone")] + [each.column for each in columns.values()]
        into = f"identity, {', '.join(names)}, first_seen, last_updated, created_upload, created_row"
        made.executemany(f"INSERT INTO profiles ({into}) VALUES (?, ?, ?, ?, ?, ?, ?, '2024-01-01', '2024-01-01', 1, 1)", PEOPLE)
        made.execute(
            "CREATE TEMP TABLE g (name VARCHAR, identity VARCHAR, happened_at TIMESTAMP, properties JSON, upload INTEGER, row BIGINT)"
        )
        made.executemany("INSERT INTO g SELECT ?, ?, ?, ?, 0, coalesce(max(row), 0) + 1 FROM g", EVENTS)
        events.add(made.execute, "g")
        made.execute(
            "CREATE TEMP TABLE t AS SELECT 'Charged' AS event, unnest(['Amount', 'City']) AS name, unnest(['integer', 'string']) AS type"
        )
        events.add_types(made.execute, "t")
        made.execute("INSERT INTO aliases VALUES ('objectId', 'dev1', 'ann'), ('objectId', 'dev2', 'cem'), ('FBID', 'f1', 'ann')")
        made.execute("INSERT INTO devices VALUES ('dev1', 'fcm', 'tok', NULL, '2024-01-01')")
        yield store


def query(**more: Any) -> Query:  # noqa: ANN401 - JSON
    return read_query({"event_name": "Charged", "from": 20240501, "to": 20240531, **more})


def pages(store: DuckDBProfiles, size: int) -> list[list[str]]:
    found, end = list[list[str]](), None
    while not found or end:
        page = store.profile_page(ALL, "UTC", end, size)
        found.append([json.loads(record)["identity"] for record in page.records])
        end = page.end
    return found


def test_a_record_has_what_is_known(store: DuckDBProfiles) -> None:
    assert json.loads(store.record("identity", "ann") or "") == {
        "identity": "ann",
        "name": "Ann",
        "email": "Ann@x.com",
        "phone": "+4915112345678",
        "profileData": {"plan": "pro", "joined": "$D_1704067200", "tags": ["a", "b"]},
        "events": {"Charged": {"count": 2, "first_seen": 1715297400, "last_seen": 1715335200}},
        "platformInfo": [{"platform": "Android", "push_token": "tok", "objectId": "dev1"}],
    }


@pytest.mark.parametrize(
    ("named", "value", "identity"),
    [("email", "ANN@x.com", "ann"), ("objectId", "dev2", "cem"), ("identity", "Ann", None), ("objectId", "nobody", None)],
)
def test_somebody_is_found_by_any_name(store: DuckDBProfiles, named: Any, value: str, identity: str | None) -> None:  # noqa: ANN401
    found = store.record(named, value)
    assert (found and json.loads(found)["identity"]) == identity


@pytest.mark.parametrize(
    ("size", "expected"), [(1, [["ann"], ["bob"], ["cem"]]), (2, [["ann", "bob"], ["cem"]]), (3, [["ann", "bob", "cem"]])]
)
def test_pages_have_everybody_once(store: DuckDBProfiles, size: int, expected: list[list[str]]) -> None:
    assert pages(store, size) == expected


def test_nobody_is_one_page(store: DuckDBProfiles) -> None:
    assert store.profile_page(Not(ALL), "UTC", None, 5).records == []


def test_events_come_by_their_time(store: DuckDBProfiles) -> None:
    first = store.event_page(query(), "Europe/Berlin", None, 2)
    second = store.event_page(query(), "Europe/Berlin", first.end, 2)
    found = [json.loads(record) for record in (*first.records, *second.records)]
    assert [(each["profile"]["identity"], each["ts"]) for each in found] == [
        ("ann", 20240510013000),
        ("ann", 20240510120000),
        ("bob", 20240510120000),
    ]
    assert second.end is None
    assert found[0]["event_props"] == {"Amount": 300, "City": "Rome", "Tags": ["x", "y"]}
    assert found[0]["profile"]["objectId"] == "dev1"
    assert found[0]["session_props"] == {}


def test_events_are_those_of_the_people(store: DuckDBProfiles) -> None:
    of_pro = query(common_profile_properties={"profile_fields": [{"name": "plan", "value": "pro"}]})
    assert (store.count_events(query(), "UTC"), store.count_events(of_pro, "UTC")) == (3, 2)
    assert len(store.event_page(of_pro, "UTC", None, 9).records) == 2


@pytest.mark.parametrize(
    ("wanted", "counts", "numbers"),
    [
        (Wanted("event", "Amount"), {"300": 2, "9.5": 1}, True),
        (Wanted("event", "City", rarest=True, most=1), {"Oslo": 1}, False),
        (Wanted("event", "Tags"), {"x": 1, "y": 1}, False),
        (Wanted("event", "nothing"), {}, False),
        (Wanted("person", "plan"), {"pro": 2, 'a"b': 1}, False),
        (Wanted("person", "tags"), {"a": 2, "b": 2}, False),
        (Wanted("person", "nothing"), {}, False),
    ],
)
def test_values_are_counted(store: DuckDBProfiles, wanted: Wanted, counts: dict[str, int], numbers: bool) -> None:
    found = store.top(query(), "UTC", wanted)
    assert (found.counts, found.numbers) == (counts, numbers)


@pytest.mark.parametrize(
    ("zone", "wanted", "expected"),
    [
        ("UTC", Trend("daily"), {"20240509": 1, "20240510": 2}),
        ("Europe/Berlin", Trend("daily"), {"20240510": 3}),
        ("UTC", Trend("weekly", people=True), {"202419": 2}),
        ("UTC", Trend("monthly", sum_of="Amount"), {"202405": 609.5}),
    ],
)
def test_a_trend_counts_by_periods(store: DuckDBProfiles, zone: str, wanted: Trend, expected: dict[str, float]) -> None:
    assert store.trend(query(), zone, wanted) == expected


def test_who_is_there_now(store: DuckDBProfiles) -> None:
    assert store.active(datetime(2024, 5, 10, 11, 55), AT) == (1, 0)
    assert store.active(datetime(2023, 1, 1), AT) == (2, 2)


def wishes(*rows: tuple[str, str, bool]) -> pa.Table:
    names = ("channel", "address", "subscribed")
    return pa.table({"place": range(len(rows))} | {name: [row[i] for row in rows] for i, name in enumerate(names)})


def test_an_address_is_everybody_who_has_it(store: DuckDBProfiles) -> None:
    store.set_consent("bob", Wish(Channel.EMAIL, subscribed=False, source=Source.PERSON, at=AT))
    asked = wishes(
        ("sms", "49 151 12345678", False),
        ("email", "ann@x.COM", True),
        ("email", "nobody@x.com", False),
        ("email", "no address", False),
        ("whatsapp", "+1", True),
    )
    found = store.subscribe(asked, Occasion(AT, Source.API, "app", "api"))
    assert found.to_pydict() == {
        "place": [0, 1, 2, 3, 4],
        "valid": [True, True, True, False, False],
        "people": [2, 2, 0, 0, 0],
        "held": [0, 1, 0, 0, 0],
    }
    log = store.consent_log(identity=None, upload=None, limit=9)
    assert {(e.identity, e.channel, e.after, e.source, e.door) for e in log[:3]} == {
        ("ann", "sms", False, "api", "api"),
        ("cem", "sms", False, "api", "api"),
        ("ann", "email", True, "api", "api"),
    }
    assert len(log) == 4


def test_the_last_wish_of_a_consent_counts_and_nothing_is_logged_twice(store: DuckDBProfiles) -> None:
    both = wishes(("sms", "+4915112345678", False), ("sms", "+4915112345678", True))
    for _ in range(2):
        store.subscribe(both, Occasion(AT, Source.API))
    assert [(e.identity, e.after) for e in store.consent_log(identity=None, upload=None, limit=9)] == [("ann", True), ("cem", True)]


def test_nothing_is_left_of_who_is_erased(store: DuckDBProfiles) -> None:
    made = store.connection
    store.set_consent("ann", Wish(Channel.EMAIL, subscribed=False, source=Source.PERSON, at=AT))
    made.execute("INSERT INTO changes VALUES (1, 1, 1, 'ann', [1])")
    refused = {"place": 0, "code": "email_invalid", "property": "Email", "phone": None}
    records = [{"identity": "ann"}, {"identity": "dan", "profileData": {"Email": "ANN@x.com"}}, {"identity": "dan"}]
    answer = {"processed": 7, "failed": [{**refused, "record": record} for record in records], "notices": []}
    answers = [("k", json.dumps(answer)), ("l", "{}")]
    made.executemany("INSERT INTO answered VALUES (?, 'h', now()::TIMESTAMP, ?)", answers)
    images.make(made, images.image("before", 1), {5: "VARCHAR"})
    made.execute("INSERT INTO before_1 VALUES ('ann', 1, 1, now()::TIMESTAMP, now()::TIMESTAMP, true, 'x')")
    assert store.erase(["ann", "nobody"], AT) == 1
    tables = [name for (name,) in made.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()]
    assert {"before_1", "events", "answered"} <= set(tables)
    dump = [made.execute(f"SELECT t::VARCHAR FROM {table} t").fetchall() for table in tables if table not in {"erasures", "format"}]
    assert not [
        row for rows in dump for (row,) in rows if any(word in row for word in ("ann,", '"ann"', "Ann@x.com", "dev1", "f1", "Rome"))
    ]
    assert pages(store, 9) == [["bob", "cem"]]
    kept = store.answer("k")
    assert kept is not None
    assert kept.answer == {**answer, "failed": [{**refused, "record": record} for record in (None, None, {"identity": "dan"})]}
    (noted,) = store.erasures()
    assert (noted.identities, noted.aliases, noted.emails, noted.phones) == (
        ("ann", "nobody"),
        ("dev1", "f1"),
        ("Ann@x.com",),
        ("+4915112345678",),
    )


@pytest.mark.parametrize("identity", ["müller", 'the "one"', "back\\slash", "two\nlines", "日本"])
def test_refused_records_of_who_is_erased_go_however_json_spells_them(store: DuckDBProfiles, identity: str) -> None:
    refused = {"place": 0, "code": "email_invalid", "property": "Email", "phone": None}
    records = [{"identity": identity.upper(), "Name": "x"}, {"identity": "dan"}]
    answer = {"processed": 0, "failed": [{**refused, "record": record} for record in records], "notices": []}
    live.keep_answers(store.connection, [Answer("k", "h", AT, answer)])
    store.erase([identity], AT)
    kept = store.answer("k")
    assert kept is not None
    assert kept.answer == {**answer, "failed": [{**refused, "record": record} for record in (None, {"identity": "dan"})]}


def test_many_people_are_found_at_once_by_any_name(store: DuckDBProfiles) -> None:
    added = "INSERT INTO profiles (identity, first_seen, last_updated, created_upload, created_row) SELECT"
    store.connection.execute(f"{added} 'objectId:dev9', '2024-01-01', '2024-01-01', 1, 1")
    assert set(store.identities("identity", ["ann", "cem", "nobody", "ann"])) == {"ann", "cem"}
    assert store.identities("email", ["ANN@x.com", "ann@X.com", "nobody@x.com"]) == ("ann",)
    assert set(store.identities("objectId", ["dev1", "dev9", "dev0"])) == {"ann", "objectId:dev9"}
    assert store.identities("objectId", []) == ()


def test_instants_are_in_utc_wherever_the_machine_stands(tmp_path: Path) -> None:
    code = """if True:
        import sys
        from datetime import UTC, datetime, timedelta
        from pathlib import Path
        from headcount.store.duckdb.connection import open_file
        with open_file(Path(sys.argv[1]), memory_mb=100, threads=1, patience=1) as connection:
            (now,) = connection.cursor().execute("SELECT current_timestamp::TIMESTAMP").fetchone()
        assert abs(now - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=1), now
    """
    environment = {**os.environ, "TZ": "America/Los_Angeles"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.duckdb")], check=True, env=environment)


def test_an_upload_that_was_accepted_before_does_not_win(store: DuckDBProfiles) -> None:
    store.subscribe(wishes(("sms", "+4915112345678", True)), Occasion(AT, Source.API))
    said = store.connection.execute("SELECT identity, number, whole, accepted_at FROM later ORDER BY ALL").fetchall()
    assert said == [(who, -Channel.SMS.bit, True, AT) for who in ("ann", "cem")]
    store.erase(["ann"], AT)
    assert store.connection.execute("SELECT identity FROM later").fetchall() == [("cem",)]
