from __future__ import annotations

import os
from pathlib import Path

import pytest

import headcount
from headcount.bench.data import write_people
from headcount.bench.measure import Outcome, Sample, best, run_step
from headcount.bench.questions import LOOKS, REACHES
from headcount.bench.report import HEADINGS, Report, Timing
from headcount.bench.run import run
from headcount.bench.table import render
from headcount.errors import HeadcountError, WrongCall

SAMPLE = Sample(2.0, 3.0, 100.0)


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps find the package where the test found it."""
    folder = str(Path(headcount.__file__).parent.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")]))


@pytest.mark.usefixtures("importable")
def test_a_small_run_measures_everything_and_checks_it(tmp_path: Path) -> None:
    said = list[str]()
    report = run(2_000, tmp_path, said.append, rounds=1)
    assert [timing.name for timing in report.timings] == [
        "fresh import",
        "update, half new",
        "same file again",
        "corrections, half of the values",
        "check of them",
        "undo of them",
        "count: string",
        "count: range and string",
        "count: dates",
        "count: consent, list, not",
        "count: five conditions",
        "lookup",
    ]
    assert {*REACHES, *LOOKS} <= {bound.name for bound in report.bounds}
    assert all(timing.ours.seconds > 0 and timing.other.seconds > 0 for timing in report.timings)
    assert "round 1 of 1" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changes-2000.csv", "corrections-2000.csv", "people-2000.csv"]


@pytest.mark.usefixtures("importable")
def test_a_wrong_ledger_stops_the_run(tmp_path: Path) -> None:
    write_people(tmp_path / "people-2000.csv", 1_000)
    with pytest.raises(HeadcountError, match="The ledger of “fresh import” is wrong"):
        run(2_000, tmp_path, list[str]().append, rounds=1)


@pytest.mark.usefixtures("importable")
def test_a_step_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(HeadcountError, match="No such file"):
        run_step("bare_create", tmp_path / "bare.duckdb", 1, tmp_path / "missing.csv")


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="too few"):
        run(99, tmp_path, list[str]().append)


def test_an_outcome_survives_its_way_between_processes() -> None:
    outcome = Outcome({"upload": SAMPLE}, {"rows": 7})
    assert Outcome.from_json(outcome.to_json()) == outcome


def test_the_best_of_several_goes_is_the_quickest() -> None:
    goes = list[int]()
    assert best(lambda: goes.append(1), 3).seconds < 1
    assert len(goes) == 3


@pytest.mark.parametrize(("target", "met"), [(1.9, False), (2.0, True), (None, True)])
def test_a_target_is_a_ratio_of_seconds(target: float | None, met: bool) -> None:
    assert Timing("fresh import", SAMPLE, "bare DuckDB", Sample(1.0, 1.0, 1.0), target).met is met


def test_the_table_names_what_missed_its_target() -> None:
    timing = Timing("fresh import", SAMPLE, "bare DuckDB", Sample(0.5, 0.5, 50.0), 2.2, 1_000, 2_000_000)
    report = Report(1_000, 2_000_000, 2, {"duckdb": "2"}, (timing,), ())
    assert all(len(line) == len(HEADINGS) for line in report.lines())
    assert render(report).endswith("4.00×  ≤ 2.2×  MISSED")
    assert report.to_json()["timings"][0]["rows_per_second"] == 500
    assert not report.met
