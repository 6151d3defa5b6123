from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect
from tests.browser.conftest import Walk

FILE = (
    "identity,Name,Email,Phone,plan,MSG-email\n"
    "00123,Ann,ann@example.com,+4915112345678,pro,\n"
    "00124,Bob,ANN@example.com,,pro,\n"
    "00125,Cem,cem@example.com,+4915112345679,pro,false\n"
    "00126,Dana,,,pro,\n"
    "00127,Eva,eva@example.com,,free,\n"
)


def uploaded(walk: Walk, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(FILE)
    walk.server.headcount("upload", str(tmp_path / "people.csv"))


def count(walk: Walk, condition: str) -> None:
    walk.page.get_by_label("Whom", exact=True).fill(condition)
    walk.press("Count")


def test_a_reach_is_counted_and_every_step_opens_its_people(walk: Walk, tmp_path: Path) -> None:
    uploaded(walk, tmp_path)
    walk.sign_in()
    walk.page.get_by_role("link", name="Reach", exact=True).click()
    walk.look()
    count(walk, 'plan = "pro"')
    email = walk.page.get_by_role("region", name="E-mail", exact=True)
    cells = email.locator("td.num").all_inner_texts()
    assert [cell.split()[0] for cell in cells] == ["4", "1", "1", "1", "0", "0", "1"]
    expect(email.get_by_text("Upload a file with their identities and a column Email.")).to_be_visible()
    walk.look()
    email.get_by_role("button", name="1 person: Duplicate address, E-mail. Show them").focus()
    walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_role("heading", name="E-mail: duplicate address")).to_be_visible()
    expect(walk.page.get_by_text("00124", exact=True)).to_be_visible()
    assert "00123" not in walk.page.content()
    walk.look()
    walk.press("Back to the numbers")
    expect(walk.page.get_by_label("Whom", exact=True)).to_have_value('plan = "pro"')


def test_a_filter_that_is_none_is_said_to_be(walk: Walk) -> None:
    walk.sign_in()
    walk.go("/reach")
    count(walk, "plan =")
    expect(walk.page.get_by_role("alert")).to_be_visible()
    walk.look()
    # The browser says itself that it was refused.
    walk.complaints.clear()


def test_it_works_on_a_phone_and_a_cap_counts(phone: Walk, tmp_path: Path) -> None:
    uploaded(phone, tmp_path)
    phone.sign_in()
    phone.go("/settings/delivery")
    phone.look()
    phone.page.get_by_label("Of a hundred people, so many get nothing").fill("100")
    phone.press("Save")
    expect(phone.page.get_by_text("It holds from now on.")).to_be_visible()
    phone.go("/reach")
    count(phone, "identity exists")
    phone.look()
    email = phone.page.get_by_role("region", name="E-mail", exact=True)
    assert [cell.split()[0] for cell in email.locator("td.num").all_inner_texts()] == ["5", "1", "1", "1", "0", "2", "0"]


def test_who_only_looks_sees_no_addresses(walk: Walk, tmp_path: Path) -> None:
    uploaded(walk, tmp_path)
    walk.sign_in("member@acme.example")
    walk.go("/reach")
    count(walk, "identity exists")
    walk.page.get_by_role("button", name="people: Reached, E-mail. Show them").click()
    expect(walk.page.get_by_text("•••").first).to_be_visible()
    assert "example.com" not in walk.page.locator("main").inner_text()
    walk.look()
