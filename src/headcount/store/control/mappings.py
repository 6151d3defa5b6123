"""Remembered mappings in the control plane. A public method is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import MappingRow
from headcount.uploads.remembered import RememberedMapping


class SqlMappings:
    """The port of remembered mappings over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def remember(self, mapping: RememberedMapping) -> None:
        """Keep it instead of what was said of the same headers before."""
        fields = asdict(mapping)
        statement = insert(MappingRow).values(**fields)
        later = {key: fields[key] for key in ("request", "upload", "by", "at")}
        with transaction(self._engine) as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["account_id", "headers"], set_=later))

    def find(self, account_id: str, headers: str) -> RememberedMapping | None:
        """What was said last of files with these headers."""
        statement = select(MappingRow).where(MappingRow.account_id == account_id, MappingRow.headers == headers)
        with snapshot(self._engine) as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return None if row is None else RememberedMapping(**row)

    def list(self, account_id: str) -> Sequence[RememberedMapping]:
        """All that is remembered, the newest first."""
        statement = select(MappingRow).where(MappingRow.account_id == account_id).order_by(MappingRow.at.desc())
        with snapshot(self._engine) as connection:
            return [RememberedMapping(**row) for row in connection.execute(statement).mappings()]
