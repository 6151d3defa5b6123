"""What the operator decided for all uploads of an account, and how an upload tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from headcount.profiles.store import ProfileStore
from headcount.uploads.plan import Limits
from headcount.uploads.reading import Engine

#: Called with a phase, how much of it is done and how much there is.
OnProgress: TypeAlias = Callable[[str, int, int], None]
#: Opens the store of the account for as long as the context lasts; waits while another process has it. Raises Busy.
OpenStore: TypeAlias = Callable[[], AbstractContextManager[ProfileStore]]


def no_progress(phase: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def of_total(on_progress: OnProgress, phase: str, total: int) -> Callable[[int], None]:
    """The progress of one phase whose size is known."""
    return lambda done: on_progress(phase, done, total)


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits and defaults of an account."""

    account: str
    #: Where received files and rejects are kept, a folder an upload.
    folder: Path
    zone: str = "UTC"
    day_first: bool | None = None
    file_limit: int = 1_000_000_000
    property_limit: int = 256
    limits: Limits = field(default_factory=Limits)
    chunk_rows: int = 1_000_000
    engine: Engine = field(default_factory=lambda: Engine(threads=2, memory_mb=400))
    keep_files: bool = False
    #: For how many days after its end an upload can be undone.
    undo_days: int = 30

    def folder_of(self, name: str) -> Path:
        """The folder of one upload, made when it is missing."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
