"""The audit log in the control plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, Engine, insert, select

from headcount.audit import Entry
from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import AuditRow


class SqlAuditLog:
    """The audit log's port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, entry: Entry) -> None:
        """Append an entry."""
        with transaction(self._engine) as connection:
            append(connection, entry)

    def list(self, account_id: str, limit: int, before: int | None = None) -> Sequence[Entry]:
        """At most `limit` entries of the account, newest first; those below the number `before`."""
        statement = select(AuditRow).where(AuditRow.account_id == account_id).order_by(AuditRow.number.desc()).limit(limit)
        if before is not None:
            statement = statement.where(AuditRow.number < before)
        with snapshot(self._engine) as connection:
            return [Entry(**row) for row in connection.execute(statement).mappings()]


def append(connection: Connection, entry: Entry) -> None:
    """Append an entry inside the connection's transaction."""
    fields = asdict(entry)
    # Its number is given now.
    del fields["number"]
    connection.execute(insert(AuditRow).values(**fields))
