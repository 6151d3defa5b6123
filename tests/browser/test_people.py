from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Walk

PEOPLE = """identity,Name,Email,Phone,plan
00123,Ann Berg,ann@example.com,+4915112345678,pro
a/b?c#d,"O'Brien <b>""x""</b>",bob@example.com,,free
"""


@pytest.fixture
def people(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return str(path)


def test_somebody_is_found_while_one_types(walk: Walk, people: str) -> None:
    walk.server.headcount("upload", people)
    walk.sign_in()
    walk.page.get_by_role("link", name="People", exact=True).click()
    walk.look()
    walk.page.keyboard.type("ann@example")
    expect(walk.page.get_by_role("link", name="00123")).to_be_visible()
    expect(walk.page.get_by_role("status")).to_have_text("1 person found.")
    walk.look()
    walk.page.keyboard.type("zz")
    expect(walk.page.get_by_role("status")).to_contain_text("Nobody has ann@examplezz")
    assert walk.page.url.endswith("/people")
    walk.page.get_by_role("searchbox").fill("o'brien <b>")
    walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_role("link", name="a/b?c#d")).to_be_visible()
    expect(walk.page.get_by_role("searchbox")).to_be_focused()
    walk.page.get_by_text("By a filter").click()
    walk.page.get_by_label("Filter").press_sequentially('plan = "free"')
    expect(walk.page.get_by_role("status")).to_have_text("1 person matches the filter.")
    walk.look()


def test_somebody_is_found_on_a_phone_by_who_sees_no_personal_data(phone: Walk, people: str) -> None:
    phone.server.headcount("upload", people)
    phone.sign_in("member@acme.example")
    phone.go("/people")
    phone.page.get_by_role("searchbox").fill("berg")
    expect(phone.page.get_by_text("Personal data is covered")).to_be_visible()
    assert "ann@example.com" not in phone.page.content()
    phone.look()


def test_a_consent_is_changed_on_the_page_of_a_person_with_the_keyboard(walk: Walk, people: str) -> None:
    walk.server.headcount("upload", people)
    walk.sign_in()
    walk.go("/people/00123")
    walk.look()
    walk.page.locator("summary", has_text="Unsubscribe E-mail").focus()
    walk.page.keyboard.press("Enter")
    walk.page.locator("#reason-email-out").focus()
    walk.look()
    walk.page.keyboard.type("asked by phone")
    walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_text("Opted out themselves")).to_be_visible()
    walk.look()
    assert "asked by phone" in walk.server.headcount("consent", "log", "00123")


def test_the_page_of_anybody_is_as_narrow_as_a_phone(phone: Walk, people: str) -> None:
    phone.server.headcount("upload", people)
    phone.sign_in()
    phone.go("/people")
    phone.page.get_by_role("searchbox").fill("a/b?c#d")
    phone.page.get_by_role("link", name="a/b?c#d").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text('O\'Brien <b>"x"</b>')
    phone.look()


def test_a_person_is_taken_out_and_erased(walk: Walk, people: str) -> None:
    walk.server.headcount("upload", people)
    walk.sign_in()
    walk.go("/people/a%2Fb%3Fc%23d")
    with walk.page.expect_download() as download:
        walk.press("Download everything")
    assert '"identity": "a/b?c#d"' in Path(download.value.path()).read_text()
    walk.page.get_by_role("link", name="Erase …").click()
    walk.look()
    walk.page.get_by_label("Type the identity").fill("a/b?c#d")
    walk.press("Erase for good")
    expect(walk.page.get_by_text("The person was erased")).to_be_visible()
    walk.look()
    assert walk.server.headcount("segment", "count", "identity exists").startswith("1 ")
    expect(walk.page.get_by_text("Files still hold traces of a person who was erased")).to_be_visible()
    walk.press("Take them out now")
    while walk.page.get_by_text("are being taken out now").is_visible():
        walk.page.get_by_role("link", name="Look again").click()
    expect(walk.page.get_by_text("Files still hold traces")).to_have_count(0)
