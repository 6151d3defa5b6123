from __future__ import annotations

import csv
from pathlib import Path

import pytest

from headcount.uploads.problems import CELL, HEADER, ROW
from headcount.values.types import Type

from .conftest import Headcount

#: A row of many megabytes is no sample, a third of an account's properties neither, and a property has a type only after an upload.
NOT_IN_A_SAMPLE = {"record_too_long", "property_limit", "type_conflict"}
#: The samples are of people.
OF_EVENTS = {code for code in (*HEADER, *ROW) if code.startswith("event_")}


@pytest.fixture
def samples(headcount: Headcount) -> None:
    assert headcount("sample").code == 0


@pytest.mark.usefixtures("samples")
def test_the_people_are_of_every_type_and_without_a_fault(headcount: Headcount) -> None:
    done = headcount("upload", "people.csv", "--json")
    assert (done.code, done.json["ledger"]["created"], done.json["problems"]) == (0, 200, [])
    assert {c["type"] for c in done.json["columns"]} - {None} == {t.value for t in Type}
    assert all(counts["opted_out"] for counts in done.json["ledger"]["consent"].values())


@pytest.mark.usefixtures("samples")
def test_the_faults_are_all_there_are_and_cost_nothing_else(headcount: Headcount, tmp_path: Path) -> None:
    headcount("upload", "people.csv")
    done = headcount("upload", "faults.csv", "--json")
    assert done.json["upload"]["status"] == "completed"
    assert {p["code"] for p in done.json["problems"]} == {*ROW, *CELL} - NOT_IN_A_SAMPLE - OF_EVENTS
    assert done.json["ledger"]["merged"] == 2
    assert done.json["ledger"]["blank_lines"] == 3
    with (tmp_path / done.json["rejects_file"]).open(newline="") as file:
        assert {code for row in csv.DictReader(file) for code in row["Failure Code"].split("; ")} == {
            p["code"] for p in done.json["problems"]
        }


@pytest.mark.usefixtures("samples")
def test_what_stands_beside_a_fault_is_applied(headcount: Headcount) -> None:
    headcount("upload", "people.csv")
    headcount("upload", "faults.csv")
    person = headcount("people", "show", "00016", "--json").json
    assert person["properties"]["plan"]["value"] == "pro"
    assert headcount("people", "show", "00025", "--json").json["properties"]["plan"]["value"] == "team"


@pytest.mark.usefixtures("samples")
def test_the_headers_have_every_fault(headcount: Headcount) -> None:
    done = headcount("upload", "headers.csv", "--json")
    assert done.code == 3
    assert {q["code"] for q in done.json["questions"]} == {*HEADER} - NOT_IN_A_SAMPLE - OF_EVENTS


def test_samples_are_not_written_over_other_files(headcount: Headcount, tmp_path: Path) -> None:
    assert headcount("sample", "here").code == 0
    assert headcount("sample", "here").code == 0
    (tmp_path / "here" / "faults.csv").write_text("mine")
    assert headcount("sample", "here").code == 2
    assert headcount("sample", "here/people.csv").code == 2
