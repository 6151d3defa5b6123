from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from headcount.bootstrap import open_house
from headcount.config import load_settings
from headcount.server import _STATUS_OF_CODE, create_app

REFERENCE = Path(__file__).parents[2] / "docs/reference"
#: The page of the operations that begin so.
PAGES = {begin: (REFERENCE / name).read_text("utf-8") for begin, name in (("/api/v1/", "api.md"), ("/1/", "clevertap-api.md"))}


def rows(page: str) -> list[str]:
    return re.findall(r"^\| (.*) \|$", page, re.MULTILINE)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    with open_house(load_settings(data=tmp_path_factory.mktemp("data"))) as house:
        found: dict[str, dict[str, Any]] = create_app(house).openapi()["paths"]
    return found


def test_every_operation_is_on_its_page_and_no_other(paths: dict[str, dict[str, Any]]) -> None:
    for begin, page in PAGES.items():
        shown = set(re.findall(rf"^\| `([A-Z]+ {begin}\S+)` \|", page, re.MULTILINE))
        assert shown == {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if path.startswith(begin)}
    assert all(path.startswith((*PAGES,)) for path in paths)


def test_every_parameter_is_in_the_row_of_its_operation(paths: dict[str, dict[str, Any]]) -> None:
    for path, methods in paths.items():
        for method, described in methods.items():
            row = next(row for page in PAGES.values() for row in rows(page) if row.startswith(f"`{method.upper()} {path}` |"))
            named = {each["name"] for each in described.get("parameters", ()) if each["in"] == "query"}
            assert {name for name in named if f"`{name}`" not in row} == set(), path


@pytest.mark.parametrize("code", _STATUS_OF_CODE)
def test_every_code_is_in_the_row_of_its_status(code: str) -> None:
    (row,) = (row for row in rows(PAGES["/api/v1/"]) if row.startswith(f"{_STATUS_OF_CODE[code]} |"))
    assert f"`{code}`" in row
