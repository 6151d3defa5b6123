"""The accounts in the control plane."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.dialects.sqlite import insert

from headcount.store.control.models import AccountRow


def ensure_account(engine: Engine, account_id: str, time_zone: str) -> None:
    """Make the account where there is none; one that exists stays as it is."""
    statement = insert(AccountRow).values(id=account_id, name=account_id, time_zone=time_zone)
    with engine.begin() as connection:
        connection.execute(statement.on_conflict_do_nothing())
