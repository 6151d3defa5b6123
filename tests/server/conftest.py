from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.house import Caller, Site, cheap_passwords, open_site

from headcount import bootstrap


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "Passwords", cheap_passwords)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path / "data") as site:
        yield site


@pytest.fixture
def machine(site: Site) -> Caller:
    return site.machine()
