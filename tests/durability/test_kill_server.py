"""A server that is killed at any moment: after the next start every upload is in a true state, and ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.durability.test_kill import Account
from tests.durability.test_kill_undo import content, file
from tests.server.process import Server, eventually, head, serving, start

_CSV = {"Content-Type": "text/csv"}
_SETTINGS = {"CHUNK_ROWS": "2000"}
_ROWS = 24_000
#: What an upload comes to, by what is asked for; and how often that is killed.
_STEPS = {"send": ("ready", 2), "apply": ("completed", 3), "undo": ("undone", 2), "redo": ("completed", 1)}


@pytest.fixture
def no_network() -> None:
    """Here a server of ours is called."""


@dataclass(frozen=True)
class Step:
    """A data directory before and after something was done that nobody disturbed, its document, and how long it took."""

    before: Path
    after: Path
    document: dict[str, Any]
    seconds: float


def ask(server: Server, step: str, people: Path) -> None:
    """Begin a step."""
    with server.http as http:
        if step == "send":
            http.post("/uploads?review=true&wait=0", content=people.read_bytes(), headers=_CSV)
        else:
            http.post(f"/uploads/{server.uploads()[0]['id']}/{step}").raise_for_status()


def ended(server: Server) -> dict[str, Any]:
    """The document of the newest upload, when nobody works on it any more."""
    newest = server.uploads()[0]["id"]
    with server.http as http:
        assert "event: end" in http.get(f"/uploads/{newest}/progress").text
        document: dict[str, Any] = http.get(f"/uploads/{newest}").json()
    return document


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(file(tmp_path_factory.mktemp("people") / "people.csv", range(_ROWS), 1))


@pytest.fixture(scope="module")
def steps(people: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    folder = tmp_path_factory.mktemp("steps")
    done, before = dict[str, Step](), folder / "nothing"
    before.mkdir()
    for step in _STEPS:
        after = folder / step
        shutil.copytree(before, after)
        server, began = start(after, **_SETTINGS), time.monotonic()
        ask(server, step, people)
        done[step] = Step(before, after, ended(server), time.monotonic() - began)
        assert server.stop() == 0
        before = after
    return done


def report(document: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on when it was."""
    parts = {part: document[part] for part in ("ledger", "columns", "problems", "duplicates")}
    for job in ("undo", "redo"):
        parts[job] = {part: document.get(job, {}).get(part) for part in ("ledger", "columns", "kept")}
    return parts


def left(data: Path) -> list[str]:
    """The files of uploads, and what lies beside the data."""
    return sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file() and path.suffix not in {".wal", ".sqlite-wal"})


@pytest.mark.parametrize(("step", "kill"), [(step, kill) for step, (_, kills) in _STEPS.items() for kill in range(kills)])
def test_what_was_begun_comes_to_the_same_end(step: str, kill: int, steps: dict[str, Step], people: Path, tmp_path: Path) -> None:
    expected, moment = steps[step], random.Random(kill)
    shutil.copytree(expected.before, tmp_path / "data")
    with serving(tmp_path / "data", **_SETTINGS) as server:
        ask(server, step, people)
        time.sleep(expected.seconds * (kill + moment.random()) / _STEPS[step][1])
    server = start(tmp_path / "data", **_SETTINGS)
    document = ended(server)
    assert server.stop() == 0
    assert document["upload"]["status"] == _STEPS[step][0]
    assert report(document) == report(expected.document)
    assert len(left(tmp_path / "data")) == len(left(expected.after))
    if step != "send":
        assert content(Account(tmp_path / "data")) == content(Account(expected.after))


def test_a_file_on_its_way_is_refused_and_gone(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, server.connect() as connection:
        connection.sendall(head("uploads", Content_Length=9_000_000).replace("\n", "\r\n").encode() + b"\r\n\r\n" + b"identity\n" * 500_000)
        eventually(["receiving"], look=lambda: [upload["status"] for upload in server.uploads()])
        eventually(["source.part"], look=lambda: [path.name for path in server.left() if path.is_file()])
    with serving(tmp_path / "data") as server:
        with server.http as http:
            document = http.get(f"/uploads/{server.uploads()[0]['id']}").json()
        assert (document["upload"]["status"], document["problems"][0]["code"]) == ("rejected", "transfer_incomplete")
        assert server.left() == []


def test_several_in_line_keep_their_order(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, server.http as http:
        for n in range(4):
            rows = "".join(f"p{i},{n}\n" for i in range(20_000))
            http.post("/uploads?wait=0", content=f"identity,plan\n{rows}", headers=_CSV)
    with serving(tmp_path / "data") as server, server.http as http:
        eventually(["completed"] * 4, look=lambda: [upload["status"] for upload in server.uploads()])
        assert http.post("/segments/count", json={"filter": "plan = 3"}).json() == {"count": 20_000}


def test_a_signal_parks_what_is_worked_on(steps: dict[str, Step], tmp_path: Path, people: Path) -> None:
    expected = steps["apply"]
    shutil.copytree(expected.before, tmp_path / "data")
    server = start(tmp_path / "data", **_SETTINGS)
    ask(server, "apply", people)
    with server.http as http, http.stream("GET", f"/uploads/{server.uploads()[0]['id']}/progress") as events:
        lines = events.iter_lines()
        assert next(lines) == "event: progress"
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8
        assert "event: end" in lines
    assert not (tmp_path / "data" / "headcount.sock").exists()
    with serving(tmp_path / "data", **_SETTINGS) as server:
        document = ended(server)
        assert report(document) == report(expected.document)


def test_what_a_killed_server_forgot_to_throw_away_goes(steps: dict[str, Step], tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(steps["apply"].after, data)
    upload = steps["apply"].document["upload"]["id"]
    folder = data / "uploads" / upload
    for left_over in (folder / "source", folder / "source.part", folder.joinpath("work", "a"), data / "uploads" / "inspect-x" / "file"):
        left_over.parent.mkdir(parents=True, exist_ok=True)
        left_over.write_text("somebody's data")
    with serving(data) as server:
        assert [path.name for path in server.left() if path.is_file()] == []
