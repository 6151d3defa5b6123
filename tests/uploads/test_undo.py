"""Taking an upload back and bringing it back: one case after the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.uploads.account import Account, Document, account_in, ledger

from headcount.errors import WrongCall
from headcount.profiles import report
from headcount.profiles.consent import Channel, Source, Wish
from headcount.profiles.store import Job
from headcount.uploads import watch
from headcount.uploads.mapping import ColumnRequest, Match, Request
from headcount.values.types import Type

TYPES = Request({"tags": ColumnRequest(type=Type.LIST), "born": ColumnRequest(type=Type.DATE, format="ISO")})
LISTS = Request({"tags": ColumnRequest(type=Type.LIST)})
CONFIRMED = Request(confirm_resubscribe="signed up again")
HEADER = "identity,plan,visits,score,vip,born,tags,MSG-email,MSG-whatsapp\n"
FIRST = HEADER + "a,pro,7,1.5,true,2001-02-03T04:05:06Z,x,true,\nb,free,8,2.5,false,2002-02-03T04:05:06Z,y,false,true\nc,,,,,,,,\n"
SECOND = HEADER + "a,team,9,3.5,false,2011-02-03T04:05:06Z,z,false,true\nc,new,1,1.25,true,2012-02-03T04:05:06Z,w,true,\nd,x,,,,,,false,\n"


def upload_id(document: Document) -> str:
    return str(document["upload"]["id"])


def turn(account: Account, document: Document, job: Job = "undo") -> Document:
    """What an undo, or redo, of an upload did."""
    done: Document = account.app.uploads.reverse(upload_id(document), job, door="cli", actor="ann")[job]
    return done


def numbers(done: Document) -> dict[str, int]:
    return {part: n for part, n in done["ledger"].items() if part != "consent" and n}


def status(account: Account, document: Document) -> str:
    return str(account.app.history.show(upload_id(document))["upload"]["status"])


def contents(account: Account) -> tuple[list[Document], list[Document]]:
    """All that is stored of everybody, and what is shown of them."""
    with account.app.store() as store:
        rows = store.connection.sql("FROM profiles ORDER BY identity").to_arrow_table().to_pylist()
        people = [store.person(row["identity"]) for row in rows]
    stored = [{name: value for name, value in row.items() if value is not None} for row in rows]
    return stored, [report.document(p, account.app.history.ids(), datetime(2026, 1, 1)) for p in people if p]


def whole_file(account: Account) -> dict[str, list[Any]]:
    """Everything in the data file, table by table."""
    with account.app.store() as store:
        tables = [name for (name,) in store.connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()]
        return {table: store.connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables}


def images(account: Account) -> set[str]:
    """What is kept of uploads so that they can be undone."""
    return {table for table in whole_file(account) if table.startswith(("before_", "after_", "removed_"))}


def opt_out(account: Account, identity: str) -> None:
    """A person's own word."""
    with account.app.store() as store:
        assert store.set_consent(identity, Wish(Channel.EMAIL, subscribed=False, source=Source.PERSON, at=datetime(2026, 1, 1)))


def retype(account: Account, name: str, type_: Type) -> None:
    with account.app.store() as store:
        store.retype(name, type_)


def once(phase: str, act: Callable[[], object]) -> Callable[[str, int, int], None]:
    """Progress that does something in the middle of a phase."""
    acts = [act]

    def on_progress(now: str, done: int, total: int) -> None:
        if now == phase and 2 * done > total and acts:
            acts.pop()()

    return on_progress


def stop() -> None:
    raise KeyboardInterrupt


def interrupted(account: Account, document: Document, job: Job = "undo") -> None:
    """Begin an undo, or redo, and stop in the middle of it."""
    with pytest.raises(KeyboardInterrupt):
        account.app.uploads.reverse(upload_id(document), job, door="cli", on_progress=once(f"{job}ing", stop))


def finished_long_ago(account: Account, document: Document) -> None:
    with sqlite3.connect(account.app.settings.data / "control.sqlite") as control:
        control.execute("UPDATE upload SET finished_at = '2020-01-01 00:00:00.000000' WHERE id = ?", [upload_id(document)])


