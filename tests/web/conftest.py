from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from tests.web.browser import ADMIN, PASSWORD, Browser, user

from headcount import bootstrap
from headcount.accounts import Account
from headcount.auth.passwords import Passwords
from headcount.auth.rights import Role
from headcount.config import load_settings
from headcount.house import House
from headcount.server import create_app

# The real Argon2, made cheap.
_CHEAP = partial(Passwords, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory, made once: an account `default` with one user of each role, and an account `other`."""
    data = tmp_path_factory.mktemp("furnished")
    settings = load_settings(data=data, threads=1, admin_email=ADMIN, admin_password=PASSWORD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "Passwords", _CHEAP)
        bootstrap.begin(settings)
        with bootstrap.open_house(settings) as house:
            house.accounts.ensure(Account("other", "Other", "UTC"))
            for role in (Role.CREATOR, Role.APPROVER, Role.MEMBER):
                user(house, role)
    return data


@pytest.fixture
def house(tmp_path: Path, furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(bootstrap, "Passwords", _CHEAP)
    shutil.copytree(furnished, tmp_path / "data")
    with bootstrap.open_house(load_settings(data=tmp_path / "data", threads=1)) as house:
        yield house


@pytest.fixture
def app(house: House) -> FastAPI:
    return create_app(house)


@pytest.fixture
def browser(app: FastAPI) -> Browser:
    """Nobody has signed in yet."""
    return Browser(app)


@pytest.fixture
def admin(browser: Browser) -> Browser:
    """The administrator has signed in."""
    assert browser.sign_in().status_code == 303
    return browser
