"""Opening the data file of an account, so that no query can reach beyond it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

import duckdb

from headcount.errors import Busy, HeadcountError
from headcount.single_row import single_row
from headcount.store.duckdb.registry import ensure_system_properties
from headcount.store.duckdb.renewal import fresh_folder
from headcount.values.text import literal

_LOCKED = "Could not set lock"
_PAUSE = 0.1
#: Columns up to which the memory that is given is enough.
_NARROW = 64
#: Bytes of the log of committed changes up to which closing leaves it for the next who opens: reading it again takes a moment,
#: while a checkpoint of a large file takes half a second.
_SMALL_LOG = 4 << 20


@contextmanager
def open_file(path: Path, *, memory_mb: int, threads: int, patience: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the data file, made when it is missing. Waits up to `patience` seconds for another process. Raises Busy.

    A megabyte for each column beyond the first 64 and each thread comes on top of `memory_mb`.
    """
    connection = connect(path, memory_mb=memory_mb, threads=threads, patience=patience)
    try:
        yield connection
        checkpoint(connection, path)
    finally:
        connection.close()


def connect(path: Path, *, memory_mb: int, threads: int, patience: float, columns: int = 0) -> duckdb.DuckDBPyConnection:
    """The same as a connection that the caller closes. It has memory for so many `columns` to come, where it has fewer now."""
    connection = _connect(path, threads, time.monotonic() + patience)
    try:
        _ensure_schema(connection)
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        wide = max(_columns(connection), columns) - _NARROW
        # Not before: what a killed process left in the log has to be read again, however much it is.
        connection.execute(f"SET memory_limit = '{memory_mb + max(wide, 0) * threads}MB'")
        connection.execute(f"SET allowed_directories = [{literal(str(fresh_folder(path)))}]")
        # Instants are stored without a zone, in UTC.
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


def _ensure_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what is missing, where the file does not say that it has all: that takes as long as all the rest of opening it."""
    schema = files("headcount.store.duckdb").joinpath("schema.sql").read_text()
    mark = hashlib.sha256(schema.encode()).hexdigest()
    with suppress(duckdb.CatalogException):
        if connection.execute("SELECT mark FROM format").fetchall() == [(mark,)]:
            return
    connection.execute(schema)
    ensure_system_properties(connection)
    connection.execute("INSERT OR REPLACE INTO format VALUES (0, ?)", [mark])


def _columns(connection: duckdb.DuckDBPyConnection) -> int:
    """Each thread that writes rows has a block or two of every column in its hands, which cannot be put aside."""
    return int(single_row(connection, "SELECT count(*) FROM pragma_table_info('profiles')")[0])


def checkpoint(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write a log that has grown into the file, so that whoever opens it next need not read it again."""
    log = path.with_name(f"{path.name}.wal")
    if log.exists() and log.stat().st_size > _SMALL_LOG:
        # What a full disk keeps it from writing stays in the log; nothing is lost.
        with suppress(duckdb.Error):
            connection.execute("CHECKPOINT")


def _connect(path: Path, threads: int, deadline: float) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    settings: dict[str, str | bool | int | float | list[str]] = {
        # `block_allocator_memory` stays 0: it would save 2 % of an import, but in 2.0.0 a thread that ends while a file is closed can
        # crash the program.
        "threads": threads,
        "temp_directory": str(path.with_suffix(".tmp")),
        # Rows need no order in the table; keeping it would serialise every insert.
        "preserve_insertion_order": False,
        # A checkpoint may put together a few row groups that are not full; all of them would take seconds after a bulk upload.
        "max_vacuum_tasks": 1,
        # Wide files are committed in chunks smaller than a row group; a checkpoint after each would write that group again and again.
        "checkpoint_threshold": "128MB",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    while True:
        try:
            return duckdb.connect(str(path), config=settings)
        except duckdb.Error as error:
            if not isinstance(error, duckdb.IOException) or _LOCKED not in str(error):
                raise HeadcountError("data_unreadable", "The data file cannot be opened.", f"{path.name}: {error}") from error
            if time.monotonic() > deadline:
                raise Busy(
                    "data_busy",
                    "Another headcount process is working on this data directory.",
                    "Wait until it is done, or stop it; an upload that was stopped goes on with `headcount uploads resume`.",
                ) from None
            time.sleep(_PAUSE)
