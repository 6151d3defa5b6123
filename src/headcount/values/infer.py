"""What type a new property has: candidates in an explicit order, each a test that every filled cell must pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from headcount.values import dates
from headcount.values.text import literal
from headcount.values.types import INTEGER, PLAIN_DIGITS, PLAIN_INTEGER, PLAIN_NUMBER, Reading, Type, is_plainly_written, significant_digits


@dataclass(frozen=True, slots=True)
class Candidate:
    """A type, and for dates the format, that a column might have."""

    type: Type
    format: str | None = None
    #: Only cells that a whole number cannot hold count.
    fraction: bool = False

    @property
    def name(self) -> str:
        """What evidence calls it."""
        return self.format or self.type.value

    def test(self, text: str) -> str:
        """SQL: whether the filled cell `text` could be of this type in a column that has none yet."""
        if self.format is not None:
            return f"({dates.value(text, self.format)}) IS NOT NULL"
        if self.fraction:
            return f"({_float(text)} AND NOT regexp_full_match({text}, {literal(INTEGER)}))"
        return _TESTS[self.type](text)


def _boolean(text: str) -> str:
    words = "('true', 'false')"
    return f"({text} IN {words} OR lower({text}) IN {words})"


def _integer(text: str) -> str:
    usual = f"strlen({text}) <= {PLAIN_DIGITS} AND {is_plainly_written(text)}"
    return f"({usual} OR regexp_full_match({text}, {literal(PLAIN_INTEGER)}))"


def _float(text: str) -> str:
    short = f"strlen({text}) <= {PLAIN_DIGITS} OR {significant_digits(text)} <= {PLAIN_DIGITS}"
    # Only an exponent can lead out of the range.
    finite = f"NOT (contains({text}, 'e') OR contains({text}, 'E')) OR isfinite(try_cast({text} AS DOUBLE))"
    # Most numbers have no exponent and few digits; the first branch spares them the other questions.
    usual = f"strlen({text}) <= {PLAIN_DIGITS} AND regexp_full_match({text}, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?')"
    return f"(({usual}) OR (regexp_full_match({text}, {literal(PLAIN_NUMBER)}) AND ({short}) AND ({finite})))"


_TESTS = {Type.BOOLEAN: _boolean, Type.INTEGER: _integer, Type.FLOAT: _float}

DATES = tuple(Candidate(Type.DATE, name) for name in dates.RECOGNISED)
UNIX = Candidate(Type.DATE, dates.UNIX)
#: What a new property may become; the first that every filled cell passes wins, a string when none does.
NEW_PROPERTY = (Candidate(Type.BOOLEAN), Candidate(Type.INTEGER), Candidate(Type.FLOAT), *DATES)
#: Why an existing property of whole numbers would widen.
FRACTION = Candidate(Type.FLOAT, fraction=True)
#: The formats an existing date property may come in.
EXISTING_DATE = (*DATES, UNIX)


def inferred(type_: Type, reading: Reading) -> Reading:
    """The reading of a property whose type its cells decide: it takes no cell that the candidate would not."""
    test = _TESTS.get(type_)
    if test is None:
        return reading
    # What passes the test can be cast as it is.
    return replace(reading, value=lambda t: f"CASE WHEN {test(t)} THEN try_cast({t} AS {reading.sql_type}) END")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What all rows of a column say: filled cells, and how many of them pass each candidate."""

    filled: int
    fits: Mapping[Candidate, int]

    def passing(self) -> tuple[Candidate, ...]:
        """The candidates that every filled cell passes, in order."""
        return tuple(c for c, n in self.fits.items() if n == self.filled)


def decide(evidence: Evidence) -> tuple[Candidate, ...]:
    """The type of a new property: one candidate, or several date formats when the column is ambiguous."""
    passing = evidence.passing()
    if not passing:
        return (Candidate(Type.STRING),)
    return passing if passing[0].type is Type.DATE else passing[:1]


def best_formats(evidence: Evidence) -> tuple[Candidate, ...]:
    """The formats that fit most cells of an existing date property: one, or several when the column is ambiguous."""
    most = max(evidence.fits.values(), default=0)
    return tuple(c for c, n in evidence.fits.items() if n == most and n > 0)


def by_day_order(formats: Sequence[Candidate], *, day_first: bool) -> tuple[Candidate, ...]:
    """The formats left when a person said which of day and month comes first."""
    wrong = dates.MONTH_FIRST if day_first else dates.DAY_FIRST
    return tuple(c for c in formats if c.format not in wrong) or tuple(formats)
