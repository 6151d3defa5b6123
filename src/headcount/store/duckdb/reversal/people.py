"""Whom a reversal is about: the people that the upload had created (`born`), and all whose values it had given (`scope`)."""

from __future__ import annotations

from collections.abc import Collection

from headcount.profiles.consent import Channel
from headcount.store.duckdb import images, registry
from headcount.store.duckdb.reversal.piece import Piece
from headcount.values.types import SQL_TYPES

#: Who created a profile that stays although the upload that created it was taken back, where only a person's own word is left of it.
NOBODY = -1
#: What people did has no step of its own: it counts behind all that was said of them.
_BEHIND_ALL = 2**62


def part(piece: Piece) -> None:
    """Before taking back: part those whom only the upload created from those who stay, because others gave them something since."""
    others = f"step > {piece.first} AND upload IS DISTINCT FROM {piece.upload}"
    origin = f"{{'upload': coalesce(upload, {NOBODY}), 'row': coalesce(row, 0)}}"
    touched = (
        f"SELECT identity, arg_min({origin}, step) AS heir, min(step) >= {_BEHIND_ALL} AS did FROM "
        f"(SELECT identity, upload, row, step FROM standing_changes WHERE {others} "
        f"UNION ALL SELECT identity, upload, row, step FROM standing_consent WHERE {others} "
        f"UNION ALL {_did(piece)}) GROUP BY identity"
    )
    piece.table(
        "born",
        f"SELECT p.rowid AS pid, p.identity, p.created_row AS row, o.heir, coalesce(o.did, false) AS did FROM profiles p "
        f"LEFT JOIN ({touched}) o USING (identity) WHERE {_of(piece)}",
    )
    images.make(piece.connection, piece.source, {})
    _look_above(piece, f"SELECT identity FROM {piece.source} WHERE {piece.within('row')} UNION ALL SELECT identity FROM born")
    if piece.any("born WHERE heir IS NOT NULL"):
        _bequeath(piece)
    _scope(piece, "b.pid IS NOT NULL AND b.heir IS NULL", "b.heir IS NOT NULL")


def _of(piece: Piece) -> str:
    """SQL of whether a profile `p` is one that the upload created."""
    return f"p.created_upload = {piece.upload} AND {piece.within('p.created_row')}"


def _did(piece: Piece) -> str:
    """SELECT of what those whom the upload created did, as others told."""
    born = f"SELECT p.identity FROM profiles p WHERE {_of(piece)}"
    return (
        f"SELECT identity, upload, min(row) AS row, {_BEHIND_ALL} + upload AS step FROM events "
        f"WHERE upload <> {piece.upload} AND identity IN ({born}) GROUP BY identity, upload"
    )


def _bequeath(piece: Piece) -> None:
    """Whoever stays is from now on as if the next upload had created him."""
    over = "(SELECT identity, list_distinct(flatten(list(columns))) AS columns FROM above GROUP BY identity)"
    people = f"born b JOIN profiles p ON p.rowid = b.pid LEFT JOIN {over} o ON o.identity = b.identity WHERE b.heir IS NOT NULL"
    # Who was created by an event got no values with it.
    numbers = [] if piece.any(f"events WHERE upload = {piece.upload}") else [p.number for p in registry.stored(piece.connection)]
    had = "(p.c{n} IS NOT NULL OR coalesce(list_contains(o.columns, {n}), false))"
    _make_explicit(piece, "p.identity, b.row, p.first_seen, p.first_seen AS last_updated", numbers, (had, "NULL"), people)
    piece.run(
        "UPDATE profiles SET created_upload = b.heir.upload, created_row = b.heir.row FROM born b "
        "WHERE b.heir IS NOT NULL AND profiles.rowid = b.pid"
    )
    heirs = {number for (number,) in piece.connection.execute("SELECT DISTINCT heir.upload FROM born").fetchall()}
    for number in heirs.intersection(images.standing(piece.connection, piece.upload)):
        # The row by which the heir itself knows him, so that one piece has all of him.
        piece.run(
            f"UPDATE profiles SET created_row = m.row FROM born b JOIN {images.image('before', number)} m USING (identity) "
            f"WHERE profiles.rowid = b.pid AND b.heir.upload = {number}"
        )


def _make_explicit(piece: Piece, fixed: str, numbers: Collection[int], change: tuple[str, str], people: str) -> None:
    """Note as changes by the upload what went without saying while it was the one that had created them.

    `change` is SQL of whether it gave a value of property `{n}`, and of the value for the image.
    """
    types = {p.number: SQL_TYPES[p.type] for p in registry.stored(piece.connection)}
    images.widen(piece.connection, piece.source, {n: types[n] for n in numbers})
    gave, value = change
    marks = "".join(f", nullif({gave.format(n=n)}, false) AS k{n}, {value.format(n=n)}::{types[n]} AS o{n}" for n in numbers)
    unknown = f"identity NOT IN (SELECT identity FROM {piece.source})"
    piece.table("explicit", f"SELECT * FROM (SELECT {fixed}, {piece.first} AS step{marks} FROM {people}) WHERE {unknown}")
    piece.run(f"INSERT INTO {piece.source} BY NAME FROM explicit")
    given = ", ".join(f"CASE WHEN k{n} THEN {n} END" for n in numbers)
    changed = f"SELECT step, {piece.upload}, row, identity, list_filter([{given}], lambda n: n IS NOT NULL) AS columns FROM explicit"
    piece.run(f"INSERT INTO changes SELECT * FROM ({changed}) WHERE len(columns) > 0")


