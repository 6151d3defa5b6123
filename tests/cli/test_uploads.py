from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from headcount.bootstrap import application
from headcount.cli import progress
from headcount.config import load_settings
from headcount.uploads.process import Uploads

from .conftest import Headcount

AMBIGUOUS = "identity,when\na,01/02/2024 10:00:00\nb,03/04/2024 10:00:00\n"


def test_an_upload_answers_for_every_row(headcount: Headcount, people: str) -> None:
    done = headcount("upload", people, "--json")
    ledger = done.json["ledger"]
    assert (done.code, done.err) == (0, "")
    assert [ledger[part] for part in ("rows", "created", "merged", "rejected", "blank_lines")] == [4, 2, 1, 1, 1]


def test_an_upload_in_words(headcount: Headcount, people: str) -> None:
    done = headcount("upload", people)
    assert "rows  = created  + updated  + unchanged  + merged  + rejected\n   4          2" in done.out
    assert "channel  opted out  re-subscribed  held\nemail            2              0     0\n" in done.out
    assert "identity_blank: 1 row rejected, row 5" in done.out
    assert "\x1b" not in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_same_file_again_changes_nothing(headcount: Headcount, people: str) -> None:
    first = headcount("upload", people, "--json").json["upload"]["id"]
    done = headcount("upload", people)
    assert f"applied before, with the same mapping, by upload {first}" in done.out
    assert "In 4 columns no value changed." in done.out


def test_rejects_can_be_made_a_failure(headcount: Headcount, people: str) -> None:
    assert headcount("upload", people, "--fail-on-rejects", "--json").code == 1


def test_a_file_without_rejects_is_none(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "fine.csv").write_text("identity\na\n")
    assert headcount("upload", "fine.csv", "--fail-on-rejects").code == 0


def test_an_open_question_names_the_flags_that_answer_it(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "when.csv").write_text(AMBIGUOUS)
    waiting = headcount("--data", "kept here", "upload", "when.csv", "--json")
    upload_id = waiting.json["upload"]["id"]
    assert (waiting.code, waiting.json["upload"]["status"]) == (3, "start_mapping")
    assert "Answer with:  --day-first   or   --month-first" in waiting.err
    assert f"headcount --data 'kept here' uploads resume {upload_id} FLAGS" in waiting.err


def test_answers_come_on_top_of_earlier_flags(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "when.csv").write_text(AMBIGUOUS.replace("identity", "who"))
    upload_id = headcount("upload", "when.csv", "--identity", "who", "--json").json["upload"]["id"]
    done = headcount("uploads", "resume", upload_id, "--month-first", "--json")
    assert (done.code, done.json["ledger"]["created"]) == (0, 2)
    assert headcount("segment", "count", 'when < "2024-01-31"', "--json").json == {"count": 1}


def test_a_manifest_answers_too(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "when.csv").write_text(AMBIGUOUS)
    (tmp_path / "m.json").write_text('{"dayFirst": true}')
    upload_id = headcount("upload", "when.csv", "--json").json["upload"]["id"]
    assert headcount("uploads", "resume", upload_id, "--manifest", "m.json").code == 0


