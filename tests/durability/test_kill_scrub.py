"""Killed at any moment, a scrub begins again, loses nobody, and ends without a trace."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest
from tests.durability.test_kill import Account

from headcount.bootstrap import application
from headcount.config import load_settings

_ROWS, _KILLS = 6_000, 6


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, float]:
    """An account with somebody to scrub, and how long that takes where nobody disturbs it."""
    folder = tmp_path_factory.mktemp("scrub")
    account = Account(folder / "data")
    rows = [f"p{n},{n % 7}" for n in range(_ROWS)]
    (folder / "people.csv").write_text("identity,visits\n" + "\n".join([*rows, "quarz7,xylophon", "quarz7,8"]) + "\n")
    account.run("upload", str(folder / "people.csv"), "--map", "visits=visits:integer")
    assert account.run("people", "erase", "quarz7")["erased"] == 1
    shutil.copytree(account.data, folder / "copy")
    began = time.monotonic()
    assert Account(folder / "copy").run("people", "erasures", "--now")["people"] == 0
    return account, time.monotonic() - began


def traces(data: Path) -> list[str]:
    files = [path for path in data.rglob("*") if path.is_file()]
    return [path.name for path in files for text in (b"quarz7", b"xylophon") if text in path.read_bytes()]


@pytest.mark.parametrize("kill", range(_KILLS))
def test_a_killed_scrub_ends_as_an_undisturbed_one(erased: tuple[Account, float], kill: int, tmp_path: Path) -> None:
    before, seconds = erased
    assert traces(before.data)
    account = Account(tmp_path / "data")
    shutil.copytree(before.data, account.data)
    # Most of the time goes into starting; what is written anew is written at the end.
    account.killed(seconds * (0.5 + (kill + random.Random(kill).random()) / _KILLS / 2), "people", "erasures", "--now")
    with application(load_settings(data=account.data)) as app, app.store() as store:
        (people,) = store.connection.execute("SELECT count(*), sum(c11) FROM profiles").fetchall()
        assert people == (_ROWS, sum(n % 7 for n in range(_ROWS)))
    assert account.run("people", "erasures", "--now")["people"] == 0
    assert traces(account.data) == []
    assert not (account.data / "accounts" / "default.fresh").exists()
