"""A file of people on its way out: written whole before its first byte leaves, so that a failure can still be told."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from headcount.errors import HeadcountError
from headcount.people.desk import PeopleDesk
from headcount.segments.export import Format

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The file, how many people it has, and its bytes."""

    file: BinaryIO
    people: int
    size: int

    def blocks(self) -> Iterator[bytes]:
        """The bytes; the file is gone after them."""
        with self.file:
            while block := self.file.read(_BLOCK):
                yield block


def written(desk: PeopleDesk, folder: Path, condition: str, columns: Sequence[str] | None, file_format: Format) -> Outgoing:
    """The people whom a filter matches, in a file of the folder. Raises WrongCall, and HeadcountError `file_not_stored`."""
    # It has no name, so that nothing of it is left behind, whatever happens.
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it is closed when it is sent
    try:
        found = desk.export(condition, columns, file_format, file, lambda *_: None)
        size = file.tell()
        file.seek(0)
    except OSError as error:
        _close(file)
        advice = "Free some disk space, then try again."
        raise HeadcountError("file_not_stored", f"The export could not be written: {error.strerror or error}.", advice) from error
    except BaseException:
        _close(file)
        raise
    return Outgoing(file, found["people"], size)


def _close(file: BinaryIO) -> None:
    # What is still buffered cannot be written where the disk is full.
    with suppress(OSError):
        file.close()
