"""The engine that reads files: an in-process DuckDB of its own, which streams rows in order while the store is busy."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from headcount.errors import HeadcountError

#: Rows of one Arrow batch; small enough that several threads share a chunk.
BATCH_ROWS = 122_880
#: Cells of one chunk at most, so that wide files need no more memory than narrow ones.
CHUNK_CELLS = 12_000_000
_LEAST_ROWS = 2_048
#: Bytes of the file in one chunk at most: long texts take a multiple of it in the store until they are committed. A row with more columns
#: than that has half of it.
CHUNK_BYTES, _WIDE = 96 << 20, 64


@dataclass(frozen=True, slots=True)
class Engine:
    """How much a reading may use."""

    threads: int
    memory_mb: int


@contextmanager
def open_reader(engine: Engine, workdir: Path, columns: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory that may read files of so many columns; what does not fit into memory goes to `workdir`."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        # Each thread needs about a megabyte a column for the cells it works on, which cannot be put aside.
        "memory_limit": f"{engine.memory_mb + columns * engine.threads}MB",
        "threads": engine.threads,
        "temp_directory": str(workdir / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # It would make a hash join of a long IN list, and DuckDB 2.0 streams what comes from a join out of order.
        "disabled_optimizers": "in_clause",
    }
    _choose_memory_pool()
    try:
        with duckdb.connect(":memory:", config=settings) as connection:
            yield connection
    except duckdb.OutOfMemoryException as error:
        advice = "Raise HEADCOUNT_MEMORY_LIMIT_MB, or lower HEADCOUNT_CHUNK_ROWS."
        raise HeadcountError("memory_short", "The memory limit is too low for this file.", advice) from error
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        advice = f"Free some disk space, then go on with `headcount uploads resume`. ({reason})"
        raise HeadcountError("file_not_stored", "A working file could not be written or read.", advice) from error


def _choose_memory_pool() -> None:
    """Chunks come and go: of Arrow's pools jemalloc asks the system least often for the memory it just gave back."""
    if "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def rows_of_chunk(wanted: int, columns: int, row_bytes: int = 0) -> int:
    """How many rows of a file with so many columns and bytes a row make a chunk, when `wanted` rows of a narrow one do."""
    chunk_bytes = CHUNK_BYTES // 2 if columns > _WIDE else CHUNK_BYTES
    return max(1, min(wanted, max(CHUNK_CELLS // max(columns, 1), _LEAST_ROWS), chunk_bytes // max(row_bytes, 1)))


def pieces(connection: duckdb.DuckDBPyConnection, sql: str, chunk_rows: int) -> Iterator[pa.Table]:
    """The result of a query, in its order, in small tables; none of them reaches over the edge of a chunk."""
    done = 0
    for batch in connection.sql(sql).to_arrow_reader(min(chunk_rows, BATCH_ROWS)):
        rest = pa.Table.from_batches([batch])
        while rest.num_rows:
            piece = rest.slice(0, chunk_rows - done % chunk_rows)
            rest = rest.slice(piece.num_rows)
            done += piece.num_rows
            yield piece


def ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same tables, with the next one made while the caller works on this one; never more than these two."""
    made: queue.Queue[pa.Table | BaseException | None] = queue.Queue(1)
    wanted, stopped = threading.Semaphore(1), threading.Event()

    def put(item: pa.Table | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                made.put(item, timeout=0.1)
            except queue.Full:
                continue
            break

    def make() -> None:
        try:
            while wanted.acquire() and not stopped.is_set() and (table := next(tables, None)) is not None:
                put(table)
                del table
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the tables are wanted
            put(error)

    worker = threading.Thread(target=make, name="reading", daemon=True)
    worker.start()
    try:
        while (item := made.get()) is not None:
            wanted.release()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        wanted.release()
        worker.join()
