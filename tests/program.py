"""The program in processes of its own, forked from one that has loaded it: `python -m headcount` without its second of loading."""

from __future__ import annotations

import atexit
import os
import re
import sys
import time
from collections.abc import Mapping
from contextlib import chdir
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import NoReturn, Self

_forking = get_context("forkserver")
_forking.set_forkserver_preload(["tests.loaded"])


@cache
def _load() -> None:
    """Begin to load the program, from where `tests` can be imported, whatever directory a test works in."""
    with chdir(Path(__file__).parents[1]):
        ensure_running()


class Program:
    """A command that runs, with as much of `subprocess.Popen` as is used; a context waits for its end."""

    def __init__(
        self, *words: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None, stderr: Path = Path(os.devnull)
    ) -> None:
        _load()
        said, end = _forking.Pipe(duplex=False)
        given = os.environ if environment is None else environment
        self._process = _forking.Process(target=_run, args=(words, cwd or Path.cwd(), dict(given), end, stderr.absolute()))
        self._process.start()
        end.close()
        with said:
            self.stdout = os.fdopen(os.dup(said.fileno()), encoding="utf-8")
        self._stderr = stderr
        # A test that fails must not leave it behind.
        atexit.register(self.kill)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    def address(self) -> str:
        """Where a server says that it serves, once it does."""
        found = re.search(r"http://\S+", self.stdout.readline())
        assert found, self._stderr.read_text()
        return found[0]

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """How it ended; the negative number of the signal that ended it. Raises TimeoutError."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise TimeoutError
        self.stdout.close()
        atexit.unregister(self.kill)
        return code

    def said(self) -> tuple[int, str]:
        """How it ended, and all that it wrote to standard output."""
        text = self.stdout.read()
        return self.wait(), text


def _run(words: tuple[str, ...], cwd: Path, environment: Mapping[str, str], out: Connection, stderr: Path) -> NoReturn:
    """What the process does."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(cwd)
    os.dup2(out.fileno(), 1)
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    out.close()
    from headcount.cli import main  # noqa: PLC0415 - loaded already

    main(words)
