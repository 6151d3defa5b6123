"""Round edges of the bins in which numbers and dates are counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from decimal import Decimal

#: At most so many bins between the edges.
BINS = 14
_EPOCH = datetime(1, 1, 1)  # noqa: DTZ001 - stored instants are UTC and have no zone
_MINUTE = timedelta(minutes=1)
_SPANS = tuple(_MINUTE * minutes for minutes in (1, 5, 15, 60, 180, 720, 1440, 2 * 1440, 7 * 1440))
#: Steps in months: from a month to a millennium.
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 600, 1200, 12_000)


def number_edges(low: float, high: float, *, whole: bool) -> Sequence[float]:
    """Edges around the numbers from `low` to `high`, a step of 1, 2 or 5 times a power of ten apart; `whole` ones for whole numbers."""
    span = high - low
    if not math.isfinite(span):
        return ()
    exponent = math.floor(math.log10(span / BINS)) if span else 0
    steps = (Decimal(m).scaleb(exponent + e) for e in (0, 1, 2) for m in (1, 2, 5))
    fitting = (_edges(low, high, step) for step in steps if not whole or step >= 1)
    edges = next((found for found in fitting if len(found) <= BINS + 1), ())
    return [int(edge) for edge in edges] if whole else sorted({float(edge) for edge in edges})


def _edges(low: float, high: float, step: Decimal) -> Sequence[Decimal]:
    # As they are written: 0.1 lies on an edge, though its float lies a little beside it.
    first, last = (math.floor(Decimal(str(end)) / step) for end in (low, high))
    last += 1
    return [step * place for place in range(first, min(last, first + BINS + 1) + 1)]


def date_edges(low: datetime, high: datetime) -> Sequence[datetime]:
    """Edges around the instants from `low` to `high` where a clock or a calendar has them."""
    spans = ([_after(_floor(low, span), span * i) for i in range(BINS + 2)] for span in _SPANS if (high - low) / span < BINS)
    months = ([_month(low, step, i) for i in range(BINS + 2)] for step in _MONTHS)
    found = next((edges for each in (spans, months) for edges in each if _holds(edges, high)), ())
    return _up_to(found, high)


def _holds(edges: Sequence[datetime], high: datetime) -> bool:
    return edges[BINS] > high


def _up_to(edges: Sequence[datetime], high: datetime) -> Sequence[datetime]:
    """The edges up to the first that is above all."""
    below = [edge for edge in edges if edge <= high]
    return [*below, edges[len(below)]] if len(below) < len(edges) else below


def _floor(instant: datetime, span: timedelta) -> datetime:
    return instant - (instant - _EPOCH) % span


def _after(instant: datetime, span: timedelta) -> datetime:
    return datetime.max if datetime.max - instant < span else instant + span  # noqa: DTZ901 - as above


def _month(instant: datetime, step: int, place: int) -> datetime:
    """The beginning of the so many-eth step of months, counted from that in which the instant is."""
    months = ((instant.year * 12 + instant.month - 1) // step + place) * step
    year, month = divmod(months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        return datetime.min if year < MINYEAR else datetime.max  # noqa: DTZ901 - as above
    return datetime(year, month + 1, 1)  # noqa: DTZ001 - as above
