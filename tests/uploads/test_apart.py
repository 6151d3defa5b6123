"""Reading in a process of its own finds what reading here finds, and ends as that does."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest
from tests.uploads.account import Account

from headcount.errors import FileRejected, HeadcountError, WrongCall
from headcount.uploads import apart
from headcount.uploads.apart import ApartLooking, Found
from headcount.uploads.applying import Cancelled
from headcount.uploads.looking import Looking
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.uploads.rules import no_progress

KNOWN = "identity,plan,visits\nann,pro,1\nbob,free,2\n"
# A wrong number, an address that many have, a new property, and somebody who is known.
FILE = "identity,plan,visits,City\nann,team,3\ncem,pro,lots,Oslo\ndora,free,7,Rome\n"


@pytest.fixture(autouse=True)
def every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "LARGE", 0)


def found(looking: Looking, path: Path, folder: Path, request: Request | None = None) -> Found:
    folder.mkdir()
    return looking.stage(path, folder / "work", folder / "rejects", request or Request(), no_progress)


def rows_and_tallies(folder: Path) -> list[tuple[str, bytes]]:
    return [(str(p.relative_to(folder)), p.read_bytes()) for p in sorted(folder.rglob("*")) if p.is_file()]


def test_it_finds_the_same(account: Account, tmp_path: Path) -> None:
    account.send(KNOWN)
    path, looking = account.file(FILE, "more.csv"), account.app.looking
    _, here, said = found(looking, path, tmp_path / "here")
    _, there, told = found(ApartLooking(looking.open_store, looking.rules), path, tmp_path / "there")
    assert (there.columns, there.questions, there.plan, told) == (here.columns, here.questions, here.plan, said)
    assert here.staged
    assert there.staged
    assert (there.staged.tallies, there.staged.wrong) == (here.staged.tallies, here.staged.wrong)
    assert rows_and_tallies(tmp_path / "there" / "rejects") == rows_and_tallies(tmp_path / "here" / "rejects")


def test_its_errors_are_ours(account: Account, tmp_path: Path) -> None:
    looking = ApartLooking(account.app.looking.open_store, account.app.looking.rules)
    with pytest.raises(FileRejected) as rejected:
        found(looking, account.file(b"", "no.csv"), tmp_path / "a")
    assert rejected.value.code == "file_empty"
    assert str(rejected.value) != rejected.value.message
    with pytest.raises(WrongCall, match="Nobody"):
        found(looking, account.file(FILE), tmp_path / "b", Request(columns={"Nobody": ColumnRequest(skip=True)}))


def test_who_is_stopped_leaves_no_process(account: Account, tmp_path: Path) -> None:
    looking = ApartLooking(account.app.looking.open_store, account.app.looking.rules)

    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        looking.stage(account.file(FILE), tmp_path / "work", tmp_path / "rejects", Request(), stop)
    assert not readers()


def test_a_process_that_is_killed_is_told_of(account: Account, tmp_path: Path) -> None:
    looking = ApartLooking(account.app.looking.open_store, account.app.looking.rules)

    def kill() -> None:
        while not (living := readers()):
            time.sleep(0.001)
        living[0].kill()

    threading.Thread(target=kill, daemon=True).start()
    with pytest.raises(HeadcountError) as ended:
        found(looking, account.file(FILE), tmp_path / "a")
    assert ended.value.code == "reading_ended"


def readers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if any("spawn_main" in word for word in p.cmdline())]
