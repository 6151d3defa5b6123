from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from tests.web.browser import EMAILS, Browser, words

from headcount.auth.rights import Role, operator
from headcount.campaigns.reach import Place
from headcount.web.reach_words import WIDTH, charts

HOSTILE = '"><script>alert(1)</script>'


def test_the_bars_stand_one_behind_the_other() -> None:
    told = dict.fromkeys(Place, 0) | {"matched": 10, "no_address": 4, "opted_out": 1, "reach": 5, "hints": []}
    (chart,) = charts({"email": told})
    assert [(step["x"], step["width"]) for step in chart["steps"]] == [(60, 40), (50, 10), (50, 0), (50, 0), (50, 0), (0, 50)]


@pytest.mark.parametrize("matched", [0, 1, 10_000_000])
def test_no_bar_leaves_the_picture(matched: int) -> None:
    told = dict.fromkeys(Place, 0) | {"matched": matched, "frequency_cap": min(1, matched), "reach": max(0, matched - 1), "hints": []}
    for step in charts({"sms": told})[0]["steps"]:
        assert 0 <= step["x"] <= step["x"] + step["width"] <= WIDTH


def test_a_filter_is_shown_as_it_was_typed(admin: Browser) -> None:
    answer = admin.post("/reach", condition=f'Name = "{HOSTILE}')
    assert (answer.status_code, HOSTILE in answer.text) == (400, False)
    assert "&gt;&lt;script&gt;" in answer.text


def test_nobody_is_nobody(admin: Browser) -> None:
    answer = admin.post("/reach", condition="identity exists")
    assert answer.status_code == 200
    assert "0 people match" in words(answer)
    assert "Nobody any more" in words(admin.post("/reach/people", condition="identity exists", channel="sms", place="reach"))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"messages": ["1"] * 3, "days": ["1"] * 4, "gap_hours": ["0"] * 4, "control_percent": "0"}, "The form was not complete."),
        ({"messages": ["x", *["1"] * 3], "days": ["1"] * 4, "gap_hours": ["0"] * 4, "control_percent": "0"}, "Limits are whole numbers."),
        ({"messages": ["1"] * 4, "days": ["0"] * 4, "gap_hours": ["0"] * 4, "control_percent": "0"}, "a cap is about 1 to 365 days"),
        ({"messages": ["1"] * 4, "days": ["1"] * 4, "gap_hours": ["0"] * 4, "control_percent": "101"}, "0 to 100 %"),
        ({"messages": ["9999"] * 4, "days": ["1"] * 4, "gap_hours": ["0"] * 4, "control_percent": "1"}, "0 to 1,000 messages"),
        ({"messages": ["1"] * 4, "days": ["1"] * 4, "gap_hours": ["9999"] * 4, "control_percent": "1"}, "lie between two messages"),
    ],
)
def test_limits_that_are_none_change_nothing(admin: Browser, sent: dict[str, Any], said: str) -> None:
    answer = admin.post("/settings/delivery", **sent)
    assert (answer.status_code, said in words(answer)) == (400, True)
    assert admin.house.reach(operator("default")).delivery()["control_percent"] == 0


def test_limits_are_kept(admin: Browser) -> None:
    sent: dict[str, Any] = {
        "messages": ["0", "3", "2", "0"],
        "days": ["1", "7", "1", "1"],
        "gap_hours": ["0", "0", "12", "0"],
        "control_percent": "5",
    }
    assert admin.post("/settings/delivery", **sent).headers["location"] == "/settings/delivery?done=delivery"
    holds = admin.house.reach(operator("default")).delivery()
    assert (holds["caps"]["sms"], holds["caps"]["email"]["gap_hours"], holds["control_percent"]) == (
        {"messages": 3, "days": 7, "gap_hours": 0},
        12,
        5,
    )


@pytest.mark.parametrize("role", [Role.CREATOR, Role.APPROVER, Role.MEMBER])
def test_only_an_administrator_sees_the_limits(app: FastAPI, role: Role) -> None:
    browser = Browser(app)
    browser.sign_in(EMAILS[role])
    assert browser.get("/settings/delivery").status_code == 403
    assert "Delivery" not in words(browser.get("/settings/profile"))
    assert browser.get("/reach").status_code == 200
