"""Blocks: a file as arrays of whole lines, so that every block can be judged by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader

import numpy as np

from headcount.csvfile.marks import Bytes

BLOCK = 1 << 22

#: A line longer than this is not read as a record.
MAX_LINE = 16 << 20

#: What is kept of a line that is too long.
KEPT = 64 << 10


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file."""

    data: Bytes
    #: nothing follows, or what follows is no line that a record could go on in
    closed: bool
    #: the length of the one line that `data` is only the head of; else 0
    overlong: int = 0


def read_blocks(file: BufferedReader, size: int = BLOCK, longest: int = MAX_LINE) -> Iterator[Block]:
    """Cut a file into blocks of about `size` bytes; memory is bounded by `size + longest`."""
    carry = np.empty(0, np.uint8)
    while True:
        data, full = _grown(file, carry, size)
        if not full:
            if data.size:
                yield Block(data, closed=True)
            return
        cut = last_line_end(data)
        if cut:
            yield Block(data[:cut], closed=False)
            carry = data[cut:].copy()
        elif data.size > longest:
            length, carry = _skip_line(file, data, size)
            yield Block(data[:KEPT].copy(), closed=True, overlong=length)
        else:
            carry = data


def last_line_end(data: Bytes) -> int:
    """Return how many bytes the whole lines of `data` take; a final CR may be half of a line end."""
    width = 1 << 14
    while True:
        tail = data[-width:].tobytes()
        cut = max(tail.rfind(b"\n"), tail.rfind(b"\r", 0, -1)) + 1
        if cut:
            return data.size - len(tail) + cut
        if width >= data.size:
            return 0
        width *= 8


def _grown(file: BufferedReader, carry: Bytes, size: int) -> tuple[Bytes, bool]:
    data = np.empty(carry.size + size, np.uint8)
    data[: carry.size] = carry
    filled = carry.size
    while filled < data.size and (read := file.readinto(data[filled:].data)):
        filled += read
    return data[:filled], filled == data.size


def _skip_line(file: BufferedReader, data: Bytes, size: int) -> tuple[int, Bytes]:
    """Read on to the end of the line; return its length and the bytes after it."""
    length = data.size
    held = data[-1:] if data[-1] == 13 else data[:0]
    length -= held.size
    while True:
        data, full = _grown(file, held, size)
        found = np.flatnonzero((data == 10) | (data == 13))
        if found.size and (found[0] + 1 < data.size or not full):
            end = int(found[0])
            pair = data[end : end + 2].tobytes() == b"\r\n"
            return length + end, data[end + 1 + pair :].copy()
        if not full:
            return length + data.size, data[:0]
        held = data[-1:].copy() if found.size else data[:0]
        length += data.size - held.size
