"""Rows of a block in which every quote serves to quote: the usual case, a third of the work of judging each run of quotes.

Whether a byte is inside quotes is then a matter of how many quotes stand before it. That holds as long as every quote that opens
stands behind a delimiter, a line end or a quote that closed, and every quote that closes stands before one of these. Where a single
one does not, nothing is said here, and `rows.read_rows` looks closely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headcount.csvfile.bits import Tally, Words, after, before, between, count, marked, pack
from headcount.csvfile.marks import CR, LF, Bytes, Mask, Positions
from headcount.csvfile.rows import MAX_QUOTED, NOWHERE, Marks, Rows


def sound_rows(data: Bytes, marks: Marks, *, closed: bool) -> Rows | None:
    """The rows of a block, all of them sound; None where that cannot be told in this way."""
    feeds, returns = data == LF, data == CR
    if marks.escape != marks.quote or not data.size or _stray(returns, feeds) or not (feeds[-1] or closed):
        return None
    quotes, delimiters, ends = pack(data == marks.quote), pack(data == marks.delimiter), pack(feeds)
    edges = delimiters | ends | pack(returns) | _mark(data.size, ends.size)
    inside = between(quotes)
    opening, closing = quotes & inside, quotes & ~inside
    begins = opening & ~after(quotes)
    if (begins & ~after(edges, start=True)).any() or (closing & ~before(edges | quotes)).any():
        return None
    return _Block(feeds, returns, inside).rows(Tally(delimiters & ~inside), count(begins), closed=closed)


@dataclass(frozen=True, slots=True)
class _Block:
    """Line ends of a block, and what of it is inside quotes."""

    feeds: Mask
    returns: Mask
    inside: Words

    def rows(self, delimiters: Tally, opened: int, *, closed: bool) -> Rows | None:
        """The rows, with so many quotes that open a field; None where one goes on for too long or is never closed."""
        size, at = self.feeds.size, np.flatnonzero(self.feeds)
        within = marked(self.inside, at)
        breaks, last = (at[within], at[~within]) if within.any() else (NOWHERE, at)
        stop, end = self._without_return(last), last + 1
        unfinished = bool(marked(self.inside, np.array([size]))[0])
        if not (unfinished or self.feeds[-1]):
            stop, end = np.append(stop, size), np.append(end, size)
        start = np.zeros_like(end)
        start[1:] = end[:-1]
        rest = int(end[-1]) if end.size else 0
        too_long = breaks.size and (end - start).max(initial=size - rest) > MAX_QUOTED
        if (unfinished and (closed or size - rest > MAX_QUOTED)) or too_long:
            return None
        return Rows(
            start,
            stop,
            end,
            np.diff(delimiters.before(end), prepend=0) + 1,
            np.zeros(start.size, np.uint8),
            self._without_return(breaks[breaks < rest]),
            opened,
            textual=False,
            padded=False,
            rest=rest,
            inside=self.inside[: rest // 64 + 1],
        )

    def _without_return(self, at: Positions) -> Positions:
        """Where lines end, whose line feeds are given."""
        return at - self.returns[at - 1] if at.size and self.returns.any() else at


def _stray(returns: Mask, feeds: Mask) -> bool:
    """Whether a carriage return stands elsewhere than before a line feed."""
    return bool(returns.any()) and bool(returns[-1] or (returns[:-1] & ~feeds[1:]).any())


def _mark(at: int, words: int) -> Words:
    mark = np.zeros(words, np.uint64)
    mark[at >> 6] = np.uint64(1) << np.uint64(at & 63)
    return mark
