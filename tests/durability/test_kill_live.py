"""Twenty kills while calls come in: what was answered is there, and nothing counts twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from tests.server.process import WHO, Server, start

#: How many kills, people, and connections that send.
KILLS, PEOPLE, CONNECTIONS = 20, 8, 4


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Here a server of ours is called."""


class Sender:
    """Adds to people's numbers, each call with a key of its own, again and again until it is answered."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.port = 0
        self.answered = Counter[str]()
        self.refused = list[str]()
        self._guard = threading.Lock()

    def run(self, number: int) -> None:
        chance, calls = random.Random(number), 0
        while not self.ended.is_set():
            calls += 1
            said = Counter({f"p{chance.randrange(PEOPLE)}": chance.randrange(1, 9) for _ in range(3)})
            if self._until_answered(said, f"{number}-{calls}"):
                with self._guard:
                    self.answered.update(said)

    def _until_answered(self, said: Counter[str], key: str) -> bool:
        records = [{"type": "profile", "identity": who, "profileData": {"n": {"$incr": n}}} for who, n in said.items()]
        while True:
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{self.port}/1/upload", json={"d": records}, headers={**WHO, "Idempotency-Key": key}, timeout=20
                )
            except httpx.TransportError:
                # It may have been written: only the same call again tells.
                time.sleep(0.05)
                continue
            if answer.status_code == 200 and answer.json()["status"] == "success":
                return True
            if answer.status_code not in {429, 503}:
                self.refused.append(answer.text)
                return False


def numbers(server: Server) -> Counter[str]:
    with server.http as http:
        found = [http.get(f"/people/p{n}").json() for n in range(PEOPLE)]
    return Counter({person["identity"]: person["properties"]["n"]["value"] for person in found})


def test_what_was_answered_is_there_and_counts_once(tmp_path: Path) -> None:
    server, sender, chance = start(tmp_path / "data"), Sender(), random.Random(1)
    sender.port = server.port
    threads = [threading.Thread(target=sender.run, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(KILLS):
            time.sleep(0.15 + 0.3 * chance.random())
            server.kill()
            server = start(tmp_path / "data", PORT=str(sender.port))
        time.sleep(1)
        sender.ended.set()
        for thread in threads:
            thread.join(60)
        assert sender.refused == []
        assert sum(sender.answered.values()) > KILLS
        assert numbers(server) == sender.answered
    finally:
        sender.ended.set()
        server.kill()
