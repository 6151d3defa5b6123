"""Writing into the data of an account: in turn, in transactions, and with a reason where that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from headcount.errors import HeadcountError
from headcount.store.duckdb import shares
from headcount.store.duckdb.reading import Reading
from headcount.store.duckdb.turn import Turn, Writer


@dataclass(frozen=True, slots=True)
class Writing(Reading):
    """What is written into one file."""

    #: Whose turn it is to write, of all who have the file.
    turn: Turn = field(default_factory=Turn)

    @contextmanager
    def _transaction(self, *, keep: bool = True, writer: Writer = "bulk") -> Iterator[None]:
        with self.turn.of(writer), self._told():
            self.connection.execute("BEGIN")
            try:
                yield
                self.connection.execute("COMMIT" if keep else "ROLLBACK")
            except BaseException:
                # What was noted with it is not.
                self.turn.noted.clear()
                raise

    def _note_addresses(self, numbers: Iterable[int]) -> None:
        """Say that values of these properties are written, in the transaction that writes them; called by whoever has the turn."""
        if addresses := shares.addresses(numbers):
            shares.note(self.connection, addresses)
            self.turn.note_addresses()

    @contextmanager
    def _redefining(self) -> Iterator[None]:
        """A transaction that changes which properties there are, or of which type, or who is on a list."""
        with self._transaction():
            self.turn.version += 1
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Nothing is kept of what failed, and a reason that somebody can mend is said."""
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            self._roll_back()
            raise HeadcountError(
                "memory_short",
                "The memory limit is too low for this step; nothing of it was kept.",
                "Raise HEADCOUNT_MEMORY_LIMIT_MB, then go on with `headcount uploads resume`.",
            ) from error
        except (duckdb.IOException, duckdb.FatalException) as error:
            self._roll_back()
            raise HeadcountError(
                "data_not_written",
                "The data file could not be written; nothing of this step was kept.",
                f"Free some disk space, then go on with `headcount uploads resume`. ({str(error).splitlines()[0]})",
            ) from error
        except BaseException:
            self._roll_back()
            raise
