"""Accounts and uploads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("sha256", sa.String()),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("source_path", sa.String()),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON()),
        sa.Column("mapping_hash", sa.String()),
        sa.Column("duplicate_of", sa.String()),
        sa.Column("report", sa.JSON()),
        sa.Column("owner_pid", sa.Integer()),
        sa.Column("owner_started", sa.String()),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        sa.UniqueConstraint("account_id", "number", name="uq_upload_account_id_number"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_upload_account_id"),
        sa.ForeignKeyConstraint(["duplicate_of"], ["upload.id"], name="fk_upload_duplicate_of"),
    )
    op.create_index("ix_upload_account_id_sha256_mapping_hash", "upload", ["account_id", "sha256", "mapping_hash"])
