"""Packed marks: one bit for each byte of a block, 64 to a word, so that a rule about neighbours is a few operations on words.

There is always room for one mark behind the last byte.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from headcount.csvfile.marks import Mask, Positions

Words: TypeAlias = npt.NDArray[np.uint64]

_ONE, _LAST = np.uint64(1), np.uint64(63)


def pack(marks: Mask) -> Words:
    """The marks of a block."""
    bits = np.packbits(marks, bitorder="little")
    words = np.zeros(marks.size // 64 + 1, np.uint64)
    words.view(np.uint8)[: bits.size] = bits
    return words


def after(words: Words, *, start: bool = False) -> Words:
    """Mark what stands directly behind a mark; `start` says whether a mark stands before the block."""
    moved = words << _ONE
    moved[1:] |= words[:-1] >> _LAST
    moved[0] |= np.uint64(start)
    return moved


def before(words: Words) -> Words:
    """Mark what stands directly before a mark."""
    moved = words >> _ONE
    moved[:-1] |= words[1:] << _LAST
    return moved


def between(words: Words) -> Words:
    """Mark everything from each first mark up to before the second one that ends it: where the number of marks so far is odd."""
    odd = words.copy()
    for step in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(step)
    carried = np.bitwise_xor.accumulate(odd >> _LAST)
    odd[1:] ^= np.uint64(0) - carried[:-1]
    return odd


def count(words: Words) -> int:
    """How many marks there are."""
    return int(np.bitwise_count(words).sum())


def marked(words: Words, at: Positions) -> Mask:
    """Whether each position is marked."""
    found: Mask = (words[at >> 6] >> (at & 63).astype(np.uint64)) & _ONE != 0
    return found


class Tally:
    """Counts marks before any position in constant time: beside the words, a running count for each of them."""

    __slots__ = ("_counts", "_words")

    def __init__(self, words: Words) -> None:
        self._words = words
        self._counts = np.zeros(words.size + 1, np.int64)
        np.cumsum(np.bitwise_count(words), out=self._counts[1:])

    def before(self, at: Positions) -> Positions:
        """Return the number of marks in `[0, at)` for every position."""
        word = at >> 6
        below = np.left_shift(_ONE, (at & 63).astype(np.uint64)) - _ONE
        counts: Positions = self._counts[word] + np.bitwise_count(self._words[word] & below)
        return counts
