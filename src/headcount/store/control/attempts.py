"""Attempts to sign in, counted in the control plane. A public method is one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from headcount.auth.throttle import FORGOTTEN, Key, Keys, seconds_left
from headcount.store.control.engine import transaction
from headcount.store.control.models import AttemptRow


class SqlAttempts:
    """The attempts' port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, keys: Keys, at: datetime) -> int:
        """Count an attempt as failed before it is tried, and give 0; or count nothing and give the seconds until one is free."""
        with transaction(self._engine) as connection:
            connection.execute(delete(AttemptRow).where(AttemptRow.last_at <= at - FORGOTTEN))
            seconds = max(_seconds(connection, key, at) for key in (keys.email, keys.network))
            if not seconds:
                _count(connection, keys.email, at)
                _count(connection, keys.network, at)
        return seconds

    def succeeded(self, keys: Keys) -> None:
        """Forget the failures of the e-mail address, and count one less for the network address."""
        network = update(AttemptRow).where(AttemptRow.key == keys.network.hash)
        with transaction(self._engine) as connection:
            connection.execute(delete(AttemptRow).where(AttemptRow.key == keys.email.hash))
            connection.execute(network.values(failures=AttemptRow.failures - 1))


def _seconds(connection: Connection, key: Key, at: datetime) -> int:
    row = connection.execute(select(AttemptRow.failures, AttemptRow.last_at).where(AttemptRow.key == key.hash)).first()
    return seconds_left(key, row.failures, row.last_at, at) if row else 0


def _count(connection: Connection, key: Key, at: datetime) -> None:
    first = insert(AttemptRow).values(key=key.hash, failures=1, last_at=at)
    further = {"failures": AttemptRow.failures + 1, "last_at": at}
    connection.execute(first.on_conflict_do_update(index_elements=[AttemptRow.key], set_=further))
