"""The ends of cells: what a reader of the cells will have to take off there, so that it need not look at every cell for it."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from headcount.csvfile.bits import Tally, Words, after, before, pack
from headcount.csvfile.marks import APOSTROPHE, BLANK, CR, LF, TAB, Bytes, Mask, Positions
from headcount.csvfile.rows import Marks, Rows
from headcount.csvfile.utf8 import wide_spaces

_CONTROL = 32


class Ends(IntEnum):
    """What cells may begin or end with; each kind includes the ones before."""

    #: neither white space nor, in front, an apostrophe
    PLAIN = 0
    #: blanks and apostrophes
    BLANKS = 1
    #: any white space: controls, Unicode spaces
    ANY = 2


def ends(data: Bytes, rows: Rows, marks: Marks) -> Ends:
    """Return what cells of a block may begin or end with; rather more than there is."""
    if _odd_spaces(data, rows, marks):
        return Ends.ANY
    return Ends.BLANKS if _blanks(data, rows, marks) else Ends.PLAIN


def _odd_spaces(data: Bytes, rows: Rows, marks: Marks) -> bool:
    """Return whether cells may begin or end with white space other than blanks: controls, joined lines, Unicode spaces."""
    controls = int(np.count_nonzero(data < _CONTROL)) - int((rows.end - rows.stop).sum())
    if marks.delimiter == TAB:
        controls -= int(rows.fields.sum()) - len(rows)
        if controls:
            return True
    # Mostly the only controls within rows are line feeds, whose places are known.
    within = rows.breaks if controls == rows.breaks.size else _controls_within(data, rows)
    return bool(controls and _at_edges(data, within, marks)) or wide_spaces(data)


def _controls_within(data: Bytes, rows: Rows) -> Positions:
    """Return where control bytes stand that do not end a row."""
    at = np.flatnonzero(data < _CONTROL)
    row = np.searchsorted(rows.stop, at, side="right") - 1
    return at[(row < 0) | (at >= rows.end[row])]


def _at_edges(data: Bytes, at: Positions, marks: Marks) -> bool:
    """Return whether a control byte stands beside what a cell begins or ends with."""
    edge = _table(*range(_CONTROL), BLANK, marks.delimiter, marks.quote)
    if marks.delimiter == TAB:
        at = at[data[at] != TAB]
    before, after = np.maximum(at - 1, 0), np.minimum(at + 1, data.size - 1)
    return bool((edge[data[before]] | edge[data[after]] | (at == 0)).any())


def _blanks(data: Bytes, rows: Rows, marks: Marks) -> bool:
    """Return whether cells may begin or end with a blank, or begin with an apostrophe.

    Inside quotes a delimiter or a line end is no edge of a cell. Whether a place is inside follows from the number of quotes before
    it in its row, as long as all quotes in the block serve to quote.
    """
    if not data.size:
        return False
    if marks.quote == APOSTROPHE or BLANK in (data[0], data[-1], marks.delimiter) or data[0] == APOSTROPHE:
        return True
    if rows.inside is not None:
        return _blanks_beside(data, rows.inside, marks)
    at = np.flatnonzero((data == BLANK) | (data == APOSTROPHE))
    blank = data[at] == BLANK
    ahead, behind = data[at - 1], data.take(at + 1, mode="clip")
    # Two quotes together are one within the cell, and no edge of it.
    opened = at[ahead == marks.quote]
    closed = at[(behind == marks.quote) & blank]
    padded = np.pad(data, 2)  # so that there is something two places from every byte
    if (padded[opened] != marks.quote).any() or (padded[closed + 4] != marks.quote).any():
        return True
    edge = _table(marks.delimiter, LF, CR)
    at = at[edge[ahead] | (edge[behind] & blank)]
    if not at.size or not rows.opened or rows.textual or marks.escape != marks.quote:
        return bool(at.size)
    quotes = Tally(pack(data == marks.quote))
    start = rows.start[np.searchsorted(rows.start, at, side="right") - 1]
    return bool(((quotes.before(at) - quotes.before(start)) % 2 == 0).any())


def _blanks_beside(data: Bytes, inside: Words, marks: Marks) -> bool:
    """The same where it is known what is inside quotes: a few words of bits instead of a list of blanks."""
    blank, quotes = pack(data == BLANK), pack(data == marks.quote)
    front = blank | pack(data == APOSTROPHE)
    edges = (pack(data == marks.delimiter) | pack(data == LF) | pack(data == CR)) & ~inside
    begins, ends = after(quotes) & ~after(after(quotes)), before(quotes) & ~before(before(quotes))
    return bool((front & (after(edges) | begins)).any() or (blank & (before(edges) | ends)).any())


def _table(*marks: int) -> Mask:
    table = np.zeros(256, np.bool_)
    table[list(marks)] = True
    return table
