"""Renewing a data file: what it holds goes into a fresh file, which then takes its place.

A database does not overwrite what was removed from it: rows of people who were erased stay in free blocks, and in blocks that they shared
with rows of others. A fresh file has none of them. Most of it is written while everybody goes on: whose rows are written meanwhile is
noted, and theirs are written again at the end, when nobody else has the file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from headcount.errors import Busy
from headcount.single_row import single_row
from headcount.values.text import identifier, literal

_FRESH = "fresh"
#: Tables without an identity, which nobody notes, and one of which a row can move from one person to another: written at the end.
_OF_PEOPLE = "list_contains(list(column_name), 'identity') AND table_name <> 'aliases'"


def fresh_folder(path: Path) -> Path:
    """The folder of the successor of a data file: the only place beside it where a connection to the file may write."""
    return path.with_suffix(".fresh")


@dataclass(frozen=True, slots=True)
class Renewal:
    """The successor of a data file while it is written. `connection` is one to the file."""

    connection: duckdb.DuckDBPyConnection
    path: Path

    @contextmanager
    def begun(self) -> Iterator[None]:
        """The rows of people in a fresh file, as they are now. What is not complete when the context ends is thrown away."""
        _discard(self.path)
        fresh_folder(self.path).mkdir(mode=0o700)
        try:
            self._run(f"ATTACH {literal(str(_fresh(self.path)))} AS {_FRESH}")
            (own,) = single_row(self.connection, "SELECT current_database()")
            self._run(f"COPY FROM DATABASE {identifier(own)} TO {_FRESH} (SCHEMA)")
            for table in self._tables(of_people=True):
                self._run(f"INSERT INTO {_FRESH}.{table} FROM {table}")
            # Now, so that little is left to be written when everybody waits.
            self._run(f"CHECKPOINT {_FRESH}")
            yield
        except BaseException:
            # Where it is closed already, nothing is attached to it.
            with suppress(duckdb.Error):
                self._run(f"DETACH DATABASE IF EXISTS {_FRESH}")
            _discard(self.path)
            raise

    def complete(self, written: pa.Array, done: Sequence[int]) -> None:
        """Write what changed of people since, and the rest but for the erasures that are `done`. Nobody writes meanwhile. Raises Busy."""
        for table in self._tables(of_people=True):
            self._write_again(table, written)
        for table in self._tables(of_people=False):
            self._run(f"INSERT INTO {_FRESH}.{table} FROM {table}")
        self._go_on_counting()
        self._assert_whole()
        self.connection.execute(f"DELETE FROM {_FRESH}.erasures WHERE list_contains(?, number)", [list(done)])
        self._run(f"CHECKPOINT {_FRESH}")
        self._run(f"DETACH {_FRESH}")
        self._run("CHECKPOINT")

    def _go_on_counting(self) -> None:
        """A number that was given is not given again."""
        asked = "SELECT sequence_name FROM duckdb_sequences() WHERE database_name = current_database()"
        for (name,) in self.connection.execute(asked).fetchall():
            (given,) = single_row(self.connection, f"SELECT nextval({literal(name)})")
            self._run(f"DROP SEQUENCE {_FRESH}.{name}")
            self._run(f"CREATE SEQUENCE {_FRESH}.{name} START {given + 1}")

    def _write_again(self, table: str, written: pa.Array) -> None:
        theirs = f"FROM {table} WHERE identity IN (SELECT unnest(?))"
        self.connection.execute(f"DELETE {theirs.replace(table, f'{_FRESH}.{table}', 1)}", [written.to_pylist()])
        self.connection.execute(f"INSERT INTO {_FRESH}.{table} {theirs}", [written.to_pylist()])

    def _assert_whole(self) -> None:
        """Whoever wrote something and did not note it must not lose it."""
        for table in (*self._tables(of_people=True), *self._tables(of_people=False)):
            before, after = single_row(self.connection, f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM {_FRESH}.{table})")
            if before != after:
                raise Busy("data_busy", "The data file changed too much while it was renewed.", "It is tried again later.")

    def _tables(self, *, of_people: bool) -> Sequence[str]:
        asked = (
            "SELECT table_name FROM duckdb_tables() JOIN duckdb_columns() USING (database_oid, schema_oid, table_oid, table_name) "
            "WHERE database_oid = (SELECT database_oid FROM duckdb_databases() WHERE database_name = current_database()) "
            f"GROUP BY ALL HAVING ({_OF_PEOPLE}) = ? ORDER BY ALL"
        )
        return [table for (table,) in self.connection.execute(asked, [of_people]).fetchall()]

    def _run(self, sql: str) -> None:
        self.connection.execute(sql)


def take_over(path: Path) -> None:
    """Let the complete successor take the place of a data file that nobody has open. Raises Busy where its log could not be closed."""
    log, fresh_log = (each.with_name(f"{each.name}.wal") for each in (path, _fresh(path)))
    if any(each.exists() and each.stat().st_size for each in (log, fresh_log)):
        raise Busy("data_busy", "A log of the data file could not be closed.", "It is tried again later.")
    # What a killed process put aside, and what there was of an undo of writes.
    shutil.rmtree(path.with_suffix(".tmp"), ignore_errors=True)
    log.unlink(missing_ok=True)
    _fresh(path).replace(path)
    for changed in (path, path.parent):
        _make_durable(changed)
    _discard(path)


def _fresh(path: Path) -> Path:
    return fresh_folder(path) / path.name


def _discard(path: Path) -> None:
    shutil.rmtree(fresh_folder(path), ignore_errors=True)


def _make_durable(path: Path) -> None:
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
