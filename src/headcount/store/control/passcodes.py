"""Passcodes in the control plane. A public method is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from headcount.audit import Entry
from headcount.auth.passcodes import Passcode
from headcount.auth.rights import Right
from headcount.store.control.audit import append
from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import PasscodeRow


class SqlPasscodes:
    """The passcodes' port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, passcode: Passcode, entry: Entry) -> None:
        """Keep a new passcode."""
        with transaction(self._engine) as connection:
            add_passcode(connection, passcode, entry)

    def list(self, account_id: str) -> Sequence[Passcode]:
        """The passcodes of the account, revoked ones too, oldest first."""
        statement = select(PasscodeRow).where(PasscodeRow.account_id == account_id)
        with snapshot(self._engine) as connection:
            rows = connection.execute(statement.order_by(PasscodeRow.created_at, PasscodeRow.id)).mappings().all()
        return [_passcode(row) for row in rows]

    def note_use(self, passcode_id: str, at: datetime) -> None:
        """Say that it was used."""
        with transaction(self._engine) as connection:
            connection.execute(update(PasscodeRow).where(PasscodeRow.id == passcode_id).values(last_used_at=at))

    def revoke(self, account_id: str, passcode_id: str, entry: Entry) -> bool:
        """End it at the time of the entry; False where the account has no such, or it was revoked before."""
        its = (PasscodeRow.account_id == account_id, PasscodeRow.id == passcode_id, PasscodeRow.revoked_at.is_(None))
        with transaction(self._engine) as connection:
            if connection.execute(update(PasscodeRow).where(*its).values(revoked_at=entry.at)).rowcount != 1:
                return False
            append(connection, entry)
        return True


def add_passcode(connection: Connection, passcode: Passcode, entry: Entry) -> None:
    """Keep the passcode inside the connection's transaction."""
    fields = asdict(passcode) | {"scope": sorted(passcode.scope)}
    connection.execute(insert(PasscodeRow).values(**fields))
    append(connection, entry)


def _passcode(row: Mapping[Any, Any]) -> Passcode:
    return Passcode(**{**row, "scope": frozenset(map(Right, row["scope"]))})
