"""The page of the Python client names everything that is public, and its examples run."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import headcount
from headcount import Client, HeadcountError

PAGE = (Path(__file__).parents[2] / "docs/reference/python-client.md").read_text("utf-8")
NAMED = set(re.findall(r"`(\w+)`", PAGE))
ROWS = re.findall(r"^\| (.*) \|$", PAGE, re.MULTILINE)
METHODS = [name for name in vars(Client) if not name.startswith("_")]
CLASSES = [kind for name in headcount.__all__ if isinstance(kind := getattr(headcount, name), type) and kind is not Client]


def members(kind: type) -> Iterator[str]:
    if dataclasses.is_dataclass(kind):
        yield from (field.name for field in dataclasses.fields(kind))
    if not issubclass(kind, HeadcountError):
        yield from (name for name in vars(kind) if not name.startswith("_"))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_stands_there_with_its_parameters(name: str) -> None:
    row = next(row for row in ROWS if f"`{name}`" in row.split(" | ")[0])
    parameters = inspect.signature(getattr(Client, name)).parameters.values()
    named = {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}
    elsewhere = {"batch", "concurrency", "idempotency_key", "dry_run", "on_progress"} if name == "events" else set()
    assert {each for each in named - elsewhere if f"`{each}`" not in row} == set()


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_class_stands_there_with_its_fields(kind: type) -> None:
    assert {kind.__name__, *members(kind)} - NAMED == set()


def test_it_promises_nothing_that_is_not_there() -> None:
    listed = re.findall(r"^\| ((?:`\w+` ?)+) \|.*\|.*\|$", PAGE[: PAGE.index("### What a value")], re.MULTILINE)
    assert {name for cell in listed for name in re.findall(r"\w+", cell)} == set(METHODS)
