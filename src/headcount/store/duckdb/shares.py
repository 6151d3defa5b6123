"""Which addresses several people have: dear to find out, so that it is kept in the file until addresses are written.

What is kept are hashes. They say where it is worth looking, never who is the same: two texts with one hash cost a look.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from headcount.profiles.properties import ADDRESSES, SYSTEM, Property
from headcount.single_row import small_table
from headcount.store.duckdb import registry
from headcount.values.instants import in_utc

#: The properties that are addresses, by their numbers: SQL of what is the same where two of them are.
COMPARED = {n: "lower({})" if name == ADDRESSES["email"] else "{}" for n, name in enumerate(SYSTEM, 1) if name in ADDRESSES.values()}
#: In the background it is found out again after so many times what it takes.
_SHARE = 20.0


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one property: one row, with the `hashes` of all texts that several people have, as they are stored."""

    number: int
    table: pa.Table
    seconds: float


def find(connection: duckdb.DuckDBPyConnection, number: int) -> Found:
    """Find it out. Runs in the caller's snapshot."""
    began = time.monotonic()
    hashes = _hashes(connection, number)
    table = pa.table({"hashes": pa.ListArray.from_arrays(pa.array([0, len(hashes)], pa.int32()), hashes)})
    return Found(number, table, time.monotonic() - began)


def _hashes(connection: duckdb.DuckDBPyConnection, number: int) -> pa.Array:
    held = next((each for each in registry.stored(connection) if each.number == number), None)
    if held is None:
        return pa.array([], pa.uint64())
    column, same = f"p.{held.column}", compared(held)
    several = f"SELECT hash({same}) AS hash FROM profiles p WHERE {column} IS NOT NULL GROUP BY ALL HAVING count(*) > 1"
    if same != column:
        # Texts that are the same and look otherwise have other hashes.
        several = f"SELECT DISTINCT hash({column}) AS hash FROM profiles p WHERE hash({same}) IN ({several})"
    return small_table(connection, several).column("hash").combine_chunks()


def compared(held: Property) -> str:
    """SQL of what is the same where two addresses of a property are, of a person `p`."""
    return COMPARED[held.number].format(f"p.{held.column}")


@contextmanager
def several(connection: duckdb.DuckDBPyConnection, held: Property) -> Iterator[str]:
    """SQL of whether somebody, `p`, may have an address that others have, too, for as long as the context lasts.

    It reads what is kept, or else what is found out for it. Runs in the caller's snapshot.
    """
    condition = f"hash(p.{held.column}) IN (SELECT unnest(hashes) FROM {{}})"
    if _is_kept(connection, held.number):
        yield condition.format(f"shared_addresses WHERE number = {held.number}")
        return
    connection.register("shared", find(connection, held.number).table)
    try:
        yield condition.format("shared")
    finally:
        connection.unregister("shared")


def keep(connection: duckdb.DuckDBPyConnection, found: Found, now: datetime) -> None:
    """Keep what was found, until addresses are written. Runs in the caller's transaction, and no address was written since."""
    connection.execute("DELETE FROM shared_addresses WHERE number = ?", [found.number])
    connection.register("found", found.table)
    try:
        entered = [found.number, in_utc(now), found.seconds]
        connection.execute("INSERT INTO shared_addresses SELECT ?, true, ?, ?, hashes FROM found", entered)
    finally:
        connection.unregister("found")


def _is_kept(connection: duckdb.DuckDBPyConnection, number: int) -> bool:
    """Whether what is kept holds."""
    return bool(connection.execute("SELECT 1 FROM shared_addresses WHERE number = ? AND holds", [number]).fetchall())


def outdated(connection: duckdb.DuckDBPyConnection, now: datetime | None = None) -> Collection[int]:
    """The properties of which it has to be found out again; with a time, those for which it is time in the background."""
    rested = f"found_at + to_microseconds((1e6 * {_SHARE} * seconds)::BIGINT) > $now"
    kept = f"SELECT number FROM shared_addresses WHERE holds OR {rested}" if now else "SELECT number FROM shared_addresses WHERE holds"
    given = {"now": in_utc(now)} if now else {}
    return COMPARED.keys() - {number for (number,) in connection.execute(kept, given).fetchall()}


def addresses(numbers: Iterable[int]) -> Sequence[int]:
    """Those of the properties that are addresses."""
    return sorted(COMPARED.keys() & set(numbers))


def note(connection: duckdb.DuckDBPyConnection, numbers: Sequence[int]) -> None:
    """Say that these addresses are written. Runs in the caller's transaction."""
    connection.execute("UPDATE shared_addresses SET holds = false WHERE holds AND number IN (SELECT unnest(?::INTEGER[]))", [numbers])


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep nothing of addresses: somebody is erased. Runs in the caller's transaction."""
    connection.execute("DELETE FROM shared_addresses")
