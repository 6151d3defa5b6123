"""The consents of a piece: what was said last on each channel, without the upload or with it again."""

from __future__ import annotations

from headcount.profiles.consent import Channel, Source
from headcount.store.duckdb import consent, images
from headcount.store.duckdb.consent import Act
from headcount.store.duckdb.reversal.piece import Piece

_REASONS = {"undo": "the upload was taken back", "redo": "the upload was brought back"}
_SAID = "SELECT step, act, identity, channel, after, source, upload, row FROM standing_consent"


def look(piece: Piece) -> None:
    """What each consent that the upload gave is to be: `under`, with who spoke last where somebody did since."""
    piece.table(
        "said",
        "SELECT e.identity, p.pid, e.channel, max(e.step) AS step, arg_max(e.row, e.step) AS row FROM consent_entries e "
        "JOIN (SELECT identity, pid FROM scope UNION SELECT identity, pid FROM born) p USING (identity) "
        f"WHERE e.act = {piece.act or 0} GROUP BY ALL",
    )
    own = "SELECT step, act, identity, channel, after, source, upload, row FROM consent_entries JOIN consent_acts USING (act)"
    others = f"{_SAID} WHERE {f'act <> {piece.act}' if piece.act else 'false'}"
    counted = f"{others} UNION ALL {own} WHERE act = {piece.act or 0}" if piece.redo else others
    left = "max(e.step) FILTER (NOT e.after AND e.source = 'person') > coalesce(max(e.step) FILTER (e.after), 0)"
    setter = "arg_max({'source': e.source, 'upload': e.upload, 'row': e.row}, e.step)"
    piece.table(
        "under",
        f"SELECT s.identity, s.pid, s.channel, s.row, arg_max(e.after, e.step) AS after, coalesce({left}, false) AS declined, "
        f"coalesce(max(e.step) > s.step, false) AS overtaken, {setter} AS setter "
        f"FROM said s LEFT JOIN ({counted}) e USING (identity, channel) GROUP BY s.identity, s.pid, s.channel, s.row, s.step",
    )
    piece.run("DROP TABLE temp.said")


def write(piece: Piece) -> None:
    """Change the consents that are still as the piece needs them, and log it."""
    channels = [channel for channel in Channel if piece.any(f"under WHERE channel = '{channel.value}' AND NOT overtaken")]
    if not channels:
        return
    act, step = _act(piece), images.next_step(piece.connection)
    for channel in channels:
        now = f"under u JOIN profiles p ON p.rowid = u.pid WHERE u.channel = '{channel.value}' AND NOT u.overtaken"
        differs = f"(p.{channel.column} IS DISTINCT FROM u.after OR (p.declined & {channel.bit} <> 0) <> u.declined)"
        piece.run(
            f"INSERT INTO consent_entries SELECT {step}, {act}, u.identity, u.channel, p.{channel.column}, u.after, u.row "
            f"FROM {now} AND {differs}"
        )
        declined = f"((profiles.declined & {255 - channel.bit}) | CASE WHEN u.declined THEN {channel.bit} ELSE 0 END)::UTINYINT"
        piece.run(
            f"UPDATE profiles SET {channel.column} = u.after, declined = {declined} FROM under u "
            f"WHERE profiles.rowid = u.pid AND u.channel = '{channel.value}' AND NOT u.overtaken"
        )


def _act(piece: Piece) -> int:
    """The occasion that this reversal is; entered with its first piece that needs it."""
    given = piece.reversal
    found = piece.connection.execute("SELECT max(act) FROM consent_acts WHERE restores = ? AND logged_at = ?", [piece.act, given.at])
    (act,) = found.fetchall()[0]
    if act is not None:
        return int(act)
    reason = _REASONS[given.job]
    return consent.enter_act(
        piece.connection, Act(given.at, Source.UPLOAD, given.actor, given.door, piece.upload, reason, restores=piece.act)
    )
