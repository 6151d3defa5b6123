"""Which addresses several people have: what is dear to find out is found once for as long as nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headcount.single_row import single_row

#: How the files of a database stand: another one after each write.
Stand: TypeAlias = tuple[tuple[int, int], ...]
_Hashes: TypeAlias = npt.NDArray[np.uint64]
#: Slots for so many hashes are twice to four times as many.
_FEWEST_BITS, _MOST_BITS = 10, 26


@dataclass(slots=True)
class Shares:
    """What was found out last, for all who read the same file."""

    _stand: Stand | None = None
    _found: dict[str, pa.Table] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def of(self, connection: duckdb.DuckDBPyConnection, address: str, compared: str, before: Stand | None) -> pa.Table:
        """Hashes (column `hash`) of all texts of `address` whose `compared` form several people have. Both are SQL over `profiles p`.

        `before` is how the files stood before the reader began.
        """
        with self._guard:
            now = stand(connection)
            usable = now is not None and now == before
            if usable and self._stand == now and address in self._found:
                return self._found[address]
        found = _shared(connection, address, compared)
        with self._guard:
            if usable and stand(connection) == now:
                if self._stand != now:
                    self._stand, self._found = now, {}
                self._found[address] = found
        return found


def stand(connection: duckdb.DuckDBPyConnection) -> Stand | None:
    """How the files of the database stand; None where it has none. Whatever commits changes one of them."""
    (path,) = single_row(connection, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")
    if not path:
        return None
    found = (Path(each) for each in (path, f"{path}.wal"))
    return tuple((each.stat().st_size, each.stat().st_mtime_ns) if each.exists() else (0, 0) for each in found)


def _shared(connection: duckdb.DuckDBPyConnection, address: str, compared: str) -> pa.Table:
    asked = f"SELECT hash({compared}) AS hash FROM profiles p WHERE {address} IS NOT NULL"
    hashes = np.asarray(connection.execute(asked).fetchnumpy()["hash"], dtype=np.uint64)
    connection.register("several", pa.table({"hash": _several(hashes)}))
    try:
        texts = f"SELECT DISTINCT hash({address}) AS hash FROM profiles p WHERE hash({compared}) IN (FROM several)"
        return connection.execute(texts).to_arrow_table()
    finally:
        connection.unregister("several")


def _several(hashes: _Hashes) -> _Hashes:
    """Those that come more than once, each once.

    Each goes into the slot that its first bits name; who is driven out by an equal one is found, who is driven out by another goes round
    again. That takes half of the time of sorting them.
    """
    found = list[_Hashes]()
    while hashes.size:
        bits = min(max(hashes.size.bit_length() + 1, _FEWEST_BITS), _MOST_BITS)
        slots, places = (hashes >> np.uint64(64 - bits)).astype(np.int64), np.arange(hashes.size, dtype=np.uint32)
        last = np.empty(1 << bits, np.uint32)
        last[slots] = places
        winners = last[slots]
        lost = np.flatnonzero(winners != places)
        driven, by = hashes[lost], hashes[winners[lost]]
        found.append(driven[driven == by])
        hashes = driven[driven != by]
    return np.unique(np.concatenate(found)) if found else hashes
