from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Headcount


@pytest.fixture
def ann(headcount: Headcount, people: str) -> str:
    """Somebody who has opted out by e-mail, by a file."""
    headcount("upload", people)
    return "00123"


def test_a_change_is_logged_with_who_and_why(headcount: Headcount, ann: str) -> None:
    changed = headcount("consent", "set", ann, "email", "subscribed", "--source", "api", "--reason", "asked by phone", "--json").json
    entry = changed["entry"]
    assert changed["changed"] is True
    assert (entry["before"], entry["after"], entry["source"], entry["reason"]) == ("unsubscribed", "subscribed", "api", "asked by phone")
    assert entry["actor"]
    assert entry["at"].endswith("Z")
    assert headcount("consent", "log", ann, "--json").json["entries"][0] == entry
    assert headcount("people", "show", ann, "--json").json["consent"]["email"] == {
        "state": "subscribed",
        "source": "api",
        "at": entry["at"],
    }


def test_the_log_of_an_upload_names_its_rows(headcount: Headcount, ann: str) -> None:
    upload = headcount("uploads", "list", "--json").json["uploads"][0]["id"]
    headcount("consent", "set", ann, "sms", "unsubscribed")
    entries = headcount("consent", "log", "--upload", upload[:6], "--json").json["entries"]
    assert [(e["identity"], e["row"], e["upload"]) for e in entries] == [("00123", 6, upload), ("00124", 3, upload)]
    assert len(headcount("consent", "log", "--json").json["entries"]) == 3
    assert (
        f"email: not set → unsubscribed\n    upload {upload}, row 6; by {entries[0]['actor']}; through cli\n"
        in headcount("consent", "log", ann).out
    )


def test_nothing_changes_twice(headcount: Headcount, ann: str) -> None:
    assert "already" in headcount("consent", "set", ann, "email", "unsubscribed").out
    assert headcount("consent", "set", ann, "email", "unsubscribed", "--source", "person", "--json").json["changed"] is True
    assert headcount("consent", "set", ann, "email", "unsubscribed", "--source", "person", "--json").json == {
        "changed": False,
        "entry": None,
    }


def test_who_left_themselves_comes_back_on_their_word_or_with_a_reason(headcount: Headcount, ann: str) -> None:
    headcount("consent", "set", ann, "email", "unsubscribed", "--source", "person")
    refused = headcount("consent", "set", ann, "email", "subscribed")
    assert refused.code == 2
    assert "opted out of email themselves" in refused.err
    assert "--reason" in refused.err
    assert headcount("consent", "set", ann, "email", "subscribed", "--source", "person").code == 0


def test_a_file_does_not_bring_them_back_unless_it_is_confirmed(headcount: Headcount, ann: str, tmp_path: Path) -> None:
    headcount("consent", "set", ann, "email", "unsubscribed", "--source", "person")
    file = tmp_path / "back.csv"
    file.write_text("identity,MSG-email\n00123,true\n")
    held = headcount("upload", str(file))
    assert held.code == 0
    assert "held: opted out themselves" in held.out
    assert "--confirm-resubscribe" in held.out
    confirmed = headcount("upload", str(file), "--confirm-resubscribe", "re-permissioned", "--json").json
    assert confirmed["ledger"]["consent"]["email"] == {"opted_out": 0, "resubscribed": 1, "held": 0}
    assert headcount("consent", "log", ann, "--json").json["entries"][0]["reason"] == "re-permissioned"


@pytest.mark.parametrize(
    "given",
    [
        ["set", "nobody", "email", "subscribed"],
        ["set", "00123", "fax", "subscribed"],
        ["set", "00123", "email", "maybe"],
        ["set", "00123", "email", "subscribed", "--reason", " "],
        ["set", "00123", "email", "subscribed", "--source", "upload"],
        ["log", "--upload", "zzz"],
    ],
)
def test_a_wrong_call_is_told(headcount: Headcount, ann: str, given: list[str]) -> None:
    assert ann
    refused = headcount("consent", *given)
    assert refused.code == 2
    assert refused.err


def test_a_log_without_entries(headcount: Headcount) -> None:
    assert headcount("consent", "log").err == "No consent was changed.\n"
