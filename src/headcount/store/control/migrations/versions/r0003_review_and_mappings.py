"""Whether an upload stops for a person, and the mappings that are remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column and make the table."""
    op.add_column("upload", sa.Column("review", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "remembered_mapping",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("headers", sa.String(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("upload", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "headers", name="pk_remembered_mapping"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_remembered_mapping_account_id"),
        sa.ForeignKeyConstraint(["upload"], ["upload.id"], name="fk_remembered_mapping_upload"),
    )
