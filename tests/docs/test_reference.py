from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from headcount.bootstrap import application
from headcount.config import PREFIX, Settings, load_settings
from headcount.csvfile.blocks import KEPT, MAX_LINE
from headcount.csvfile.rows import MAX_QUOTED
from headcount.profiles.properties import SYSTEM
from headcount.uploads.mapping import Request
from headcount.uploads.problems import CATALOGUE, Kind
from headcount.uploads.upload import NEXT, Status
from headcount.values import system
from headcount.values.dates import RECOGNISED

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every line of a table."""
    lines = re.findall(r"^\| (.*) \|$", text, re.MULTILINE)
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)] for line in lines]


def documented(name: str) -> dict[str, list[str]]:
    """The rest of every row of the page by its first cell."""
    return {cells[0].strip("`"): cells[1:] for cells in rows(page(name))}


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.code)
def test_every_problem_has_its_title_and_advice(kind: Kind) -> None:
    assert documented("reference/problem-codes.md")[kind.code] == [kind.title, kind.advice]


ERRORS = {"WrongCall", "Throttled", "FileRejected", "Busy", "HeadcountError"}


def raised() -> Iterator[str]:
    """The code of every error that the program raises with a literal one."""
    for path in (ROOT / "src").rglob("*.py"):
        calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        for call in calls:
            named = isinstance(call.func, ast.Name) and call.func.id in ERRORS
            if named and call.args and isinstance(call.args[0], ast.Constant):
                yield str(call.args[0].value)


@pytest.mark.parametrize("code", sorted(set(raised())))
def test_every_error_is_on_a_page(code: str) -> None:
    assert f"`{code}`" in page("reference/problem-codes.md") + page("reference/filters.md")


def test_every_setting_is_on_the_page() -> None:
    found = documented("reference/settings.md")
    settings = {name: cells for name, cells in found.items() if cells[0].startswith(f"`{PREFIX}")}
    assert settings.keys() == Settings.model_fields.keys()
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{str(field.default).lower()}`"
        shown = [settings[name][0], settings[name][1].lower(), settings[name][3]]
        assert shown == [f"`{PREFIX}{name.upper()}`", default, field.description]


@pytest.mark.parametrize("status", Status)
def test_every_state_says_what_may_follow(status: Status) -> None:
    following = documented("reference/upload-states.md")[status][1]
    assert set(re.findall(r"`(\w+)`", following)) == NEXT[status]


@pytest.mark.parametrize("name", SYSTEM)
def test_every_system_property_has_its_type_and_choices(name: str) -> None:
    type_, accepted, *_ = documented("reference/properties.md")[name]
    assert type_ == f"`{SYSTEM[name]}`"
    assert tuple(re.findall(r"`(\w+)`", accepted)) == system.CHOICES.get(name, ())


def test_every_date_format_has_an_example() -> None:
    assert documented("reference/types-and-dates.md").keys() >= set(RECOGNISED)


def test_the_limits_of_a_file_are_those_of_the_code() -> None:
    text = page("reference/files.md")
    for words in (f"{MAX_QUOTED >> 20} MiB; a quote", f"{MAX_LINE >> 20} MiB; a longer one", f"first {KEPT >> 10} KiB"):
        assert words in text


#: Objects whose keys are names of what they are about.
BY_NAME = {"consent", "fits", "ruled_out"}


def keys(document: object) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from () if key in BY_NAME else keys(value)
    elif isinstance(document, list):
        for value in document:
            yield from keys(value)


def test_every_field_of_a_report_is_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("identity,plan,MSG-email\n1,pro,false\n1,team,\n,free,\n")
    (tmp_path / "faulty.csv").write_text("Email,,signup\na@b.example,1,01/02/2026 10:00:00\n")
    with application(load_settings(data=tmp_path / "data", threads=1)) as app:
        documents = [app.looking.document(file, Request()) for file in tmp_path.glob("*.csv")]
        documents += [app.uploads.upload(file, Request(), name=None, door="cli") for file in tmp_path.glob("*.csv")]
        (tmp_path / "people.csv").write_text("identity,plan\n1,gold\n")
        app.uploads.upload(tmp_path / "people.csv", Request(), name=None, door="cli")
        (first,) = (d["upload"]["id"] for d in documents if d.get("upload", {}).get("status") == "completed")
        documents += [app.uploads.reverse(first, "undo", door="cli"), app.uploads.reverse(first, "redo", door="cli")]
    named = set(re.findall(r"[`\"](\w+)[`\"]", page("reference/report-json.md")))
    assert {key for document in documents for key in keys(document)} - named == set()
