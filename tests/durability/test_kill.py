"""Killed at any moment, an upload goes on where it was and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.program import Program

from headcount.bootstrap import application
from headcount.config import load_settings

_ROWS, _CHUNK, _KILLS = 24_000, 2_000, 14
_TABLES = {
    "profiles": "* EXCLUDE (first_seen, last_updated)",
    "changes": "*",
    "consent_log": "* EXCLUDE (logged_at)",
    "properties": "*",
}


@dataclass(frozen=True)
class Account:
    """A data directory, worked on by commands in processes of their own."""

    data: Path

    def start(self, *words: str) -> Program:
        return Program("--data", str(self.data), *words, "--json", environment={**os.environ, "HEADCOUNT_CHUNK_ROWS": str(_CHUNK)})

    def run(self, *words: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.start(*words).said()[1])
        return answer

    def killed(self, seconds: float, *words: str) -> None:
        with self.start(*words) as process:
            time.sleep(seconds)
            process.kill()

    def uploads(self) -> list[dict[str, Any]]:
        """The newest first; asked here, which takes a tenth of the time of a command."""
        with application(load_settings(data=self.data)) as app:
            return app.history.list()

    def show(self, upload: str) -> dict[str, Any]:
        """The document of an upload; asked here, too."""
        with application(load_settings(data=self.data)) as app:
            return app.history.show(upload)

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        with duckdb.connect(str(self.data / "accounts" / "default.duckdb"), read_only=True) as connection:
            return {t: connection.execute(f"SELECT {what} FROM {t} ORDER BY ALL").fetchall() for t, what in _TABLES.items()}


def _report(document: dict[str, Any]) -> dict[str, Any]:
    return {part: document[part] for part in ("ledger", "columns", "problems", "duplicates")}


def _rejects(document: dict[str, Any]) -> bytes:
    return Path(document["rejects_file"]).read_bytes()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with duplicates, rejected rows, cells not applied, consent and a row over two lines."""
    path = tmp_path_factory.mktemp("kill") / "people.csv"
    rows = [
        f'p{i % (_ROWS - 900)},{"bad" if i % 97 == 0 else f"p{i}@example.com"},{i % 7},{("true", "false", "")[i % 3]},"a\nb {i}"'
        for i in range(_ROWS)
    ]
    rows[5::1009] = [",nobody@example.com,1,,x"] * len(rows[5::1009])
    rows[9::1511] = ["short,row"] * len(rows[9::1511])
    path.write_text("identity,Email,visits,MSG-email,note\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def undisturbed(people: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, dict[str, Any], float]:
    """What an upload that nobody disturbs ends with, and how long it takes."""
    account, began = Account(tmp_path_factory.mktemp("undisturbed")), time.monotonic()
    document = account.run("upload", str(people))
    return account, document, time.monotonic() - began


@pytest.mark.parametrize("kill", range(_KILLS))
def test_a_killed_upload_ends_as_an_undisturbed_one(
    kill: int, people: Path, undisturbed: tuple[Account, dict[str, Any], float], tmp_path: Path
) -> None:
    reference, expected, seconds = undisturbed
    moment = random.Random(kill)
    account = Account(tmp_path)
    account.killed(seconds * (kill + moment.random()) / _KILLS, "upload", str(people))
    found = account.uploads()
    if not found:
        return  # killed before the upload was accepted: there is nothing to go on with
    if found[0]["status"] != "completed":
        assert found[0]["status"] == "interrupted"
        if kill % 3 == 0:
            account.killed(seconds * moment.random(), "uploads", "resume")
        if account.uploads()[0]["status"] == "interrupted":
            account.run("uploads", "resume")
    document = account.show(found[0]["id"])
    assert document["upload"]["status"] == "completed"
    assert _report(document) == _report(expected)
    assert _rejects(document) == _rejects(expected)
    assert account.content() == reference.content()
