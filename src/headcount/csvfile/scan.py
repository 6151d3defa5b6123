"""Scan: read a file once from end to end, and say what is in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from headcount.csvfile import encoding as encodings
from headcount.csvfile.blocks import Block, read_blocks
from headcount.csvfile.carry import widths
from headcount.csvfile.container import Progress, unpack
from headcount.csvfile.description import CsvFile
from headcount.csvfile.dialect import Dialect, Given, escapes
from headcount.csvfile.encoding import Encoding
from headcount.csvfile.examine import Findings, Rules, examine, overlong
from headcount.csvfile.ledger import Ledger
from headcount.csvfile.marks import Bytes
from headcount.csvfile.opening import Opening, open_csv
from headcount.csvfile.unmarked import is_binary
from headcount.errors import FileRejected, WrongCall

_WORKERS = 2
_HELD = 31 << 20
_HEAD = 16 << 10


def survey(  # noqa: PLR0913  what a person can say about a file
    path: Path,
    workdir: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    quote: str | None = None,
    escape: str | None = None,
    limit: int = 1_000_000_000,
    progress: Progress | None = None,
) -> CsvFile:
    """Read a file of at most `limit` bytes (unpacked) and describe it; what is written goes to `workdir`.

    `progress` is told the bytes done and the bytes there are; a second reading begins again at 0.
    Raises FileRejected (file_empty, file_not_csv, file_too_large, header_missing, archive_invalid, archive_encrypted,
    archive_many) and WrongCall (encoding_unknown, dialect_invalid).
    """
    check_marks(delimiter, quote, escape)
    workdir.mkdir(parents=True, exist_ok=True)
    _hold_freed_memory()
    named = encodings.given(encoding) if encoding is not None else None
    tell = progress or (lambda _done, _total: None)
    plain = unpack(path, workdir, limit, tell)
    return _Survey(path, plain, workdir, Given(delimiter, quote, escape), tell).run(named)


def _hold_freed_memory() -> None:
    # glibc returns large freed arrays to the system at once, and getting the pages back costs as much as the work
    # on them. It holds on to what is smaller than the largest array it has seen freed, 32 MB at most.
    np.empty(_HELD, np.uint8)


def check_marks(delimiter: str | None, quote: str | None, escape: str | None) -> None:
    """Refuse what cannot be one of them. Raises WrongCall(dialect_invalid)."""
    _check_mark("delimiter", delimiter)
    _check_mark("quote", quote)
    if escape not in {None, "\\", quote or '"'}:
        raise WrongCall("dialect_invalid", f"The escape {escape!r} is neither a backslash nor the quote.", "Give one of these.")
    if delimiter is not None and delimiter == quote:
        raise _same_sign(quote)


def _check_mark(name: str, mark: str | None) -> None:
    if mark is not None and (len(mark) != 1 or mark > "\x7f" or mark.isalnum() or mark in "\r\n"):
        raise WrongCall("dialect_invalid", f"The {name} {mark!r} is not one plain sign.", "Give one ASCII sign.")


def _check_apart(dialect: Dialect) -> None:
    # Detection keeps the two apart, but not from what a person gave.
    if dialect.delimiter == dialect.quote:
        raise _same_sign(dialect.quote)


def _same_sign(sign: str) -> WrongCall:
    message = f"The sign {sign!r} cannot be both the delimiter and the quote."
    return WrongCall("dialect_invalid", message, "Give another delimiter or another quote.")


@dataclass(frozen=True, slots=True)
class _Survey:
    path: Path
    #: the same, unpacked
    plain: Path
    workdir: Path
    given: Given
    tell: Progress

    def run(self, named: Encoding | None) -> CsvFile:
        """Go through the file, and again where the first look was wrong about it."""
        with self.plain.open("rb") as file:
            head = file.read(_HEAD)
        encoding = encodings.in_order(named, head) if named else encodings.announced(head)
        if encoding is not None:
            return self._read(encoding)
        _check_text(head, self.given.delimiter)
        try:
            return self._read(None)
        except _NotUtf8:
            return self._read(encodings.detect(self.plain))

    def _read(self, encoding: Encoding | None) -> CsvFile:
        """Read in the encoding, or in UTF-8 for as long as nothing speaks against it (None)."""
        source = self.plain if encoding is None or encoding.is_utf8 else self._transcode(encoding)
        opening = open_csv(source, self.given)
        _check_apart(opening.dialect)
        if encoding is None and opening.undecodable:
            raise _NotUtf8
        try:
            return self._judge(source, opening, encoding)
        except _Backslash:
            escaped = replace(opening, dialect=replace(opening.dialect, escape="\\"))
            return self._judge(source, escaped, encoding)

    def _judge(self, source: Path, opening: Opening, encoding: Encoding | None) -> CsvFile:
        """Leave a clean file where it is; otherwise copy its good records."""
        if opening.simple:
            try:
                return self._scan(source, opening, encoding, copy=False)
            except _Unclean:
                pass
        found = self._scan(source, opening, encoding, copy=True)
        if source != self.path:
            source.unlink()
        return found

    def _transcode(self, encoding: Encoding) -> Path:
        target = self.workdir / "utf8.csv"
        size = self.plain.stat().st_size
        encodings.transcode(self.plain, target, encoding.name, lambda done: self.tell(done, size))
        return target

    def _scan(self, source: Path, opening: Opening, encoding: Encoding | None, *, copy: bool) -> CsvFile:
        """Judge every row; without `copy` the first one that is not good raises _Unclean."""
        rules = Rules(opening.dialect.marks, len(opening.header), copy, widths(encoding.name) if encoding else None)
        with Ledger(self.workdir, opening, copy=copy) as ledger, source.open("rb") as file:
            size = source.stat().st_size
            file.seek(opening.body)
            for data, found in judged(read_blocks(file), rules):
                if encoding is None and found.undecodable:
                    raise _NotUtf8
                if found.misquoted and self.given.escape is None and escapes(data, opening.dialect):
                    raise _Backslash
                ledger.append(data, found)
                if not copy and not ledger.clean:
                    raise _Unclean
                self.tell(min(file.tell(), size), size)
        return ledger.describe(source, opening, encoding or encodings.utf8(ledger.sample), self.plain.stat().st_size)


class _NotUtf8(Exception):
    """The file holds bytes that are not UTF-8."""


class _Unclean(Exception):
    """The file cannot be read in place."""


class _Backslash(Exception):
    """Backslashes escape quotes, which the first lines did not show."""


def _check_text(head: bytes, delimiter: str | None) -> None:
    if is_binary(head, delimiter):
        advice = "Open it in the program it comes from and save or export it as CSV."
        raise FileRejected("file_not_csv", "The file is a binary file, not a CSV file.", advice)


def judged(blocks: Iterator[Block], rules: Rules) -> Iterator[tuple[Bytes, Findings]]:
    """Examine blocks side by side and yield their findings in order.

    Each block is examined as if a row began with it. Where the block before it ends within a row, that is wrong,
    and it is examined again together with the unfinished row.
    """
    rest = np.empty(0, np.uint8)
    with ThreadPoolExecutor(_WORKERS) as pool:
        for block, future in _ahead(pool, blocks, rules):
            data = block.data
            if block.overlong:
                if rest.size:
                    yield rest, examine(rest, rules, closed=True)
                rest = rest[:0]
                yield data, overlong(data, block.overlong, rules)
                continue
            if rest.size:
                data = np.concatenate((rest, data))
                found = examine(data, rules, closed=block.closed)
            else:
                found = future.result()
            yield data, found
            rest = data[found.rest :]
    if rest.size:
        yield rest, examine(rest, rules, closed=True)


def _ahead(pool: ThreadPoolExecutor, blocks: Iterator[Block], rules: Rules) -> Iterator[tuple[Block, Future[Findings]]]:
    waiting: deque[tuple[Block, Future[Findings]]] = deque()
    for block in blocks:
        waiting.append((block, pool.submit(examine, block.data, rules, closed=block.closed)))
        if len(waiting) > _WORKERS:
            yield waiting.popleft()
    yield from waiting
