from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import pytest

from headcount.bench.data import (
    of_changes,
    of_corrections,
    of_people,
    of_same_people,
    write_changes,
    write_corrections,
    write_people,
)
from headcount.bench.wide import WANTED, of_wide, rows_of, write_wide

ROWS = 10_000


@pytest.mark.parametrize(
    ("write", "sha256"),
    [
        (write_people, "017c4f4bd7e7ec53d08eff6cc6f9ae88b3177144b872405849f12573d7eeb55e"),
        (write_changes, "058ccfd5dc831f63e0740e9b0f26f2133cfdf2e8617da82e6e2f96f133959048"),
        (write_corrections, "5100d98034de73cb4edd0f7d5e58a7aa4585a554b9e965ef9895a380d40809af"),
        (write_wide, "ac0b60dda451234b0ce954d98b2e462171dc68f72381936f388b8dfd8d0e7909"),
    ],
)
def test_the_bytes_are_the_same_everywhere(tmp_path: Path, write: Callable[[Path, int], None], sha256: str) -> None:
    write(tmp_path / "file.csv", ROWS)
    assert hashlib.sha256((tmp_path / "file.csv").read_bytes()).hexdigest() == sha256


def test_what_is_expected_of_the_first_file_is_in_it(tmp_path: Path) -> None:
    write_people(tmp_path / "people.csv", ROWS)
    with (tmp_path / "people.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    people = Counter(record["identity"] for record in records)
    expected = of_people(ROWS)
    assert people.pop("") == expected.rejected
    assert len(people) == expected.created
    assert people.total() - len(people) == expected.merged


def test_every_row_is_answered_for() -> None:
    for expected in (of_people(ROWS), of_same_people(ROWS), of_changes(ROWS), of_corrections(ROWS), of_wide(ROWS)):
        rows, *answers, _ = astuple(expected)
        assert rows == sum(answers)


def test_the_wide_file_has_300_columns_and_as_many_cells(tmp_path: Path) -> None:
    write_wide(tmp_path / "wide.csv", ROWS)
    with (tmp_path / "wide.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert len(set(header)) == 300
    assert rows_of(ROWS) * WANTED == pytest.approx(ROWS * 12, rel=0.01)


def test_the_corrections_change_every_second_value_of_people_of_the_first_file(tmp_path: Path) -> None:
    write_people(tmp_path / "people.csv", ROWS)
    write_corrections(tmp_path / "corrections.csv", ROWS)
    people, corrections = (lines(tmp_path / name) for name in ("people.csv", "corrections.csv"))
    first = {row[0]: row for row in people}
    assert people[0] == corrections[0]
    differs = [sum(row[i] != first[row[0]][i] for row in corrections[1:]) for i in range(len(people[0]))]
    assert differs[::2] == [0] * 6
    assert all(count > (ROWS // 10) * 0.2 for count in differs[1::2])


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
