"""UTF-8: which bytes of a block are not text, and whether it holds white space that a plain trim would miss."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headcount.csvfile.marks import Bytes, Mask, Positions

_ASCII = 0x80
#: The bytes that white space beyond ASCII begins with.
_LEADS = bytes((0xC2, 0xE1, 0xE2, 0xE3, 0xEF))


def undecodable(data: Bytes) -> Positions:
    """Return where bytes stand that are not UTF-8 text, NUL included."""
    if not data.size or (data.max() < _ASCII and data.min() > 0):
        return np.zeros(0, np.int64)
    wrong = np.flatnonzero(data == 0) if data.min() == 0 else np.zeros(0, np.int64)
    if not _valid(data):
        wrong = np.sort(np.concatenate((wrong, _invalid(data))))
    return wrong


def sequences(data: Bytes) -> tuple[int, int]:
    """Return how many multi-byte sequences are valid UTF-8, and how many non-ASCII bytes belong to none."""
    high = np.flatnonzero(data >= _ASCII)
    length, claimed = _claims(data, high)
    return int(np.count_nonzero(length)), int(np.count_nonzero(~claimed))


def whole_characters(head: Bytes) -> Bytes:
    """Return the beginning of a text without the character that its cut goes through."""
    leads = np.flatnonzero(head[-4:] >= 0xC0)
    at = head.size - min(4, head.size) + int(leads[-1]) if leads.size else head.size
    return head[:at] if _invalid(head[at:]).size else head


def _valid(data: Bytes) -> bool:
    ends = pa.py_buffer(np.array([0, data.size], np.int32))
    try:
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _invalid(data: Bytes) -> Positions:
    high = np.flatnonzero(data >= _ASCII)
    return high[~_claims(data, high)[1]]


def _claims(data: Bytes, high: Positions) -> tuple[Bytes, Mask]:
    """Return for every high byte how long a valid sequence it begins (0: none), and whether one claims it."""
    byte = data[high]
    follows = np.zeros((3, high.size), np.bool_)
    second = np.zeros(high.size, np.uint8)
    for step in range(1, 4):
        follows[step - 1, :-step] = (high[step:] - high[:-step] == step) & (byte[step:] < 0xC0)
    second[:-1] = byte[1:]
    two = (byte >= 0xC2) & (byte <= 0xDF) & follows[0]
    three = (byte >= 0xE0) & (byte <= 0xEF) & follows[0] & follows[1]
    three &= ~((byte == 0xE0) & (second < 0xA0)) & ~((byte == 0xED) & (second > 0x9F))
    four = (byte >= 0xF0) & (byte <= 0xF4) & follows.all(axis=0)
    four &= ~((byte == 0xF0) & (second < 0x90)) & ~((byte == 0xF4) & (second > 0x8F))
    length = (2 * two + 3 * three + 4 * four).astype(np.uint8)
    claimed = length > 0
    for step in range(1, 4):
        claimed[step:] |= length[:-step] > step
    return length, claimed


def wide_spaces(data: Bytes) -> bool:
    """Return whether Unicode white space beyond ASCII, or a zero-width character, occurs in UTF-8 text."""
    raw = data.tobytes()
    if not any(byte in raw for byte in _LEADS):
        return False
    lead = np.flatnonzero(data >= _LEADS[0])
    lead = lead[np.isin(data[lead], tuple(_LEADS))]
    one = data[lead].astype(np.int64)
    two = data.take(lead + 1, mode="clip").astype(np.int64)
    three = data.take(lead + 2, mode="clip").astype(np.int64)
    pair = one << 8 | two
    point = pair << 8 | three
    return bool(
        np.isin(pair, (0xC285, 0xC2A0)).any()
        or np.isin(point, (0xE19A80, 0xE281A0, 0xE2819F, 0xE38080, 0xEFBBBF)).any()
        or ((pair == 0xE280) & ((three <= 0x8F) | ((three >= 0xA8) & (three <= 0xAF)))).any()
    )
