from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from tests.server.house import LIMIT, Caller, Site, cheap_passwords, open_site
from tests.server.process import Server, serving

from headcount import bootstrap
from headcount.observability import start_logging


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "Passwords", cheap_passwords)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    start_logging("error")
    yield
    structlog.reset_defaults()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path / "data") as site:
        yield site


@pytest.fixture
def machine(site: Site) -> Caller:
    return site.machine()


@pytest.fixture
def no_network() -> None:
    """Here a server of ours is called."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server") / "data", FILE_LIMIT_BYTES=str(LIMIT)) as running:
        yield running
