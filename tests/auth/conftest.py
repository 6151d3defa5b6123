from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.auth.world import World

from headcount.accounts import Account
from headcount.auth.rights import Role
from headcount.store.control.accounts import SqlAccounts
from headcount.store.control.engine import open_control


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_control(tmp_path / "control.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine: Engine) -> World:
    for name in ("acme", "other"):
        SqlAccounts(engine).ensure(Account(name, name.title(), "UTC"))
    world = World(engine)
    world.user("ann@acme.example", Role.ADMIN)
    world.user("max@acme.example", Role.MEMBER)
    world.user("olga@other.example", Role.ADMIN, "other")
    return world
