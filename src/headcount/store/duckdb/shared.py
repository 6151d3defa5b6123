"""A data file that many threads of one process use at once: opened by the first, closed when nobody has used it for a while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import duckdb

from headcount.store.duckdb.connection import checkpoint, connect
from headcount.store.duckdb.profiles import DuckDBProfiles
from headcount.store.duckdb.turn import Turn


class SharedProfiles:
    """The store of an account for a server. Readers never wait; writers wait for one another."""

    def __init__(self, path: Path, *, memory_mb: int, threads: int, patience: float, columns: int) -> None:
        self._path = path
        self._limits = {"memory_mb": memory_mb, "threads": threads, "columns": columns}
        self._patience = patience
        self._turn = Turn()
        self._guard = Lock()
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

    @property
    def noted(self) -> bool:
        """Whether live calls wrote values of properties since these were counted."""
        return bool(self._turn.noted)

    def close_idle(self, seconds: float) -> None:
        """Give the file back where nobody has used it for so long."""
        with self._guard:
            if self._root is not None and not self._borrowers and time.monotonic() - self._idle_since >= seconds:
                checkpoint(self._root, self._path)
                self._root.close()
                self._root = None

    def _borrow(self) -> duckdb.DuckDBPyConnection:
        with self._guard:
            if self._root is None:
                self._root = connect(self._path, patience=self._patience, **self._limits)
            cursor = self._root.cursor()
            self._borrowers += 1
            return cursor
