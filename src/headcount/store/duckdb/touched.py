"""Whom an upload created, and whom it changed."""

from __future__ import annotations

import duckdb

from headcount.profiles.store import Part, Touched

_CREATED = "SELECT created_row AS row, identity FROM profiles WHERE created_upload = $upload"
#: Values, consents and events are kept in different places; whom the upload created is not changed by it, too.
_UPDATED = """
    SELECT min(row) AS row, identity FROM (
        SELECT row, identity FROM changes WHERE upload = $upload
        UNION ALL
        SELECT row, identity FROM consent_entries SEMI JOIN (FROM consent_acts WHERE upload = $upload AND restores IS NULL) USING (act)
        UNION ALL
        SELECT row, identity FROM events WHERE upload = $upload
    )
    WHERE row IS NOT NULL AND identity NOT IN (SELECT identity FROM profiles WHERE created_upload = $upload)
    GROUP BY identity
"""
_OF: dict[Part, str] = {"created": _CREATED, "updated": _UPDATED}


def touched(connection: duckdb.DuckDBPyConnection, upload: int, part: Part, after: int, limit: int) -> tuple[Touched, ...]:
    """At most `limit` of them by their rows, those behind the row `after`; a few more where one row touched several people."""
    ranked = f"SELECT row, identity FROM ({_OF[part]}) WHERE row > $after QUALIFY rank() OVER (ORDER BY row) <= {limit}"
    asked = f"{ranked} ORDER BY row, identity"
    return tuple(Touched(*found) for found in connection.execute(asked, {"upload": upload, "after": after}).fetchall())
