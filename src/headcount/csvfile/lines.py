"""Physical lines: what lies between two line ends, whatever the quotes say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headcount.csvfile.bits import Tally, pack
from headcount.csvfile.marks import CR, LF, Bytes, Mask, Positions


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a block: content `[start, stop)`, the next line begins at `end`."""

    start: Positions
    stop: Positions
    end: Positions
    _ends: Mask

    def __len__(self) -> int:
        """Return the number of lines."""
        return self.start.size

    def index(self, at: Positions) -> Positions:
        """Return the number of the line that holds each position."""
        return Tally(pack(self._ends)).before(at)


def split_lines(data: Bytes) -> Lines:
    r"""Cut a block at `\n`, `\r\n` and lone `\r`; the last line may lack its end."""
    ends = data == LF
    returns = data == CR
    pairs = returns.any()
    if pairs:
        returns[:-1] &= ~ends[1:]
        ends |= returns
    last = np.flatnonzero(ends)
    stop = last - (_follows_cr(data, last) if pairs else 0)
    end = last + 1
    if data.size and not ends[-1]:
        stop, end = np.append(stop, data.size), np.append(end, data.size)
    start = np.zeros_like(end)
    start[1:] = end[:-1]
    return Lines(start, stop, end, ends)


def _follows_cr(data: Bytes, last: Positions) -> Mask:
    pairs: Mask = (data[last] == LF) & (last > 0) & (data[last - 1] == CR)
    return pairs
