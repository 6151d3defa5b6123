from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
    """No test talks to anybody but to what forks its programs."""

    def guarded(way: Callable[..., Any]) -> Callable[..., Any]:
        def own_alone(own: socket.socket, address: object) -> Any:  # noqa: ANN401 - what the other gives
            if own.family != socket.AF_UNIX or "listener-" not in str(address):
                pytest.fail("a test opened a socket")
            return way(own, address)

        return own_alone

    for way in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, way, guarded(getattr(socket.socket, way)))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 8 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield place
    subprocess.run(["umount", str(place)], check=True)
