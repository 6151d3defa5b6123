"""Row numbers: from the ordinal of a good record to the row a spreadsheet shows it in.

The number is the ordinal plus a shift that only grows where rows were left out, so the steps are kept, on disk.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headcount.csvfile.marks import Mask, Positions


class Steps:
    """Collects where the shift between ordinal and row number changes."""

    def __init__(self, path: Path, first_row: int) -> None:
        self.path = path
        #: row number of the next row
        self.row = first_row
        #: ordinal of the next good record
        self.ordinal = 0
        self._shift = first_row
        self._file = path.open("wb")

    def append(self, good: Mask) -> None:
        """Number the next rows, of which `good` are good records."""
        if not good.all() or self.row - self.ordinal != self._shift:
            at = np.flatnonzero(good)
            ordinal = self.ordinal + np.arange(at.size)
            shift = self.row + at - ordinal
            step = np.flatnonzero(np.diff(shift, prepend=self._shift))
            np.stack((ordinal[step], shift[step]), axis=1).astype(np.int64).tofile(self._file)
            self._shift = int(shift[-1]) if at.size else self._shift
        self.row += good.size
        self.ordinal += int(np.count_nonzero(good))

    def close(self) -> None:
        """Finish the file of steps."""
        self._file.close()


def row_numbers(path: Path | None, first_row: int, first: int, count: int) -> Positions:
    """Return the row numbers of `count` good records from ordinal `first` on."""
    ordinals = np.arange(first, first + count)
    if path is None or not path.stat().st_size:
        return ordinals + first_row
    steps = np.memmap(path, np.int64, "r").reshape(-1, 2)
    low, high = np.searchsorted(steps[:, 0], (first, first + count), side="right")
    near = np.concatenate(([[0, first_row]], steps[max(low - 1, 0) : high]))
    at = np.searchsorted(near[:, 0], ordinals, side="right") - 1
    numbers: Positions = ordinals + near[at, 1]
    return numbers
