from __future__ import annotations

import pytest
from hypothesis import given
from starlette.datastructures import FormData, UploadFile
from tests.store.test_segment_sql import COLUMNS, CROWD, NAMES, filters, holds

from headcount.segments.filter import Filter, segments_of
from headcount.segments.grammar import parse, render
from headcount.web.building import of_form, of_text
from headcount.web.filter_rows import Group, Row, Rows, filter_of, rows_of


def type_of(name: str) -> str | None:
    return COLUMNS[name].type if name in COLUMNS else None


@given(node=filters)
def test_rows_mean_whom_the_filter_means(node: Filter) -> None:
    rows = rows_of(node)
    # A list has a number only where its name was resolved.
    if rows is None or segments_of(node):
        return
    again = filter_of(rows, type_of)
    assert again is not None
    crowd = [dict(zip(NAMES, person, strict=True)) for person in CROWD]
    assert [holds(again, person) for person in crowd] == [holds(node, person) for person in crowd]


@pytest.mark.parametrize(
    "text",
    [
        'plan = "pro"',
        'plan = "pro" and age > 30',
        'plan = "pro" or not plan exists',
        'plan = "pro" and (age between 30 and 60 or consent email is unsubscribed) and not tags contains "a"',
        'not (plan = "pro" or vip = true)',
        "not age > 30",
        'plan in ("a, b", "c") and seen in last 7 days',
        'did "Charged" at least 3 times in last 30 days or not upload "u1"',
        'score = 9.5 and not in segment "Spring list"',
        '(plan = "pro" and age > 30) or (plan = "free" and age < 20)',
    ],
)
def test_text_that_conditions_can_show_comes_back_the_same(text: str) -> None:
    rows = rows_of(parse(text))
    assert rows is not None
    said = filter_of(rows, type_of)
    assert said is not None
    assert render(said) == render(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        'not (plan = "pro" and age > 30)',
        'plan = "a" and (plan = "b" or (plan = "c" and age > 1))',
        'plan = ""',
        'plan = " a"',
        'did "x" since "2024-01-01"',
        'did "x" where (a exists)',
    ],
)
def test_what_conditions_cannot_show_is_kept_as_text(text: str) -> None:
    assert rows_of(parse(text)) is None
    assert of_text(text).text == text


def form(rows: Rows | None, text: str, was: str, do: str = "") -> FormData:
    fields: list[tuple[str, str | UploadFile]] = [("text", text), ("was", was), ("do", do), ("all", rows.join if rows else "")]
    for number, group in enumerate(rows.groups if rows else ()):
        fields.append(("join", group.join))
        for row in group.rows:
            parts = {"group": str(number), "what": row.what, "name": row.name, "test": row.test, "value": row.value, "more": row.more}
            fields += parts.items()
    return FormData(fields)


ROW = Row("property", "age", ">", "30")
ONE = Rows("all", (Group("all", (ROW,)),))


def test_who_was_changed_last_leads() -> None:
    assert of_form(form(ONE, "plan exists", "plan exists"), type_of).text == "age > 30"
    assert of_form(form(ONE, 'plan = "pro"', "plan exists"), type_of).rows == rows_of(parse('plan = "pro"'))
    assert of_form(form(None, "not (a exists and b exists)", "not (a exists and b exists)"), type_of).rows is None
    assert of_form(form(ONE, "a exists\r\nand b exists", "a exists\nand b exists"), type_of).text == "age > 30"


def test_text_that_cannot_be_read_takes_nothing_away_and_goes_on_leading() -> None:
    built = of_form(form(ONE, "plan = pro", "age > 30"), type_of)
    assert (built.rows, built.was, built.text, built.error is not None) == (ONE, "age > 30", "plan = pro", True)
    assert of_form(form(built.rows, built.text, built.was), type_of).error is not None


def test_steps_add_and_remove_rows_and_groups() -> None:
    two = of_form(form(ONE, "", "", "row:0"), type_of)
    assert (two.rows, two.text) == (Rows("all", (Group("all", (ROW, Row(test="="))),)), "age > 30")
    groups = of_form(form(ONE, "", "", "group"), type_of).rows
    assert groups is not None
    assert [group.join for group in groups.groups] == ["all", "any"]
    assert of_form(form(groups, "", "", "gone:1:0"), type_of).rows == ONE
    assert of_form(form(ONE, "", "", "gone:0:0"), type_of).text == ""
    for do in ("gone:9:9", "row:x", "row:0:0:0", "drop", ":", "gone:-1:0"):
        assert of_form(form(ONE, "", "", do), type_of).rows == ONE


def test_another_property_gets_a_test_of_its_type() -> None:
    boolean = Rows("all", (Group("all", (Row("property", "vip", "contains", "x"),)),))
    built = of_form(form(boolean, "", ""), type_of)
    assert built.rows is not None
    assert built.rows.groups[0].rows[0].test == "="