def test_a_rejected_file_says_why(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    done = headcount("upload", "empty.csv", "--json")
    assert (done.code, done.json["upload"]["status"]) == (4, "rejected")
    assert "The file is empty." in done.err
    assert headcount("inspect", "empty.csv", "--json").json["error"]["code"] == "file_empty"


def test_the_mapping_flags_reach_the_file(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_bytes("who\tName\tcode\tnote\nx\tZoë\t007\tNIX\n".encode("utf-16"))
    flags = ["--identity", "who", "--map", "code=number:integer", "--skip", "Name", "--blank", "NIX", "--delimiter", "tab"]
    done = headcount("upload", "odd.csv", *flags, "--encoding", "utf-16", "--name", "odd ones", "--json")
    assert [c["property"] for c in done.json["columns"]] == ["identity", None, "number", None]
    assert done.json["upload"]["name"] == "odd ones"


def test_flags_win_over_the_manifest(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"name": "Spring", "columns": {"a": {"ctName": "b"}, "who": {"ctName": "identity"}}}')
    (tmp_path / "f.csv").write_text("who,a\nx,1\n")
    done = headcount("upload", "f.csv", "--manifest", "m.json", "--map", "a=c", "--json")
    assert [c["property"] for c in done.json["columns"]] == ["identity", "c"]
    assert done.json["upload"]["name"] == "Spring"


def test_a_confirmed_reason_is_kept(headcount: Headcount, people: str) -> None:
    headcount("upload", people, "--confirm-resubscribe", "asked again in May", "--identity", "identity")
    with application(load_settings()) as app:
        (record,) = app.uploads.records.list("default", 1)
    assert record.request["confirm_resubscribe"] == "asked again in May"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nope.csv"], "There is no file nope.csv."),
        (["."], ". is a directory."),
        (["people.csv", "--manifest", "nope.json"], "There is no manifest nope.json."),
        (["people.csv", "--map", "plan"], "--map 'plan' cannot be read."),
        (["people.csv", "--map", "plan=plan:word"], "unknown type “word”"),
        (["people.csv", "--map", "plan=MSG-email:date"], "consent is true or false"),
        (["people.csv", "--map", "plan=identity:integer"], "the identity is a text"),
        (["people.csv", "--identity", "plan", "--map", "plan=:date"], "the identity is a text"),
        (["people.csv", "--skip", "color"], "The file has no column “color”."),
        (["people.csv", "--delimiter", "tabs"], "The delimiter 'tabs' is not one plain sign."),
        (["people.csv", "--delimiter", '"'], "The sign '\"' cannot be both the delimiter and the quote."),
        (["people.csv", "--quote", ","], "The sign ',' cannot be both the delimiter and the quote."),
        (["people.csv", "--match", "name"], "'name' is not one of 'identity', 'email', 'phone'"),
        (["people.csv", "--nope"], "No such option: --nope"),
        ([], "Missing argument 'FILE'."),
    ],
)
def test_a_wrong_call_is_told_in_a_sentence(headcount: Headcount, people: str, given: list[str], said: str) -> None:
    done = headcount("upload", *given, "--json")
    assert people
    assert (done.code, said in done.err) == (2, True), done.err
    assert said in done.json["error"]["message"]


def test_a_manifest_that_is_wrong_names_the_place(headcount: Headcount, people: str, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"columns": {"plan": {"dataType": "WORD"}}}')
    done = headcount("upload", people, "--manifest", "m.json")
    assert (done.code, done.out) == (2, "")
    assert "$.columns['plan'].dataType" in done.err


def test_the_uploads_are_listed(headcount: Headcount, people: str) -> None:
    assert headcount("uploads", "list").err == "There are no uploads yet.\n"
    upload = headcount("upload", people, "--json").json["upload"]
    assert headcount("uploads", "list", "--json").json == {"uploads": [upload]}
    assert upload["id"] in headcount("uploads", "list").out


def test_an_upload_is_shown_as_it_was_reported(headcount: Headcount, people: str) -> None:
    document = headcount("upload", people, "--json").json
    shown = headcount("uploads", "show", document["upload"]["id"][:-1], "--json")
    assert (shown.code, shown.json) == (0, document)


def test_the_rejects_file_comes_as_it_is(headcount: Headcount, people: str, tmp_path: Path) -> None:
    document = headcount("upload", people, "--json").json
    rejects = Path(document["rejects_file"]).read_text()
    upload_id = document["upload"]["id"]
    assert headcount("uploads", "rejects", upload_id).out == rejects
    assert headcount("uploads", "rejects", upload_id, "--output", "mend.csv").out == ""
    assert (tmp_path / "mend.csv").read_text() == rejects
    assert headcount("uploads", "rejects", upload_id, "--output", "no/such/place.csv").code == 2


def test_an_upload_without_rejects_has_no_file(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "fine.csv").write_text("identity\na\n")
    upload_id = headcount("upload", "fine.csv", "--json").json["upload"]["id"]
    done = headcount("uploads", "rejects", upload_id)
    assert (done.code, done.out) == (0, "")
    assert "no rejects file" in done.err


def test_an_upload_that_waits_can_be_cancelled(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "when.csv").write_text(AMBIGUOUS)
    upload_id = headcount("upload", "when.csv", "--json").json["upload"]["id"]
    cancelled = headcount("uploads", "cancel", upload_id, "--json").json
    assert (cancelled["upload"]["status"], cancelled["ledger"], cancelled["questions"]) == ("cancelled", None, [])
    assert "Nothing had been applied." in headcount("uploads", "show", upload_id).out
    assert headcount("uploads", "show", upload_id, "--json").json == cancelled
    assert headcount("uploads", "cancel", upload_id).code == 2


