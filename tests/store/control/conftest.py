from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from headcount.store.control.accounts import ensure_account
from headcount.store.control.engine import open_control
from headcount.store.control.uploads import SqlUploads


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_control(tmp_path / "control.sqlite")
    ensure_account(engine, "acme", "UTC")
    yield engine
    engine.dispose()


@pytest.fixture
def uploads(engine: Engine) -> SqlUploads:
    return SqlUploads(engine)
