from __future__ import annotations

import os
import socket
from typing import NoReturn

import pytest
from hypothesis import settings

settings.register_profile("headcount", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("headcount")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees no setting but its own, whoever runs it."""
    for name in [name for name in os.environ if name.startswith("HEADCOUNT_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to anybody."""

    def refuse(*_: object) -> NoReturn:
        pytest.fail("a test opened a socket")

    for way in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, way, refuse)