def test_a_stopped_upload_goes_on(headcount: Headcount, people: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Uploads, "_apply", stop)
        stopped = headcount("upload", people, "--json")
    upload_id = headcount("uploads", "list", "--json").json["uploads"][0]["id"]
    assert (stopped.code, stopped.json["error"]["code"]) == (5, "stopped")
    assert f"headcount uploads resume {upload_id}" in stopped.err
    assert "was interrupted" in headcount("uploads", "show", upload_id).out
    assert headcount("uploads", "resume", upload_id, "--day-first", "--json").json["error"]["code"] == "upload_not_waiting"
    done = headcount("uploads", "resume", "--json")
    assert (done.code, done.json["uploads"][0]["ledger"]["created"]) == (0, 2)
    assert "nothing to go on with" in headcount("uploads", "resume").err


def test_answers_without_an_upload_are_refused(headcount: Headcount) -> None:
    assert headcount("uploads", "resume", "--day-first").code == 2


def test_an_inspection_stores_nothing(headcount: Headcount, people: str) -> None:
    done = headcount("inspect", people, "--json", "--preview", "1")
    assert (done.code, done.json["rows"], len(done.json["preview"])) == (0, 4, 1)
    assert headcount("segment", "count", "identity exists", "--json").json == {"count": 0}


@pytest.mark.parametrize("made", [False, True])
def test_an_inspection_leaves_nothing_behind(headcount: Headcount, people: str, tmp_path: Path, *, made: bool) -> None:
    if made:
        (tmp_path / "data").mkdir()
    assert headcount("--data", "data", "inspect", people).code == 0
    assert headcount("--data", "data", "inspect", "nope.csv").code == 2
    assert {path.name for path in tmp_path.rglob("*")} == ({"people.csv", "data"} if made else {"people.csv"})


def test_an_inspection_in_words(headcount: Headcount, people: str) -> None:
    done = headcount("inspect", people)
    assert "people.csv: 4 rows, 6 columns, 1 blank line" in done.out
    assert "signup     signup     date dd/MM/yyyy HH:mm:ss" in done.out
    assert "5            Dana Eich  dana@example.com  free" in done.out


def test_an_inspection_asks_what_an_upload_would_ask(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(AMBIGUOUS.encode()))
    done = headcount("inspect", "packed.csv.gz")
    assert (done.code, "--month-first" in done.err) == (0, True)
    assert "fits dd/MM/yyyy HH:mm:ss and MM/dd/yyyy HH:mm:ss" in " ".join(done.out.split())


def test_control_characters_do_not_reach_the_terminal(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "evil.csv").write_text("identity,Name\na,\x1b[2Jboo\n")
    assert "\x1b" not in headcount("inspect", "evil.csv").out


def test_progress_is_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress() as on_progress:
        on_progress("reading", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_tells_phase_amount_and_rate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with progress.progress() as on_progress:
        for phase, total in (("waiting", 0), ("reading", 2_000_000), ("inspecting", 3_000)):
            on_progress(phase, 0, total)
            on_progress(phase, total, total)
    shown = capsys.readouterr().err
    assert "2.0 MB of 2.0 MB" in shown
    assert "3,000 of 3,000 rows" in shown


def test_quotes_can_be_given(headcount: Headcount, tmp_path: Path) -> None:
    file = tmp_path / "quotes.csv"
    file.write_text("identity,note\n1,'it\\'s, so'\n")
    found = headcount("inspect", str(file), "--quote", "'", "--escape", "\\", "--json").json
    assert (found["dialect"]["quote"], found["dialect"]["escape"]) == ("'", "\\")
    assert found["preview"] == [{"row": 2, "cells": ["1", "it's, so"]}]
    (tmp_path / "m.json").write_text('{"dialect": {"quote": "\\"", "escape": "\\""}}')
    assert headcount("inspect", str(file), "--manifest", "m.json", "--json").json["problems"][0]["code"] == "field_count"


def test_a_wrong_answer_leaves_the_upload_waiting(headcount: Headcount, tmp_path: Path) -> None:
    file = tmp_path / "addresses.csv"
    file.write_text("Email,plan\na@example.com,pro\n")
    upload = headcount("upload", str(file), "--json").json["upload"]["id"]
    file.unlink()
    assert headcount("uploads", "resume", upload, "--map", "nope=x").code == 2
    assert headcount("uploads", "show", upload, "--json").json["upload"]["status"] == "start_mapping"
    assert headcount("uploads", "resume", upload, "--identity", "Email").code == 0
