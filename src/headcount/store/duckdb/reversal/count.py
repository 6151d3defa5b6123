"""What a piece does, counted before it is done, and the first of what stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from headcount.profiles.consent import Channel, Source
from headcount.profiles.live import LIVE
from headcount.profiles.store import HELD_LISTED, Kept, Returned, Reversed
from headcount.store.duckdb.reversal import values
from headcount.store.duckdb.reversal.piece import Piece


def count(piece: Piece) -> Reversed:
    """Count the people, the values and the consents of a piece."""
    stays = f"(({values.overtaken(piece)}) OR identity IN (SELECT identity FROM under WHERE overtaken))"
    people = f"SELECT count(*), count(*) FILTER (NOT {stays}), count(*) FILTER ({stays}) FROM taken WHERE NOT own"
    touched, restored, kept = piece.row(people)
    (alone,) = piece.row(f"SELECT count(*) FROM born{'' if piece.redo else ' WHERE heir IS NULL'}")
    back, gone = (alone, 0) if piece.redo else (0, alone)
    skipped = piece.row("SELECT count(*) FROM skipped")[0] if piece.redo else 0
    (doers,) = piece.row("SELECT count(*) FROM doers")
    columns = dict(_columns(piece))
    listed = tuple(islice(_listed(piece, columns), HELD_LISTED))
    return Reversed(
        touched + alone + skipped + doers, restored + back + doers, gone, kept + skipped, columns, dict(_consents(piece)), listed
    )


def _columns(piece: Piece) -> Iterator[tuple[int, Returned]]:
    numbers = list(piece.types)
    counted = [f"count(*) FILTER (t{n}), count(*) FILTER (k{n} AND NOT t{n})" for n in numbers]
    if not counted:
        return
    found = piece.row(f"SELECT {', '.join(counted)} FROM taken")
    for n, restored, kept in zip(numbers, found[::2], found[1::2], strict=True):
        if restored or kept:
            yield n, Returned(restored, kept)


def _consents(piece: Piece) -> Iterator[tuple[Channel, Returned]]:
    counted = "SELECT channel::VARCHAR, count(*) FILTER (NOT overtaken), count(*) FILTER (overtaken) FROM under GROUP BY channel"
    for channel, restored, kept in piece.connection.execute(counted).fetchall():
        yield Channel(channel), Returned(restored, kept)


def _listed(piece: Piece, columns: Mapping[int, Returned]) -> Iterator[Kept]:
    for n in (n for n, counted in columns.items() if counted.kept):
        yield from _values_kept(piece, n)
    asked = "SELECT identity, channel::VARCHAR, after, setter.source, setter.upload, setter.row FROM under WHERE overtaken"
    for identity, channel, after, source, upload, row in _first(piece, f"{asked} ORDER BY row"):
        yield Kept(identity, None, Channel(channel), after, Source(source), upload, row)
    yield from _people_kept(piece)


def _values_kept(piece: Piece, n: int) -> Iterator[Kept]:
    came = "arg_max({'upload': upload, 'row': row}, step) AS came"
    newest = f"SELECT identity, {came} FROM above WHERE list_contains(columns, {n}) GROUP BY identity"
    overtaken = f"FROM taken JOIN ({newest}) USING (identity) WHERE k{n} AND NOT t{n}"
    asked = f"SELECT identity, v{n}, came.upload, came.row {overtaken} ORDER BY taken.row"
    for identity, value, upload, row in _first(piece, asked):
        yield Kept(identity, n, None, value, *_setter(upload, row))


def _people_kept(piece: Piece) -> Iterator[Kept]:
    """Who stays for a consent of his alone, or for what he did, and who was created anew."""
    spoke = "arg_max({'after': c.after, 'source': c.source, 'upload': c.upload, 'row': c.row}, c.step) AS newest"
    said = (
        f"SELECT c.identity, c.channel, {spoke} FROM standing_consent c JOIN scope s USING (identity) "
        f"WHERE s.stays AND c.step > {piece.first} AND c.upload IS DISTINCT FROM {piece.upload} GROUP BY c.identity, c.channel"
    )
    if piece.any("scope WHERE stays"):
        asked = f"SELECT identity, channel::VARCHAR, newest.* FROM ({said}) ANTI JOIN under USING (identity, channel)"
        for identity, channel, after, source, upload, row in _first(piece, asked):
            yield Kept(identity, None, Channel(channel), after, Source(source), upload, row)
    if not piece.redo:
        for identity, upload, row in _first(piece, "SELECT identity, heir.upload, heir.row FROM born WHERE did ORDER BY row"):
            yield Kept(identity, None, None, None, *_setter(upload, row))
    if piece.redo:
        for identity, upload, row in _first(
            piece, "SELECT identity, created_upload, created_row FROM skipped JOIN profiles USING (identity)"
        ):
            yield Kept(identity, None, None, None, *_setter(upload, row))


def _setter(upload: int, row: int) -> tuple[Source, int | None, int | None]:
    """Who wrote a row: an upload, or a live call."""
    return (Source.API, None, None) if upload == LIVE else (Source.UPLOAD, upload, row)


def _first(piece: Piece, select: str) -> list[tuple[Any, ...]]:
    return piece.connection.execute(f"{select} LIMIT {HELD_LISTED}").fetchall()