def bring_back(piece: Piece) -> None:
    """Before bringing back: who went with the upload is there again, but for those who were created anew since (`skipped`)."""
    images.make(piece.connection, piece.source, {})
    piece.run(f"CREATE TABLE IF NOT EXISTS {piece.removed} AS FROM profiles LIMIT 0")
    _skip(piece)
    _meet(piece)
    piece.table("born", f"SELECT identity FROM {piece.removed} ANTI JOIN profiles USING (identity) WHERE {piece.within('created_row')}")
    nothing = ", ".join(f"NULL AS {channel.column}" for channel in Channel)
    piece.run(
        f"INSERT INTO profiles BY NAME SELECT * REPLACE ({nothing}, 0 AS declined) FROM {piece.removed} SEMI JOIN born USING (identity)"
    )
    # Whom it had only changed, and who went with the upload that had created him, comes back with what this one gave him.
    piece.run(
        f"INSERT INTO profiles BY NAME SELECT identity, first_seen, $at AS last_updated, {piece.upload} AS created_upload, "
        f"row AS created_row FROM {piece.source} ANTI JOIN profiles USING (identity) WHERE {piece.within('row')}",
        at=piece.at,
    )
    piece.table("born", "SELECT p.rowid AS pid, identity, p.created_row AS row FROM born JOIN profiles p USING (identity)")
    _look_above(piece, f"SELECT identity FROM {piece.source} WHERE {piece.within('row')}")
    _scope(piece, "b.pid IS NOT NULL", "false")
    later = f"(created_upload = {NOBODY} OR created_upload IN (SELECT upload FROM uploads WHERE first_step > {piece.first}))"
    piece.run(
        f"UPDATE profiles SET created_upload = {piece.upload}, created_row = s.row FROM scope s WHERE profiles.rowid = s.pid AND {later}"
    )


def _skip(piece: Piece) -> None:
    """Who was created anew since has nothing to do with the upload any more."""
    places = ((piece.removed, "created_row"), (piece.source, "row"))
    gone = " UNION ALL ".join(f"SELECT identity, first_seen, {row} AS row FROM {table}" for table, row in places)
    anew = f"{piece.within('g.row')} AND p.first_seen <> g.first_seen"
    piece.table("skipped", f"SELECT DISTINCT g.identity FROM ({gone}) g JOIN profiles p USING (identity) WHERE {anew}")
    if piece.any("skipped"):
        piece.run(f"DELETE FROM changes WHERE upload = {piece.upload} AND identity IN (SELECT identity FROM skipped)")


def _meet(piece: Piece) -> None:
    """Whom another upload has brought back meanwhile gets what this one gave him as changes."""
    met = "p.identity = r.identity AND p.first_seen = r.first_seen"
    people = f"{piece.removed} r JOIN profiles p ON {met} WHERE {piece.within('r.created_row')}"
    if piece.any(people):
        kept = images.columns(piece.connection, piece.removed)
        numbers = [p.number for p in registry.stored(piece.connection) if p.column in kept]
        fixed = "r.identity, r.created_row AS row, r.first_seen, r.last_updated"
        _make_explicit(piece, fixed, numbers, ("(r.c{n} IS NOT NULL)", "r.c{n}"), people)


def _look_above(piece: Piece, identities: str) -> None:
    """What other uploads wrote since on these people: `above`."""
    later = f"step > {piece.first} AND upload <> {piece.upload}"
    some = f"identity IN ({identities})" if piece.any(f"standing_changes WHERE {later}") else "false"
    piece.table("above", f"SELECT step, upload, row, identity, columns FROM standing_changes WHERE {later} AND {some}")


def _scope(piece: Piece, own: str, stays: str) -> None:
    """The people in the image: with their values now `v<n>`, whether they are `own` to the upload, and whether such a one `stays`."""
    values = "".join(f", p.c{n} AS v{n}" for n in piece.types)
    piece.table(
        "scope",
        f"SELECT s.*, p.rowid AS pid, p.last_updated AS stood, {own} AS own, {stays} AS stays{values} FROM {piece.source} s "
        f"JOIN profiles p ON p.identity = s.identity AND p.first_seen = s.first_seen LEFT JOIN born b ON b.pid = p.rowid "
        f"WHERE {piece.within('s.row')}",
    )


def remove(piece: Piece) -> None:
    """At the end of taking back: whom only the upload had created goes, and is kept as he was."""
    stored = images.columns(piece.connection, "profiles")
    piece.run(f"CREATE TABLE IF NOT EXISTS {piece.removed} AS FROM profiles LIMIT 0")
    for name in stored.keys() - images.columns(piece.connection, piece.removed).keys():
        piece.run(f"ALTER TABLE {piece.removed} ADD COLUMN {name} {stored[name]}")
    alone = f"created_upload = {piece.upload} AND {piece.within('created_row')}"
    piece.run(f"INSERT INTO {piece.removed} BY NAME SELECT * FROM profiles WHERE {alone}")
    piece.run(f"DELETE FROM profiles WHERE {alone}")
