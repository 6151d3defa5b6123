from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from headcount.bootstrap import open_house
from headcount.config import load_settings
from headcount.server import _STATUS_OF_CODE, create_app

PAGE = (Path(__file__).parents[2] / "docs/reference/api.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.*) \|$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    with open_house(load_settings(data=tmp_path_factory.mktemp("data"))) as house:
        found: dict[str, dict[str, Any]] = create_app(house).openapi()["paths"]
    return found


def test_every_operation_is_on_the_page_and_no_other(paths: dict[str, dict[str, Any]]) -> None:
    shown = set(re.findall(r"^\| `([A-Z]+ /api/v1/\S+)` \|", PAGE, re.MULTILINE))
    assert shown == {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_every_parameter_is_in_the_row_of_its_operation(paths: dict[str, dict[str, Any]]) -> None:
    for path, methods in paths.items():
        for method, described in methods.items():
            row = next(row for row in ROWS if row.startswith(f"`{method.upper()} {path}` |"))
            named = {each["name"] for each in described.get("parameters", ()) if each["in"] == "query"}
            assert {name for name in named if f"`{name}`" not in row} == set(), path


@pytest.mark.parametrize("code", _STATUS_OF_CODE)
def test_every_code_is_in_the_row_of_its_status(code: str) -> None:
    (row,) = (row for row in ROWS if row.startswith(f"{_STATUS_OF_CODE[code]} |"))
    assert f"`{code}`" in row
