"""Two commands that upload at the same time: both are done, in the order in which they were accepted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ROWS = 30_000


def headcount(data: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "HEADCOUNT_CHUNK_ROWS": "4000"}
    command = [sys.executable, "-m", "headcount", "--data", str(data), *words, "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate()
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize("together", [2, 3])
def test_the_upload_that_was_accepted_last_has_the_last_word(together: int, tmp_path: Path) -> None:
    answer(headcount(tmp_path, "uploads", "list"))
    files = [tmp_path / f"plan {n}.csv" for n in range(together)]
    for n, file in enumerate(files):
        file.write_text("identity,plan\n" + "".join(f"u{i},{n}\n" for i in range(_ROWS)))
    documents = [answer(process) for process in [headcount(tmp_path, "upload", str(file)) for file in files]]
    assert [document["ledger"]["rows"] for document in documents] == [_ROWS] * together
    last = answer(headcount(tmp_path, "uploads", "list"))["uploads"][0]["name"]
    counted = answer(headcount(tmp_path, "segment", "count", f"plan = {last.removeprefix('plan ').removesuffix('.csv')}"))
    assert counted == {"count": _ROWS}
