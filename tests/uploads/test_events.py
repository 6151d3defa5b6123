from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.uploads.account import Account, Document, account_in, answers, ledger, problems, rejects

from headcount.errors import WrongCall
from headcount.profiles.store import Job, StoredEvent
from headcount.segments.grammar import parse
from headcount.uploads.manifest import manifest_of, read, with_event
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

CHARGED = Request(kind="event", event="Charged")
NAMED = Request(kind="event")
FILE = "identity,ts,Amount,City,due\na,1714557600,3,Rome,21/05/2024 10:00:00\nz,,4.5,,\na,1714557601,7,Oslo,\n"
WHEN = datetime(2024, 5, 1, 10)


def did(account: Account, identity: str) -> tuple[StoredEvent, ...]:
    with account.app.store() as store:
        person = store.person(identity)
    assert person, f"nobody is called {identity!r}"
    return person.events


def types(account: Account) -> dict[tuple[str, str], str]:
    with account.app.store() as store:
        return {key: type_.value for key, type_ in store.event_property_types().items()}


def check(account: Account, content: str, request: Request) -> Document:
    return account.app.checking.check(account.file(content), request, name=None, door="cli", on_progress=lambda *_: None)


def test_every_row_is_an_event_of_a_person_who_need_not_be_known(account: Account) -> None:
    account.send("identity,plan\na,pro\n")
    would, done = check(account, FILE, CHARGED), account.send(FILE, CHARGED)
    assert ledger(done) == ledger(would) == {"rows": 3, "stored": 3, "created": 1}
    assert (done["ledger"]["profiles_touched"], done["event"], done["upload"]["processed"]) == (2, "Charged", 3)
    newest, older = did(account, "a")
    assert older.properties == {"Amount": 3.0, "City": "Rome", "due": "2024-05-21T10:00:00Z"}
    assert (older.name, older.at, older.row, newest.properties) == ("Charged", WHEN, 2, {"Amount": 7.0, "City": "Oslo"})
    assert account.count('did "charged" at least 2 times') == account.count('did "Charged" where (City = "Rome")') == 1
    assert account.count(f'upload "{done["upload"]["id"]}"') == 2
    assert types(account) == {("charged", "Amount"): "float", ("charged", "City"): "string", ("charged", "due"): "date"}
    assert {c["header"]: c["set"] for c in done["columns"]} == {"identity": 0, "ts": 2, "Amount": 3, "City": 2, "due": 1}


def test_a_blank_time_is_that_of_the_upload_and_repeated_rows_are_events_of_their_own(account: Account) -> None:
    done = account.send("identity\na\na\n", CHARGED)
    accepted = datetime.fromisoformat(done["upload"]["created_at"]).replace(tzinfo=None)
    assert [event.at for event in did(account, "a")] == [accepted, accepted]
    again = account.send("identity\na\na\n", CHARGED)
    assert again["upload"]["duplicate_of"] == done["upload"]["id"]
    assert len(did(account, "a")) == 4


def test_a_column_may_name_the_events(account: Account) -> None:
    content = "who,evtName,x\na,Signed Up,1\nb,App Launched,2\nc,,3\nb,signedup,4\nb, notification  clicked,5\n,,\n"
    done = account.send(content, Request(kind="event", identity="who"))
    assert ledger(done) == {"rows": 6, "stored": 2, "created": 2, "rejected": 4}
    assert problems(done) == {"event_restricted": [3, 6], "event_name_blank": [4], "identity_blank": [7]}
    assert [event.name for event in did(account, "b")] == ["Signed Up"]
    assert rejects(done)[1]["Failure Description"] == "evtName: Write into the row what the person did."


def test_a_time_that_is_none_rejects_its_row_and_another_cell_only_itself(account: Account) -> None:
    account.send("identity,n\na,1\n", CHARGED)
    done = account.send("identity,ts,n\na,soon,1\na,1714557600,many\n", CHARGED)
    assert problems(done) == {"event_time_invalid": [2], "number_invalid": [3]}
    assert ledger(done) == {"rows": 2, "stored": 1, "rejected": 1, "cells_not_applied": 1}
    assert did(account, "a")[-1].properties == {}


@pytest.mark.parametrize(
    ("header", "cell", "columns"),
    [
        ("ts", "21/05/2024 10:00:00", {}),
        ("ts<dd.MM.yyyy>", "21.05.2024", {}),
        ("when", "2024-05-21T10:00:00Z", {"when": ColumnRequest(property="ts", type=Type.DATE, format="ISO 8601")}),
    ],
)
def test_times_are_read_as_dates_are(account: Account, header: str, cell: str, columns: dict[str, ColumnRequest]) -> None:
    account.send(f"identity,{header}\na,{cell}\n", Request(kind="event", event="Charged", columns=columns))
    assert did(account, "a")[0].at.date().isoformat() == "2024-05-21"


