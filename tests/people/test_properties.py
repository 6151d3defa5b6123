from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from tests.people.conftest import NOW, Notes, refused
from tests.uploads.account import Account, account_in

from headcount.auth.rights import Principal, Right
from headcount.errors import Busy, WrongCall
from headcount.people.counting import Counting, count_all
from headcount.people.properties import PropertyDesk
from headcount.people.segments import Wish
from headcount.profiles.report import COVER
from headcount.segments.uses import SegmentUses
from headcount.store.duckdb.profiles import DuckDBProfiles
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

SEES = (Right.READ, Right.SEE_PERSONAL_DATA)
TENDS = (*SEES, Right.MANAGE_PROPERTIES)
FILE = "identity,Email,plan,visits\n1,ann@example.com,pro,1\n2,bob@example.com,pro,2\n3,,12,\n"


@dataclass
class Place:
    """An account, and the desks of whoever has some rights in it."""

    account: Account
    notes: Notes = field(default_factory=Notes)
    #: An upload that works with everything.
    busy: str | None = None

    def desk(self, *rights: Right) -> PropertyDesk:
        app, by = self.account.app, Principal(id="u1", name="Mia", account_id="default", rights=frozenset(rights), door="api")
        refresh = lambda: count_all(app.store, lambda: NOW)  # noqa: E731 - a callback
        return PropertyDesk(by, app.store, refresh, app.history.ids, lambda _: self.busy, app.desks.uses, self.notes, lambda: NOW)

    def says(self) -> list[tuple[str, str]]:
        return [(entry.action, entry.object) for entry in self.notes.entries]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with account_in(tmp_path) as account:
        account.send(FILE)
        yield Place(account)


def test_a_property_is_shown_with_what_is_known_of_it(place: Place) -> None:
    found = place.desk(*SEES).show("plan")
    assert found["statistics"]["top"] == [{"value": "pro", "people": 2}, {"value": "12", "people": 1}]
    assert (found["people"], found["statistics"]["filled"], found["stale"], found["counted_at"]) == (3, 3, False, "2026-06-01T12:00:00Z")
    upload = place.account.app.history.list()[0]["id"]
    assert (found["first_upload"], found["last_upload"], found["used_by"]) == (upload, upload, [])
    listed = place.desk(*SEES).list()["properties"]
    assert {**found, "people": 0, "used_by": []} == {**next(p for p in listed if p["name"] == "plan"), "people": 0, "used_by": []}


def test_values_of_few_are_covered_for_who_sees_no_personal_data(place: Place) -> None:
    place.account.send("identity,Email,visits\n" + "".join(f"m{n},same@example.com,{n % 14}\n" for n in range(140)), name="many.csv")
    told = {each["name"]: each["statistics"] for each in place.desk(Right.READ).list()["properties"]}
    assert {value["value"] for name in ("Email", "plan") for value in told["Email"]["top"] + told["plan"]["top"]} == {COVER}
    assert (told["visits"]["least"], told["visits"]["greatest"]) == (COVER, COVER)
    assert [value["value"] for value in told["visits"]["top"]] == [1, 2, 0, *range(3, 12)]
    assert sum(each["people"] for each in told["visits"]["histogram"]) == 142
    examples = place.desk(Right.READ, Right.MANAGE_PROPERTIES).would_retype("plan", Type.INTEGER)["examples"]
    assert examples == [{"value": COVER, "people": 2}]


def test_a_rename_keeps_values_and_what_names_the_property(place: Place) -> None:
    mapped = Request(columns={"tarif": ColumnRequest(property="plan")})
    waiting = place.account.send("identity,tarif,joined\n3,gold,01/02/2026 10:00:00\n", mapped, name="waits.csv")
    desk = place.desk(*TENDS)
    assert [(use["kind"], use["name"]) for use in desk.show("plan")["used_by"]] == [("upload", "waits.csv")]
    assert desk.rename("plan", " tier ") == {"name": "tier", "before": "plan"}
    assert desk.show("tier")["former_names"] == ["plan"]
    assert place.account.values("1") == {"Email": "ann@example.com", "tier": "pro", "visits": 1}
    place.account.answer(waiting, Request(columns=place.account.app.history.request(waiting["upload"]["id"]).columns, day_first=True))
    assert place.account.values("3")["tier"] == "gold"
    assert "plan" not in place.account.types()
    assert place.says() == [("property.rename", "tier")]


def test_segments_ask_for_a_renamed_property_by_its_new_name(place: Place) -> None:
    by = Principal(id="u1", name="Mia", account_id="default", rights=frozenset({*SEES, Right.EDIT_CAMPAIGNS}), door="api")
    segments, desk = place.account.app.desks.segments(by), place.desk(*TENDS)
    segments.save(Wish(name="Payers", filter='plan = "pro" and not (visits exists and plan in ("free", "x"))'))
    segments.save(Wish(name="Others", filter="visits exists"))
    assert [(use["kind"], use["name"]) for use in desk.show("plan")["used_by"]] == [("segment", "Payers")]
    desk.rename("plan", "tier")
    assert [each["filter"] for each in segments.list("Payers")] == ['tier = "pro" and not (visits exists and tier in ("free", "x"))']
    assert segments.count('in segment "Payers"')["count"] == 2
    assert [(use["kind"], use["name"]) for use in desk.would_delete("tier")["used_by"]] == [("segment", "Payers")]


