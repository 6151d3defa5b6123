"""Cursors in the control plane. A public method is one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, delete, insert, select

from headcount.auth.tokens import keyed_hash, new_token
from headcount.people.cursors import KEPT, Cursor, Kind
from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import CursorRow


class SqlCursors:
    """The cursors' port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, cursor: Cursor, at: datetime) -> str:
        """See Cursors."""
        name = new_token()
        fields = {"account_id": cursor.account_id, "kind": cursor.kind, "query": dict(cursor.query), "size": cursor.size}
        row = insert(CursorRow).values(id=_id(cursor.account_id, name), after=cursor.after, expires_at=at + KEPT, **fields)
        with transaction(self._engine) as connection:
            connection.execute(delete(CursorRow).where(CursorRow.expires_at <= at))
            connection.execute(row)
        return name

    def find(self, account_id: str, kind: Kind, name: str, at: datetime) -> Cursor | None:
        """See Cursors."""
        columns = (CursorRow.account_id, CursorRow.kind, CursorRow.query, CursorRow.size, CursorRow.after)
        its = (CursorRow.id == _id(account_id, name), CursorRow.kind == kind, CursorRow.expires_at > at)
        with snapshot(self._engine) as connection:
            row = connection.execute(select(*columns).where(*its)).mappings().one_or_none()
        return None if row is None else Cursor(**row)

    def forget(self, account_id: str) -> None:
        """See Cursors."""
        with transaction(self._engine) as connection:
            connection.execute(delete(CursorRow).where(CursorRow.account_id == account_id))


def _id(account_id: str, name: str) -> str:
    return keyed_hash(account_id, name)
