"""The stage of a file: its rows typed by the plan, kept on disk in chunks, and what is known of them.

Parsing and casting are the dear part of an upload (measured: half of it), so they happen once. Inspecting fills the stage
(`filling`), applying empties it; an upload that goes on after a kill finds it where it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from headcount.uploads.duplicates import Duplicates
from headcount.uploads.ledger import Tally

DUPLICATES = "duplicates.u64"


@dataclass(frozen=True, slots=True)
class Staged:
    """What is on the stage of one file."""

    folder: Path
    chunks: int
    #: Rows of each chunk but the last.
    chunk_rows: int
    #: Good records of the file.
    records: int
    #: Per chunk, what rows that cannot be applied count, its own and those of chunks before it that count nothing.
    tallies: tuple[Tally, ...]
    #: Cells per column index that are filled, and those of them that are not applied.
    filled: Mapping[int, int]
    wrong: Mapping[int, int]
    duplicates: Duplicates
    #: Whether some refused cells are e-mail addresses that only a library can judge.
    doubtful_emails: bool = False

    @property
    def problems(self) -> Tally:
        """What all rows that cannot be applied count."""
        return sum(self.tallies, Tally())

    def rows(self, chunk: int) -> pa.Table:
        """The typed rows of one chunk, with `row` and `hash`; those with a `fault` are rejected. They stay on disk until touched."""
        with pa.memory_map(str(path_of(self.folder, chunk))) as source:
            return pa.ipc.open_file(source).read_all()

    def save(self) -> None:
        """Leave word of what is here, for `load`."""
        document = {
            "chunks": self.chunks,
            "chunk_rows": self.chunk_rows,
            "records": self.records,
            "tallies": [t.to_json() for t in self.tallies],
            "duplicates": self.duplicates.to_json(),
        }
        (self.folder / "staged.json").write_text(json.dumps(document))

    @classmethod
    def load(cls, folder: Path) -> Staged:
        """The stage that `save` left word of."""
        document = json.loads((folder / "staged.json").read_text())
        tallies = tuple(Tally.from_json(t) for t in document["tallies"])
        duplicates = Duplicates(**document["duplicates"], path=folder / DUPLICATES)
        return cls(folder, document["chunks"], document["chunk_rows"], document["records"], tallies, {}, {}, duplicates)


def path_of(folder: Path, chunk: int) -> Path:
    """Where the rows of a chunk lie."""
    return folder / f"{chunk:06}.arrow"
