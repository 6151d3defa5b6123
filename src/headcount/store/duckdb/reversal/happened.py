"""The events of an upload: they go with it, are kept meanwhile in `events_<upload>`, and come back with it."""

from __future__ import annotations

from headcount.store.duckdb import images
from headcount.store.duckdb.reversal.piece import Piece


def look(piece: Piece) -> None:
    """Find the people whose first event of the upload is in the piece, but for those who are counted otherwise: `doers`."""
    kept = images.events(piece.upload)
    piece.run(f"CREATE TABLE IF NOT EXISTS {kept} AS SELECT *, NULL::TIMESTAMP AS first_seen FROM events LIMIT 0")
    all_of_it = f"(SELECT identity, row FROM events WHERE upload = {piece.upload} UNION ALL SELECT identity, row FROM {kept})"
    source = kept if piece.redo else f"(FROM events WHERE upload = {piece.upload})"
    counted = " UNION ALL ".join(f"SELECT identity FROM {table}" for table in ("born", "scope", *(["skipped"] if piece.redo else [])))
    piece.table(
        "doers",
        f"SELECT identity, min(row) AS row FROM {source} WHERE {piece.within('row')} "
        f"AND identity NOT IN (SELECT identity FROM {all_of_it} WHERE row < {piece.rows.start}) "
        f"AND identity NOT IN ({counted}) GROUP BY identity",
    )


def write(piece: Piece) -> None:
    """Take the events out, or put them in again."""
    kept = images.events(piece.upload)
    if piece.redo:
        _bring_back(piece, kept)
        return
    its = f"upload = {piece.upload} AND {piece.within('row')}"
    piece.run(f"INSERT INTO {kept} BY NAME SELECT e.*, p.first_seen FROM events e LEFT JOIN profiles p USING (identity) WHERE e.{its}")
    piece.run(f"DELETE FROM events WHERE {its}")


def _bring_back(piece: Piece, kept: str) -> None:
    its = f"SELECT * FROM {kept} WHERE {piece.within('row')} AND identity NOT IN (SELECT identity FROM skipped)"
    # Who went with the upload that had created him comes back as whom this one knows.
    piece.run(
        "INSERT INTO profiles BY NAME SELECT identity, coalesce(any_value(first_seen), $at) AS first_seen, $at AS last_updated, "
        f"{piece.upload} AS created_upload, min(row) AS created_row FROM ({its}) ANTI JOIN profiles USING (identity) GROUP BY identity",
        at=piece.at,
    )
    piece.run(f"INSERT INTO events BY NAME SELECT * EXCLUDE (first_seen) FROM ({its})")
    piece.run(f"DELETE FROM {kept} WHERE {piece.within('row')}")
