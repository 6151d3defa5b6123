"""Rows: which physical lines make one record, how many fields it has, and whether its quoting is sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headcount.csvfile.bits import Tally, Words, pack
from headcount.csvfile.lines import Lines, split_lines
from headcount.csvfile.marks import BLANK, TAB, Bytes, Mask, Positions, settle
from headcount.csvfile.quoting import BROKEN, IN, OUT, Runs, States, Walk, find_runs, walk

#: A record may go on over lines for this many bytes; an opening quote that leads further is unclosed.
MAX_QUOTED = 1 << 20

SOUND, STRAY, UNCLOSED = 0, 1, 2

NOWHERE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Marks:
    """The bytes that give a block its structure."""

    delimiter: int
    quote: int
    escape: int


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a block in file order: content `[start, stop)`, the next row begins at `end`."""

    start: Positions
    stop: Positions
    end: Positions
    fields: Positions
    #: SOUND, STRAY or UNCLOSED
    fault: npt.NDArray[np.uint8]
    #: where lines end within rows
    breaks: Positions
    #: quote runs that open a field
    opened: int
    #: quotes stand as text in an unquoted field
    textual: bool
    #: more than one blank stands before a quote that may open a field
    padded: bool
    #: where the first row begins that needs more bytes than the block has
    rest: int
    #: which bytes up to `rest` are inside quotes, an opening quote included; None where it is not as plain as that
    inside: Words | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.start.size


def read_rows(data: Bytes, marks: Marks, *, closed: bool) -> Rows:
    """Cut a block into rows; `closed` says that nothing can follow the block."""
    lines = split_lines(data)
    delimiters = Tally(pack(data == marks.delimiter))
    total = np.diff(delimiters.before(lines.end), prepend=0)
    runs = find_runs(data, lines, marks.delimiter, marks.quote, marks.escape)
    if runs is None:
        sound = np.zeros(len(lines), np.uint8)
        return Rows(lines.start, lines.stop, lines.end, total + 1, sound, NOWHERE, 0, textual=False, padded=False, rest=data.size)
    return _quoted_rows(lines, runs, delimiters, total, closed=closed)


def _quoted_rows(lines: Lines, runs: Runs, delimiters: Tally, total: Positions, *, closed: bool) -> Rows:
    size = int(lines.end[-1])
    out = walk(runs, len(lines), OUT)
    gaps = _gaps(lines, runs, delimiters)
    inside = _inside(runs, out, gaps, len(lines))
    fields = total - inside + 1
    opened = int(np.count_nonzero(out.opening))
    padded = bool((runs.padding[runs.begins] > 1).any())
    fault = np.where(out.end == BROKEN, STRAY, SOUND).astype(np.uint8)
    if not (out.end == IN).any():
        return Rows(lines.start, lines.stop, lines.end, fields, fault, NOWHERE, opened, bool(out.textual.any()), padded, size)
    into = walk(runs, len(lines), IN)
    first, last, cut = join_lines(lines, out.end, into.end, closed=closed)
    within = _lead(lines, runs, delimiters, total) + _inside(runs, into, gaps, len(lines))
    more = np.concatenate(([0], np.cumsum(total - within)))
    fault[out.end == IN] = UNCLOSED
    continued = np.ones(len(lines), np.bool_)
    continued[first] = False
    fault = np.where(last > first, SOUND, fault[first]).astype(np.uint8)
    return Rows(
        lines.start[first],
        lines.stop[last],
        lines.end[last],
        fields[first] + more[last + 1] - more[first + 1],
        fault,
        np.delete(lines.stop[: last[-1] + 1], last) if last.size else NOWHERE,
        opened,
        bool(np.where(continued[runs.line], into.textual, out.textual).any()),
        padded,
        int(lines.start[cut]) if cut < len(lines) else size,
    )


def _gaps(lines: Lines, runs: Runs, delimiters: Tally) -> Positions:
    """Return the delimiters between each run and the next one, or the line's end."""
    until = lines.stop[runs.line]
    same = np.flatnonzero(np.diff(runs.line) == 0)
    until[same] = runs.start[same + 1]
    return delimiters.before(until) - delimiters.before(runs.stop)


def _inside(runs: Runs, walked: Walk, gaps: Positions, lines: int) -> Positions:
    weights = gaps[walked.inside]
    return np.bincount(runs.line[walked.inside], weights, lines).astype(np.int64)


def _lead(lines: Lines, runs: Runs, delimiters: Tally, total: Positions) -> Positions:
    """Return the delimiters of each line before its first run."""
    lead = total.copy()
    first = np.flatnonzero(runs.first)
    line = runs.line[first]
    lead[line] = delimiters.before(runs.start[first]) - delimiters.before(lines.start[line])
    return lead


def join_lines(lines: Lines, out: States, into: States, *, closed: bool) -> tuple[Positions, Positions, int]:
    """Return first and last line of every row, and the line from which on more bytes are needed.

    `out` and `into` are the states at the end of each line when it is entered outside and inside quotes.
    An opening line is joined with all up to the first that leaves the quotes. Openers that lead to the same
    closing line are rivals: the first that is itself not part of an earlier row wins. Only the opener that is
    itself a closing line can be part of one, so winning is a chain over the closing lines.
    """
    openers = np.flatnonzero(out == IN)
    leaves = np.flatnonzero(into != IN)
    group = np.searchsorted(leaves, openers, side="right")
    closer = np.append(leaves, len(lines))[group]
    pending = closer == len(lines)
    reach = np.append(lines.end, lines.end[-1:])[closer] - lines.start[openers] <= MAX_QUOTED
    fit = reach & np.where(pending, not closed, np.append(into, OUT)[closer] == OUT)
    openers, group, closer = openers[fit], group[fit], closer[fit]
    won = _winners(openers, group, leaves)
    begins, ends = openers[won], closer[won]
    cut = int(begins[-1]) if begins.size and ends[-1] == len(lines) else len(lines)
    begins, ends = begins[begins < cut], ends[begins < cut]
    edges = np.zeros(len(lines) + 1, np.int64)
    np.add.at(edges, begins + 1, 1)
    np.add.at(edges, ends + 1, -1)
    first = np.flatnonzero(np.cumsum(edges[:-1])[:cut] == 0)
    last = first.copy()
    last[np.searchsorted(first, begins)] = ends
    return first, last, cut


def _winners(openers: Positions, group: Positions, leaves: Positions) -> Positions:
    """Return the index of the opener that begins a row, for every closing line that ends one."""
    before = np.concatenate(([-1], leaves))
    heads = openers == before[group]
    free = np.full(leaves.size + 1, -1)
    plain = np.flatnonzero(~heads)
    free[group[plain][::-1]] = plain[::-1]
    head = np.full(leaves.size + 1, -1)
    head[group[heads]] = np.flatnonzero(heads)
    taken = settle((free >= 0) | (head < 0), free >= 0, head >= 0)
    head[1:][taken[:-1]] = -1
    return np.where(head >= 0, head, free)[taken]


def blank_rows(data: Bytes, rows: Rows, delimiter: int) -> Mask:
    """Return which rows are empty or hold only blanks, tabs and no-break spaces."""
    blank: Mask = rows.stop == rows.start
    white = [byte for byte in (BLANK, TAB, 0xC2, 0xA0) if byte != delimiter]
    doubtful = np.flatnonzero(~blank & (rows.fields == 1) & np.isin(data[rows.start], white))
    if doubtful.size:
        black = Tally(pack(~np.isin(data, white)))
        blank[doubtful] = black.before(rows.stop[doubtful]) == black.before(rows.start[doubtful])
    return blank
