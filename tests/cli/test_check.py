from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Headcount


@pytest.fixture
def changed(headcount: Headcount, people: str, tmp_path: Path) -> str:
    """A file that changes the people of the first one."""
    headcount("upload", people)
    path = tmp_path / "new plans.csv"
    path.write_text("identity,plan,MSG-email\n00123,gold,\n00124,gold,true\n00200,gold,\n,gold,\n")
    return str(path)


def test_a_check_in_words(headcount: Headcount, changed: str) -> None:
    done = headcount("check", changed)
    assert done.code == 0
    assert "new plans.csv: what an upload would do now. Nothing was stored." in done.out
    assert "updated    2  ████████████" in done.out
    assert "plan         00123       2  team    gold" in done.out
    assert "identity_blank: 1 row rejected, row 5" in done.out
    assert f"headcount upload '{changed}'" in done.err


def test_a_check_is_the_document_of_the_upload(headcount: Headcount, changed: str) -> None:
    checked, done = (headcount(command, changed, "--json").json for command in ("check", "upload"))
    assert checked["upload"] | {"id": done["upload"]["id"], "status": "completed"} == {k: done["upload"][k] for k in checked["upload"]}
    assert checked["ledger"] == done["ledger"]
    assert checked.keys() - {"blank_lines"} == done.keys()
    assert [e["before"] for e in checked["columns"][1]["examples"]] == ["team", "free", None]


@pytest.mark.parametrize(
    ("content", "flags", "code"),
    [
        ("identity,a\n1,2\n", [], 0),
        ("identity,a\n,2\n", ["--fail-on-rejects"], 1),
        ("Email,a\nx,2\n", [], 3),
        ("Email,a\nx,2\n", ["--identity", "Email"], 0),
        ("", [], 4),
    ],
)
def test_the_exit_code_is_that_of_the_upload(headcount: Headcount, content: str, flags: list[str], code: int, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(content)
    assert headcount("check", str(file), *flags).code == code
    assert headcount("uploads", "list", "--json").json == {"uploads": []}
    assert json.loads(headcount("check", str(file), *flags, "--json").out)["upload"]["id"] is None
