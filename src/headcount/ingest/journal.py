"""The calls that are answered and not in the data file yet, in a file beside it: a database of SQLite, for what it promises of a commit.

It is there only while an upload has the data file, and for a moment after; or where the program was ended, until it is started again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from headcount.profiles.live import Call


@dataclass(frozen=True, slots=True)
class Entry:
    """A call with its body, as it came."""

    call: Call
    body: bytes


class Journal:
    """The journal of one account. Any thread may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = Lock()
        self._connection: sqlite3.Connection | None = None

    def note(self, entries: Iterable[Entry]) -> None:
        """Write down some calls; they are durable when it returns. Raises sqlite3.Error."""
        rows = [(e.call.number, e.call.at.isoformat(), e.call.actor, e.call.door, e.body) for e in entries]
        with self._guard, self._opened() as connection:
            connection.executemany("INSERT INTO calls VALUES (?, ?, ?, ?, ?)", rows)

    @property
    def is_there(self) -> bool:
        """Whether there may be calls in it."""
        return self._path.exists()

    def last(self) -> int:
        """The highest number of a call in it; 0 where there is none."""
        return max((entry.call.number for entry in self.left()), default=0)

    def left(self) -> Sequence[Entry]:
        """The calls in it, in the order of their numbers."""
        with self._guard:
            if self._connection is None and not self.is_there:
                return []
            found = self._opened().execute("SELECT * FROM calls ORDER BY number").fetchall()
        return [Entry(Call(number, datetime.fromisoformat(at), actor, door), body) for number, at, actor, door, body in found]

    def forget(self, numbers: Iterable[int]) -> None:
        """Take out calls that are in the data file now."""
        with self._guard:
            if self._connection is not None:
                with self._connection as connection:
                    connection.executemany("DELETE FROM calls WHERE number = ?", [(number,) for number in numbers])

    def close(self) -> None:
        """Give the file back; without calls in it, it goes away."""
        with self._guard:
            if self._connection is None:
                return
            (left,) = self._connection.execute("SELECT count(*) FROM calls").fetchone()
            self._connection.close()
            self._connection = None
            if not left:
                self._path.unlink()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            # Any thread may use it, one at a time.
            self._connection = sqlite3.connect(self._path, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A commit is on the disk when it returns.
            self._connection.execute("PRAGMA synchronous = FULL")
            # What is taken out may be about people who are erased later.
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.execute("CREATE TABLE IF NOT EXISTS calls (number INTEGER PRIMARY KEY, at, actor, door, body)")
        return self._connection
