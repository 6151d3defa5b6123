from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect
from tests.browser.conftest import Walk

ROWS = "".join(f"{n:05},Person {n},p{n}@example.com,{('pro', 'free', 'team')[n % 3]},{n * n % 300}\n" for n in range(1, 301))


def uploaded(walk: Walk, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"identity,Name,Email,plan,visits\n{ROWS}")
    walk.server.headcount("upload", str(path))


def test_a_property_is_found_looked_at_and_changed_with_the_keyboard(walk: Walk, tmp_path: Path) -> None:
    uploaded(walk, tmp_path)
    walk.sign_in()
    walk.page.get_by_role("link", name="Properties", exact=True).click()
    # It is counted meanwhile, and the page follows by itself.
    expect(walk.page.get_by_role("status")).to_contain_text(re.compile(r"Counted .* ago|just now"))
    walk.look()
    walk.page.get_by_role("searchbox").focus()
    walk.page.keyboard.type("PLA")
    expect(walk.page.get_by_role("link", name="visits")).to_have_count(0)
    walk.page.get_by_role("link", name="plan", exact=True).focus()
    walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_role("heading", level=1)).to_have_text("plan")
    walk.look()
    walk.page.get_by_label("Name", exact=True).fill("tariff")
    walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_text("It has another name")).to_be_visible()
    walk.page.get_by_label("Type").select_option("integer")
    walk.press("See what another type would do")
    expect(walk.page.get_by_role("heading", name="Make it integer?")).to_be_visible()
    walk.look()
    walk.page.get_by_role("link", name="Leave it string").click()
    walk.page.get_by_role("link", name="Delete …").click()
    walk.look()
    walk.page.get_by_label("Type the name to confirm").fill("tariff")
    walk.press("Delete for good")
    expect(walk.page.get_by_text("The property was deleted")).to_be_visible()
    assert "tariff" not in walk.server.headcount("properties", "list", "--all")


def test_properties_are_looked_at_on_a_phone_by_who_sees_no_personal_data(phone: Walk, tmp_path: Path) -> None:
    uploaded(phone, tmp_path)
    phone.sign_in("member@acme.example")
    phone.go("/properties")
    expect(phone.page.get_by_role("status")).to_contain_text("Counted")
    phone.look()
    phone.page.get_by_role("link", name="visits").click()
    expect(phone.page.get_by_text("Personal data is covered")).to_be_visible()
    expect(phone.page.get_by_role("button", name="Rename")).to_have_count(0)
    phone.look()
