"""A file on its way in: written to disk and hashed while it arrives, never larger than the limit."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from headcount.csvfile.container import assert_no_other
from headcount.errors import FileRejected
from headcount.uploads.rules import OnProgress

#: As many of the first bytes tell other kinds of files from a CSV.
_HEAD = 64


class Reception:
    """Takes the bytes of one file, in order, and leaves it at `target` only when it is whole. `total` is 0 where it is not known."""

    def __init__(self, target: Path, limit: int, total: int, on_progress: OnProgress) -> None:
        self.target = target
        self._draft = target.with_suffix(".part")
        self._limit = limit
        self._total = total
        self._on_progress = on_progress
        self._digest = hashlib.sha256()
        self._head = b""
        self._file: BinaryIO | None = None
        self.size = 0

    def write(self, block: bytes) -> None:
        """Take the next bytes. Raises FileRejected `file_too_large`, `file_not_csv`, OSError where the disk is full."""
        self.size += len(block)
        assert_size(self.size, self._limit)
        if len(self._head) < _HEAD:
            self._head += block[:_HEAD]
            assert_no_other(self._head)
        if self._file is None:
            self._file = self._draft.open("wb")
        self._digest.update(block)
        self._file.write(block)
        self._on_progress("receiving", self.size, self._total)

    def finish(self) -> str:
        """The file is whole; the SHA-256 of its bytes, in hexadecimal. Raises FileRejected `transfer_incomplete`, OSError."""
        if self._total and self.size < self._total:
            raise incomplete(self.size, self._total)
        if self._file is None:
            self._file = self._draft.open("wb")
        self._file.close()
        self._draft.replace(self.target)
        return self._digest.hexdigest()

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._file is not None:
            # What is still held in memory may find no room on a full disk.
            with suppress(OSError):
                self._file.close()
        self._draft.unlink(missing_ok=True)
        self.target.unlink(missing_ok=True)


def assert_size(size: int, limit: int) -> None:
    """Raises FileRejected `file_too_large`."""
    if size > limit:
        advice = "Split it, or raise HEADCOUNT_FILE_LIMIT_BYTES."
        raise FileRejected("file_too_large", f"The file has more than the {limit:,} bytes that are allowed.", advice)


def incomplete(size: int, total: int = 0) -> FileRejected:
    """The refusal of a file whose transfer ended early."""
    of = f" of {total:,}" if total else ""
    message = f"The transfer broke off: {size:,}{of} bytes arrived, and nothing of them was kept."
    return FileRejected("transfer_incomplete", message, "Upload the file again.")
