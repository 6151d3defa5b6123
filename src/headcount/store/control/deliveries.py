"""What holds for the messages of each account, in the control plane."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from headcount.campaigns.reach import Cap, Delivery
from headcount.profiles.consent import Channel
from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import DeliveryRow


class SqlDeliveries:
    """The deliveries port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, account_id: str) -> Delivery:
        """What holds in an account; no limits where nothing was ever said."""
        asked = select(DeliveryRow.caps, DeliveryRow.control_percent, DeliveryRow.salt).where(DeliveryRow.account_id == account_id)
        with snapshot(self._engine) as connection:
            found = connection.execute(asked).first()
        if found is None:
            return Delivery()
        caps, control_percent, salt = found
        return Delivery({Channel(channel): Cap(**cap) for channel, cap in caps.items()}, control_percent, salt)

    def put(self, account_id: str, caps: Mapping[Channel, Cap], control_percent: int) -> None:
        """Say what holds from now on. The salt stays as it is, so that a control group keeps its people."""
        said = {"caps": {channel.value: asdict(cap) for channel, cap in caps.items()}, "control_percent": control_percent}
        statement = insert(DeliveryRow).values(account_id=account_id, salt=secrets.token_hex(16), **said)
        with transaction(self._engine) as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=[DeliveryRow.account_id], set_=said))
