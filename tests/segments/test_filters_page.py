from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from headcount.errors import WrongCall
from headcount.segments.filter_json import OPERATORS, from_json
from headcount.segments.grammar import RESERVED, parse

PAGE = (Path(__file__).parents[2] / "docs/reference/filters.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", "".join(blocks("filter")).splitlines())
def test_examples_are_filters(text: str) -> None:
    parse(text)


@pytest.mark.parametrize("text", re.findall(r"^\| (`.*?`) \|", PAGE.partition("## Dates")[0], re.MULTILINE))
def test_tables_hold_filters(text: str) -> None:
    for each in re.findall(r"`(.*?)`", text):
        parse(each)


def test_json_is_a_filter() -> None:
    (document,) = blocks("json")
    from_json(json.loads(document))


def test_the_error_is_what_is_printed() -> None:
    (printed,) = blocks("text")
    with pytest.raises(WrongCall) as caught:
        parse("plan = pro")
    assert str(caught.value) == printed.rstrip()


@pytest.mark.parametrize("word", sorted(RESERVED | set(OPERATORS)))
def test_words_are_on_the_page(word: str) -> None:
    assert f"`{word}`" in PAGE
