from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pytest

from headcount.errors import WrongCall
from headcount.segments.filter import Did
from headcount.segments.grammar import parse
from headcount.store.duckdb import events, people
from headcount.store.duckdb.profiles import open_profiles
from headcount.store.duckdb.segment_sql import compile_filter

NOW = datetime(2024, 5, 10, 12, tzinfo=UTC)
#: Name, identity, time, properties.
EVENTS = [
    ("Charged", "ann", "2024-05-01 10:00:00", '{"Amount": 300, "City": "Rome", "Tags": ["a"], "due": "2024-06-01T00:00:00Z", "a/b~c": 1}'),
    ("charged", "ann", "2024-05-09 10:00:00", '{"Amount": 9.5, "paid": true}'),
    ("Char ged", "bob", "2024-04-30 21:59:59", '{"Amount": 100, "City": "Oslo"}'),
    ("App Launched", "bob", "2024-05-09 10:00:00", "{}"),
]
TYPES = [("Amount", "integer"), ("City", "string"), ("Tags", "list"), ("due", "date"), ("paid", "boolean"), ("a/b~c", "integer")]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_profiles(tmp_path_factory.mktemp("data") / "a.duckdb", memory_mb=256, threads=1, patience=1) as store:
        made = store.connection
        made.execute(
            "CREATE TEMP TABLE given (name VARCHAR, identity VARCHAR, happened_at TIMESTAMP, properties JSON, upload INTEGER, row BIGINT)"
        )
        made.executemany("INSERT INTO given SELECT ?, ?, ?, ?, 0, coalesce(max(row), 0) + 1 FROM given", EVENTS)
        events.add(made.execute, "given")
        made.execute("CREATE TEMP TABLE typed (event VARCHAR, name VARCHAR, type VARCHAR)")
        made.executemany("INSERT INTO typed VALUES ('Charged', ?, ?)", TYPES)
        events.add_types(made.execute, "typed")
        made.execute(
            "INSERT INTO profiles BY NAME SELECT unnest(['ann', 'bob', 'cem']) AS identity, TIMESTAMP '2024-01-01' AS first_seen, "
            "TIMESTAMP '2024-01-01' AS last_updated, 1 AS created_upload, 1 AS created_row"
        )
        yield made


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ('did "CHARGED"', "ann bob"),
        ('not did "Charged"', "cem"),
        ('did "Charged" at least 2 times', "ann"),
        ('did "Charged" at least 100000000000000000000 times', ""),
        ('did "Charged" in last 2 days', "ann"),
        ('did "Charged" since "2024-05-01"', "ann"),
        ('did "Charged" until "2024-04-30"', "bob"),
        ('did "Charged" since "2024-05-01" until "2024-05-01" or did "App Launched"', "ann bob"),
        ('did "Charged" where (Amount > 100)', "ann"),
        ('did "Charged" where (Amount = 9.5)', "ann"),
        ('did "Charged" at least 2 times where (Amount between 9 and 300)', "ann"),
        ('did "Charged" where (City in ("Oslo", "Bonn") and Amount = 100)', "bob"),
        ('did "Charged" where (City contains "RO")', "ann"),
        ('did "Charged" where (Tags contains "a" and due = "2024-06-01")', "ann"),
        ('did "Charged" where (paid = true)', "ann"),
        ('did "Charged" where (`a/b~c` = 1)', "ann"),
        ('did "Charged" where (not City exists)', "ann"),
        ('did "Charged" where (Nobody > 1 or Nobody exists)', ""),
        ('did "Charged" where (Nobody != 1)', "ann bob"),
        ('did "Unheard of"', ""),
        ('did "\' or 1=1 --"', ""),
    ],
)
def test_who_did_it(connection: duckdb.DuckDBPyConnection, text: str, people: str) -> None:
    compiled = compile_filter(
        parse(text), {}, upload_numbers=lambda _: None, event_types=lambda name: events.types(connection, name), now=NOW
    )
    found = connection.execute(f"SELECT identity FROM profiles p WHERE {compiled.sql} ORDER BY 1", compiled.parameters).fetchall()
    assert [identity for (identity,) in found] == people.split()


@pytest.mark.parametrize("node", [Did("x", since="soon"), Did("\ud800"), parse('did "Charged" where (Amount > "much")')])
def test_what_is_no_value_is_refused(connection: duckdb.DuckDBPyConnection, node: Did) -> None:
    with pytest.raises(WrongCall, match="property"):
        compile_filter(node, {}, upload_numbers=lambda _: None, event_types=lambda name: events.types(connection, name))


def test_a_person_tells_what_they_did_the_newest_first_and_how_many_devices_they_have(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO aliases VALUES ('objectId', 'o1', 'ann'), ('objectId', 'o2', 'bob'), ('FBID', 'o1', 'bob')")
    connection.execute("INSERT INTO devices VALUES ('o1', 'fcm', 't1', NULL, TIMESTAMP '2024-01-01')")
    ann, bob = people.people(connection, (), "p.identity <> ?", ["cem"], 9)
    assert [(event.name, event.at.day, event.row) for event in ann.events] == [("Charged", 9, 2), ("Charged", 1, 1)]
    assert ann.events[0].properties == {"Amount": 9.5, "paid": True}
    assert (ann.devices, bob.devices) == (1, 0)
    assert people.find(connection, (), "nobody", 9) == ()


def test_everything_of_a_person_has_their_other_names_and_devices(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO aliases VALUES ('objectId', 'o8', 'cem'), ('FBID', 'f1', 'cem'), ('objectId', 'o9', 'bob')")
    connection.execute("INSERT INTO devices VALUES ('o8', 'fcm', 't8', '{}', TIMESTAMP '2024-01-01'), ('o9', 'fcm', 't9', NULL, now())")
    found = people.everything(connection, (), "cem")
    assert found
    assert [(each.kind, each.value) for each in found.aliases] == [("FBID", "f1"), ("objectId", "o8")]
    assert [(each.object_id, each.token, each.keys) for each in found.devices] == [("o8", "t8", "{}")]
    assert found.person.events == people.people(connection, (), "p.identity = ?", ["cem"], 1)[0].events
    assert people.everything(connection, (), "nobody") is None
