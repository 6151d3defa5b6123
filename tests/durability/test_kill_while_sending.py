"""A client that sends while the server is killed and started again: nothing is lost, and nothing counts twice."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.server.process import PASSCODE, start

from headcount import Client


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Here a server of ours is called."""


def test_every_event_counts_once(tmp_path: Path) -> None:
    first = start(tmp_path / "data")
    half_way = threading.Event()
    servers = [first]

    def look(sent: int) -> None:
        if sent >= 300:
            half_way.set()

    def kill_and_start_again() -> None:
        half_way.wait(60)
        first.kill()
        servers.append(start(tmp_path / "data", PORT=str(first.port)))

    killing = threading.Thread(target=kill_and_start_again)
    killing.start()
    try:
        with Client(f"http://127.0.0.1:{first.port}", "default", PASSCODE, retries=8) as client:
            given = ({"identity": f"p{number % 50}", "n": number} for number in range(1_000))
            result = client.events(given, name="Counted", batch=50, concurrency=4, on_progress=look)
            killing.join()
            assert (result.sent, result.processed, len(servers)) == (1_000, 1_000, 2)
            assert client.count('did "Counted" at least 20 times') == 50
            assert client.count('did "Counted" at least 21 times') == 0
    finally:
        half_way.set()
        killing.join()
        servers[-1].kill()
