"""A check: what an upload would do, and nothing stored. That it says the same as the upload is in `test_against_model`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.uploads.account import Account, Document, account_in

from headcount.uploads.mapping import ColumnRequest, Request
from headcount.uploads.rules import no_progress
from headcount.values.types import Type

BEFORE = "identity,plan,visits,tags,since\n" + "\n".join(f"{n},free,{n},a,01/0{n}/2026 00:00:00" for n in range(1, 9)) + "\n"


LISTED = Request(columns={"tags": ColumnRequest(type=Type.LIST)})


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with account_in(tmp_path, chunk_rows=3, day_first=True) as made:
        made.send(BEFORE, LISTED, name="before.csv")
        yield made


def check(account: Account, content: str, request: Request | None = None) -> Document:
    checking = account.app.checking
    return checking.check(account.file(content), request or Request(), name=None, door="cli", on_progress=no_progress)


def examples(document: Document, header: str) -> list[dict[str, Any]]:
    (found,) = (c["examples"] for c in document["columns"] if c["header"] == header)
    return list(found)


def test_it_tells_the_first_five_changes_of_a_property(account: Account) -> None:
    document = check(account, "identity,plan\n" + "\n".join(f"{n},pro" for n in (3, 1, 2, 8, 7, 6)) + "\n")
    assert [(e["kind"], e["identity"], e["row"], e["before"], e["after"]) for e in examples(document, "plan")] == [
        ("changed", who, row, "free", "pro") for row, who in enumerate("31287", 2)
    ]


def test_what_somebody_would_lose_comes_first(account: Account) -> None:
    document = check(account, "identity,plan,plan.operation\n10,pro,\n1,,$delete\n2,team,\n")
    assert [(e["kind"], e["before"], e["after"]) for e in examples(document, "plan")] == [
        ("changed", "free", "team"),
        ("cleared", "free", None),
        ("set", None, "pro"),
    ]


def test_values_are_told_as_they_are_shown(account: Account) -> None:
    document = check(account, "identity,visits,tags,since\n1,9,b,02/03/2026 04:05:06\n")
    found = {header: examples(document, header)[0] for header in ("visits", "tags", "since")}
    assert [(e["before"], e["after"]) for e in found.values()] == [(1, 9), (["a"], ["b"]), ("2026-01-01T00:00:00Z", "2026-03-02T04:05:06Z")]


def test_a_folded_change_names_the_row_it_comes_from(account: Account) -> None:
    document = check(account, "identity,plan,visits\n1,pro,\n1,,77\n")
    assert [(examples(document, h)[0]["row"]) for h in ("plan", "visits")] == [2, 3]


def test_new_properties_and_types_stay_away(account: Account) -> None:
    document = check(account, "identity,visits,fresh\n1,1.5,x\n")
    assert [(c["header"], c["type"], c["new"]) for c in document["columns"][1:]] == [("visits", "float", False), ("fresh", "string", True)]
    assert [c["changed"] + c["set"] for c in document["columns"][1:]] == [1, 1]
    assert account.types()["visits"] == "integer"
    assert "fresh" not in account.types()
    assert len(account.app.history.list()) == 1


def test_texts_may_be_added_to_a_list_that_is_not_there_yet(account: Account) -> None:
    file = "identity,fresh,fresh.operation\n1,x,$add\n20,y,$add\n"
    document = check(account, file)
    assert [(e["identity"], e["before"], e["after"]) for e in examples(document, "fresh")] == [("1", None, ["x"]), ("20", None, ["y"])]
    assert document["ledger"] == account.send(file)["ledger"]


def test_what_is_open_is_asked(account: Account) -> None:
    document = check(account, "Email,plan\na@example.com,pro\n")
    assert (document["upload"]["status"], document["ledger"]) == ("start_mapping", None)
    assert [q["code"] for q in document["questions"]] == ["identity_missing"]


def test_a_file_that_is_none_is_rejected(account: Account) -> None:
    document = check(account, "")
    assert document["upload"]["status"] == "rejected"
    assert document["problems"][0]["code"] == "file_empty"


def test_the_same_file_is_known_again(account: Account) -> None:
    document = check(account, BEFORE, LISTED)
    assert document["upload"]["duplicate_of"] == account.app.history.list()[0]["id"]
    assert document["ledger"]["unchanged"] == 8


def test_it_leaves_no_files(account: Account) -> None:
    before = sorted(account.app.settings.data.rglob("*"))
    check(account, "identity,plan,MSG-email\n1,pro,x\n,y,\nz\n")
    found = {path for path in account.app.settings.data.rglob("*") if path.name != "people.csv" and not path.name.endswith(".wal")}
    assert found <= set(before)
