"""A new property gets the first type that every filled cell could be."""

from __future__ import annotations

import duckdb
import pytest

from headcount.values import infer
from headcount.values.infer import Candidate, Evidence
from headcount.values.types import Type


def _decided(*cells: str) -> list[str]:
    tests = ", ".join(f"count(*) FILTER ({c.test('t')})" for c in infer.NEW_PROPERTY)
    (row,) = duckdb.execute(f"SELECT {tests} FROM (SELECT unnest(?::VARCHAR[]) AS t)", [list(cells)]).fetchall()
    evidence = Evidence(len(cells), dict(zip(infer.NEW_PROPERTY, row, strict=True)))
    return [c.name for c in infer.decide(evidence)]


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        (["true", "FALSE"], "boolean"),
        (["true", "1"], "string"),
        (["1", "-20"], "integer"),
        (["1", "2.5"], "float"),
        (["0.5", "-.5"], "float"),
        (["1.5e3", "2"], "float"),
        (["007", "8"], "string"),
        (["+5"], "string"),
        (["1e5"], "string"),
        (["1234567890123456"], "string"),
        (["123456789012345"], "integer"),
        (["0.1234567890123456"], "string"),
        (["1700000000"], "integer"),
        (["31/12/2026 10:00:00", "01/02/2026 10:00:00"], "dd/MM/yyyy HH:mm:ss"),
        (["12/31/2026 10:00:00", "01/02/2026 10:00:00"], "MM/dd/yyyy HH:mm:ss"),
        (["2026/31/12 10:00:00"], "yyyy/dd/MM HH:mm:ss"),
        (["05 Jan 2026 10:00:00"], "dd MMM yyyy HH:mm:ss"),
        (["31/12/2026"], "string"),
        (["2026-12-31"], "string"),
        (["31/12/2026 10:00:00", "12/31/2026 10:00:00"], "string"),
    ],
)
def test_all_cells_decide(cells: list[str], name: str) -> None:
    assert _decided(*cells) == [name]


def test_two_formats_that_fit_every_cell_are_both_kept() -> None:
    assert _decided("03/04/2026 10:00:00") == ["dd/MM/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm:ss"]


def test_day_first_answers() -> None:
    both = infer.DATES[:2]
    assert infer.by_day_order(both, day_first=True) == both[:1]
    assert infer.by_day_order(both, day_first=False) == both[1:]


def test_the_format_of_most_cells_is_best_for_an_existing_date() -> None:
    found = Evidence(5, dict(zip(infer.DATES, [4, 2, 0, 0, 0], strict=True)))
    assert infer.best_formats(found) == (Candidate(Type.DATE, "dd/MM/yyyy HH:mm:ss"),)
