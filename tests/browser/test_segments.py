from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect
from tests.browser.conftest import Walk

PEOPLE = "identity,Name,user_set_1,age,joined<yyyy-MM-dd>\n" + "".join(
    f"{number:03},Person {number},{number % 3 or ''},{20 + number},2026-01-{1 + number:02}\n" for number in range(30)
)


@pytest.fixture
def people(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return str(path)


def count(walk: Walk, number: int) -> None:
    expect(walk.page.get_by_role("status")).to_have_text(f"{number} {'person' if number == 1 else 'people'}")


def choose(walk: Walk, label: str, option: str) -> None:
    """With the keyboard alone, as far as a list of options goes without a mouse."""
    walk.page.get_by_label(label).focus()
    with walk.page.expect_response("**/segments/new"):
        walk.page.get_by_label(label).select_option(option)
    expect(walk.page.get_by_label(label)).to_be_focused()


def test_a_segment_is_built_by_conditions_and_by_text_and_saved(walk: Walk, people: str) -> None:
    walk.server.headcount("upload", people)
    walk.sign_in()
    walk.page.get_by_role("link", name="Segments", exact=True).click()
    walk.look()
    walk.page.get_by_role("link", name="New segment").first.click()
    count(walk, 30)
    choose(walk, "Condition 1.1: property", "user_set_1")
    value = walk.page.locator(".held[hx-vals*=user_set_1]").get_by_label("Condition 1.1: value")
    value.focus()
    expect(walk.page.locator("datalist option")).to_have_count(2)
    walk.page.keyboard.type("1")
    count(walk, 10)
    expect(value).to_be_focused()
    text = walk.page.get_by_label("The same as text")
    expect(text).to_have_value("user_set_1 = 1")
    walk.page.get_by_role("button", name="Add a group").press("Enter")
    choose(walk, "Condition 2.1: property", "age")
    choose(walk, "Condition 2.1: test", "between")
    walk.page.get_by_label("Condition 2.1: up to").fill("24")
    walk.page.get_by_label("Condition 2.1: value").fill("20")
    count(walk, 2)
    walk.page.get_by_label("By property").select_option("joined")
    expect(walk.page.get_by_role("table")).to_contain_text("2026-01-05")
    walk.look()
    text.fill("not (user_set_1 exists and age > 40)")
    expect(walk.page.get_by_text("This filter is kept as text")).to_be_visible()
    text.fill("user_set_1 exists and age > 40")
    expect(walk.page.get_by_label("Condition 1.2: value")).to_have_value("40")
    count(walk, 6)
    expect(text).to_be_focused()
    walk.page.get_by_role("button", name="Remove condition 1.2").press("Enter")
    expect(text).to_have_value("user_set_1 exists")
    walk.page.get_by_label("Name", exact=True).fill("Spring set")
    walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_label("Name", exact=True)).to_have_value("Spring set")
    walk.press("Save")
    expect(walk.page.get_by_text("The segment is saved.")).to_be_visible()
    walk.look()
    assert walk.server.headcount("segment", "count", 'in segment "spring set"') == "20 people\n"
    walk.page.get_by_role("button", name="Reach of this segment").click()
    expect(walk.page.get_by_text("20 people match")).to_be_visible()


def test_what_is_typed_while_the_conditions_are_made_anew_is_not_lost(walk: Walk, people: str) -> None:
    walk.server.headcount("upload", people)
    walk.sign_in()
    walk.page.get_by_role("link", name="Segments", exact=True).click()
    walk.page.get_by_role("link", name="New segment").first.click()
    choose(walk, "Condition 1.1: property", "age")
    choose(walk, "Condition 1.1: test", ">")
    value, held = walk.page.get_by_label("Condition 1.1: value"), list[Route]()
    walk.page.route("**/segments/new", partial(held.append), times=1)
    with walk.page.expect_request("**/segments/new"):
        walk.page.get_by_label("Condition 1.1: test").select_option(">=")
    value.press_sequentially("45")
    held[0].continue_()
    count(walk, 5)
    expect(value).to_have_value("45")
    expect(walk.page.get_by_label("The same as text")).to_have_value("age >= 45")
    # Nor is what is chosen before the page listens.
    walk.page.route("**/htmx-*", partial(held.append), times=1)
    with walk.page.expect_request("**/htmx-*"):
        walk.page.goto(f"{walk.server.address}/segments/new", wait_until="commit")
    walk.page.get_by_label("Condition 1.1: what it is about").select_option("consent")
    held[1].continue_()
    expect(walk.page.get_by_label("Condition 1.1: channel")).to_be_visible()


def test_a_list_is_made_of_a_file_and_looked_at_on_a_phone(phone: Walk, people: str, tmp_path: Path) -> None:
    phone.server.headcount("upload", people)
    letters = tmp_path / "letters.csv"
    letters.write_text("identity\n001\n002\n999\n")
    phone.sign_in()
    phone.go("/segments/file")
    phone.page.get_by_label("Name of the list").fill("Letters")
    phone.page.locator("input[type=file]").set_input_files(letters)
    phone.press("Send")
    expect(phone.page.get_by_text("Letters has 2 people now")).to_be_visible()
    expect(phone.page.get_by_text("Row 4: 999")).to_be_visible()
    phone.look()
    phone.page.get_by_role("link", name="Look at the list").click()
    count(phone, 2)
    phone.look()
    phone.go("/segments")
    expect(phone.page.get_by_role("cell", name="People 2")).to_be_visible()
    phone.go("/segments/new")
    phone.page.get_by_label("Condition 1.1: what it is about").select_option("segment")
    phone.page.get_by_label("Condition 1.1: segment").select_option("Letters")
    count(phone, 2)
    phone.look()
