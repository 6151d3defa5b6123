from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.conftest import Headcount

from headcount.auth.rights import operator
from headcount.bootstrap import open_access
from headcount.cli import exits
from headcount.config import load_settings


@pytest.fixture
def upload(headcount: Headcount, people: str, tmp_path: Path) -> str:
    """An upload that changed two people of the first one, created another, and of which somebody changed one value since."""
    headcount("upload", people)
    (tmp_path / "plans.csv").write_text("identity,plan,MSG-email\n00123,gold,true\n00124,gold,\n00200,gold,\n")
    (tmp_path / "later.csv").write_text("identity,plan\n00124,red\n")
    document = headcount("upload", "plans.csv", "--json").json
    headcount("upload", "later.csv")
    return str(document["upload"]["id"])


def test_an_undo_in_words(headcount: Headcount, upload: str) -> None:
    done = headcount("uploads", "undo", upload)
    assert done.code == 0
    assert f"plans.csv: undone    (upload {upload})" in done.out
    assert "profiles touched  3" in " ".join(done.out.split("\n")[2:3])
    assert "as before the upload" in done.out
    assert "created by it, and gone again" in done.out
    assert re.search(r"plan +00124 +red +upload \w+, row 2\n", done.out)
    assert f"headcount uploads redo {upload}" in done.out
    assert "headcount uploads redo" in headcount("uploads", "undo", upload).err


def test_progress_is_shown_where_somebody_looks(headcount: Headcount, upload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    done = headcount("uploads", "undo", upload)
    assert "undoing" in done.err
    assert "4 of 4 rows" in done.err


def test_a_check_says_the_same_and_stores_nothing(headcount: Headcount, upload: str) -> None:
    words = headcount("uploads", "undo", upload, "--check").out
    assert "what an undo would do now. Nothing was stored." in words
    assert f"headcount uploads undo {upload}" in words
    would = headcount("uploads", "undo", upload, "--check", "--json").json
    assert would["upload"]["status"] == "completed"
    assert headcount("people", "show", "00123", "--json").json["properties"]["plan"]["value"] == "gold"
    done = headcount("uploads", "undo", upload, "--json").json
    assert {part: would[part] for part in ("ledger", "columns", "kept")} == {part: done[part] for part in ("ledger", "columns", "kept")}


def test_the_document_of_an_undo_and_of_a_redo(headcount: Headcount, upload: str) -> None:
    done = headcount("uploads", "undo", upload, "--json").json
    assert list(done) == ["upload", "at", "by", "door", "was", "ledger", "columns", "kept", "seconds"]
    assert done["upload"]["status"] == "undone"
    assert (done["door"], done["was"]) == ("cli", "completed")
    nothing = {"restored": 0, "kept": 0}
    assert done["ledger"] == {
        "touched": 3,
        "restored": 1,
        "removed": 1,
        "kept": 1,
        "consent": {"push": nothing, "sms": nothing, "email": {"restored": 1, "kept": 0}, "whatsapp": nothing},
    }
    assert done["columns"] == [{"property": "plan", "type": "string", "restored": 1, "kept": 1}]
    shown = headcount("uploads", "show", upload, "--json").json
    assert shown["undo"] == {part: value for part, value in done.items() if part != "upload"}
    back = headcount("uploads", "redo", upload, "--json").json
    assert (back["upload"]["status"], back["was"], back["ledger"]["restored"]) == ("completed", "undone", 2)
    assert headcount("uploads", "show", upload, "--json").json.keys() & {"undo", "redo"} == {"redo"}


def test_a_redo_in_words(headcount: Headcount, upload: str) -> None:
    headcount("uploads", "undo", upload)
    done = headcount("uploads", "redo", upload)
    assert f"plans.csv: brought back    (upload {upload})" in done.out
    assert "as the upload left them" in done.out
    assert f"headcount uploads undo {upload}" in done.out


def test_the_log_says_that_a_consent_went_back(headcount: Headcount, upload: str) -> None:
    headcount("uploads", "undo", upload)
    newest = headcount("consent", "log", "00123", "--json").json["entries"][0]
    assert (newest["before"], newest["after"], newest["door"]) == ("subscribed", "unsubscribed", "cli")
    assert "the upload was taken back" in headcount("consent", "log", "00123").out


@pytest.mark.parametrize(("job", "code"), [("redo", "redo_impossible"), ("undo", "undo_impossible")])
def test_what_cannot_be_is_a_wrong_call(headcount: Headcount, upload: str, job: str, code: str) -> None:
    if job == "undo":
        headcount("uploads", "undo", upload)
    done = headcount("uploads", job, upload, "--json")
    assert (done.code, done.json["error"]["code"]) == (2, code)
    assert headcount("uploads", job, "nope").code == 2


def test_the_report_says_what_was_undone_and_how_it_comes_back(headcount: Headcount, upload: str) -> None:
    assert f"headcount uploads undo {upload}" in headcount("uploads", "show", upload).out
    headcount("uploads", "undo", upload)
    shown = headcount("uploads", "show", upload).out
    assert re.search(r"Undone \S+ \S+ UTC by \S+: 3 profiles touched, 1 restored, 1 removed, 1 kept\.\n", shown)
    assert f"headcount uploads redo {upload}" in shown
    headcount("uploads", "redo", upload)
    assert "Brought back" in headcount("uploads", "show", upload).out


def test_going_on_with_an_interrupted_undo_is_a_success() -> None:
    assert exits.of_upload({"upload": {"status": "undone"}}, fail_on_rejects=False) is exits.Exit.DONE


def test_what_a_command_did_stands_in_the_audit_log(headcount: Headcount, people: str) -> None:
    upload = headcount("upload", people, "--json").json["upload"]["id"]
    headcount("uploads", "undo", upload)
    with open_access(load_settings()) as (_, access):
        entries = access.audit(operator("default"), 10)
    assert [(entry.action, entry.object, entry.door) for entry in entries] == [
        ("upload.undo", upload, "cli"),
        ("upload.begin", upload, "cli"),
    ]
