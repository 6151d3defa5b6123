"""A data file that many threads of one process use at once: opened by the first, closed when nobody has used it for a while."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

import duckdb

from headcount.errors import Busy
from headcount.store.duckdb.connection import checkpoint, connect
from headcount.store.duckdb.profiles import DuckDBProfiles
from headcount.store.duckdb.renewal import Renewal, take_over
from headcount.store.duckdb.turn import Turn

#: Seconds for which everybody waits, at most, until those who have the file at the end of a renewal have given it back.
_PATIENCE = 5.0


class SharedProfiles:
    """The store of an account for a server. Readers never wait; writers wait for one another."""

    def __init__(self, path: Path, *, memory_mb: int, threads: int, patience: float, columns: int) -> None:
        self._path = path
        self._limits = {"memory_mb": memory_mb, "threads": threads, "columns": columns}
        self._patience = patience
        self._turn = Turn()
        self._guard = Condition()
        self._root: duckdb.DuckDBPyConnection | None = None
        self._borrowers = 0
        self._idle_since = time.monotonic()

    @contextmanager
    def open(self) -> Iterator[DuckDBProfiles]:
        """The store for as long as the context lasts. Raises Busy where another process has the file."""
        connection = self._borrow()
        try:
            yield DuckDBProfiles(connection, self._turn)
        finally:
            connection.close()
            with self._guard:
                self._borrowers -= 1
                self._idle_since = time.monotonic()
                self._guard.notify_all()

    @property
    def noted(self) -> bool:
        """Whether live calls wrote values of properties since these were counted."""
        return bool(self._turn.noted)

    def close_idle(self, seconds: float) -> None:
        """Give the file back where nobody has used it for so long."""
        with self._guard:
            if self._root is not None and not self._borrowers and time.monotonic() - self._idle_since >= seconds:
                checkpoint(self._root, self._path)
                self._close()

    def renew(self, done: Sequence[int]) -> None:
        """Let a fresh file take the place of the data file, without these erasures. Others go on, and wait for a moment at the end.

        Raises Busy where somebody keeps the file for too long, or writes what the fresh file cannot follow: then all is as before.
        """
        with self.open() as store, self._turn.noting():
            # Whoever is writing now noted nothing.
            with self._turn.of("bulk"):
                version = self._turn.version
            renewal = Renewal(store.connection, self._path)
            with renewal.begun(), self._alone():
                if version != self._turn.version:
                    raise Busy("data_busy", "Properties or lists were changed while the data file was renewed.", "It is tried again later.")
                renewal.complete(self._turn.written(), done)
                self._close()
                store.connection.close()
                take_over(self._path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else has the file, or gets it, for as long as the context lasts. Raises Busy."""
        with self._guard:
            self._turn.closing = True
            try:
                if not self._guard.wait_for(lambda: self._borrowers == 1, _PATIENCE):
                    raise Busy("data_busy", "Somebody keeps the data file.", "It is tried again later.")
                yield
            finally:
                self._turn.closing = False
                self._guard.notify_all()

    def _close(self) -> None:
        if self._root is not None:
            self._root.close()
            self._root = None

    def _borrow(self) -> duckdb.DuckDBPyConnection:
        with self._guard:
            self._guard.wait_for(lambda: not self._turn.closing)
            if self._root is None:
                self._root = connect(self._path, patience=self._patience, **self._limits)
            cursor = self._root.cursor()
            self._borrowers += 1
            return cursor
