"""Run by Alembic: the migrations work on the connection they are given, in its transaction."""

from __future__ import annotations

from alembic import context

from headcount.store.control.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
