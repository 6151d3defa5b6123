"""Identities that come more than once in a file, found by the hashes of their keys.

The hashes lie on disk, eight bytes a row, and are sorted in parts of bounded size.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

#: Parts that are sorted side by side, and the hashes of one.
_WORKERS = 2
_PART = 1 << 21
#: ... and read at once.
_SLICE = 1 << 20

Hashes: TypeAlias = npt.NDArray[np.uint64]
_NONE: Hashes = np.empty(0, np.uint64)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What comes more than once: how many identities, and in how many rows."""

    identities: int = 0
    rows: int = 0
    path: Path | None = None

    def hashes(self) -> Hashes:
        """The hashes of their keys in order, read from the file as they are looked at."""
        return np.memmap(self.path, np.uint64, "r") if self.path and self.identities else _NONE

    def to_json(self) -> dict[str, int]:
        """The counts as an inspection reports them."""
        return {"identities": self.identities, "rows": self.rows}


def come_again(repeated: Hashes, hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which of some hashes are among those that are `repeated`, which are in order."""
    return _places(repeated, hashes)[1] if repeated.size else np.zeros(hashes.size, np.bool_)


def _places(repeated: Hashes, hashes: Hashes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    place = np.minimum(np.searchsorted(repeated, hashes), repeated.size - 1)
    return place, repeated[place] == hashes


class Appearances:
    """Which identities came already while a file is gone through once more; `repeated` are the hashes of those that come more than once."""

    def __init__(self, repeated: Hashes) -> None:
        self._repeated = repeated
        self._came = np.zeros(self._repeated.size, np.bool_)

    def note(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """For each of the next rows whether its identity has not come before it."""
        first = np.ones(hashes.size, np.bool_)
        if not self._repeated.size or not hashes.size:
            return first
        place, again = _places(self._repeated, hashes)
        places, firsts = np.unique(place[again], return_index=True)
        first[again] = False
        first[np.flatnonzero(again)[firsts[~self._came[places]]]] = True
        self._came[places] = True
        return first


class Collected:
    """The hashes of a file while it is read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "hashes.u64"
        self._file = self._path.open("wb")

    def __enter__(self) -> Self:
        """Return the collection; its file is removed on the way out."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def append(self, hashes: Hashes) -> None:
        """Add the hashes of the next rows."""
        hashes.tofile(self._file)

    def duplicates(self, kept: Path | None) -> Duplicates:
        """What came more than once; the hashes go to `kept`, in order."""
        self._file.close()
        identities = rows = 0
        with kept.open("wb") if kept else nullcontext() as out:
            for hashes, times in self._repeated():
                identities, rows = identities + hashes.size, rows + times
                if out:
                    hashes.tofile(out)
        return Duplicates(identities, rows, kept)

    def _repeated(self) -> Iterator[tuple[Hashes, int]]:
        """Part by part, in order, the hashes that come more than once, each once, and how often all of them come."""
        count = self._path.stat().st_size // 8
        bits = max(0, (count - 1) // _PART).bit_length()
        with ThreadPoolExecutor(_WORKERS) as pool:
            yield from pool.map(lambda part: _repeated(self._part(count, bits, part)), range(1 << bits))

    def _part(self, count: int, bits: int, part: int) -> Hashes:
        """The hashes that begin with the `bits` of `part`."""
        slices = (np.fromfile(self._path, np.uint64, _SLICE, offset=start * 8) for start in range(0, count, _SLICE))
        return np.concatenate([s[s >> np.uint64(64 - bits) == part] if bits else s for s in slices] or [_NONE])


def _repeated(hashes: Hashes) -> tuple[Hashes, int]:
    hashes.sort()
    same = hashes[1:] == hashes[:-1]
    repeated = np.unique(hashes[1:][same])
    return repeated, int(np.count_nonzero(same)) + repeated.size
