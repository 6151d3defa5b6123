"""Taking in a file: copied and hashed in one pass, refused early when it is too large."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from headcount.errors import FileRejected

_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Received:
    """A file as it came."""

    path: Path
    #: Of its bytes, in hexadecimal.
    sha256: str
    size: int


def receive(source: Path, target: Path, limit: int, on_bytes: Callable[[int, int], None]) -> Received:
    """Copy `source` to `target`. Raises FileRejected(`file_too_large`), OSError."""
    total = source.stat().st_size
    if total > limit:
        raise FileRejected(
            "file_too_large",
            f"The file has {total:,} bytes; at most {limit:,} are allowed.",
            "Split it, or raise HEADCOUNT_FILE_LIMIT_BYTES.",
        )
    digest, done = hashlib.sha256(), 0
    draft = target.with_suffix(".part")
    with source.open("rb") as reader, draft.open("wb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
            done += len(block)
            on_bytes(done, total)
    draft.replace(target)
    return Received(target, digest.hexdigest(), done)
