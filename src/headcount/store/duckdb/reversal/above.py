"""What lies on top of the values of an upload that is drawn out from under them, or put in again.

Reads the temporary tables of a piece: `scope` (its people) and `above` (what stands on top of them).
"""

from __future__ import annotations

from collections.abc import Collection

from headcount.store.duckdb import images
from headcount.store.duckdb.reversal.piece import Piece


def exchange_values(piece: Piece) -> None:
    """Give each value that was written over to the upload that did, and take what that one held: `handed` (`identity`, `k<n>`, `o<n>`)."""
    types = piece.types
    columns = "".join(f", k{n} BOOLEAN, o{n} {type_}" for n, type_ in types.items())
    piece.run(f"CREATE OR REPLACE TEMP TABLE handed (identity VARCHAR{columns})")
    written = "SELECT a.identity, a.step, a.upload, unnest(a.columns) AS n FROM above a JOIN scope s USING (identity) WHERE a.step > s.step"
    piece.table("next_above", f"SELECT identity, n, arg_min(upload, step) AS upload FROM ({written}) GROUP BY identity, n")
    above = {number for (number,) in piece.connection.execute("SELECT DISTINCT upload FROM next_above").fetchall()}
    for number in images.standing(piece.connection, piece.upload):
        table = images.image("before", number)
        shared = sorted(types.keys() & images.numbers(piece.connection, table).keys())
        if number in above and shared:
            _exchange(piece, number, table, shared)
    piece.run("DROP TABLE temp.next_above")


def _exchange(piece: Piece, number: int, table: str, shared: Collection[int]) -> None:
    given = ", ".join(f"list_contains(w.columns, {n}) AND s.k{n} AND m.k{n} AS k{n}, m.o{n} AS o{n}, s.o{n} AS g{n}" for n in shared)
    written = f"(SELECT identity, list(n) AS columns FROM next_above WHERE upload = {number} GROUP BY identity)"
    piece.table("exchanged", f"SELECT s.identity, {given} FROM {written} w JOIN scope s USING (identity) JOIN {table} m USING (identity)")
    taken = ", ".join(f"k{n}, CASE WHEN k{n} THEN o{n} END AS o{n}" for n in shared)
    piece.run(f"INSERT INTO handed BY NAME SELECT identity, {taken} FROM exchanged")
    handed_on = ", ".join(f"o{n} = CASE WHEN e.k{n} THEN e.g{n} ELSE {table}.o{n} END" for n in shared)
    piece.run(f"UPDATE {table} SET {handed_on} FROM exchanged e WHERE e.identity = {table}.identity")
    piece.run("DROP TABLE temp.exchanged")


def hand_on_time(piece: Piece) -> None:
    """Let the times at which people were last changed before the upload follow those at which they were changed after it."""
    for table in _later(piece):
        before = f"s.identity = {table}.identity AND {table}.last_updated = $at"
        piece.run(f"UPDATE {table} SET last_updated = s.last_updated FROM scope s WHERE {before}", at=piece.at)


def put_in_time(piece: Piece) -> None:
    """Put the time of the upload in between the others again; `earlier` (`identity`, `last_updated`) tells the one before it."""
    piece.run("CREATE OR REPLACE TEMP TABLE earlier (identity VARCHAR, last_updated TIMESTAMP)")
    for table in _later(piece):
        between = "identity IN (SELECT identity FROM scope WHERE stood > $at) AND last_updated < $at"
        piece.run(f"INSERT INTO earlier SELECT identity, last_updated FROM {table} WHERE {between}", at=piece.at)
        piece.run(f"UPDATE {table} SET last_updated = $at WHERE {between}", at=piece.at)


def _later(piece: Piece) -> list[str]:
    """What the uploads after this one hold, where anybody was changed after it."""
    (changed,) = piece.row(f"SELECT EXISTS (FROM scope WHERE stood > '{piece.at}'::TIMESTAMP)")
    found = piece.connection.execute("SELECT upload FROM uploads WHERE applied_at > ?", [piece.at]).fetchall() if changed else []
    after = {number for (number,) in found}
    return [images.image("before", number) for number in images.standing(piece.connection, piece.upload) if number in after]
