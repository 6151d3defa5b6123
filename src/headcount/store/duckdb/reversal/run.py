"""One piece of a reversal from beginning to end, and the end of the whole."""

from __future__ import annotations

import duckdb

from headcount.profiles.store import Reversal, Reversed
from headcount.single_row import single_row
from headcount.store.duckdb import images
from headcount.store.duckdb.reversal import consents, happened, people, values
from headcount.store.duckdb.reversal.count import count
from headcount.store.duckdb.reversal.piece import Piece

_TABLES = ("scope", "born", "above", "overtaken", "handed", "earlier", "under", "skipped", "explicit", "doers")


def reverse(piece: Piece) -> Reversed:
    """Reverse a piece; what went back and what stays. Runs in the caller's transaction."""
    prepare = people.bring_back if piece.redo else people.part
    prepare(piece)
    values.look(piece)
    consents.look(piece)
    happened.look(piece)
    done = count(piece)
    # Values last, since a profile whose list is changed gets another rowid.
    consents.write(piece)
    values.write(piece)
    happened.write(piece)
    if not piece.redo:
        people.remove(piece)
    piece.run("DROP VIEW IF EXISTS temp.taken")
    for table in _TABLES:
        piece.run(f"DROP TABLE IF EXISTS temp.{table}")
    return done


def last_row(connection: duckdb.DuckDBPyConnection, reversal: Reversal) -> int:
    """The last spreadsheet row of whom the upload created or changed, or who did something in it."""
    piece = Piece(connection, reversal, range(0))
    sources = [(piece.source, "row"), (piece.removed, "created_row"), (images.events(piece.upload), "row")]
    asked = [f"SELECT max({row}) FROM {table}" for table, row in sources if images.columns(connection, table)]
    asked.append(f"SELECT max(created_row) FROM profiles WHERE created_upload = {piece.upload}")
    asked.append(f"SELECT max(row) FROM events WHERE upload = {piece.upload}")
    return max(int(single_row(connection, sql)[0] or 0) for sql in asked)


def end(connection: duckdb.DuckDBPyConnection, reversal: Reversal) -> None:
    """Let all that the upload wrote stand no more, or stand again. Runs in the caller's transaction."""
    piece = Piece(connection, reversal, range(0))
    connection.execute("UPDATE uploads SET undone = ? WHERE upload = ?", [not piece.redo, piece.upload])
    connection.execute(f"DROP TABLE IF EXISTS {piece.source}")
    if piece.redo:
        connection.execute(f"DROP TABLE IF EXISTS {piece.removed}")
        connection.execute(f"DROP TABLE IF EXISTS {images.events(piece.upload)}")
    connection.execute("DELETE FROM progress WHERE upload = ? AND job = ?", [piece.upload, "undo" if piece.redo else "redo"])
