"""Which process works on an upload, and whether it still lives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Owner:
    """A process. `started` tells it from a later one with the same number, also after a reboot."""

    pid: int
    started: str


def this_process() -> Owner:
    """The running process as an owner."""
    pid = os.getpid()
    return Owner(pid, _started(pid) or "")


def is_alive(owner: Owner) -> bool:
    """Whether the process still runs on this machine; one that has ended but was not reaped does not."""
    if _PROC.joinpath("self").exists():
        return _started(owner.pid) == owner.started
    return _answers(owner.pid)


def _started(pid: int) -> str | None:
    """Boot and start time of a running process; None where there is none, or no /proc to ask."""
    try:
        stat = _PROC.joinpath(str(pid), "stat").read_text()
        boot = _PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # The name in brackets may itself hold brackets and spaces; after it come state (3) to start time (22).
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else f"{boot} {rest[18]}"


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
