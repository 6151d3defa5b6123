"""What stands in the place of values: for whoever may not see them, and for people who were erased."""

from __future__ import annotations

from datetime import datetime

import pytest

from headcount.profiles.erased import Erased
from headcount.profiles.store import Erasure
from headcount.segments.covering import covered, has_covers, without
from headcount.segments.grammar import parse, render

ERASED = Erased.of([Erasure(1, datetime(2026, 6, 1), ("ann-1", "7"), ("dev-1",), ("Ann@x.example",), ("+4915112345678",))])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('plan = "pro" and not (visits > 3 or plan in ("a", "b"))', 'plan = "•••" and not (visits > "•••" or plan in ("•••"))'),
        ('visits between 1 and 5 or tags contains "x"', 'visits between "•••" and "•••" or tags contains "•••"'),
        ('did "Charged" where (Amount > 3)', 'did "Charged" where (Amount > "•••")'),
        (
            'plan exists and joined in last 3 days and in segment "x" and consent email is subscribed',
            'plan exists and joined in last 3 days and in segment "x" and consent email is subscribed',
        ),
    ],
)
def test_no_value_is_seen(text: str, shown: str) -> None:
    found = covered(parse(text))
    assert render(found) == shown
    assert parse(shown) == found
    assert (has_covers(parse(text)), has_covers(found)) == (False, "•••" in shown)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('identity = "ann-1" or Email = "ANN@x.example"', 'identity = "•••" or Email = "•••"'),
        ('Email in ("ann@x.example", "bob@x.example")', 'Email in ("•••", "bob@x.example")'),
        ('note contains "ann@x.example" or not Phone = "+4915112345678"', 'note contains "•••" or not Phone = "•••"'),
        ('did "Sent" where (to = "ann@x.example")', 'did "Sent" where (to = "•••")'),
        # Nobody is called so there.
        ('visits = 7 and plan = "7" and note = "ann-1"', 'visits = 7 and plan = "7" and note = "ann-1"'),
        ('identity = "bob" or Email = "bob@x.example"', 'identity = "bob" or Email = "bob@x.example"'),
    ],
)
def test_who_was_erased_is_not_named(text: str, left: str) -> None:
    assert without(parse(text), ERASED) == parse(left)
