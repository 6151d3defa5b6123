"""The encoding of a file: decided over all its bytes, with the evidence that decided."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from headcount.csvfile import carry
from headcount.csvfile.blocks import read_blocks
from headcount.csvfile.candidates import most_plausible
from headcount.csvfile.marks import Bytes
from headcount.csvfile.unmarked import byte_order
from headcount.csvfile.utf8 import sequences
from headcount.errors import WrongCall

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", 3),
    (codecs.BOM_UTF32_LE, "utf-32-le", 4),
    (codecs.BOM_UTF32_BE, "utf-32-be", 4),
    (codecs.BOM_UTF16_LE, "utf-16-le", 2),
    (codecs.BOM_UTF16_BE, "utf-16-be", 2),
)
#: They encode text for other ends than files.
_NO_FILES = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
_UTF8 = {"utf-8", "utf-8-sig"}
_CHUNK = 4 << 20
_FIRST_LINES = 64 << 10
_FRAGMENT = 60


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file are read as text."""

    name: str
    #: one sentence: why
    evidence: str
    #: a short piece of a line with a non-ASCII character, as decoded
    sample: str | None

    @property
    def is_utf8(self) -> bool:
        """Return whether the file can be read as it is."""
        return self.name in _UTF8


def given(name: str) -> Encoding:
    """Return the encoding a person named. Raises WrongCall(encoding_unknown)."""
    try:
        found = codecs.lookup(name).name
        "a".encode(found)
    except (LookupError, ValueError):
        found = "undefined"
    if found in _NO_FILES:
        advice = "Known are for example utf-8, utf-16, windows-1252, iso-8859-1, shift_jis, gb18030."
        raise WrongCall("encoding_unknown", f"There is no encoding of files called {name!r}.", advice)
    return Encoding({"cp1252": "windows-1252"}.get(found, found), "given", None)


def in_order(encoding: Encoding, head: bytes) -> Encoding:
    """Return the encoding with the byte order that the bytes show, where neither name nor mark tells: by default little endian."""
    size = {"utf-16": 2, "utf-32": 4}.get(encoding.name)
    if size is None or bom_length(head):
        return encoding
    first, last = head[::size].count(0), head[size - 1 :: size].count(0)
    return replace(encoding, name=f"{encoding.name}-{'be' if first > last else 'le'}")


def bom_length(head: bytes) -> int:
    """Return the length of the byte order mark at the beginning."""
    return next((length for bom, _, length in _BOMS if head.startswith(bom)), 0)


def announced(head: bytes) -> Encoding | None:
    """Return the encoding that the first bytes of a file give away, by a mark or by their NUL bytes."""
    for bom, name, _ in _BOMS:
        if head.startswith(bom):
            return Encoding(name, "The file begins with a byte order mark.", None)
    order = byte_order(head)
    return Encoding(f"utf-16-{order}", "Line ends and ASCII have NUL bytes beside them, as in UTF-16.", None) if order else None


def utf8(sample: str | None) -> Encoding:
    """Return the encoding of a file whose every byte was found to be UTF-8."""
    return Encoding("utf-8", "Every byte is valid UTF-8.", sample)


def detect(path: Path) -> Encoding:
    """Return the encoding of a file that is not wholly UTF-8, from all its lines with non-ASCII bytes."""
    valid = invalid = 0
    lines: list[bytes] = []
    with path.open("rb") as file:
        for index, block in enumerate(read_blocks(file)):
            good, bad = sequences(block.data)
            valid, invalid = valid + good, invalid + bad
            lines += _high_lines(block.data, _FIRST_LINES // (index + 1))
    if not invalid:
        return utf8(None)
    if valid >= invalid:
        evidence = f"{valid:,} sequences are valid UTF-8, {invalid:,} bytes are not."
        return Encoding("utf-8", evidence, None)
    name, evidence = most_plausible(b"\n".join(lines))
    return Encoding(name, evidence, None)


def _high_lines(data: Bytes, quota: int) -> Iterator[bytes]:
    """Yield lines with non-ASCII bytes, `quota` bytes of them at most."""
    high = np.flatnonzero(data >= 0x80)
    ends = np.flatnonzero(data == 10)
    at = 0
    while quota > 0 and at < high.size:
        nearest = int(np.searchsorted(ends, high[at]))
        start = int(ends[nearest - 1]) + 1 if nearest else 0
        stop = int(ends[nearest]) if nearest < ends.size else data.size
        line = data[max(start, int(high[at]) - 500) : min(stop, int(high[at]) + 500)]
        yield line.tobytes()
        quota -= line.size
        at = int(np.searchsorted(high, stop))


def fragment(data: Bytes) -> str | None:
    """Return a short piece of UTF-8 text around the first non-ASCII character."""
    if not data.size or data.max() < 0x80:
        return None
    at = int(np.argmax(data >= 0x80))
    piece = data[max(0, at - _FRAGMENT // 2) : at + _FRAGMENT].tobytes()
    before = piece[: at - max(0, at - _FRAGMENT // 2)]
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    text = piece[start:].decode("utf-8", "ignore")
    return text.splitlines()[0][:_FRAGMENT] if text else None


def transcode(path: Path, target: Path, name: str, tell: Callable[[int], None]) -> None:
    """Write `path`, read in the encoding `name`, as UTF-8. Undecodable bytes are carried over."""
    decoder = carry.decoder(name)
    with path.open("rb") as source, target.open("wb") as out:
        # Without a byte order in its name the decoder needs the mark.
        source.seek(bom_length(source.read(4)) if name.startswith("utf") and name.endswith(("le", "be")) else 0)
        while chunk := source.read(_CHUNK):
            out.write(decoder.decode(chunk).encode("utf-8", "surrogateescape"))
            tell(source.tell())
        out.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
