"""The values of a piece: which of them still stand, and writing those that do not any more."""

from __future__ import annotations

from headcount.store.duckdb import images
from headcount.store.duckdb.reversal import above
from headcount.store.duckdb.reversal.piece import Piece


def look(piece: Piece) -> None:
    """Find which values are as the piece needs them: `taken` is the scope with `t<n>`, whether `k<n>` is uppermost."""
    written = "FROM above a JOIN scope s USING (identity) WHERE a.step > s.step"
    piece.table("overtaken", f"SELECT s.identity, list_distinct(flatten(list(a.columns))) AS columns {written} GROUP BY s.identity")
    over = "coalesce(list_contains(o.columns, {n}), false)" if piece.any("overtaken") else "false"
    marks = "".join(f", coalesce(s.k{n}, false) AND NOT {over.format(n=n)} AS t{n}" for n in piece.types)
    piece.run(f"CREATE OR REPLACE TEMP VIEW taken AS SELECT s.*{marks} FROM scope s LEFT JOIN overtaken o USING (identity)")


def overtaken(piece: Piece) -> str:
    """SQL of whether a value of a person in `taken` stays because somebody wrote over it."""
    return " OR ".join(["stays", *(f"coalesce(k{n}, false) AND NOT t{n}" for n in piece.types)])


def write(piece: Piece) -> None:
    """Exchange the values with those in the image, which becomes the image for the way back."""
    if not piece.any("scope"):
        return
    if piece.any("overtaken"):
        above.exchange_values(piece)
    else:
        piece.table("handed", "SELECT identity FROM scope LIMIT 0")
    if piece.redo:
        above.put_in_time(piece)
    else:
        above.hand_on_time(piece)
    _keep(piece)
    touched = [n for n in piece.types if piece.any(f"taken WHERE t{n}")]
    sets = [f"c{n} = CASE WHEN d.t{n} THEN d.o{n} ELSE profiles.c{n} END" for n in touched]
    if piece.redo:
        sets.append("last_updated = greatest(profiles.last_updated, $at)")
    else:
        sets.append("last_updated = CASE WHEN profiles.last_updated = $at THEN d.last_updated ELSE profiles.last_updated END")
    piece.run(f"UPDATE profiles SET {', '.join(sets)} FROM taken d WHERE profiles.rowid = d.pid", at=piece.at)


def _keep(piece: Piece) -> None:
    """The image for the way back: the values that stand now, or that the upload above held."""
    types, handed = piece.types, images.numbers(piece.connection, "handed")
    images.make(piece.connection, piece.target, types)
    images.widen(piece.connection, piece.target, types)
    marks = "".join(
        f", d.t{n} OR coalesce(h.k{n}, false) AS k{n}, CASE WHEN d.t{n} THEN d.v{n} ELSE h.o{n} END AS o{n}"
        if n in handed
        else f", d.t{n} AS k{n}, CASE WHEN d.t{n} THEN d.v{n} END AS o{n}"
        for n in types
    )
    given = "".join(f", bool_or(k{n}) AS k{n}, any_value(o{n}) FILTER (k{n}) AS o{n}" for n in handed)
    updated, joined = "d.last_updated", ""
    if piece.redo:
        updated = (
            f"CASE WHEN d.stood < '{piece.at}'::TIMESTAMP THEN d.stood ELSE coalesce(e.last_updated, d.last_updated) END AS last_updated"
        )
        joined = "LEFT JOIN earlier e ON e.identity = d.identity"
    piece.run(
        f"INSERT INTO {piece.target} BY NAME SELECT d.identity, d.row, d.step, d.first_seen, {updated}{marks} "
        f"FROM taken d LEFT JOIN (SELECT identity{given} FROM handed GROUP BY identity) h ON h.identity = d.identity {joined}"
    )