def test_a_property_keeps_the_type_of_its_event_and_another_event_has_its_own(account: Account) -> None:
    account.send("identity,x,Email\na,1,no address\n", CHARGED)
    account.send("identity,x,Email\na,01,1.5\n", CHARGED)
    account.send("identity,x,Email\na,2.5,2\n", Request(kind="event", event="Viewed"))
    account.send("identity,x\na,2.5\n", CHARGED)
    assert types(account)["charged", "x"] == "integer"
    assert types(account)["viewed", "Email"] == "integer"
    newest = [event.properties for event in did(account, "a")]
    assert newest == [{"x": 2.5}, {"x": 2.5, "Email": 2}, {"x": 1, "Email": "1.5"}, {"x": 1, "Email": "no address"}]


def test_where_a_column_names_events_a_property_has_the_type_that_they_agree_on(account: Account) -> None:
    account.send("identity,x,y\na,text,1\n", CHARGED)
    account.send("identity,y\na,text\n", Request(kind="event", event="Viewed"))
    account.send("identity,evtName,x,y\na,charged,1,1\na,Viewed,2,2\n", NAMED)
    assert [event.properties for event in did(account, "a")[:2]] == [{"x": "2", "y": 2}, {"x": "1", "y": 1}]


def test_what_is_open_is_asked_and_an_answer_leaves_the_rows_events(account: Account) -> None:
    waiting = account.send("user,Msg-Email\na,yes\n", NAMED)
    assert answers(waiting) == {"identity_missing": ["--identity 'user'"], "event_name_missing": ["--event NAME", "--map 'COLUMN=evtName'"]}
    done = account.answer(waiting, Request(kind="event", event="Charged", identity="user"))
    assert ledger(done) == {"rows": 1, "stored": 1, "created": 1}
    twice = account.send("identity,evtName\na,x\n", CHARGED)
    assert answers(twice) == {"event_name_twice": ["--skip 'evtName'", "--map 'evtName=NAME'"]}
    many = account.send("identity," + ",".join(f"p{i}" for i in range(257)) + "\na" + ",1" * 257 + "\n", CHARGED)
    assert "Leave 1 of them out" in many["questions"][0]["message"]


def test_rows_that_match_by_an_address_are_no_events(account: Account) -> None:
    with pytest.raises(WrongCall, match="cannot be matched by email"):
        account.send("identity\na@b.example\n", Request(kind="event", event="Charged", match="email"))


@pytest.mark.parametrize(
    ("name", "code"), [("App Launched", "event_restricted"), ("  ", "event_name_blank"), ("x" * 513, "event_name_too_long")]
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_read(name: str, code: str) -> None:
    with pytest.raises(WrongCall) as refused:
        with_event(Request(), name)
    assert refused.value.code == code
    with pytest.raises(WrongCall, match=r"\$.eventName"):
        read(f'{{"type": "event", "eventName": "{name}"}}')


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"type": "token"}', "$.type"),
        ('{"eventName": "Charged"}', "$.eventName"),
        ('{"type": "event", "columns": {"a": {"blank": "clear"}}}', "$.columns['a'].blank"),
        ('{"type": "event", "columns": {"ts": {"dataType": "FLOAT"}}}', "$.columns['ts'].dataType"),
        ('{"type": "event", "columns": {"evtName": {"dataType": "DATE"}}}', "$.columns['evtName'].dataType"),
    ],
)
def test_a_wrong_manifest_names_the_place(text: str, path: str) -> None:
    with pytest.raises(WrongCall) as refused:
        read(text)
    assert f"wrong at {path}:" in refused.value.message


def test_a_manifest_says_that_rows_are_events() -> None:
    found = read('{"type": "Event", "eventName": " Charged ", "columns": {"MSG-email": {"dataType": "INTEGER"}}}').request
    assert (found.kind, found.event) == ("event", "Charged")
    assert read(str(manifest_of(found)).replace("'", '"')).request == found


