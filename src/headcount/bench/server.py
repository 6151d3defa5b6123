"""A file sent to a server of its own over HTTP, while somebody looks at pages."""

from __future__ import annotations

import json
import os
import re
import resource
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from headcount.bench.measure import Outcome, Sample, warm
from headcount.bench.product import ledger_counts
from headcount.errors import HeadcountError
from headcount.uploads.upload import WORKING

_ACCOUNT, _EMAIL = "bench", "bench@localhost"
_MANIFEST = json.dumps({"columns": {"tags": {"dataType": "LIST"}}})
#: Seconds between two looks, and that a page may take.
_LOOK, _LONGEST = 0.1, 30.0
_NO_LIMIT = str(1 << 62)


def through_server(data: Path, file: Path) -> Outcome:
    """The seconds until the file was received, until it was applied, and (the median) until a page came meanwhile."""
    warm(file)
    secret = secrets.token_urlsafe()
    with server(data, secret) as address, httpx.Client(base_url=address, timeout=None) as client:  # noqa: S113 - it takes as long as it takes
        pages = _Pages(address, secret)
        began = time.perf_counter()
        with pages:
            upload = send(client, secret, file)
            received = time.perf_counter() - began
            document = end_of(client, secret, upload)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory = peak.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    samples = {"receive": Sample(received, 0, memory), "upload": Sample(seconds, peak.ru_utime + peak.ru_stime, memory)}
    return Outcome({**samples, "page": Sample(median(pages.seconds), 0, memory)}, ledger_counts(document))


@contextmanager
def server(data: Path, secret: str) -> Iterator[str]:
    """The address of a server of its own on the data directory; its passcode is the secret."""
    given = {"DATA": str(data), "ACCOUNT_ID": _ACCOUNT, "PASSCODE": secret, "ADMIN_EMAIL": _EMAIL, "ADMIN_PASSWORD": secret}
    environment = {**os.environ, "HEADCOUNT_FILE_LIMIT_BYTES": _NO_LIMIT, **{f"HEADCOUNT_{k}": v for k, v in given.items()}}
    command = [sys.executable, "-m", "headcount", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    found = re.search(r"http://\S+", (process.stdout and process.stdout.readline()) or "")
    if found is None:
        raise HeadcountError("bench_failed", "The server of the benchmark did not start.")
    return found[0]


def signed(secret: str) -> dict[str, str]:
    """The headers of who calls it."""
    return {"X-CleverTap-Account-Id": _ACCOUNT, "X-CleverTap-Passcode": secret}


def send(client: httpx.Client, secret: str, file: Path) -> str:
    """Upload a file with the twelve columns; the id of the upload."""
    with file.open("rb") as opened:
        answer = client.post(
            "/api/v1/uploads",
            params={"wait": 0},
            headers=signed(secret),
            data={"manifest": _MANIFEST},
            files={"file": (file.name, opened)},
        )
    upload: str = answer.raise_for_status().json()["upload"]["id"]
    return upload


def end_of(client: httpx.Client, secret: str, upload: str) -> Mapping[str, Any]:
    """The document of an upload when nobody works on it any more."""
    while True:
        document: dict[str, Any] = client.get(f"/api/v1/uploads/{upload}", headers=signed(secret)).raise_for_status().json()
        if document["upload"]["status"] not in WORKING:
            return document
        time.sleep(_LOOK)


class _Pages:
    """Somebody who looks at the list of uploads again and again, for as long as the context lasts."""

    def __init__(self, address: str, secret: str) -> None:
        self.seconds: list[float] = []
        self._client = httpx.Client(base_url=address, timeout=_LONGEST)
        self._secret = secret
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        signed_in = self._client.post("/sign-in", data={"email": _EMAIL, "password": self._secret})
        if not signed_in.is_redirect:
            raise HeadcountError("bench_failed", "The benchmark could not sign in.")
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._client.close()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK):
            began = time.perf_counter()
            self._client.get("/uploads").raise_for_status()
            self.seconds.append(time.perf_counter() - began)
