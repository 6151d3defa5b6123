"""Marked bytes: arrays over one block of a file, and counting marks before any position."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]
Positions: TypeAlias = npt.NDArray[np.int64]

TAB, LF, CR, BLANK, QUOTE, APOSTROPHE, COMMA, BACKSLASH = b"\t\n\r \"',\\"


class Tally:
    """Counts marks before any position in constant time: one bit per byte, one running count per 64 of them."""

    __slots__ = ("_counts", "_words")

    def __init__(self, marks: Mask) -> None:
        bits = np.packbits(marks, bitorder="little")
        words = np.zeros(marks.size // 64 + 1, np.uint64)
        words.view(np.uint8)[: bits.size] = bits
        self._words = words
        self._counts = np.zeros(words.size + 1, np.int64)
        np.cumsum(np.bitwise_count(words), out=self._counts[1:])

    def before(self, at: Positions) -> Positions:
        """Return the number of marks in `[0, at)` for every position."""
        word = at >> 6
        below = np.left_shift(np.uint64(1), (at & 63).astype(np.uint64)) - np.uint64(1)
        counts: Positions = self._counts[word] + np.bitwise_count(self._words[word] & below)
        return counts


def settle(fixed: Mask, value: Mask, turns: Mask) -> Mask:
    """Return the state after each step of a chain whose steps either fix the state, turn it round or keep it.

    The first step must be fixed. The state is the last fixed value, turned once per turn since.
    """
    last = np.maximum.accumulate(np.where(fixed, np.arange(fixed.size), 0))
    turned = np.cumsum(turns & ~fixed)
    state: Mask = value[last] ^ ((turned - turned[last]) % 2 == 1)
    return state


def spans(starts: Positions, stops: Positions, size: int) -> Mask:
    """Return a mask of `size` bytes that is true within `[start, stop)` of every ascending span."""
    edges = np.empty(2 * starts.size + 2, np.int64)
    edges[0], edges[-1] = 0, size
    edges[1:-1:2], edges[2:-1:2] = starts, stops
    lengths = np.diff(edges)
    inside: Mask = np.repeat(np.arange(lengths.size) % 2 == 1, lengths)
    return inside
