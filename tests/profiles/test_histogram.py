from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headcount.profiles.histogram import BINS, date_edges, number_edges

INTEGERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def rising(edges: Sequence[Any]) -> bool:
    return all(before < after for before, after in pairwise(edges))


@pytest.mark.parametrize(
    ("low", "high", "whole", "edges"),
    [
        (0, 499, True, [0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500]),
        (1, 3, True, [1, 2, 3, 4]),
        (7, 7, True, [7, 8]),
        (-0.1, 0.15, False, [-0.1, -0.08, -0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16]),
    ],
)
def test_edges_of_numbers_are_round(low: float, high: float, whole: bool, edges: list[float]) -> None:
    assert number_edges(low, high, whole=whole) == edges


@given(st.tuples(INTEGERS, INTEGERS).map(sorted) | st.tuples(FLOATS, FLOATS).map(sorted))
def test_edges_go_around_all_numbers(ends: list[float]) -> None:
    low, high = ends
    whole = isinstance(low, int)
    edges = number_edges(low, high, whole=whole)
    if edges:
        assert rising(edges)
        assert len(edges) <= BINS + 1
        assert edges[0] <= low
        assert high < edges[-1] or high == edges[-1] == float(high)
    else:
        assert high - low == float("inf")


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [
        ("2017-07-14", "2025-02-19", "2017-01-01", "2026-01-01"),
        ("2026-01-01T10:07", "2026-01-01T10:09", "2026-01-01T10:07", "2026-01-01T10:10"),
        ("2025-11-20", "2026-10-03", "2025-11-01", "2026-11-01"),
    ],
)
def test_edges_of_dates_are_those_of_a_calendar(low: str, high: str, first: str, last: str) -> None:
    edges = date_edges(datetime.fromisoformat(low), datetime.fromisoformat(high))
    assert (edges[0], edges[-1]) == (datetime.fromisoformat(first), datetime.fromisoformat(last))


@given(st.tuples(st.datetimes(), st.datetimes()).map(sorted))
def test_edges_go_around_all_dates(ends: list[datetime]) -> None:
    low, high = ends
    edges = date_edges(low, high)
    assert rising(edges)
    assert len(edges) <= BINS + 2
    assert edges[0] <= low
    assert high < edges[-1] or edges[-1] == datetime.max  # noqa: DTZ901 - as they are stored
