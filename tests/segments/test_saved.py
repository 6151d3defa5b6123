from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from headcount.errors import WrongCall
from headcount.segments.filter import And, Exists, Filter, InSegment, Not, Or
from headcount.segments.filter_json import MAX_LEVELS, to_json
from headcount.segments.grammar import parse, render
from headcount.segments.saved import (
    LONGEST_NAME,
    MOST_INSIDE,
    SavedSegment,
    checked_name,
    folded,
    resolved,
    users_of,
    with_change,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def live(name: str, text: str) -> SavedSegment:
    return SavedSegment(
        id=f"s-{folded(name)}",
        account_id="default",
        name=name,
        description="",
        kind="live",
        filter=to_json(parse(text)),
        list_number=None,
        made_by="Mia",
        made_at=NOW,
        changed_at=NOW,
        expires_at=None,
    )


def frozen(name: str, number: int, expires_at: datetime | None = None) -> SavedSegment:
    return replace(live(name, "a exists"), kind="frozen", list_number=number, expires_at=expires_at)


def found(text: str, *saved: SavedSegment) -> Filter:
    return resolved(parse(text), saved, NOW).filter


def test_a_live_segment_is_its_filter_and_a_frozen_one_its_list() -> None:
    saved = (live("Spring", 'a exists and not in segment "vip"'), frozen("VIP", 7))
    whom = Or((And((Exists("a"), Not(InSegment("VIP", 7)))), Exists("b")))
    assert found('in segment "SPRING" or b exists', *saved) == whom


def test_an_expired_list_is_nobody_and_is_named() -> None:
    saved = (frozen("Old", 7, NOW), frozen("New", 8, NOW + timedelta(days=1)), live("Both", 'in segment "old" or in segment "new"'))
    told = resolved(parse('in segment "both"'), saved, NOW)
    assert told.expired == ("Old",)
    assert render(told.filter) == 'in segment "Old" or in segment "New"'
    assert found('in segment "Old"', *saved) == InSegment("Old", 0)


def cycle() -> Sequence[SavedSegment]:
    return live("A", 'in segment "B"'), live("B", 'x exists or in segment "c"'), live("C", 'not in segment "A"')


def deep(levels: int) -> str:
    return "not " * levels + "a exists"


@pytest.mark.parametrize(
    ("text", "saved", "code", "said"),
    [
        ('in segment "x"', (), "segment_unknown", "no segment called “x”"),
        ('in segment "b"', cycle(), "segment_cycle", "“B” → “C” → “A” → “B”"),
        ('in segment "0"', [live(str(i), f'in segment "{i + 1}"') for i in range(MOST_INSIDE + 1)], "segment_nested", "Too much"),
        (" or ".join(['in segment "a"'] * 201), [frozen("a", 1)], "segment_nested", "200 segments"),
        ("not " * 45 + 'in segment "a"', [live("a", deep(45))], "", ""),
    ],
)
def test_what_cannot_be_resolved(text: str, saved: Sequence[SavedSegment], code: str, said: str) -> None:
    if not code:
        found(text, *saved)
        return
    with pytest.raises(WrongCall) as caught:
        found(text, *saved)
    assert (caught.value.code, said in str(caught.value)) == (code, True)


def test_the_levels_of_all_filters_together_have_a_limit() -> None:
    saved = [live("a", deep(49)), live("b", "not " * 49 + 'in segment "a"')]
    with pytest.raises(WrongCall, match=f"{MAX_LEVELS} levels"):
        found("not " * 49 + 'in segment "b"', *saved)


def test_a_new_name_goes_into_the_filters_that_named_it() -> None:
    saved = (live("Spring", "a exists"), live("B", 'b exists and not in segment "SPRING"'), frozen("F", 1))
    after = with_change(saved, replace(saved[0], name="Summer"), NOW)
    assert [render(each.tree) for each in after if each.tree] == ["a exists", 'b exists and not in segment "Summer"', "a exists"]
    assert users_of(after) == {"summer": ["B"]}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (replace(live("A", "a exists"), id="new"), "segment_exists"),
        (live("A", 'in segment "b"'), "segment_cycle"),
        (live("A", 'in segment "a"'), "segment_cycle"),
        (live("A", 'in segment "zzz"'), "segment_unknown"),
    ],
)
def test_a_change_that_would_break_what_is_saved_is_refused(changed: SavedSegment, code: str) -> None:
    saved = (live("a", "a exists"), live("B", 'in segment "A"'))
    with pytest.raises(WrongCall) as caught:
        with_change(saved, changed, NOW)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["", " \n", "x" * (LONGEST_NAME + 1), "a\x00b", "a\u202eb", "\ud800"])
def test_a_name_has_to_be_seen(name: str) -> None:
    with pytest.raises(WrongCall, match="cannot be the name"):
        checked_name(name)


def test_names_are_compared_without_case_and_width() -> None:
    assert folded("  Große   Liste ") == folded("GROSSE liste")
    assert checked_name("  Spring \n list ") == "Spring list"
