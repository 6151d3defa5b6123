"""Two commands that upload at the same time: both are done, in the order in which they were accepted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.program import Program
from tests.uploads.account import account_in
from tests.uploads.another import another_process

from headcount.uploads.mapping import Request
from headcount.uploads.upload import Status

_ROWS = 30_000


def headcount(data: Path, *words: str) -> Program:
    return Program("--data", str(data), *words, "--json", environment={**os.environ, "HEADCOUNT_CHUNK_ROWS": "4000"})


def answer(program: Program) -> dict[str, Any]:
    code, out = program.said()
    assert code == 0, out
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize("together", [2, 3])
def test_the_upload_that_was_accepted_last_has_the_last_word(together: int, tmp_path: Path) -> None:
    answer(headcount(tmp_path, "uploads", "list"))
    files = [tmp_path / f"plan {n}.csv" for n in range(together)]
    for n, file in enumerate(files):
        file.write_text("identity,plan\n" + "".join(f"u{i},{n}\n" for i in range(_ROWS)))
    documents = [answer(program) for program in [headcount(tmp_path, "upload", str(file)) for file in files]]
    assert [document["ledger"]["rows"] for document in documents] == [_ROWS] * together
    last = answer(headcount(tmp_path, "uploads", "list"))["uploads"][0]["name"]
    counted = answer(headcount(tmp_path, "segment", "count", f"plan = {last.removeprefix('plan ').removesuffix('.csv')}"))
    assert counted == {"count": _ROWS}


def test_who_comes_later_waits_for_a_command_that_has_not_begun_to_read_its_file(tmp_path: Path) -> None:
    with another_process() as (_, owner), account_in(tmp_path) as account:
        records, file = account.app.uploads.records, account.file("identity,plan\n1,pro\n")
        mine = account.app.settings.account
        first = records.create(mine, name="first", file_name=file.name, door="cli", owner=owner, source_path=str(file))
        phases = list[str]()

        def look(phase: str, *_: int) -> None:
            phases.append(phase)
            records.advance(first.id, Status.RECEIVING, Status.CANCELLED)

        account.app.uploads.upload(file, Request(), name=None, door="cli", on_progress=look)
    assert phases[0] == "waiting"
    assert phases[-1] != "waiting"
