"""Undecodable bytes: how they get into a copy in UTF-8, where they stood in the original, and how they are shown.

In the copy two bytes stand for one: `F8` to `FB` with its upper two bits, `80` to `BF` with its lower six. No such lead exists in UTF-8,
so the byte can neither become text together with its neighbours nor be lost, and a count of leads is a count of bytes.
"""

from __future__ import annotations

import codecs
import re
from typing import TypeAlias

import numpy as np

from headcount.csvfile.marks import Bytes, Positions, spans

#: For each byte of the copy the bytes it stands for in the original; None where there is no copy.
Widths: TypeAlias = Bytes | None

_CARRY = "headcount.carry"
_LEAD, _NEXT = 0xF8, 0x80
_PAIR = re.compile(rb"([\xf8-\xfb])[\x80-\xbf]")
_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)


def decoder(name: str) -> codecs.IncrementalDecoder:
    """Return a decoder whose text, encoded as UTF-8 with `surrogateescape`, holds undecodable bytes as said above."""
    return codecs.getincrementaldecoder(name)(_CARRY)


def widths(name: str) -> Widths:
    """Return the widths of an encoding: exact where a character has one length, near the truth for those of East Asia."""
    if name in {"utf-8", "utf-8-sig"}:
        return None
    character = 4 if name.startswith("utf-32") else 2 if name.startswith("utf-16") else 1
    table = np.full(256, character, np.uint8)
    table[0x80:0xC0] = 0
    if character == 2:
        table[0xF0:0xF8] = 4
    elif character == 1 and not _single_bytes(name):
        table[0xC0:0xF8] = 2
    table[_LEAD:] = 1
    return table


def _single_bytes(name: str) -> bool:
    return len(bytes(range(256)).decode(name, "replace")) == 256


def original(data: Bytes, start: Positions, stop: Positions, table: Widths) -> Positions:
    """Return how many bytes of the original stand within `[start, stop)` of every ascending span."""
    if table is None:
        return stop - start
    total = np.concatenate(([0], np.cumsum(table[data[spans(start, stop, data.size)]], dtype=np.int64)))
    ends = np.cumsum(stop - start)
    lengths: Positions = total[ends] - total[ends - (stop - start)]
    return lengths


def values(data: Bytes, at: Positions, table: Widths) -> Bytes:
    """Return the undecodable bytes at these positions, as they are in the original."""
    byte = data[at]
    if table is None:
        return byte
    following = data.take(at + 1, mode="clip")
    return np.where(byte >= _LEAD, (byte & 3) << 6 | following & 0x3F, byte)


def shown(data: Bytes, wrong: Positions, table: Widths) -> tuple[Bytes, Positions]:
    r"""Return the text with its `wrong` bytes written as `\xNN`, and how many bytes each byte became; NUL is text and stays."""
    became = np.ones(data.size, np.int64)
    wrong = wrong[data[wrong] > 0]
    if table is not None:
        became[wrong] = 0
        wrong = wrong[data[wrong] >= _LEAD]
    became[wrong] = 4
    text = np.repeat(data, became)
    at = (np.cumsum(became) - became)[wrong]
    byte = values(data, wrong, table)
    for step, sign in enumerate((ord("\\"), ord("x"), _HEX[byte >> 4], _HEX[byte & 15])):
        text[at + step] = sign
    return text, became


def replaced(text: bytes) -> str:
    """Return a text with one replacement character for each of its undecodable bytes."""
    return _PAIR.sub(rb"\1", text).decode("utf-8", "replace")


def _carry(error: UnicodeError) -> tuple[str, int]:
    """Stand in for undecodable bytes by surrogates that `surrogateescape` makes the two bytes of."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + (_LEAD | byte >> 6)) + chr(0xDC00 + (_NEXT | byte & 0x3F)) for byte in wrong), error.end


codecs.register_error(_CARRY, _carry)
