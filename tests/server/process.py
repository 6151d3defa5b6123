"""The program itself as a server, in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from tests.program import Program
from tests.server.house import found_in

PASSCODE = "correct-horse-battery"
EMAIL, PASSWORD = "ann@acme.example", "correct horse battery"
WHO = {"X-CleverTap-Account-Id": "default", "X-CleverTap-Passcode": PASSCODE}
_OWN = {"THREADS": "1", "PASSCODE": PASSCODE, "ADMIN_EMAIL": EMAIL, "ADMIN_PASSWORD": PASSWORD, "LOG": "debug"}


@dataclass(frozen=True)
class Server:
    """One that runs."""

    data: Path
    port: int
    process: Program
    #: What it says about itself.
    log: Path

    @property
    def http(self) -> httpx.Client:
        return client(self.port, "/api/v1", seconds=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(60)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def raw(self, head: str, body: bytes = b"", *, breaks: bool = False) -> tuple[int, str]:
        """The status and the rest of the answer to these bytes; the connection can break after them."""
        with self.connect() as connection:
            connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
            if breaks:
                connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()
        return int(answer.split(" ", 2)[1]) if answer else 0, answer

    def uploads(self) -> list[dict[str, Any]]:
        with self.http as http:
            found: list[dict[str, Any]] = http.get("/uploads").json()["uploads"]
        return found

    def left(self) -> list[Path]:
        return found_in(self.data / "uploads")


def client(port: int, place: str = "", *, seconds: float) -> httpx.Client:
    """One that calls a server by its passcode."""
    # Without TLS nothing is verified; to read all certificates takes its time.
    return httpx.Client(base_url=f"http://127.0.0.1:{port}{place}", headers=WHO, timeout=seconds, verify=False)  # noqa: S501


def start(data: Path, **settings: str) -> Server:
    """A server on the directory, which takes calls; on any port that is free, or on PORT."""
    port = settings.pop("PORT", "0")
    log = data.with_name(f"{data.name}.log")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADCOUNT_")}
    environment |= {f"HEADCOUNT_{name}": value for name, value in (_OWN | settings).items()}
    process = Program("--data", str(data), "serve", "--port", port, cwd=data.parent, environment=environment, stderr=log)
    return Server(data, urlsplit(process.address()).port or 0, process, log)


@contextmanager
def serving(data: Path, **settings: str) -> Iterator[Server]:
    """A server for as long as the context lasts."""
    server = start(data, **settings)
    try:
        yield server
    finally:
        server.kill()


def head(path: str, **more: object) -> str:
    """The first lines of a call with a body."""
    lines = {**WHO, "Host": "localhost", "Content-Type": "text/csv", **{name.replace("_", "-"): value for name, value in more.items()}}
    return "\n".join([f"POST /api/v1/{path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())])


def eventually(*wanted: Any, look: Any, seconds: float = 20) -> Any:  # noqa: ANN401 - whatever is waited for
    """What one sees, as soon as it is one of those wanted."""
    until = time.monotonic() + seconds
    while (seen := look()) not in wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert seen in wanted, json.dumps(seen, default=str)
    return seen