def test_everything_is_as_before(account: Account) -> None:
    account.send(FIRST, TYPES)
    before = contents(account)
    second = account.send(SECOND, TYPES)
    with_second = contents(account)
    done = turn(account, second)
    assert contents(account) == before
    assert numbers(done) == {"touched": 3, "restored": 2, "removed": 1}
    assert done["kept"] == []
    assert numbers(turn(account, second, "redo")) == {"touched": 3, "restored": 3}
    assert contents(account) == with_second


def test_values_and_consents_are_counted(account: Account) -> None:
    account.send(FIRST, TYPES)
    done = turn(account, account.send(SECOND, TYPES))
    assert {c["property"]: (c["type"], c["restored"], c["kept"]) for c in done["columns"]} == {
        "plan": ("string", 2, 0),
        "visits": ("integer", 2, 0),
        "score": ("float", 2, 0),
        "vip": ("boolean", 2, 0),
        "born": ("date", 2, 0),
        "tags": ("list", 2, 0),
    }
    assert done["ledger"]["consent"]["email"] == {"restored": 3, "kept": 0}
    assert done["ledger"]["consent"]["whatsapp"] == {"restored": 1, "kept": 0}
    assert done["by"] == "ann"
    assert (done["door"], done["was"]) == ("cli", "completed")


def test_created_people_go_and_come_back(account: Account) -> None:
    document = account.send(FIRST, TYPES)
    with_it = contents(account)
    assert numbers(turn(account, document)) == {"touched": 3, "removed": 3}
    assert account.people() == 0
    assert account.count(f'upload "{upload_id(document)}"') == 0
    assert numbers(turn(account, document, "redo")) == {"touched": 3, "restored": 3}
    assert contents(account) == with_it


def test_what_was_changed_since_stays_and_says_who_did_it(account: Account) -> None:
    first = account.send("identity,plan,visits\na,pro,1\nb,pro,2\nc,pro,3\n")
    second = account.send("identity,plan\nb,team\n", name="later.csv")
    done = turn(account, first)
    assert numbers(done) == {"touched": 3, "removed": 2, "kept": 1}
    assert done["kept"] == [
        {
            "identity": "b",
            "property": "plan",
            "channel": None,
            "value": "team",
            "from": {"source": "upload", "upload": upload_id(second), "row": 2},
        }
    ]
    assert account.values("b") == {"plan": "team"}


def test_a_filter_finds_whom_an_upload_changed_and_nobody_of_an_undone_one(account: Account) -> None:
    account.send("identity,plan\na,pro\nb,pro\n")
    document = account.send("identity,plan,MSG-email\na,,false\nb,team,\n", name="later.csv")
    filter_text = f'upload "{upload_id(document)}"'
    assert account.count(filter_text) == 2
    turn(account, document)
    assert account.count(filter_text) == 0
    turn(account, document, "redo")
    assert account.count(filter_text) == 2


def test_a_persons_own_word_since_stays(account: Account) -> None:
    account.send("identity,plan\na,pro\n")
    document = account.send("identity,MSG-email\na,true\n", name="consent.csv")
    opt_out(account, "a")
    done = turn(account, document)
    assert done["ledger"]["consent"]["email"] == {"restored": 0, "kept": 1}
    (kept,) = done["kept"]
    assert (kept["identity"], kept["channel"], kept["value"], kept["from"]["source"]) == ("a", "email", "unsubscribed", "person")
    assert account.consent("a") == {"email": False}


def test_a_person_whom_only_their_own_word_keeps(account: Account) -> None:
    document = account.send("identity,plan\na,pro\n")
    opt_out(account, "a")
    assert numbers(turn(account, document)) == {"touched": 1, "kept": 1}
    assert (account.values("a"), account.consent("a")) == ({}, {"email": False})
    turn(account, document, "redo")
    assert (account.values("a"), account.consent("a")) == ({"plan": "pro"}, {"email": False})


def test_who_had_declined_has_declined_again(account: Account) -> None:
    account.send("identity,plan\na,pro\n")
    opt_out(account, "a")
    back = "identity,MSG-email\na,true\n"
    document = account.send(back, CONFIRMED)
    assert account.consent("a") == {"email": True}
    turn(account, document)
    assert account.consent("a") == {"email": False}
    again = account.send(back)
    assert [h["identity"] for h in again["held"]] == ["a"]
    assert account.consent("a") == {"email": False}


