from __future__ import annotations

import re
from pathlib import Path

import pytest

from headcount.bootstrap import application
from headcount.config import load_settings
from headcount.segments.grammar import parse
from headcount.uploads.manifest import Manifest, read
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)


def test_the_manifest_means_what_its_page_says() -> None:
    (text,) = blocks("reference/manifest.md", "json")
    columns = {
        "Customer No": ColumnRequest(property="identity"),
        "DOB": ColumnRequest(type=Type.DATE, format="Unix time"),
        "Signup": ColumnRequest(property="signup", type=Type.DATE, format="dd.MM.yyyy"),
        "Wallet Balance": ColumnRequest(property="wallet", type=Type.FLOAT, blank="clear", write="fill"),
        "Interests": ColumnRequest(type=Type.LIST, blanks=("-",)),
        "Notes": ColumnRequest(skip=True),
    }
    request = Request(
        columns=columns,
        identity="Customer No",
        match="identity",
        day_first=True,
        blanks=("NULL", "N/A"),
        delimiter=";",
        encoding="windows-1252",
        confirm_resubscribe="list re-permissioned in May",
    )
    assert read(text) == Manifest(request, "Spring list")


def test_the_quick_start_gives_the_ledger_that_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "spring.csv"
    file.write_text(blocks("quick-start.md", "csv")[0])
    with application(load_settings(data=tmp_path / "data", threads=1)) as app:
        ledger = app.uploads.upload(file, Request(), name=None, door="cli")["ledger"]
    names = ("rows", "created", "updated", "unchanged", "merged", "rejected")
    for page in ("README.md", "docs/quick-start.md"):
        (numbers,) = re.findall(r"^rows  = created .*\n(.*)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
        assert [int(number) for number in numbers.split()] == [ledger[name] for name in names]


def test_the_rejects_file_is_the_one_that_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "spring.csv"
    file.write_text(blocks("quick-start.md", "csv")[0])
    with application(load_settings(data=tmp_path / "data", threads=1)) as app:
        rejects = Path(app.uploads.upload(file, Request(), name=None, door="cli")["rejects_file"])
    assert rejects.read_text("utf-8") == blocks("reference/rejects-file.md", "csv")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_filters_can_be_read(page: Path) -> None:
    text = page.read_text("utf-8")
    shown = "".join(re.findall(r"^```filter\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)).splitlines()
    for each in [*filter(None, shown), *re.findall(r"headcount segment count '(.*?)'", text)]:
        parse(each)
