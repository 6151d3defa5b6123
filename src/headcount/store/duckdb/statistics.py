"""What the values of properties are, kept up to date: counted again in the background after they were written.

`property_statistics` counts the writes to each property, and says at which write it was last counted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import duckdb

from headcount.profiles.properties import SYSTEM
from headcount.profiles.tending import Bin, Statistics, Uncounted, Value
from headcount.values.instants import in_utc

#: Live calls let a property be counted again after so many seconds, and so many times what counting all takes: 5 % of the time.
_LULL, _SHARE = 60.0, 20.0
_NUMBERS = {name: number for number, name in enumerate(SYSTEM, 1)}
#: The age follows from the date of birth.
BORN, AGE = _NUMBERS["DOB"], _NUMBERS["Age"]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, at which write, and how long that took."""

    statistics: Statistics
    writes: int
    seconds: float


def with_age(numbers: Iterable[int]) -> set[int]:
    """The properties of these numbers, and those that follow from them."""
    found = set(numbers)
    return found | {AGE} if BORN in found else found


def note(connection: duckdb.DuckDBPyConnection, numbers: Collection[int] | None, *, urgent: bool = True) -> None:
    """Say that values of these properties, or of all, are written. Runs in the caller's transaction."""
    which = "SELECT unnest($numbers::INTEGER[]) AS number" if numbers is not None else "SELECT number FROM properties"
    given = {} if numbers is None else {"numbers": sorted(with_age(numbers))}
    connection.execute(
        f"INSERT INTO property_statistics (number, writes, urgent) SELECT number, 1, CASE WHEN $urgent THEN 1 ELSE 0 END FROM ({which}) "
        "ON CONFLICT (number) DO UPDATE SET writes = writes + 1, urgent = CASE WHEN $urgent THEN writes + 1 ELSE urgent END",
        {**given, "urgent": urgent},
    )


def forget_values(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep nothing of what was counted: somebody is erased. Runs in the caller's transaction."""
    connection.execute(
        "UPDATE property_statistics SET counted = NULL, counted_at = NULL, found = NULL, writes = writes + 1, urgent = writes + 1"
    )


def forget(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Keep nothing of a property. Runs in the caller's transaction."""
    connection.execute("DELETE FROM property_statistics WHERE number = ?", [number])


def uncounted(connection: duckdb.DuckDBPyConnection, now: datetime) -> Uncounted:
    """What is out of date: what it is time to count again, and what can wait."""
    all_of_it = "(SELECT coalesce(sum(seconds), 0) FROM property_statistics)"
    wait = f"CASE WHEN coalesce(urgent > counted, true) THEN {all_of_it} ELSE greatest({_LULL}, {_SHARE} * {all_of_it}) END"
    due = f"coalesce(counted_at + to_microseconds((1e6 * ({wait}))::BIGINT) <= $now, true)"
    asked = (
        f"SELECT number, {due} FROM properties LEFT JOIN property_statistics USING (number) "
        "WHERE counted IS DISTINCT FROM writes OR writes IS NULL ORDER BY counted_at NULLS FIRST, number"
    )
    found = connection.execute(asked, {"now": in_utc(now)}).fetchall()
    return Uncounted([number for number, due in found if due], [number for number, due in found if not due])


def writes(connection: duckdb.DuckDBPyConnection, number: int) -> int:
    """The number of the last write to a property."""
    asked = "SELECT coalesce(max(writes), 0) FROM property_statistics WHERE number = ?"
    return int(connection.execute(asked, [number]).fetchall()[0][0])


def keep(connection: duckdb.DuckDBPyConnection, number: int, counted: Counted, now: datetime) -> None:
    """Keep what was counted. Runs in the caller's transaction."""
    found = json.dumps(asdict(counted.statistics), ensure_ascii=False)
    connection.execute(
        "INSERT INTO property_statistics (number, writes, urgent, counted, counted_at, seconds, found) "
        "VALUES ($number, $counted, 0, $counted, $now, $seconds, $found) ON CONFLICT (number) DO UPDATE SET "
        "counted = excluded.counted, counted_at = excluded.counted_at, seconds = excluded.seconds, found = excluded.found",
        {"number": number, "counted": counted.writes, "now": in_utc(now), "seconds": counted.seconds, "found": found},
    )


def kept(found: str | None) -> Statistics | None:
    """The statistics that `keep` wrote."""
    if found is None:
        return None
    told = json.loads(found)
    top, bins = (Value(**each) for each in told.pop("top")), (Bin(**each) for each in told.pop("bins"))
    return Statistics(**told, top=tuple(top), bins=tuple(bins))
