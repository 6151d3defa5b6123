"""The first bytes of a file without a byte order mark: whether they are UTF-16, or no text at all."""

from __future__ import annotations

import re

import numpy as np

from headcount.csvfile.marks import CR, LF, Bytes, Mask

#: Control characters that no encoding of text needs; 1B leads the escapes of ISO-2022.
_CONTROLS = frozenset(range(1, 9)) | frozenset(range(14, 32)) - {0x1B}
_TEXT = np.isin(np.arange(256), [*range(0x20, 256), 9, LF, CR])
_PRINTABLE = np.isin(np.arange(256), [*range(0x20, 0x7F), 9, LF, CR])
_MOSTLY = 0.8
#: Bytes from which on control characters tell a binary file.
_TELLING = 256


def byte_order(head: bytes) -> str | None:
    """Return `le` or `be` where the bytes are UTF-16 text, else None."""
    return next((order for order in ("le", "be") if _is_utf16(head[: len(head) // 2 * 2], order)), None)


def _is_utf16(head: bytes, order: str) -> bool:
    """Whether line ends are characters of two bytes, and the text makes sense; without line ends NUL bytes have to be many."""
    pairs = np.frombuffer(head, np.uint8).reshape(-1, 2)
    low, high = (pairs[:, 0], pairs[:, 1]) if order == "le" else (pairs[:, 1], pairs[:, 0])
    ends = _is_end(low) & (high == 0)
    # A character may have the byte of a line end as its half; beside a control byte it is no line end of an 8-bit file.
    strays = (_is_end(low) & _TEXT[high]) | (_is_end(high) & _TEXT[low])
    if not ends.any():
        return bool(not strays.any() and (high == 0).sum() > 0.4 * high.size and (low == 0).sum() < 0.1 * high.size)
    weight = 1 if _PRINTABLE[pairs[pairs > 0]].mean() > _MOSTLY else 3
    return bool(weight * ends.sum() > strays.sum()) and not _begins_as_ascii(pairs, ends, strays) and _makes_sense(head, order)


def _is_end(byte: Bytes) -> Mask:
    end: Mask = (byte == LF) | (byte == CR)
    return end


def _begins_as_ascii(pairs: Bytes, ends: Mask, strays: Mask) -> bool:
    """Whether a line of ASCII stands before the first line end of two bytes: NUL bytes in the last column look like that."""
    first = int(np.argmax(ends))
    return bool(strays[:first].any() and _PRINTABLE[pairs[:first]].mean() > _MOSTLY)


def _makes_sense(head: bytes, order: str) -> bool:
    text = head.decode(f"utf-16-{order}", "replace")
    return sum(not char.isprintable() and not char.isspace() for char in text) <= 0.05 * len(text)


def is_binary(head: bytes, delimiter: str | None) -> bool:
    """Whether the bytes are no text: their controls are of many kinds, or begin in the first line and are many.

    NUL bytes in later rows are no evidence, nor is a control that delimits.
    """
    if len(head) < _TELLING:
        return False
    controls = bytes(_CONTROLS - {ord(delimiter or "\0")})
    first = re.split(rb"[\r\n]", head.lstrip(b"\r\n"), maxsplit=1)[0]
    found = [byte for byte in head if byte in controls]
    many = len(found) > (len(head) - head.count(0)) // 20 and len(set(found)) > 4
    begins = any(byte in controls or byte == 0 for byte in first)
    return many or (begins and len(found) + head.count(0) > len(head) // 10)
