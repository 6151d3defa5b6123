"""Nonsense as fast as it can be sent, beside calls that are well: no 500, and every call that is well is done."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.process import WHO, start

SECONDS, SENDERS = 2, 6
WORDS = [
    "identity",
    "type",
    "profile",
    "event",
    "token",
    "profileData",
    "evtName",
    "evtData",
    "$incr",
    "ts",
    "d",
    "MSG-email",
    "Email",
    "Charged",
]


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Here a server of ours is called."""


def nonsense(chance: random.Random, depth: int = 0) -> Any:  # noqa: ANN401 - anything
    kinds = ["text", "number", "nothing", "truth"] + ["object", "list"] * (depth < 4)
    match chance.choice(kinds):
        case "text":
            return chance.choice([*WORDS, "", " ", "\u0000", "é" * 600, "$D_99999999999", "=1+1", "null"])
        case "number":
            return chance.choice([0, -1, 1e308, 2**70, 1.5, chance.random()])
        case "nothing":
            return None
        case "truth":
            return chance.random() < 0.5
        case "object":
            return {chance.choice(WORDS): nonsense(chance, depth + 1) for _ in range(chance.randrange(6))}
        case _:
            return [nonsense(chance, depth + 1) for _ in range(chance.randrange(6))]


def body(chance: random.Random) -> bytes:
    if chance.random() < 0.2:
        return chance.randbytes(chance.randrange(60))
    records = [
        {"type": chance.choice(["profile", "event", "token"]), "identity": f"n{chance.randrange(50)}", "profileData": nonsense(chance)}
        | {chance.choice(WORDS): nonsense(chance)}
        for _ in range(chance.randrange(5))
    ]
    return json.dumps({"d": records if chance.random() < 0.8 else nonsense(chance)}).encode()


def test_nonsense_stops_nobody(tmp_path: Path) -> None:
    server = start(tmp_path / "data")
    said = Counter[int]()
    ended = threading.Event()

    def flood(number: int) -> None:
        chance = random.Random(number)
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=WHO, timeout=30) as client:
            while not ended.is_set():
                said[client.post("/1/upload", content=body(chance)).status_code] += 1

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(SENDERS)]
    try:
        for thread in threads:
            thread.start()
        done, until = 0, time.monotonic() + SECONDS
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=WHO, timeout=30) as client:
            while time.monotonic() < until:
                record = {"type": "profile", "identity": "well", "profileData": {"count": {"$incr": 1}}}
                answer = client.post("/1/upload", json={"d": [record]})
                assert answer.status_code in {200, 429}, answer.text
                done += answer.status_code == 200
        ended.set()
        for thread in threads:
            thread.join()
        assert set(said) <= {200, 400, 429}, said
        assert said[200]
        assert said[400]
        assert done
        with server.http as http:
            assert http.get("/people/well").json()["properties"]["count"]["value"] == done
    finally:
        ended.set()
        server.kill()
