"""Killed at any moment, an undo, or bringing back, goes on where it was and ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.durability.test_kill import Account

_ROWS, _KILLS = 12_000, {"undo": 7, "redo": 3}


def file(path: Path, numbers: range, version: int) -> str:
    """A file of people with duplicates and consents."""
    rows = [
        f"p{n % (numbers.stop - 300)},{('pro', 'free')[n % 2]}{version},{n % 5},{('true', 'false', '')[(n + version) % 3]}" for n in numbers
    ]
    path.write_text("identity,plan,visits,MSG-email\n" + "\n".join(rows) + "\n")
    return str(path)


def content(account: Account) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the data file but the time of the undo."""
    with duckdb.connect(str(account.data / "accounts" / "default.duckdb"), read_only=True) as connection:
        asked = "SELECT table_name FROM duckdb_tables() WHERE table_name NOT IN ('property_statistics', 'shared_addresses')"
        tables = [name for (name,) in connection.execute(asked).fetchall()]
        times = {"consent_acts": "EXCLUDE (logged_at)"}
        return {t: connection.execute(f"SELECT * {times.get(t, '')} FROM {t} ORDER BY ALL").fetchall() for t in tables}


@dataclass(frozen=True)
class Reference:
    """An account before a job, and what the job ends with where nobody disturbs it."""

    before: Path
    upload: str
    document: dict[str, Any]
    content: dict[str, list[tuple[Any, ...]]]
    seconds: float


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reference]:
    folder = tmp_path_factory.mktemp("undo")
    account = Account(folder / "data")
    account.run("upload", file(folder / "first.csv", range(_ROWS), 1))
    upload = account.run("upload", file(folder / "second.csv", range(_ROWS // 2, _ROWS + _ROWS // 2), 2))["upload"]["id"]
    account.run("upload", file(folder / "third.csv", range(0, _ROWS, 9), 3))
    return {job: reference(account, folder / job, job, upload) for job in _KILLS}


def reference(account: Account, before: Path, job: str, upload: str) -> Reference:
    shutil.copytree(account.data, before)
    began = time.monotonic()
    document = account.run("uploads", job, upload)
    return Reference(before, upload, document, content(account), time.monotonic() - began)


@pytest.mark.parametrize(("job", "kill"), [(job, kill) for job, kills in _KILLS.items() for kill in range(kills)])
def test_a_killed_undo_ends_as_an_undisturbed_one(job: str, kill: int, references: dict[str, Reference], tmp_path: Path) -> None:
    expected, moment = references[job], random.Random(kill)
    account = Account(tmp_path / "data")
    shutil.copytree(expected.before, account.data)
    account.killed(expected.seconds * (kill + moment.random()) / _KILLS[job], "uploads", job, expected.upload)
    status = account.show(expected.upload)["upload"]["status"]
    if status in {"completed", "undone"} and status != expected.document["upload"]["status"]:
        account.run("uploads", job, expected.upload)  # killed before it began
    elif status == "interrupted":
        if kill % 3 == 0:
            account.killed(expected.seconds * moment.random(), "uploads", "resume")
        account.run("uploads", "resume")
    document = account.show(expected.upload)
    assert document["upload"]["status"] == expected.document["upload"]["status"]
    assert {part: document[job][part] for part in ("ledger", "columns", "kept")} == {
        part: expected.document[part] for part in ("ledger", "columns", "kept")
    }
    assert content(account) == expected.content
