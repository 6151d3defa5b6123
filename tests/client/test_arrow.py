"""Tables as files; whether an upload reads them back as they were, the tests of the client say."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from headcount.client import arrow
from headcount.errors import WrongCall
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

VIEWS = pa.DictionaryArray.from_arrays(pa.array([1, None, 0], pa.uint32()), pa.array(["x", "y"], pa.string_view()))
RUNS = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["r", "s"]))


def written(table: pa.Table, path: Path, request: Request | None = None, known: dict[str, Type] | None = None) -> Request:
    return arrow.write(arrow.reader_of(table), path, request or Request(), known or {})


@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        (VIEWS, ['"y"', "", '"x"']),
        (RUNS, ['"r"', '"r"', '"s"']),
        (pa.array([0.1, float("nan"), None], pa.float32()), ["0.1", "", ""]),
        (pa.array([1.5, None, 2], pa.float16()), ["1.5", "", "2"]),
        (pa.nulls(3), ["", "", ""]),
        (pa.array([["a", "b"], None, [None, "c"]], pa.list_(pa.string(), 2)), ['"[""a"",""b""]"', "", '"[""c""]"']),
        (pa.array([[1], [], None], pa.large_list(pa.int8())), ['"[""1""]"', '"[]"', ""]),
        (pa.array([["z"], ["a"], None, [], ["d"]]).slice(1, 3), ['"[""a""]"', "", '"[]"']),
    ],
)
def test_values_are_cells_however_they_are_packed(tmp_path: Path, cells: pa.Array, lines: list[str]) -> None:
    written(pa.table({"identity": ["1", "2", "3"], "p": cells}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines() == ['"identity","p"', *(f'"{n}",{line}' for n, line in enumerate(lines, 1))]


@pytest.mark.parametrize(
    "cells", [[b"bytes"], [{"a": 1}], [[["deep"]]], pa.array([[1]], pa.list_view(pa.int8())), pa.array([1], pa.duration("s"))]
)
def test_what_no_property_holds_is_refused_before_anything_is_written(tmp_path: Path, cells: object) -> None:
    with pytest.raises(WrongCall, match="“p” is of the Arrow type"):
        written(pa.table({"identity": ["1"], "p": cells}), tmp_path / "t.csv")
    assert not (tmp_path / "t.csv").exists()


def test_only_what_nobody_else_says_is_said(tmp_path: Path) -> None:
    table = pa.table(
        {"identity": [1], "there": [1], "new": [1], "several": [["a"]], "mine": [1], "MSG-sms": [True], "day<dd/MM/yyyy>": ["01/02/2026"]}
    )
    asked = Request(columns={"mine": ColumnRequest(type=Type.STRING)})
    columns = written(table, tmp_path / "t.csv", asked, {"there": Type.FLOAT, "several": Type.STRING}).columns
    assert [columns[f"#{letter}"].type for letter in "ABCDEFG"] == [None, None, Type.INTEGER, Type.LIST, Type.STRING, None, None]


def test_a_table_of_many_batches_is_written_whole(tmp_path: Path) -> None:
    pieces = [pa.table({"identity": [str(number)] * 70_000}) for number in range(3)]
    written(pa.concat_tables(pieces), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().count(b"\n") == 210_001


def test_of_events_the_time_is_a_date_and_numbers_are_read_as_what_they_are(tmp_path: Path) -> None:
    when = pa.array([1_714_557_600], pa.timestamp("s", "UTC"))
    table = pa.table({"identity": ["1"], "ts": when, "n": [1], "due": when, "code": ["007"], "MSG-sms": [True]})
    columns = written(table, tmp_path / "t.csv", Request(kind="event", event="Charged"), {"code": Type.INTEGER}).columns
    types = [columns[f"#{letter}"].type for letter in "ABCDEF"]
    assert types == [None, Type.DATE, None, Type.DATE, Type.STRING, Type.BOOLEAN]
    assert (columns["#B"].format, columns["#C"].format) == ("ISO 8601", None)