def test_a_rename_that_was_interrupted_is_ended_by_the_same_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    by = Principal(id="u1", name="Mia", account_id="default", rights=frozenset({*SEES, Right.EDIT_CAMPAIGNS}), door="api")
    segments, desk = place.account.app.desks.segments(by), place.desk(*TENDS)
    segments.save(Wish(name="Payers", filter='plan = "pro"'))
    with monkeypatch.context() as patched:
        patched.setattr(SegmentUses, "renamed", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.rename("plan", "tier")
    assert desk.rename("plan", "tier") == {"name": "tier", "before": "plan"}
    assert segments.count('in segment "Payers"')["count"] == 2
    with pytest.raises(WrongCall, match="no property"):
        desk.rename("plan", "other")


def test_reports_keep_the_name_of_their_time_and_an_undo_knows_the_property(place: Place) -> None:
    later = place.account.send("identity,plan\n1,gold\n", name="later.csv")["upload"]["id"]
    place.desk(*TENDS).rename("plan", "tier")
    app = place.account.app
    assert [c["property"] for c in app.history.show(later)["columns"]] == ["identity", "plan"]
    undone = app.uploads.reverse(later, "undo", door="cli")["undo"]
    assert [c["property"] for c in undone["columns"]] == ["tier"]
    assert place.account.values("1")["tier"] == "pro"


def test_a_deleted_property_leaves_nothing_and_uploads_can_still_be_undone(place: Place) -> None:
    app, desk = place.account.app, place.desk(*TENDS)
    first = app.history.list()[0]["id"]
    later = place.account.send("identity,plan,visits\n1,gold,9\n2,,8\n", name="later.csv")["upload"]["id"]
    assert desk.would_delete("plan") == {"name": "plan", "values": 3, "uploads": 1, "used_by": []}
    desk.delete("plan", "plan")
    with app.store() as store:
        names = store.connection.execute("SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    assert not {("c11",), ("o11",), ("k11",)} & set(names)
    assert app.uploads.reverse(later, "undo", door="cli")["undo"]["ledger"]["restored"] == 2
    assert place.account.values("1") == {"Email": "ann@example.com", "visits": 1}
    app.uploads.reverse(later, "redo", door="cli")
    assert place.account.values("2")["visits"] == 8
    # A new property of the name is another one: nothing of the first is taken for its own.
    place.account.send("identity,plan\n1,new\n", name="new.csv")
    app.uploads.reverse(later, "undo", door="cli")
    app.uploads.reverse(first, "undo", door="cli")
    assert place.account.values("1") == {"plan": "new"}
    assert place.says() == [("property.delete", "plan")]
    assert place.notes.entries[0].details == {"values": 3, "uploads": 1}


def test_a_retype_between_an_upload_and_its_undo(place: Place) -> None:
    later = place.account.send("identity,plan\n3,7\n1,gold\n", name="later.csv")["upload"]["id"]
    desk = place.desk(*TENDS)
    preview = desk.would_retype("plan", Type.INTEGER)
    assert (preview["values"], preview["values_lost"]) == (3, 2)
    assert preview["examples"] == [{"value": "gold", "people": 1}, {"value": "pro", "people": 1}]
    assert desk.retype("plan", Type.INTEGER) == {"name": "plan", "type": "integer", "values_lost": 2}
    assert desk.retype("plan", Type.INTEGER)["values_lost"] == 0
    place.account.app.uploads.reverse(later, "undo", door="cli")
    assert place.account.values("3") == {"plan": 12}
    assert place.says() == [("property.retype", "plan")]


def test_an_upload_that_waits_is_looked_at_again_when_its_property_is_gone(place: Place) -> None:
    app = place.account.app
    record = app.uploads.records.create(
        "default", name="w", file_name="w", door="cli", source_path=str(place.account.file(FILE, "w.csv")), review=True
    )
    app.uploads.resume(record.id)
    desk = place.desk(*TENDS)
    assert [(use["kind"], use["name"]) for use in desk.would_delete("plan")["used_by"]] == [("upload", "w")]
    desk.delete("plan", "plan")
    again = app.uploads.resume(record.id)
    assert again["upload"]["status"] == "ready"
    assert [c["new"] for c in again["columns"] if c["property"] == "plan"] == [True]


def test_reports_keep_no_values_of_a_deleted_property(place: Place) -> None:
    app, desk = place.account.app, place.desk(*TENDS)
    faulty = place.account.send("identity,visits\n1,secret\n", name="faulty.csv")["upload"]["id"]
    assert "secret" in str(app.history.show(faulty))
    desk.rename("visits", "calls")
    desk.delete("calls", "calls")
    assert "secret" not in str(app.uploads.records.get("default", faulty).report)


def test_a_hidden_property_is_left_out_until_it_is_asked_for(place: Place) -> None:
    place.desk(*TENDS).hide("plan", hidden=True)
    assert place.account.export().splitlines()[0] == b'"identity","Email","visits","MSG-push","MSG-sms","MSG-email","MSG-whatsapp"'
    assert place.account.export(names=["plan"]).splitlines()[1] == b"1,pro"
    told = place.account.inspect("identity,plan\n1,x\n", name="x.csv")
    assert "is hidden" in told["columns"][1]["notices"][0]
    place.account.send("identity,plan\n1,x\n", name="x.csv")
    assert place.account.values("1")["plan"] == "x"
    assert place.desk(*SEES).names(hidden=True) == ["plan"]
    place.desk(*TENDS).hide("plan", hidden=False)
    assert place.says() == [("property.hide", "plan"), ("property.unhide", "plan")]


def test_a_change_of_several_things_gives_the_whole_property(place: Place) -> None:
    changed = place.desk(*TENDS).change("plan", "tier", " What they pay ", hidden=True)
    assert (changed["name"], changed["description"], changed["hidden"]) == ("tier", "What they pay", True)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (lambda desk: desk.rename("plan", "Email"), "property_exists"),
        (lambda desk: desk.rename("plan", "a.b"), "property_name_invalid"),
        (lambda desk: desk.rename("Email", "Mail"), "property_system"),
        (lambda desk: desk.retype("Email", Type.LIST), "property_system"),
        (lambda desk: desk.delete("Email", "Email"), "property_system"),
        (lambda desk: desk.delete("plan", None), "confirmation_missing"),
        (lambda desk: desk.describe("plan", "x" * 501), "description_too_long"),
        *(
            (asked, "property_unknown")
            for asked in (
                lambda desk: desk.show("nope"),
                lambda desk: desk.rename("nope", "x"),
                lambda desk: desk.describe("nope", ""),
                lambda desk: desk.hide("nope", hidden=True),
                lambda desk: desk.retype("nope", Type.DATE),
                lambda desk: desk.delete("nope", "nope"),
            )
        ),
    ],
)
def test_a_wrong_call_changes_nothing(place: Place, asked: Callable[[PropertyDesk], object], code: str) -> None:
    before = place.desk(*SEES).list()
    with pytest.raises(WrongCall) as error:
        asked(place.desk(*TENDS))
    assert (error.value.code, place.says(), place.desk(*SEES).list()) == (code, [], before)


