"""A server of the program itself, as a process of its own, and commands that are told apart only by what does them."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.program import Program

PASSCODE = "correct-horse-battery"


@dataclass(frozen=True)
class Served:
    """A running server: its data directory and its address."""

    data: Path
    url: str
    process: Program

    @property
    def socket(self) -> Path:
        return self.data / "headcount.sock"


@contextlib.contextmanager
def serving(data: Path, **settings: str) -> Iterator[Served]:
    """A server on a data directory for as long as the context lasts; it ends as a signal ends it."""
    own = {"HEADCOUNT_THREADS": "1", "HEADCOUNT_PASSCODE": PASSCODE, **settings}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADCOUNT_")} | own
    with Program("--data", str(data), "serve", "--port", "0", cwd=data.parent, environment=environment) as process:
        try:
            url = process.address()
            _await(data / "headcount.sock")
            yield Served(data, url, process)
        finally:
            process.terminate()
            process.wait(60)


def _await(socket: Path) -> None:
    until = time.monotonic() + 30
    while not socket.exists() and time.monotonic() < until:
        time.sleep(0.05)


_SCRUBBED = (
    # Flags travel to a server as a manifest, and the record there says so.
    (r", which the manifest names at [^“”\n]*?\\?'\]\.", "."),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+00:00)?", "TIME"),
    (r"until \d{4}-\d\d-\d\d", "until DAY"),
    (r'("seconds"|"rows_per_second"): [0-9.e+]+', r"\1: N"),
    (r"[0-9,.]+ seconds", "N seconds"),
    (r"[0-9,.]+ rows a second", "N rows a second"),
)


def scrubbed(text: str, *paths: str) -> str:
    """A text without what is different each time: ids in the order in which they come, times, speeds, and these paths."""
    for path in paths:
        text = text.replace(path, "PATH")
    for pattern, instead in _SCRUBBED:
        text = re.sub(pattern, instead, text)
    ids = dict.fromkeys(re.findall(r"\bu1[0-9a-z]{16}\b", text))
    for number, upload_id in enumerate(ids):
        text = text.replace(upload_id, f"ID{number}")
    return text
