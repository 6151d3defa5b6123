"""How the tables of the control plane came to their present shape, step by step."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def migrate(connection: Connection) -> None:
    """Bring the tables to their newest shape inside the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", "headcount.store.control:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
