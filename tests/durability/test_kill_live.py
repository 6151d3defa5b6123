"""Kills while calls come in: what was answered is there, and nothing counts twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from itertools import count
from pathlib import Path

import httpx
import pytest
from tests.server.process import Server, client, start

#: How many kills, people, and connections that send.
KILLS, PEOPLE, CONNECTIONS = 14, 8, 4
#: Rows of a file that is applied for some seconds.
UPLOADED = 400_000


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
        with self.http as http:
            while not self.ended.is_set():
                calls += 1
                said = Counter({f"p{chance.randrange(PEOPLE)}": chance.randrange(1, 9) for _ in range(3)})
                if self._until_answered(http, said, f"{number}-{calls}"):
                    with self._guard:
                        self.answered.update(said)

    @property
    def http(self) -> httpx.Client:
        return client(self.port, seconds=20)

    def _until_answered(self, http: httpx.Client, said: Counter[str], key: str) -> bool:
        records = [{"type": "profile", "identity": who, "profileData": {"n": {"$incr": n}}} for who, n in said.items()]
        while True:
            try:
                answer = http.post("/1/upload", json={"d": records}, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                # It may have been written: only the same call again tells.
                time.sleep(0.05)
                continue
            if answer.status_code == 200 and answer.json()["status"] == "success":
                return True
            if answer.status_code not in {429, 503}:
                self.refused.append(answer.text)
                return False


class Plain(Sender):
    """Makes people, each by a call of its own without a key, and remembers those of whom an answer says that they are stored."""

    def run(self, number: int) -> None:
        with self.http as http:
            for call in count(1):
                if self.ended.is_set():
                    break
                identity = f"live-{number}-{call}"
                record = {"type": "profile", "identity": identity, "profileData": {"plan": "live"}}
                try:
                    answer = http.post("/1/upload", json={"d": [record]})
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if answer.status_code == 200:
                    with self._guard:
                        self.answered[identity] += 1


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


def test_what_was_answered_while_an_upload_is_applied_is_there(tmp_path: Path) -> None:
    server, sender = start(tmp_path / "data"), Plain()
    sender.port = server.port
    threads = [threading.Thread(target=sender.run, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        with server.http as http:
            file = "identity,plan\n" + "".join(f"u{n},free\n" for n in range(UPLOADED))
            upload = http.post("/uploads", params={"wait": 0}, files={"file": ("people.csv", file)}).json()["upload"]["id"]
        while not list((tmp_path / "data" / "accounts").glob("*.calls.sqlite")):
            time.sleep(0.01)
        newest = list[str]()
        for _ in range(2):
            wanted = len(sender.answered) + 20
            while len(sender.answered) < wanted:
                time.sleep(0.01)
            server.kill()
            newest += list(sender.answered)[-20:]
            server = start(tmp_path / "data", PORT=str(sender.port))
        sender.ended.set()
        for thread in threads:
            thread.join(60)
        with server.http as http:
            assert all(http.get(f"/people/{identity}").json()["properties"]["plan"]["value"] == "live" for identity in newest)
            while http.get(f"/uploads/{upload}").json()["upload"]["status"] != "completed":
                time.sleep(0.1)
            counted = [http.post("/segments/count", json={"filter": f'plan = "{plan}"'}).json()["count"] for plan in ("free", "live")]
        assert counted[0] == UPLOADED
        # Somebody may be there of whom no answer came back any more.
        assert len(sender.answered) <= counted[1] <= len(sender.answered) + 2 * CONNECTIONS
    finally:
        sender.ended.set()
        server.kill()
