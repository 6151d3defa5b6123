"""How often people are messaged at most, and how many of them not at all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "delivery",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("caps", sa.JSON(), nullable=False),
        sa.Column("control_percent", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_delivery"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_delivery_account_id"),
    )
