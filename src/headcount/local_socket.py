"""The socket in a data directory, by which commands reach the server that works on it: its permissions are its lock."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from headcount.errors import HeadcountError

_NAME = "headcount.sock"
#: The longest path that a socket's address holds.
_LONGEST = 100


def local_socket(data: Path) -> Path:
    """Where the socket of a data directory is, while a server works on it."""
    return data / _NAME


def answers(path: Path) -> bool:
    """Whether a server listens on a socket; a socket that a dead one left does not answer. Raises HeadcountError."""
    if not path.is_socket():
        return False
    with reachable(path) as address, socket.socket(socket.AF_UNIX) as tried:
        try:
            tried.connect(address)
        except PermissionError as error:
            message = "A server works on the data directory, and you may not call it."
            raise HeadcountError("server_forbidden", message, "Work as the user who started it, or with --url.") from error
        except OSError:
            return False
    return True


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """The path of a socket as its address can hold it."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        # Whoever holds the address may close all that is open, at the end of a process.
        with suppress(OSError):
            os.close(directory)
