"""Examine one block: which of its rows are good, what is wrong with the others, and the text to keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headcount.csvfile import broken
from headcount.csvfile.blocks import MAX_LINE
from headcount.csvfile.carry import Widths
from headcount.csvfile.ends import Ends, ends
from headcount.csvfile.keep import keep
from headcount.csvfile.marks import CR, LF, Bytes, Mask
from headcount.csvfile.rows import SOUND, Marks, Rows, blank_rows, read_rows
from headcount.csvfile.sound import sound_rows
from headcount.csvfile.utf8 import undecodable, whole_characters


@dataclass(frozen=True, slots=True)
class Rules:
    """What a block is judged by."""

    marks: Marks
    columns: int
    #: whether the good records are to be copied
    copy: bool
    #: how long the characters of a transcoded file were
    widths: Widths = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What a block holds, up to `rest`."""

    #: per row, blank ones included
    good: Mask
    blank: int
    broken: pa.RecordBatch | None
    #: the kinds of line end between records
    newlines: frozenset[str]
    longest: int
    ends: Ends
    undecodable: bool
    misquoted: bool
    #: DuckDB would not read every good record as it is
    awkward: bool
    #: the good records, each ended by a line feed; empty unless asked for
    text: Bytes
    rest: int


def examine(data: Bytes, rules: Rules, *, closed: bool) -> Findings:
    """Judge the rows of a block of whole lines; `closed` says that nothing can follow it."""
    rows = sound_rows(data, rules.marks, closed=closed)
    if rows is None:
        rows = read_rows(data, rules.marks, closed=closed)
    seen = data[: rows.rest]
    wrong = undecodable(seen)
    blank = blank_rows(data, rows, rules.marks.delimiter)
    good = (rows.fault == SOUND) & (rows.fields == rules.columns) & ~blank
    if wrong.size:
        hit = np.searchsorted(rows.start, wrong, side="right") - 1
        inside = wrong < rows.stop[hit]
        good[hit[inside]] = blank[hit[inside]] = False
    bad = np.flatnonzero(~good & ~blank)
    return Findings(
        good,
        int(np.count_nonzero(blank)),
        broken.describe(data, rows, wrong, bad, rules.columns, rules.widths) if bad.size else None,
        _newlines(data, rows),
        int((rows.end - rows.start).max(initial=0)),
        ends(seen, rows, rules.marks),
        bool(wrong.size),
        bool(rows.fault.any()),
        rows.padded or rules.marks.escape != rules.marks.quote,
        keep(data, rows, good, rules.marks) if rules.copy else data[:0],
        rows.rest,
    )


def overlong(head: Bytes, length: int, rules: Rules) -> Findings:
    """Return the findings of a line that is too long to be read as a record."""
    whole = whole_characters(head)
    wrong = undecodable(whole)
    batch = broken.too_long(whole, wrong, length, MAX_LINE, rules.widths)
    return Findings(
        good=np.zeros(1, np.bool_),
        blank=0,
        broken=batch,
        newlines=frozenset(),
        longest=0,
        ends=Ends.PLAIN,
        undecodable=bool(wrong.size),
        misquoted=False,
        awkward=False,
        text=head[:0],
        rest=head.size,
    )


def _newlines(data: Bytes, rows: Rows) -> frozenset[str]:
    width = rows.end - rows.stop
    kinds = {"\r\n"} if (width == 2).any() else set()
    single = data[rows.stop[width == 1]]
    return frozenset(kinds | ({"\n"} if (single == LF).any() else set()) | ({"\r"} if (single == CR).any() else set()))
