"""A full disk stops an upload with a clear error and no damage; with room again it goes on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.program import Program

_ROWS = 200_000


def _headcount(data: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code, said = Program("--data", str(data), *words, "--json").said()
    return code, json.loads(said)


@pytest.mark.parametrize("megabytes", [2, 8, 14], ids="{} MB".format)
def test_a_full_disk_is_no_damage(megabytes: int, disk: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("identity,Name,note\n" + "".join(f"p{i},Person {i * 7919},{i * 104729} {i * 15485863}\n" for i in range(_ROWS)))
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(disk)], check=True)
    code, answer = _headcount(disk / "data", "upload", str(people))
    assert code == 5
    assert answer["error"]["code"] in {"file_not_stored", "data_not_written"}
    subprocess.run(["mount", "-o", "remount,size=400m", str(disk)], check=True)
    code, answer = _headcount(disk / "data", "uploads", "resume")
    assert code == 0
    assert [u["ledger"]["created"] for u in answer["uploads"]] == [_ROWS]
