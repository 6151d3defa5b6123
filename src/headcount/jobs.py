"""Doing in the background what accounts have to do: one thing at a time for each, several accounts at once."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeAlias

import structlog

#: How much less of a busy processor the work gets than calls and pages: about half of it.
_NICENESS = 3

#: Does the next thing that an account has to do; whether there was one. May ask whether the program is about to end.
Work: TypeAlias = Callable[[str, Callable[[], bool]], bool]


class Worker:
    """Threads that do the work of accounts that were woken."""

    def __init__(self, threads: int) -> None:
        self._woken = SimpleQueue[str | None]()
        self._guard = threading.Lock()
        # Accounts on which a thread works, and whether they were woken meanwhile.
        self._busy: dict[str, bool] = {}
        self._stopping = threading.Event()
        self._wanted = threads
        self._threads: list[threading.Thread] = []

    def start(self, work: Work) -> None:
        """Begin to work."""
        for number in range(self._wanted):
            self._threads.append(threading.Thread(target=self._run, args=(work,), name=f"worker-{number}", daemon=True))
            self._threads[-1].start()

    def wake(self, account_id: str) -> None:
        """Say that an account has something to do. What is said twice is done once."""
        with self._guard:
            if account_id in self._busy:
                self._busy[account_id] = True
                return
            self._busy[account_id] = False
        self._woken.put(account_id)

    @property
    def stopping(self) -> bool:
        """Whether the program is about to end."""
        return self._stopping.is_set()

    def begin_to_stop(self) -> None:
        """Let the work come to a stop where it can go on later."""
        self._stopping.set()

    def stop(self, seconds: float) -> bool:
        """Wait until the work has come to its stop; whether all threads did within so many seconds."""
        self._stopping.set()
        for _ in self._threads:
            self._woken.put(None)
        for thread in self._threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads)

    def waiting(self) -> int:
        """How many accounts wait for a thread."""
        return self._woken.qsize()

    def _run(self, work: Work) -> None:
        step_back()
        while (account_id := self._woken.get()) is not None and not self.stopping:
            self._do(work, account_id)

    def _do(self, work: Work, account_id: str) -> None:
        try:
            more = work(account_id, self._stopping.is_set)
        except Exception:  # noqa: BLE001 - see below
            # The thread has other accounts to work for; the work itself says what it left.
            structlog.get_logger().exception("work_failed", account=account_id)
            more = False
        with self._guard:
            again = self._busy.pop(account_id) or more
        if again:
            self.wake(account_id)


def step_back() -> None:
    """Let threads go first whose callers wait for an answer. What this one starts has its priority, too."""
    if sys.platform == "linux":
        # Elsewhere a priority is that of the whole program.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
