"""Taking in a file: named by its content, and kept when it must wait for a person."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from headcount.errors import FileRejected

_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Source:
    """A file where a person left it. It is read in place; what was typed from it is kept, so it is not needed twice."""

    path: Path
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path, limit: int) -> Source:
        """The file at `path`. Raises FileRejected(`file_gone`, `file_too_large`)."""
        if not path.is_file():
            raise FileRejected("file_gone", "The file is no longer where it was.", "Upload it again.")
        found = path.stat()
        if found.st_size > limit:
            advice = "Split it, or raise HEADCOUNT_FILE_LIMIT_BYTES."
            raise FileRejected("file_too_large", f"The file has {found.st_size:,} bytes; at most {limit:,} are allowed.", advice)
        return cls(path, found.st_size, found.st_mtime_ns)

    def sha256(self) -> str:
        """Of its bytes, in hexadecimal."""
        digest = hashlib.sha256()
        with self.path.open("rb") as reader:
            while block := reader.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def assert_unchanged(self) -> None:
        """Raises FileRejected(`file_changed`) where the file was written to since."""
        found = self.path.stat() if self.path.exists() else None
        if found is None or (found.st_size, found.st_mtime_ns) != (self.size, self.modified):
            raise FileRejected("file_changed", "The file was changed while it was read.", "Upload it again when it is complete.")

    def keep(self, target: Path) -> None:
        """Copy the file to `target`, whole or not at all."""
        draft = target.with_suffix(".part")
        shutil.copyfile(self.path, draft)
        draft.replace(target)