def test_a_consent_that_went_back_is_logged(account: Account) -> None:
    document = account.send("identity,MSG-email\na,false\nb,\n")
    account.send("identity,plan\na,pro\n", name="stays.csv")
    turn(account, document)
    with account.app.store() as store:
        newest, first = store.consent_log(identity="a", upload=None, limit=9)
    assert (first.before, first.after, newest.before, newest.after) == (None, False, False, None)
    assert (newest.actor, newest.door, newest.source, newest.reason) == ("ann", "cli", "upload", "the upload was taken back")


def test_an_upload_that_changed_nothing(account: Account) -> None:
    account.send(FIRST, TYPES)
    before = contents(account)
    same = account.send(FIRST, TYPES)
    done = turn(account, same)
    assert (numbers(done), done["columns"], done["kept"]) == ({}, [], [])
    assert status(account, same) == "undone"
    assert numbers(turn(account, same, "redo")) == {}
    assert contents(account) == before


def test_a_cancelled_upload_gives_back_what_it_had_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_HEARTBEAT_SECONDS", 0.0)
    with account_in(tmp_path, chunk_rows=2) as account:
        cancel = once("applying", lambda: account.app.uploads.cancel(account.app.history.list()[0]["id"]))
        rows = "".join(f"{n},pro\n" for n in range(1, 10))
        file = account.file("identity,plan\n" + rows)
        document = account.app.uploads.upload(file, Request(), name=None, door="cli", on_progress=cancel)
        applied = account.people()
        assert 0 < applied < 9
        assert numbers(turn(account, document)) == {"touched": applied, "removed": applied}
        assert account.people() == 0
        assert numbers(turn(account, document, "redo")) == {"touched": applied, "restored": applied}
        assert status(account, document) == "cancelled"


def rejected(account: Account) -> Document:
    return account.send("")


def waiting(account: Account) -> Document:
    return account.send("Email,plan\na@b.example,x\n")


def cancelled(account: Account) -> Document:
    return account.app.uploads.cancel(upload_id(waiting(account)))


def undone(account: Account) -> Document:
    document = account.send(FIRST, TYPES)
    turn(account, document)
    return document


def expired(account: Account) -> Document:
    document = account.send(FIRST, TYPES)
    finished_long_ago(account, document)
    return document


def half_undone(account: Account) -> Document:
    document = account.send(FIRST, TYPES)
    interrupted(account, document)
    return document


def half_uploaded(account: Account) -> Document:
    with pytest.raises(KeyboardInterrupt):
        account.app.uploads.upload(account.file(FIRST), TYPES, name=None, door="cli", on_progress=once("applying", stop))
    return account.app.history.show(account.app.history.list()[0]["id"])


def beside_a_half_undone(account: Account) -> Document:
    half_undone(account)
    return account.send("identity,plan\nz,pro\n", name="other.csv")


