"""The occasions on which consents are changed, as the consent log keeps them."""

from __future__ import annotations

import duckdb

from headcount.profiles.consent import Source
from headcount.profiles.store import Origin
from headcount.single_row import single_row

_FIND = "SELECT max(act) FROM consent_acts WHERE upload = ?"
_ENTER = "INSERT INTO consent_acts SELECT coalesce(max(act), 0) + 1, ?, ?, ?, ?, NULL FROM consent_acts"


def consent_act(connection: duckdb.DuckDBPyConnection, origin: Origin) -> int:
    """The number of the occasion that an upload is; entered when it is first asked for. Runs in the caller's transaction."""
    (act,) = single_row(connection, _FIND, [origin.upload])
    if act is None:
        connection.execute(_ENTER, [origin.at, Source.UPLOAD.value, origin.actor, origin.upload])
        (act,) = single_row(connection, _FIND, [origin.upload])
    return int(act)
