r"""Keep the good records of a block, written the one way that DuckDB surely reads.

Records end in line feeds; line breaks inside quotes stay as they are. No blanks stand before an opening quote: DuckDB
takes the quote as text when there are two or more. Where quotes are escaped by backslashes, `\"` becomes `""` and
`\\` becomes `\`; a backslash before anything else is text, which DuckDB would drop.
"""

from __future__ import annotations

import numpy as np

from headcount.csvfile.lines import split_lines
from headcount.csvfile.marks import LF, Bytes, Mask, Positions, spans
from headcount.csvfile.quoting import IN, OUT, find_runs, walk
from headcount.csvfile.rows import Marks, Rows, read_rows


def keep(data: Bytes, rows: Rows, good: Mask, marks: Marks) -> Bytes:
    """Return the good records of a block, each ended by one line feed."""
    awkward = rows.padded or marks.escape != marks.quote
    if good.all() and (rows.end - rows.stop == 1).all() and (data[rows.stop] == LF).all():
        text = data[: rows.rest].copy() if awkward else data[: rows.rest]
    else:
        text = _good_lines(data[: rows.rest], rows, good)
    return _plain_quotes(text, marks) if awkward else text


def _good_lines(data: Bytes, rows: Rows, good: Mask) -> Bytes:
    text = np.append(data, np.uint8(LF))
    stop = rows.stop[good]
    kept = spans(rows.start[good], stop, text.size)
    kept[stop] = True
    text[stop] = LF
    return text[kept]


def _plain_quotes(text: Bytes, marks: Marks) -> Bytes:
    lines = split_lines(text)
    runs = find_runs(text, lines, marks.delimiter, marks.quote, marks.escape)
    if runs is None:
        return text
    continued = ~np.isin(lines.start, read_rows(text, marks, closed=True).start)
    out, into = (walk(runs, len(lines), state) for state in (OUT, IN))
    opening = np.where(continued[runs.line], into.opening, out.opening)
    kept = ~spans((runs.start - runs.padding)[opening], runs.start[opening], text.size)
    if marks.escape != marks.quote:
        strokes = np.flatnonzero(text == marks.escape)
        line = lines.index(strokes)
        last = np.searchsorted(runs.start, strokes) - 1
        inside = np.where(continued[runs.line], into.inside, out.inside)[last]
        quoted = np.where((last >= 0) & (runs.line[last] == line), inside, continued[line])
        _double_quotes(text, kept, marks, strokes[quoted])
    return text[kept]


def _double_quotes(text: Bytes, kept: Mask, marks: Marks, strokes: Positions) -> None:
    """Double the quotes behind a backslash, and halve pairs of backslashes, in place."""
    head = np.diff(strokes, prepend=-2) != 1
    order = strokes - np.maximum.accumulate(np.where(head, strokes, 0))
    paired = np.append(np.diff(strokes) == 1, np.False_)[: strokes.size]
    leading = order % 2 == 0
    kept[strokes[leading & paired]] = False
    single = strokes[leading & ~paired]
    text[single[text[single + 1] == marks.quote]] = marks.quote
