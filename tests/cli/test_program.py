from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from headcount import __version__
from headcount.bench import run as bench_run
from headcount.cli import bench
from headcount.cli.reference import page
from headcount.uploads.history import History

from .conftest import Headcount

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_reference_says_what_help_says() -> None:
    assert REFERENCE.read_text("utf-8") == page(), "Renew it: python -m headcount.cli.reference > docs/reference/cli.md"


def test_the_version_is_told(headcount: Headcount) -> None:
    assert headcount("--version").out == f"headcount {__version__}\n"


@pytest.mark.parametrize("given", [[], ["uploads"], ["nope"], ["--account", "a b", "uploads", "list"]])
def test_what_is_no_command_is_a_wrong_call(headcount: Headcount, given: list[str]) -> None:
    done = headcount(*given)
    assert (done.code, done.out) == (2, "")
    assert done.err


def test_an_unusable_data_directory_is_a_wrong_call(headcount: Headcount, people: str) -> None:
    assert headcount("--data", f"{people}/x", "uploads", "list", "--json").json["error"]["code"] == "data_directory"


def test_an_unexpected_error_is_one_sentence(headcount: Headcount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "list", lambda *_: 1 / 0)
    done = headcount("uploads", "list", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "unexpected")
    assert "ZeroDivisionError" not in done.err
    monkeypatch.setenv("HEADCOUNT_LOG", "debug")
    assert "ZeroDivisionError" in headcount("uploads", "list").err


def test_accounts_do_not_see_each_other(headcount: Headcount, people: str) -> None:
    headcount("--account", "one", "upload", people)
    assert headcount("--account", "two", "segment", "count", "identity exists", "--json").json == {"count": 0}


def test_the_doctor_finds_all_in_order(headcount: Headcount, tmp_path: Path) -> None:
    done = headcount("doctor", "--json")
    assert (done.code, done.json["ok"]) == (0, True)
    assert {"data directory", "disk", "control file", "data file", "uploads"} <= {c["name"] for c in done.json["checks"]}
    assert headcount("doctor").out.startswith(f"ok         program: Headcount {__version__}")
    headcount("--data", str(tmp_path / "fresh"), "doctor")
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o700, "the first command makes it for nobody else"


def test_the_doctor_names_the_way_out(headcount: Headcount, tmp_path: Path) -> None:
    (tmp_path / "headcount-data" / "accounts").mkdir(parents=True)
    (tmp_path / "headcount-data" / "accounts" / "default.duckdb").write_text("no data file" * 1000)
    done = headcount("doctor")
    assert done.code == 5
    assert "attention  data file: The data file cannot be opened." in done.out


def test_the_doctor_sees_a_directory_that_cannot_be_made(headcount: Headcount, people: str) -> None:
    done = headcount("--data", f"{people}/x", "doctor")
    assert (done.code, "attention  data directory:" in done.out) == (5, True)


def test_the_doctor_sees_a_wrong_setting(headcount: Headcount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_THREADS", "many")
    done = headcount("doctor")
    assert (done.code, "attention  settings:" in done.out) == (5, True)


def test_the_benchmark_is_run_and_shown(headcount: Headcount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Report:
        def to_json(self) -> dict[str, int]:
            return {"rows": 3}

    def run(rows: int, workdir: Path, say: object, *, wide: bool, served: bool) -> Report:
        assert (rows, workdir, callable(say), wide, served) == (3, tmp_path, True, True, False)
        return Report()

    monkeypatch.setattr(bench_run, "run", run)
    assert bench.bench.__doc__
    done = headcount("bench", "--rows", "3", "--wide", "--keep", str(tmp_path), "--json")
    assert (done.code, done.json) == (0, {"rows": 3})


def program(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HEADCOUNT_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "headcount", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_standard_output_is_one_json_document(people: str, tmp_path: Path) -> None:
    done = program("upload", people, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["ledger"]["rows"] == 4


def test_an_error_is_one_json_document_too(tmp_path: Path) -> None:
    done = program("upload", "nope.csv", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "file_missing"
    assert done.stderr.startswith("There is no file nope.csv.\n")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m headcount properties list | true"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.stderr == ""
