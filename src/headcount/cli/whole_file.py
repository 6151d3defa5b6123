"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from headcount.errors import WrongCall


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that stands at `path` once the context ends without an error; till then it is its neighbour. Raises WrongCall."""
    # Replacing what is no plain file would take it away.
    if path.exists() and not path.is_file():
        raise _unwritable(path, "it is a directory" if path.is_dir() else "it is no file")
    target = path.resolve()
    draft = target.with_name(f".{target.name[:200]}.{os.getpid()}.draft")
    try:
        with draft.open("w+b") as out:
            yield out
        draft.replace(target)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    finally:
        draft.unlink(missing_ok=True)


def sink(path: Path | None) -> AbstractContextManager[BinaryIO]:
    """The same, or standard output where no path is given. Raises WrongCall."""
    return whole_file(path) if path else _standard_output()


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    yield sys.stdout.buffer


def _unwritable(path: Path, reason: str) -> WrongCall:
    return WrongCall("output_unwritable", f"{path} cannot be written: {reason}.", "Name another file.")
