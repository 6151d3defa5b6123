from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headcount.cli.people_words import show

from .conftest import Headcount


def test_a_person_is_shown_with_where_each_value_came_from(headcount: Headcount, people: str) -> None:
    upload_id = headcount("upload", people, "--json").json["upload"]["id"]
    person = headcount("people", "show", "00123", "--json").json
    assert person["properties"]["plan"] == {"type": "string", "value": "team", "from": {"upload": upload_id, "row": 6}}
    assert person["properties"]["signup"]["value"] == "2026-03-25T10:00:00Z"
    assert person["consent"]["email"]["state"] == "unsubscribed"
    assert person["uploads"] == [upload_id]


def test_a_person_in_words(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    done = headcount("people", "show", "00123")
    assert "email     unsubscribed  upload" in done.out
    assert "no, by consent" in done.out


def test_what_a_live_call_said_names_it_in_words(headcount: Headcount, people: str, capfd: pytest.CaptureFixture[str]) -> None:
    headcount("upload", people)
    person = headcount("people", "show", "00123", "--json").json
    live = {"upload": None, "row": None}
    did = [{"name": "Charged", "at": "2026-03-25T10:00:00Z", "properties": {"Amount": 300}, "from": live}]
    show({**person, "properties": {"plan": {"type": "string", "value": "pro", "from": live}}, "events": did * 21})
    out = capfd.readouterr().out
    assert "plan      pro    string  live call\n" in out
    assert out.count("Charged  2026-03-25 10:00:00 UTC  Amount: 300  live call\n") == 20
    assert "... and more, with --json.\n" in out


def test_nobody_is_a_wrong_call(headcount: Headcount) -> None:
    done = headcount("people", "show", "nobody", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "person_unknown")


def test_people_are_found_by_a_part_in_any_case(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    found = headcount("people", "find", "BERG", "--json").json["people"]
    assert [person["identity"] for person in found] == ["00123"]
    assert found == [headcount("people", "show", "00123", "--json").json]
    assert "00123     Ann Berg  ann@example.com" in headcount("people", "find", "berg").out
    assert len(headcount("people", "find", "0012", "--limit", "1", "--json").json["people"]) == 1


def test_finding_nobody_is_no_error(headcount: Headcount) -> None:
    done = headcount("people", "find", "nobody")
    assert (done.code, done.out) == (0, "")
    assert "Nobody has “nobody”" in done.err


def test_a_segment_is_counted(headcount: Headcount, people: str) -> None:
    upload_id = headcount("upload", people, "--json").json["upload"]["id"]
    assert headcount("segment", "count", 'plan = "team"').out == "1 person\n"
    assert headcount("segment", "count", f'upload "{upload_id}"', "--json").json == {"count": 2}


def test_a_broken_filter_shows_the_place(headcount: Headcount) -> None:
    done = headcount("segment", "count", "plan == 3")
    assert (done.code, done.out) == (2, "")
    assert "    plan == 3\n          ^" in done.err


def test_an_unknown_property_is_a_wrong_call(headcount: Headcount) -> None:
    assert headcount("segment", "count", "nope exists", "--json").json["error"]["code"] == "property_unknown"


def test_people_are_given_out_and_taken_back(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    done = headcount("people", "export", 'plan = "free"')
    header = '"identity","Name","Email","plan","signup<ISO>","MSG-push","MSG-sms","MSG-email","MSG-whatsapp"\n'
    assert (done.code, done.out) == (0, header + "00124,Bob Chen,,free,2026-04-04T08:30:00Z,,,false,\n")
    assert done.err == "1 person\n"
    headcount("people", "export", "identity exists", "--output", "all.csv")
    assert headcount("upload", "all.csv", "--json").json["ledger"]["unchanged"] == 2


def test_an_export_says_how_it_comes_back(headcount: Headcount, people: str) -> None:
    headcount("upload", people, "--map", "plan=msg_sms")
    done = headcount("people", "export", "identity exists", "--output", "all of them.csv", "--json")
    columns = ["identity", "Name", "Email", "msg_sms", "signup<ISO>", "MSG-push", "MSG-sms", "MSG-email", "MSG-whatsapp"]
    assert done.json == {"people": 2, "file": "all of them.csv", "format": "csv", "columns": columns}
    assert done.err.startswith("all of them.csv: 2 people\n")
    assert done.err.endswith("\n    headcount check 'all of them.csv' --map msg_sms=msg_sms\n")
    assert headcount("check", "all of them.csv", "--map", "msg_sms=msg_sms", "--json").json["ledger"]["unchanged"] == 2


def test_an_export_has_the_columns_that_are_named(headcount: Headcount, people: str) -> None:
    headcount("upload", people, "--map", "plan=plan, old")
    done = headcount("people", "export", "Email exists", "--columns", 'MSG-email, "plan, old"')
    assert done.out == '"identity","MSG-email","plan, old"\n00123,false,team\n'


def test_an_export_as_parquet_goes_through_a_pipe(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    command = [sys.executable, "-m", "headcount", "people", "export", "identity exists", "--format", "parquet"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert sorted(pq.read_table(pa.BufferReader(done.stdout)).column("plan").to_pylist()) == ["free", "team"]


WRONG = {
    "property_unknown": ["identity exists", "--columns", "nope", "--output", "people.csv"],
    "filter_invalid": ["identity exist", "--output", "people.csv"],
    "output_missing": ["identity exists"],
    "output_unwritable": ["identity exists", "--output", "nowhere/people.csv"],
}


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_export_leaves_nothing(code: str, headcount: Headcount, tmp_path: Path) -> None:
    headcount("properties", "list")
    before = sorted(tmp_path.iterdir())
    done = headcount("people", "export", *WRONG[code], "--json")
    assert (done.code, done.json["error"]["code"]) == (2, code)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("output", "reason"), [(".", "it is a directory"), (os.devnull, "it is no file")])
def test_an_export_replaces_files_only(output: str, reason: str, headcount: Headcount) -> None:
    assert reason in headcount("people", "export", "identity exists", "--output", output).err


def test_a_broken_export_leaves_the_file_as_it_was(
    headcount: Headcount, people: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    headcount("upload", people)
    monkeypatch.setattr("headcount.segments.export._bytes", full)
    before = sorted(tmp_path.iterdir())
    done = headcount("people", "export", "identity exists", "--output", people)
    assert (done.code, done.err) == (2, f"{people} cannot be written: No space left on device.\nName another file.\n")
    assert Path(people).read_text().startswith("identity,Name,Email,plan")
    assert sorted(tmp_path.iterdir()) == before


def test_parquet_is_not_for_a_terminal(headcount: Headcount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    done = headcount("people", "export", "identity exists", "--format", "parquet")
    assert (done.code, done.err) == (2, "Parquet is not for a terminal.\nName a file with --output, or pipe it into a program.\n")


def test_somebody_is_erased_with_every_trace(headcount: Headcount, people: str, tmp_path: Path) -> None:
    headcount("upload", people)
    erased = headcount("people", "erase", "00123", "--json").json
    assert (erased["erased"], erased["files"]["people"]) == (1, 1)
    assert "Files still hold traces of 1 person who was erased." in headcount("people", "erasures").out
    assert headcount("people", "erasures", "--now").out.startswith("No file holds a trace")
    assert headcount("people", "show", "00123").code == 2
    assert headcount("people", "show", "00124").code == 0
    held = [path for path in (tmp_path / "headcount-data").rglob("*") if path.is_file() and b"ann@example.com" in path.read_bytes()]
    assert held == []
    assert headcount("people", "erase", "00124", "--now", "--yes").out.startswith("“00124” was erased.\nNo file holds")