DEMAND_REST: list[Callable[[PropertyDesk], object]] = [
    lambda desk: desk.rename("plan", "tier"),
    lambda desk: desk.retype("plan", Type.LIST),
    lambda desk: desk.delete("plan", "plan"),
]


def test_what_an_upload_works_with_stays_as_it_is(place: Place) -> None:
    place.busy = "u1"
    for asked in DEMAND_REST:
        with pytest.raises(WrongCall, match="Upload u1"):
            asked(place.desk(*TENDS))
    assert place.says() == []


TAKES: dict[Right, list[Callable[[PropertyDesk], object]]] = {
    Right.READ: [lambda desk: desk.list(), lambda desk: desk.show("plan"), lambda desk: desk.names()],
    Right.MANAGE_PROPERTIES: [
        lambda desk: desk.change("plan", None, None, hidden=None),
        lambda desk: desk.rename("plan", "tier"),
        lambda desk: desk.describe("plan", ""),
        lambda desk: desk.hide("plan", hidden=True),
        lambda desk: desk.would_retype("plan", Type.LIST),
        lambda desk: desk.retype("plan", Type.LIST),
        lambda desk: desk.would_delete("plan"),
        lambda desk: desk.delete("plan", "plan"),
    ],
}


@pytest.mark.parametrize("right", TAKES)
def test_nothing_is_done_without_its_right(place: Place, right: Right) -> None:
    for asked in TAKES[right]:
        with refused(right):
            asked(place.desk(*(set(Right) - {right})))
    assert place.says() == []


def test_counting_goes_on_one_by_one_and_rests_when_all_is_counted(place: Place) -> None:
    counting = Counting(place.account.app.store, lambda: NOW + timedelta(hours=1))
    assert not counting.next()
    counting.wanted = True
    rounds = 1
    while counting.next():
        rounds += 1
    assert (rounds, counting.wanted) == (len(place.desk(*SEES).names()), False)


def test_what_cannot_be_counted_now_is_counted_later() -> None:
    def kept() -> AbstractContextManager[DuckDBProfiles]:
        raise Busy("data_busy", "Somebody keeps the data file.", "")

    counting = Counting(kept, lambda: NOW, wanted=True)
    with pytest.raises(Busy):
        counting.next()
    assert counting.wanted
