"""The dialect of a CSV file, from a sample of its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from headcount.csvfile.marks import BACKSLASH, COMMA, LF, Bytes
from headcount.csvfile.rows import SOUND, Marks, blank_rows, read_rows

DELIMITERS = ",;\t|"
#: Share of the rows that must be sound for a quote to be one.
_MOSTLY = 0.7

_SEPARATOR_LINE = re.compile(rb'"?sep=([^\w\s"\']|\t)"?[ \t]*(\r\n|\n|\r|$)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How a file writes its cells; `escape` is the quote itself or a backslash, `newline` can be "mixed"."""

    delimiter: str
    quote: str
    escape: str
    newline: str

    @property
    def marks(self) -> Marks:
        """Return the bytes that give the file its structure."""
        return Marks(ord(self.delimiter), ord(self.quote), ord(self.escape))


@dataclass(frozen=True, slots=True)
class Given:
    r"""What a person said of the dialect; None is for us to find. `escape` is the quote itself or a backslash."""

    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """How a sample looks when it is read in one dialect."""

    dialect: Dialect
    #: fields of the header
    width: int
    #: share of the data rows that are sound and as wide as the header
    fit: float
    #: rows whose quoting is broken
    faults: int
    #: quoted fields per row
    quoted: float

    @property
    def score(self) -> float:
        """Return how well the dialect explains the sample: regular rows, and rather more columns than fewer."""
        return self.fit * (1 - 1 / self.width)


def separator_line(sample: bytes) -> tuple[str, int] | None:
    """Return the delimiter that a leading `sep=;` line gives, and the length of that line."""
    found = _SEPARATOR_LINE.match(sample)
    return (found[1].decode("latin-1"), found.end()) if found else None


def detect(sample: Bytes, given: Given, *, whole: bool = True) -> Dialect:
    """Choose the dialect that reads the sample, whole lines from the header on, as the most regular table.

    `whole` says that the sample is the whole file, so that a quote that is open at its end is a fault.
    """
    if given.quote is not None:
        return _best(sample, given, given.quote, whole=whole).dialect
    double = _best(sample, given, '"', whole=whole)
    single = _best(sample, given, "'", whole=whole) if (sample == ord("'")).any() else None
    return (single if single and _clearly(single, double) else double).dialect


def _clearly(single: Trial, double: Trial) -> bool:
    """Whether apostrophes quote: fields open and close with them, and quotation marks do not serve."""
    if double.quoted or not single.quoted:
        return False
    # Apostrophes quote also where a few of them are wrong: read without quotes every such row would be sound, and mean something else.
    return single.fit > double.fit or (single.quoted >= 0.5 and single.fit >= _MOSTLY)


def _best(sample: Bytes, given: Given, quote: str, *, whole: bool) -> Trial:
    escape = "\\" if given.escape == "\\" else quote
    dialects = [Dialect(mark, quote, escape, "\n") for mark in given.delimiter or DELIMITERS]
    if given.escape is None:
        dialects = [replace(dialect, escape="\\") if escapes(sample, dialect) else dialect for dialect in dialects]
    trials = [attempt(sample, dialect, whole=whole) for dialect in dialects]
    best = max(trials, key=lambda trial: (trial.score, trial.width))
    if best.dialect.delimiter == "," and best.width > 1 and _decimal_commas(sample):
        rivals = [trial for trial in trials if trial.width > 1 and trial.fit >= best.fit]
        return max(rivals, key=lambda trial: (trial.dialect.delimiter != ",", trial.score))
    return best


def escapes(data: Bytes, dialect: Dialect) -> bool:
    """Return whether backslashes escape quotes in `data`: it parses better with that than without."""
    if dialect.escape == "\\" or not (data == BACKSLASH).any():
        return False
    plain, other = attempt(data, dialect), attempt(data, replace(dialect, escape="\\"))
    return other.faults < plain.faults


def attempt(sample: Bytes, dialect: Dialect, *, whole: bool = True) -> Trial:
    """Read the sample in a dialect."""
    marks = dialect.marks
    rows = read_rows(sample, marks, closed=whole)
    present = ~blank_rows(sample, rows, marks.delimiter)
    sound = rows.fault[present] == SOUND
    fields = rows.fields[present]
    if not fields.size:
        return Trial(dialect, 1, 0.0, 0, 0.0)
    width = int(fields[0])
    fit = float(np.mean(sound[1:] & (fields[1:] == width))) if fields.size > 1 else 1.0
    return Trial(dialect, width, fit, int(np.count_nonzero(~sound)), rows.opened / fields.size)


def _decimal_commas(sample: Bytes) -> bool:
    """Whether nearly every comma after the first line stands between two digits."""
    start = int(np.argmax(sample == LF))
    commas = np.flatnonzero(sample[start:-1] == COMMA) + start
    if not commas.size:
        return False
    digits = (sample >= ord("0")) & (sample <= ord("9"))
    return bool(np.mean(digits[commas - 1] & digits[commas + 1]) > 0.9)
