from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Headcount

from headcount import bootstrap

FILE = "identity,Email,plan\n1,ann@example.com,pro\n2,bob@example.com,pro\n3,cem@example.com,free\n"


@pytest.fixture
def known(headcount: Headcount, tmp_path: Path) -> Headcount:
    (tmp_path / "known.csv").write_text(FILE)
    assert headcount("upload", "known.csv").code == 0
    return headcount


def test_a_segment_is_saved_listed_shown_and_deleted(known: Headcount, tmp_path: Path) -> None:
    assert known("segment", "save", "Pros", 'plan = "pro"').out == "Saved “Pros” (live): 2 people.\n"
    kept = known("segment", "save", "Kept", 'in segment "pros"', "--frozen", "--expires", "30d", "--json").json
    assert (kept["kind"], kept["people"], kept["expires_at"] > kept["made_at"]) == ("frozen", 2, True)
    assert [each["name"] for each in known("segment", "list", "--json").json["segments"]] == ["Kept", "Pros"]
    assert known("segment", "save", "pros", "plan exists").code == 2
    assert known("segment", "save", "PROS", "plan exists", "--replace", "--json").json["people"] == 3
    assert known("segment", "count", 'in segment "Pros" and not in segment "kept"', "--json").json == {"count": 1}
    assert known("segment", "show", "pros").out.startswith("PROS: 3 people\n  live: plan exists\n")
    assert known("segment", "people", "Kept").out.count("@example.com") == 2
    assert known("segment", "export", "Kept", "--columns", "plan", "--output", "kept.csv").code == 0
    assert len((tmp_path / "kept.csv").read_text().splitlines()) == 3
    assert known("segment", "delete", "kept").err == "Deleted the segment “Kept”.\n"
    assert known("segment", "show", "kept").code == 2


def test_a_list_is_changed_by_files(known: Headcount, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("address\nANN@example.com\nnobody@example.com\n")
    added = known("segment", "audience", "Letters", "list.csv", "--add", "--match", "email")
    assert "“Letters” has 1 person now.\n  1 came, 0 went.\n  2 rows: 1 found, 0 merged, 1 unknown, 0 rejected.\n" in added.out
    assert "row 3" in added.err
    assert known("segment", "audience", "letters", "known.csv", "--replace", "--json").json["people"] == 3
    assert known("segment", "audience", "Letters", "known.csv", "--remove", "--json").json["removed"] == 3


def test_what_is_nobody_any_more_is_said(known: Headcount, monkeypatch: pytest.MonkeyPatch) -> None:
    known("segment", "audience", "Short", "known.csv", "--add", "--expires", "12h")
    later = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(bootstrap, "_now", lambda: later)
    said = "The list “Short” has expired: nobody is on it.\n"
    for asked in (["segment", "count"], ["reach", "--channel", "email"]):
        assert known(*asked, 'not in segment "short"').err.startswith(said)
    assert known("segment", "show", "short").err == said
    assert "it is nobody until --expires" in known("segment", "audience", "Short", "known.csv", "--add").err


def test_a_segment_that_cannot_be_counted_is_shown(known: Headcount) -> None:
    known("segment", "save", "Pros", 'plan = "pro"')
    known("properties", "delete", "plan", "--yes")
    shown = known("segment", "show", "pros")
    assert (shown.code, shown.out.startswith('Pros: not counted\n  live: plan = "pro"\n')) == (0, True)
    assert shown.err.startswith("There is no property called “plan”.")
    assert known("segment", "show", "pros", "--json").json["people"] is None


@pytest.mark.parametrize("flags", [[], ["--add", "--remove"], ["--add", "--expires", "30"], ["--add", "--expires", "0d"]])
def test_a_file_changes_a_list_in_one_way(known: Headcount, flags: list[str]) -> None:
    assert known("segment", "audience", "Letters", "known.csv", *flags, "--json").json["error"]["code"] == "usage"
    assert known("segment", "list", "--json").json == {"segments": []}
