"""Another process that can own uploads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from headcount.uploads.owner import Owner

_ASKS = "from headcount.uploads.owner import this_process as p; print(p().started, flush=True); input()"


@contextmanager
def another_process() -> Iterator[tuple[subprocess.Popen[str], Owner]]:
    """One that lives for as long as the context lasts, unless it is killed."""
    with subprocess.Popen([sys.executable, "-c", _ASKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        yield other, Owner(other.pid, other.stdout.readline().strip())
        other.communicate("")