@pytest.mark.parametrize(
    ("prepared", "reason", "advice"),
    [
        (undone, "is undone already", "uploads redo"),
        (rejected, "was rejected; it changed nothing", ""),
        (waiting, "waits and has changed nothing yet", "uploads cancel"),
        (cancelled, "was cancelled before anything was applied", ""),
        (expired, "was finished more than 30 days ago", "undo_days"),
        (half_undone, "was interrupted", "uploads resume"),
        (half_uploaded, "was interrupted", "uploads resume"),
        (beside_a_half_undone, "was interrupted while it was taken back", "uploads resume"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("check", [False, True])
def test_what_cannot_be_undone_says_why(
    account: Account, prepared: Callable[[Account], Document], reason: str, advice: str, check: bool
) -> None:
    document = prepared(account)
    before = status(account, document)
    with pytest.raises(WrongCall, match=reason) as refused:
        account.app.undoing.would(upload_id(document)) if check else turn(account, document)
    assert refused.value.code == "undo_impossible"
    assert advice in refused.value.advice
    assert status(account, document) == before


@pytest.mark.parametrize("prepared", [rejected, waiting, cancelled, lambda account: account.send(FIRST, TYPES)])
def test_only_what_was_undone_is_brought_back(account: Account, prepared: Callable[[Account], Document]) -> None:
    document = prepared(account)
    with pytest.raises(WrongCall, match="only what was undone can be brought back") as refused:
        turn(account, document, "redo")
    assert refused.value.code == "redo_impossible"


def test_an_undo_is_not_undone_for_ever(account: Account) -> None:
    document = undone(account)
    finished_long_ago(account, document)
    with pytest.raises(WrongCall, match="30 days"):
        turn(account, document, "redo")


def test_while_an_undo_runs_it_is_neither_begun_again_nor_cancelled(account: Account) -> None:
    document = account.send(FIRST, TYPES)
    seen = list[str]()

    def meddle() -> None:
        with pytest.raises(WrongCall, match="Wait until that is done") as refused:
            turn(account, document)
        seen.append(refused.value.code)
        with pytest.raises(WrongCall, match="being taken back") as refused:
            account.app.uploads.cancel(upload_id(document))
        seen.append(refused.value.code)

    account.app.uploads.reverse(upload_id(document), "undo", door="cli", on_progress=once("undoing", meddle))
    assert seen == ["undo_impossible", "upload_reversing"]
    assert status(account, document) == "undone"


def test_an_interrupted_undo_goes_on(tmp_path: Path) -> None:
    with account_in(tmp_path, chunk_rows=2) as account:
        document = account.send("identity,plan\n" + "".join(f"{n},pro\n" for n in range(1, 10)))
        interrupted(account, document)
        assert 0 < account.people() < 9
        done = account.app.uploads.resume(upload_id(document))
        assert numbers(done["undo"]) == {"touched": 9, "removed": 9}
        interrupted(account, document, "redo")
        assert numbers(account.app.uploads.resume(upload_id(document))["redo"]) == {"touched": 9, "restored": 9}


def test_without_days_nothing_is_kept(tmp_path: Path) -> None:
    with account_in(tmp_path, undo_days=0) as account:
        account.send(FIRST, TYPES)
        document = account.send(SECOND, TYPES)
        assert images(account) == set()
        assert document["upload"]["undo_until"] is None
        with pytest.raises(WrongCall) as refused:
            turn(account, document)
        assert refused.value.code == "undo_impossible"
        assert status(account, document) == "completed"


def test_what_was_uploaded_without_days_cannot_be_undone_with_some(tmp_path: Path) -> None:
    with account_in(tmp_path, undo_days=0) as account:
        document = account.send(FIRST, TYPES)
    with account_in(tmp_path) as account:
        with pytest.raises(WrongCall, match="is not kept"):
            turn(account, document)
        assert status(account, document) == "completed"


def test_the_next_upload_removes_what_expired(account: Account) -> None:
    account.send(FIRST, TYPES)
    second = account.send(SECOND, TYPES)
    undone_ = account.send("identity,plan\na,gold\nz,gold\n", name="third.csv")
    turn(account, undone_)
    assert images(account) == {"before_2", "after_3", "removed_3"}
    for document in (second, undone_):
        finished_long_ago(account, document)
    account.send("identity,plan\na,red\n", name="fourth.csv")
    assert images(account) == {"before_4"}


@pytest.mark.parametrize(
    ("cells", "type_", "values"),
    [
        (("1", "2x", "3x"), Type.INTEGER, (1, None)),
        (("1", "2", "3"), Type.STRING, ("1", "2")),
        (("x", "y", "z"), Type.LIST, (["x"], ["y"])),
        (("2001-02-03T04:05:06Z", "x", "y"), Type.DATE, (datetime(2001, 2, 3, 4, 5, 6), None)),
    ],
)
@pytest.mark.parametrize("job", ["undo", "redo"])
def test_a_property_of_another_type_since(
    account: Account, job: Job, cells: tuple[str, str, str], type_: Type, values: tuple[Any, Any]
) -> None:
    string = Request({"code": ColumnRequest(type=None if cells[1] == "2" else Type.STRING)})
    account.send("identity,code\na,0\nb,0\n", string, name="first.csv")
    if job == "undo":
        account.send(f"identity,code\na,{cells[0]}\nb,{cells[1]}\n", string, name="second.csv")
        document = account.send(f"identity,code\na,{cells[2]}\nb,{cells[2]}\n", string, name="third.csv")
    else:
        document = account.send(f"identity,code\na,{cells[0]}\nb,{cells[1]}\n", string, name="second.csv")
        turn(account, document)
    retype(account, "code", type_)
    turn(account, document, job)
    assert tuple(account.values(who).get("code") for who in "ab") == values


@pytest.mark.parametrize("job", ["undo", "redo"])
def test_a_property_that_widened_since(account: Account, job: Job) -> None:
    account.send("identity,visits\na,1\nb,1\n")
    document = account.send("identity,visits\na,2\n", name="second.csv")
    if job == "redo":
        turn(account, document)
    account.send("identity,visits\nb,1.5\n", name="third.csv")
    assert account.types() == {"visits": "float"}
    turn(account, document, job)
    assert account.values("a") == {"visits": 1.0 if job == "undo" else 2.0}
    assert account.values("b") == {"visits": 1.5}


def test_a_property_that_came_in_between(account: Account) -> None:
    document = undone(account)
    account.send("identity,size\nz,9\n", name="other.csv")
    turn(account, document, "redo")
    assert account.values("a")["plan"] == "pro"
    account.send("identity,size\na,9\n", name="third.csv")
    turn(account, document)
    assert account.values("a") == {"size": 9}


def test_the_same_file_after_an_undo_brings_everything_back(account: Account) -> None:
    document = account.send(FIRST, TYPES)
    values = [account.values(who) for who in "abc"]
    turn(account, document)
    again = account.send(FIRST, TYPES)
    assert again["upload"]["duplicate_of"] is None
    assert ledger(again) == ledger(document)
    assert [account.values(who) for who in "abc"] == values


@pytest.mark.parametrize("between", [(), ("undo",), ("undo", "redo")])
def test_the_same_file_is_unchanged_after_undo_and_redo_of_others(account: Account, between: tuple[Job, ...]) -> None:
    account.send(FIRST, TYPES)
    second = account.send(SECOND, TYPES)
    for job in between:
        turn(account, second, job)
    updated = 0 if between == ("undo",) else 2
    again = account.send(FIRST, TYPES)
    assert ledger(again) == ({"rows": 3, "unchanged": 3} if not updated else {"rows": 3, "updated": 1, "unchanged": 2})
    assert account.values("a")["plan"] == "pro"


def test_the_same_file_after_its_own_undo_and_redo_is_unchanged(account: Account) -> None:
    document = undone(account)
    turn(account, document, "redo")
    again = account.send(FIRST, TYPES)
    assert again["upload"]["duplicate_of"] == upload_id(document)
    assert ledger(again) == {"rows": 3, "unchanged": 3}


def test_the_same_file_sets_again_what_an_undo_took_from_under_it(account: Account) -> None:
    first = account.send("identity,plan\na,pro\n")
    both = "identity,plan,visits\na,pro,1\n"
    account.send(both, name="second.csv")
    turn(account, first)
    assert account.values("a") == {"visits": 1}
    assert ledger(account.send(both, name="second.csv")) == {"rows": 1, "updated": 1}
    assert account.values("a") == {"plan": "pro", "visits": 1}


@pytest.mark.parametrize("job", ["undo", "redo"])
def test_a_value_that_another_type_lost_is_set_again(account: Account, job: Job) -> None:
    first = account.send("identity,plan\na,pro\n")
    document = first
    if job == "undo":
        document = account.send("identity,plan,plan.operation\na,,$delete\n", name="clears.csv")
    else:
        turn(account, first)
    for type_ in (Type.INTEGER, Type.STRING):
        retype(account, "plan", type_)
    turn(account, document, job)
    assert account.values("a") == {}
    assert ledger(account.send("identity,plan\na,pro\n")) == {"rows": 1, "updated": 1}
    assert account.values("a") == {"plan": "pro"}


def test_a_value_that_another_type_lost_while_its_person_lived_on_is_set_again(account: Account) -> None:
    first = account.send("identity,plan\na,pro\n")
    second = account.send("identity,visits\na,1\n", name="second.csv")
    turn(account, first)
    for type_ in (Type.INTEGER, Type.STRING):
        retype(account, "plan", type_)
    turn(account, first, "redo")
    turn(account, second)
    assert account.values("a") == {}
    assert ledger(account.send("identity,plan\na,pro\n")) == {"rows": 1, "updated": 1}


@pytest.mark.parametrize(("match", "cells"), [("email", ("a@x.example", "A@X.example")), ("phone", ("+4930123456", "+4930123456"))])
def test_rows_that_name_people_by_an_address(account: Account, match: Match, cells: tuple[str, str]) -> None:
    account.send("identity,Email,Phone,plan\n1,a@x.example,+4930123456,pro\n2,a@x.example,+4930123456,free\n3,,,x\n")
    before = contents(account)
    second = account.send(f"identity,plan,visits\n{cells[0]},team,1\n{cells[1]},,2\n", Request(match=match), name="second.csv")
    with_second = contents(account)
    assert account.values("1")["visits"] == account.values("2")["visits"] == 2
    assert numbers(turn(account, second)) == {"touched": 2, "restored": 2}
    assert contents(account) == before
    turn(account, second, "redo")
    assert contents(account) == with_second


def test_two_rows_that_name_one_person(account: Account) -> None:
    account.send("identity,Email,plan\na@x.example,b@x.example,pro\n")
    before = contents(account)
    second = account.send("identity,plan,visits\nb@x.example,team,\na@x.example,,1\n", Request(match="email"), name="second.csv")
    with_second = contents(account)
    turn(account, second)
    assert contents(account) == before
    turn(account, second, "redo")
    assert contents(account) == with_second


def test_a_check_stores_nothing_and_says_what_the_undo_does(tmp_path: Path) -> None:
    with account_in(tmp_path, chunk_rows=2) as account:
        account.send(FIRST, TYPES)
        second = account.send(SECOND, TYPES)
        account.send("identity,plan,MSG-email\na,gold,true\nd,,true\n", name="third.csv")
        before = whole_file(account)
        would = account.app.undoing.would(upload_id(second))
        assert whole_file(account) == before
        assert status(account, second) == "completed"
        done = turn(account, second)
    parts = ("ledger", "columns", "kept")
    assert {part: would[part] for part in parts} == {part: done[part] for part in parts}
    assert would["ledger"]["kept"] == 2


@pytest.mark.parametrize("undone_first", [0, 1, 2])
def test_the_ledger_of_an_undo_adds_up(account: Account, undone_first: int) -> None:
    files = ["identity,plan\na,1x\nb,1x\nc,1x\n", "identity,plan\nb,2x\nd,2x\n", "identity,plan\nb,3x\na,3x\n"]
    documents = [account.send(file, name=f"{n}.csv") for n, file in enumerate(files)]
    order = [documents[undone_first], *(d for n, d in enumerate(documents) if n != undone_first)]
    for document in order:
        counted = turn(account, document)["ledger"]
        assert counted["touched"] == counted["restored"] + counted["removed"] + counted["kept"]
        assert counted["touched"] == document["ledger"]["created"] + document["ledger"]["updated"]
    assert account.people() == 0


@pytest.mark.parametrize(
    ("turns", "plan"),
    [("undo 1, undo 2", "first"), ("undo 2, undo 1", "first"), ("undo 1, redo 1, undo 2", "second"), ("undo 2, undo 1, redo 1", "second")],
)
def test_an_upload_that_was_written_over_is_drawn_out_and_put_in_again(account: Account, turns: str, plan: str) -> None:
    documents = [account.send(f"identity,plan\na,{value}\n", name=f"{value}.csv") for value in ("first", "second", "third")]
    for job, which in (words.split() for words in turns.split(", ")):
        turn(account, documents[int(which)], "undo" if job == "undo" else "redo")
    assert account.values("a") == {"plan": plan}


def test_until_when_it_can_be_undone(account: Account) -> None:
    document = account.send(FIRST, TYPES)
    begins, ends = (datetime.fromisoformat(document["upload"][at]) for at in ("finished_at", "undo_until"))
    assert (ends - begins).days == 30
    assert begins.tzinfo == UTC
    turn(account, document)
    assert account.app.history.show(upload_id(document))["upload"]["undo_until"] == document["upload"]["undo_until"]


def test_a_consent_that_is_held_counts_where_a_list_of_the_row_changes(account: Account) -> None:
    account.send("identity,tags\na,x\n", LISTS)
    opt_out(account, "a")
    document = account.send("identity,tags,MSG-email\na,y,true\n", LISTS, name="second.csv")
    assert [(h["identity"], h["row"], h["channel"]) for h in document["held"]] == [("a", 2, "email")]
    assert document["ledger"]["consent"]["email"] == {"opted_out": 0, "resubscribed": 0, "held": 1}
    assert (account.values("a")["tags"], account.consent("a")) == (["y"], {"email": False})
