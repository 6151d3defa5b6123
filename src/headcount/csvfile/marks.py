"""Marked bytes: arrays over one block of a file."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]
Positions: TypeAlias = npt.NDArray[np.int64]

TAB, LF, CR, BLANK, QUOTE, APOSTROPHE, COMMA, BACKSLASH = b"\t\n\r \"',\\"


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
