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

#: Rows of one Arrow batch; small enough that several threads share a chunk.
BATCH_ROWS = 122_880


@dataclass(frozen=True, slots=True)
class Engine:
    """How much a reading may use."""

    threads: int
    memory_mb: int


@contextmanager
def open_reader(engine: Engine, workdir: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory that may read files; what does not fit into memory goes to `workdir`."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{engine.memory_mb}MB",
        "threads": engine.threads,
        "temp_directory": str(workdir / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        yield connection


def chunks(connection: duckdb.DuckDBPyConnection, sql: str, rows: int) -> Iterator[pa.Table]:
    """The result of a query as tables of exactly `rows` rows, the last one shorter, in the order of the query."""
    held, size = list[pa.RecordBatch](), 0
    for batch in connection.sql(sql).to_arrow_reader(min(rows, BATCH_ROWS)):
        held.append(batch)
        size += batch.num_rows
        while size >= rows:
            table = pa.Table.from_batches(held)
            yield table.slice(0, rows)
            rest = table.slice(rows)
            held, size = rest.to_batches(), rest.num_rows
    if size:
        yield pa.Table.from_batches(held)


def ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same tables, with the next one made while the caller works on this one."""
    made: queue.Queue[pa.Table | BaseException | None] = queue.Queue(1)
    stopped = threading.Event()

    def put(item: pa.Table | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                made.put(item, timeout=0.1)
            except queue.Full:
                continue
            break

    def make() -> None:
        try:
            for table in tables:
                put(table)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the tables are wanted
            put(error)

    worker = threading.Thread(target=make, name="reading", daemon=True)
    worker.start()
    try:
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        worker.join()
