"""The control file: opened, and brought to the newest shape of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from headcount.errors import Busy, HeadcountError

#: The option of a connection that only reads.
_READS = "headcount_reads"


def open_control(path: Path) -> Engine:
    """The control plane in the SQLite file `path`, made where there is none. Dispose of the engine when done."""
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    with engine.begin() as connection:
        if _revision(connection) != newest():
            # Loading the library takes a quarter of a second, which the usual command need not wait for.
            from headcount.store.control.migrations import migrate  # noqa: PLC0415 - see above

            migrate(connection)
    return engine


def newest() -> str:
    """The newest shape of the tables, by the names of the migrations: `r0006_segments.py` leads to 0006."""
    versions = files("headcount.store.control") / "migrations" / "versions"
    return max(each.name for each in versions.iterdir() if each.name.startswith("r"))[1:5]


def _revision(connection: Connection) -> str | None:
    """The shape of the tables as they are; None where there are none."""
    with suppress(OperationalError):
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
    return None


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction. Raises HeadcountError `data_not_written` where the file cannot be written."""
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        advice = f"Free some disk space, then try again. ({error.orig})"
        raise HeadcountError("data_not_written", "The control file could not be written.", advice) from error


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """What is there now, for who only reads: it waits for nobody who writes."""
    with engine.connect() as connection:
        yield connection.execution_options(**{_READS: True})


def _prepare(connection: SqliteConnection, _record: object) -> None:
    # sqlite3 would begin transactions by itself, too late for a schema change to be part of one.
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    # What is removed, or replaced, is overwritten.
    connection.execute("PRAGMA secure_delete = ON")


def _begin(connection: Connection) -> None:
    # A transaction that reads first can fail at its first write, another being in between; one that takes the
    # write lock at once waits for it instead. All of them last milliseconds.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READS) else "BEGIN IMMEDIATE")


def compact(engine: Engine) -> None:
    """Write the file anew, so that nothing is left in it of what was removed or replaced. Raises Busy where somebody reads for too long."""
    connection = engine.raw_connection()
    try:
        connection.execute("VACUUM")
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    if busy:
        raise Busy("data_busy", "Somebody keeps the control file.", "It is tried again later.")