def test_events_go_with_their_upload_and_come_back_with_it(account: Account) -> None:
    people = account.send("identity,x\nk,1\nl,2\n")
    events = account.send("identity,n\nk,1\nm,2\nm,3\n", CHARGED)

    def reverse(upload: Document, job: str) -> dict[str, int]:
        done = account.app.uploads.reverse(upload["upload"]["id"], "undo" if job == "undo" else "redo", door="cli")[job]
        return {part: n for part, n in done["ledger"].items() if part not in {"touched", "consent"} and n}

    assert account.app.undoing.would(events["upload"]["id"])["ledger"]["removed"] == 1
    # Whoever did something stays when the upload that had created them goes.
    assert reverse(people, "undo") == {"removed": 1, "kept": 1}
    assert (account.people(), account.values("k"), len(did(account, "k"))) == (2, {}, 1)
    assert reverse(events, "undo") == {"removed": 2}
    assert (account.people(), account.count('did "Charged"')) == (0, 0)
    assert reverse(events, "redo") == {"restored": 2}
    assert reverse(people, "redo") == {"restored": 2}
    assert (account.people(), account.values("k"), len(did(account, "m"))) == (3, {"x": 1}, 2)
    assert reverse(events, "undo") == {"restored": 1, "removed": 1}
    assert (account.people(), account.values("k"), did(account, "k")) == (2, {"x": 1}, ())


def test_who_was_changed_since_stays_and_counts_once_however_often_it_is_reversed(account: Account) -> None:
    events = account.send("identity,n\nm,1\nm,2\nz,1\n", CHARGED)
    account.send("identity,x\nm,9\n")
    gone, back = {"touched": 2, "restored": 0, "removed": 1, "kept": 1}, {"touched": 2, "restored": 2, "removed": 0, "kept": 0}
    for expected in (gone, back, gone):
        job: Job = "redo" if expected is back else "undo"
        done = account.app.uploads.reverse(events["upload"]["id"], job, door="cli")[job]
        assert {part: n for part, n in done["ledger"].items() if part != "consent"} == expected
        # What was said of them since is nothing that the events had given.
        assert (done["columns"], account.values("m"), len(did(account, "m"))) == ([], {"x": 9}, 2 if job == "redo" else 0)
    assert account.people() == 1


ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["Charged", "char ged", "Viewed", ""]), st.integers(0, 3)), min_size=1, max_size=12
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_chunks_count_and_find_what_plain_python_does(rows: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory) -> None:
    content = "identity,evtName,n,ts\n" + "".join(f"{who},{name},{n},{1714557600 + i}\n" for i, (who, name, n) in enumerate(rows))
    good = [row for row in rows if row[1]]
    of_name = defaultdict[str, list[str]](list)
    for who, name, _ in good:
        of_name[name.replace(" ", "").lower()].append(who)
    with account_in(tmp_path_factory.mktemp("account"), chunk_rows=3) as account:
        would, done = check(account, content, NAMED), account.send(content, NAMED)
        assert would["ledger"] == done["ledger"]
        assert done["ledger"]["stored"] == len(good)
        assert done["ledger"]["created"] == done["ledger"]["profiles_touched"] == account.people() == len({who for who, *_ in good})
        with account.app.store() as store:

            def found(text: str) -> int:
                return store.count(parse(text), "UTC", account.app.history.number)

            for name, doers in of_name.items():
                for times in (1, 2, 3):
                    expected = sum(1 for who in set(doers) if doers.count(who) >= times)
                    assert found(f'did "{name}" at least {times} times') == expected
            expected = len({who for who, name, n in good if n >= 2 and name != "Viewed"})
            assert found('did "Charged" where (n >= 2)') == expected
            after = datetime.fromtimestamp(1714557600 + 5, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            late = {who for i, (who, name, _) in enumerate(rows) if name == "Viewed" and i >= 5}
            assert found(f'did "Viewed" since "{after}"') == len(late)


def test_an_upload_that_was_stopped_between_two_chunks_stores_each_event_once(tmp_path: Path) -> None:
    content = "identity,n\n" + "".join(f"p{i % 7},{i}\n" for i in range(20))
    with account_in(tmp_path, chunk_rows=4) as account:
        stops = iter(range(3))

        def stop(phase: str, done: int, _: int) -> None:
            if phase == "applying" and done >= 8 and next(stops, None) is not None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            account.app.uploads.upload(account.file(content), CHARGED, name=None, door="cli", on_progress=stop)
        (record,) = account.app.uploads.records.list("default", 1)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                account.app.uploads.resume(record.id, on_progress=stop)
        done = account.app.uploads.resume(record.id)
        assert ledger(done) == {"rows": 20, "stored": 20, "created": 7}
        assert done["ledger"]["profiles_touched"] == 7
        assert sorted(event.properties["n"] for i in range(7) for event in did(account, f"p{i}")) == list(range(20))
