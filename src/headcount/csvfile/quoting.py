"""Quotes: whether a physical line ends inside a quoted field, seen from either state it may begin in.

A run of quote characters is judged by three facts: is its length odd, does it follow a delimiter or the
line's start, does a delimiter or the line's end follow it (blanks between them aside).

    outside quotes   follows a delimiter, odd: a field opens · follows one, even, ordinary text after it: broken
                     · else the quotes are ordinary text
    inside quotes    even: doubled quotes · odd before a delimiter: the field closes · odd before text: broken

So each run is a function on the two states, and the state anywhere follows without a loop (`marks.settle`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from headcount.csvfile.lines import Lines
from headcount.csvfile.marks import BLANK, Bytes, Mask, Positions, settle

OUT, IN, BROKEN = 0, 1, 2

States: TypeAlias = npt.NDArray[np.int8]

_NEAR = 32


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of quote characters, in file order."""

    start: Positions
    stop: Positions
    line: Positions
    odd: Mask
    #: follows a delimiter or the start of its line
    begins: Mask
    #: a delimiter or the end of its line follows
    ends: Mask
    #: blanks before the run
    padding: Positions

    @property
    def first(self) -> Mask:
        """Whether a run is the first of its line."""
        first: Mask = np.diff(self.line, prepend=-1) != 0
        return first


@dataclass(frozen=True, slots=True)
class Walk:
    """What happens when every line is entered in one given state."""

    #: per run: inside quotes after it
    inside: Mask
    #: per run: it opens a field
    opening: Mask
    #: per line: OUT, IN or BROKEN at its end
    end: States
    #: per run: it is text outside of quotes
    textual: Mask


def find_runs(data: Bytes, lines: Lines, delimiter: int, quote: int, escape: int) -> Runs | None:
    """Find the runs of quote characters; quotes behind an escaping backslash are ordinary text."""
    at = np.flatnonzero(data == quote)
    if escape != quote and at.size:
        at = at[~escaped(data, at, escape)]
    if not at.size:
        return None
    head = np.flatnonzero(np.diff(at, prepend=-2) != 1)
    start = at[head]
    stop = at[np.append(head[1:], at.size) - 1] + 1
    line = lines.index(start)
    before = _over_blanks(data, start - 1, lines.start[line] - 1, -1, delimiter)
    after = _over_blanks(data, stop, lines.stop[line], 1, delimiter)
    begins = (before < lines.start[line]) | (data.take(before, mode="clip") == delimiter)
    ends = (after == lines.stop[line]) | (data.take(after, mode="clip") == delimiter)
    return Runs(start, stop, line, (stop - start) % 2 == 1, begins, ends, start - 1 - before)


def escaped(data: Bytes, at: Positions, escape: int) -> Mask:
    """Return which positions stand behind an odd number of escape characters."""
    strokes = np.flatnonzero(data == escape)
    if not strokes.size:
        return np.zeros(at.size, np.bool_)
    head = np.maximum.accumulate(np.where(np.diff(strokes, prepend=-2) != 1, strokes, 0))
    last = np.searchsorted(strokes, at) - 1
    behind: Mask = ((at - head[last]) % 2 == 1) & (last >= 0) & (strokes[last] == at - 1)
    return behind


def walk(runs: Runs, lines: int, entered: int) -> Walk:
    """Follow every line from the state `entered` (OUT or IN)."""
    opens = runs.begins & runs.odd
    closes = runs.ends & runs.odd
    turns = opens & closes
    first = runs.first
    fixed = runs.odd & ~turns
    value = np.where(fixed, opens, (entered == IN) ^ turns)
    inside = settle(fixed | first, value, turns)
    before = np.concatenate(([False], inside[:-1]))
    before[first] = entered == IN
    stray = ~runs.ends & np.where(before, runs.odd, runs.begins & ~runs.odd)
    end = np.full(lines, entered, np.int8)
    last = np.flatnonzero(np.append(first[1:], True))
    end[runs.line[last]] = inside[last]
    end[runs.line[stray]] = BROKEN
    return Walk(inside, runs.begins & ~before, end, ~runs.begins & ~before)


def _over_blanks(data: Bytes, at: Positions, edge: Positions, step: int, delimiter: int) -> Positions:
    """Return where going on from `at` over blanks leads, the line's edge at the latest."""
    if delimiter == BLANK:
        return at
    at = at.copy()
    moving = np.arange(at.size)
    for _ in range(_NEAR):
        moving = moving[at[moving] != edge[moving]]
        moving = moving[data[at[moving]] == BLANK]
        if not moving.size:
            return at
        at[moving] += step
    # A long stretch of blanks: jump over it by search, so that its length costs nothing.
    solid = np.flatnonzero(data != BLANK)
    solid = np.concatenate(([-1], solid, [data.size]))
    found = np.searchsorted(solid, at[moving], side="left" if step > 0 else "right") - (step < 0)
    limit = np.minimum if step > 0 else np.maximum
    at[moving] = limit(solid[found], edge[moving])
    return at
