from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Walk

PEOPLE = """identity,Name,Email,plan,MSG-email
00123,Ann Berg,ann@example.com,pro,
00124,Bob Chen,bob@example,free,false
,Dana Eich,dana@example.com,free,
00123,,,team,
"""


def written(tmp_path: Path, text: str, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_file_is_dropped_checked_applied_and_taken_back(walk: Walk, tmp_path: Path) -> None:
    walk.go("/")
    walk.look()
    walk.sign_in()
    walk.look()
    walk.send(written(tmp_path, PEOPLE))
    walk.look()
    expect(walk.page.get_by_text("4 rows", exact=True)).to_be_visible()
    walk.press("Apply")
    walk.until("Completed")
    walk.look()
    with walk.page.expect_download() as download:
        walk.page.get_by_role("link", name="rejects").first.click()
    assert "identity_blank" in Path(download.value.path()).read_text()
    assert "Ann Berg" in walk.server.headcount("people", "show", "00123")
    walk.page.get_by_role("link", name="Undo").first.click()
    walk.look()
    walk.press("Undo the upload")
    walk.until("Undone")
    walk.look()
    assert walk.server.headcount("segment", "count", "identity exists").startswith("0 ")


def test_headers_with_faults_are_told_before_the_file_travels_and_asked_for_after(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    walk.choose(written(tmp_path, "user_id,plan,plan,a.b,\n1,pro,x,y,z\n"))
    expect(walk.page.get_by_text("prohibited character").first).to_be_visible()
    walk.look()
    walk.press("Upload")
    walk.until("Start mapping")
    walk.look()
    for question in walk.page.locator("fieldset.question").all():
        choices = question.get_by_role("radio")
        (choices.first if "identity" in (question.text_content() or "").lower() else choices.last).check()
    walk.press("Answer and look again")
    walk.until("Ready")
    walk.press("Apply")
    walk.until("Completed")
    assert walk.server.headcount("segment", "count", 'plan = "pro"').startswith("1 ")


def test_an_ambiguous_date_is_answered_by_one_click(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    walk.send(written(tmp_path, "identity,signup\n1,01/02/2026 10:00:00\n2,03/04/2026 10:00:00\n"))
    walk.look()
    walk.page.get_by_role("button", name="The day comes first").click()
    walk.until("Ready")
    walk.press("Apply")
    walk.until("Completed")
    assert walk.server.headcount("segment", "count", 'signup before "2026-02-15"').startswith("1 ")


def test_a_header_that_is_almost_consent_is_asked_for(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    walk.send(written(tmp_path, "identity,msg_email\n1,false\n"))
    walk.look()
    walk.page.get_by_role("button", name="MSG-email").first.click()
    walk.until("Ready")
    walk.look()
    walk.press("Apply")
    walk.until("Completed")
    assert walk.server.headcount("segment", "count", "consent email is unsubscribed").startswith("1 ")


def test_progress_survives_a_reload_and_is_the_same_in_two_tabs(walk: Walk, tmp_path: Path) -> None:
    rows = "".join(f"{n},{n % 7},text {n},{n % 1000 / 10}\n" for n in range(400_000))
    walk.sign_in()
    walk.send(written(tmp_path, f"identity,visits,note,balance\n{rows}"))
    walk.press("Apply")
    expect(walk.page.locator("progress")).to_be_visible()
    walk.page.reload()
    expect(walk.page.locator("progress")).to_be_visible()
    other = walk.page.context.new_page()
    other.goto(walk.page.url)
    walk.until("Completed")
    expect(other.locator(".badge").first).to_have_text("Completed", timeout=20_000)
    other.close()


def test_a_file_that_is_none_never_travels(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    walk.choose(path)
    expect(walk.page.get_by_text("PNG").first).to_be_visible()
    expect(walk.page.get_by_role("button", name="Upload", exact=True)).to_have_count(0)
    walk.look()


def test_everything_works_on_a_phone(phone: Walk, tmp_path: Path) -> None:
    phone.go("/")
    phone.look()
    phone.sign_in()
    phone.look()
    phone.send(written(tmp_path, PEOPLE))
    phone.look()
    phone.press("Apply")
    phone.until("Completed")
    phone.look()
    for path in ("/uploads", "/uploads/new", "/settings/profile", "/settings/users", "/settings/passcodes", "/settings/audit", "/api/docs"):
        phone.go(path)
        phone.look()


@pytest.mark.parametrize(("role", "uploads"), [("admin", True), ("creator", True), ("approver", False), ("member", False)])
def test_each_role_is_offered_what_it_may_do(walk: Walk, tmp_path: Path, role: str, uploads: bool) -> None:
    walk.server.headcount("upload", str(written(tmp_path, PEOPLE)))
    walk.sign_in(f"{role}@acme.example")
    expect(walk.page.get_by_role("link", name="+ Upload")).to_have_count(1 if uploads else 0)
    walk.page.get_by_role("main").get_by_role("link", name="people").first.click()
    walk.until("Completed")
    expect(walk.page.get_by_role("link", name="Undo")).to_have_count(1 if uploads else 0)
    assert ("bob@example" in walk.page.content()) is uploads
    walk.look()
    walk.page.locator("details.menu summary").click()
    walk.press("Sign out")
    walk.page.wait_for_url("**/sign-in**")
    walk.go("/uploads")
    assert "/sign-in" in walk.page.url


def test_nothing_is_done_by_a_mouse_alone(walk: Walk, tmp_path: Path) -> None:
    """From the list to an applied upload with the keyboard."""
    walk.sign_in()
    walk.page.get_by_role("link", name="+ Upload").first.focus()
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/uploads/new")
    walk.page.locator("input[type=file]").first.set_input_files(written(tmp_path, PEOPLE))
    walk.page.get_by_role("button", name="Upload", exact=True).focus()
    walk.page.keyboard.press("Enter")
    walk.until("Ready")
    walk.page.get_by_role("button", name="Apply", exact=True).focus()
    walk.page.keyboard.press("Enter")
    walk.until("Completed")


def test_a_page_that_is_not_there_says_what_now(walk: Walk) -> None:
    walk.sign_in()
    answer = walk.page.goto(f"{walk.server.address}/nothing")
    expect(walk.page.get_by_text("And now?")).to_be_visible()
    walk.look()
    assert answer
    assert answer.status == 404
    # The browser says so itself.
    walk.complaints.clear()


def test_rejects_go_out_are_mended_and_come_back(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    walk.send(written(tmp_path, PEOPLE))
    walk.press("Apply")
    walk.until("Completed")
    with walk.page.expect_download() as download:
        walk.page.get_by_role("link", name="Download the rejects file").click()
    assert download.value.suggested_filename == "people rejects.csv"
    rejected = Path(download.value.path()).read_text()
    mended = rejected.replace("bob@example,", "bob@chen.example,").replace(",Dana Eich", "00125,Dana Eich")
    walk.send(written(tmp_path, mended, "mended.csv"))
    expect(walk.page.get_by_role("heading", name="Problems")).to_have_count(0)
    walk.press("Apply")
    walk.until("Completed")
    assert walk.server.headcount("segment", "count", "Email exists").startswith("3 ")


def test_a_mapping_goes_out_as_a_file_comes_in_and_is_offered_again(walk: Walk, tmp_path: Path) -> None:
    dates = "identity,signup\n1,01/02/2026 10:00:00\n2,03/04/2026 10:00:00\n"
    walk.sign_in()
    walk.send(written(tmp_path, dates))
    walk.page.get_by_role("button", name="The month comes first").click()
    walk.until("Ready")
    walk.page.get_by_text("What each column is, and how to change it").click()
    with walk.page.expect_download() as download:
        walk.page.get_by_role("link", name="Download the manifest").click()
    manifest = written(tmp_path, Path(download.value.path()).read_text(), "manifest.json")
    walk.send(written(tmp_path, dates, "again.csv"))
    expect(walk.page.get_by_text("A file with these headers came before")).to_be_visible()
    walk.look()
    walk.press("Use the same mapping")
    walk.until("Ready")
    walk.send(written(tmp_path, dates.replace("signup", "signup "), "other.csv"))
    walk.page.get_by_label("Use a manifest instead").set_input_files(manifest)
    walk.press("Use it")
    walk.until("Ready")
    walk.press("Apply")
    walk.until("Completed")
    assert walk.server.headcount("segment", "count", 'signup before "2026-01-03"').startswith("1 ")


def test_who_opted_out_themselves_comes_back_for_a_reason_alone(walk: Walk, tmp_path: Path) -> None:
    walk.server.headcount("upload", str(written(tmp_path, "identity,MSG-email\n7,\n8,\n")))
    walk.server.headcount("consent", "set", "7", "email", "unsubscribed", "--source", "person")
    walk.sign_in()
    walk.send(written(tmp_path, "identity,MSG-email\n7,true\n8,true\n"))
    expect(walk.page.get_by_text("1 re-subscription is held")).to_be_visible()
    walk.look()
    walk.page.get_by_label("These people agreed to be messaged again").check()
    walk.page.get_by_label("Where and when they agreed").fill("in the shop, in May")
    walk.press("Apply, and re-subscribe them")
    walk.until("Completed")
    walk.look()
    assert walk.server.headcount("segment", "count", "consent email is subscribed").startswith("2 ")
    assert "in the shop, in May" in walk.server.headcount("consent", "log", "7")


def slowly(walk: Walk) -> None:
    """Make the network of the page so slow that a transfer can be watched."""
    session = walk.page.context.new_cdp_session(walk.page)
    session.send("Network.enable")
    speed = {"downloadThroughput": 4_000_000, "uploadThroughput": 1_500_000}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 5, **speed})


def large(tmp_path: Path, name: str = "large.csv") -> Path:
    """A file of about 10 MB."""
    return written(tmp_path, "identity,note\n" + "".join(f"{n},{'text ' * 10}{n}\n" for n in range(1, 160_001)), name)


def test_a_transfer_is_stopped_and_begun_again(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    walk.choose(large(tmp_path))
    slowly(walk)
    walk.press("Upload")
    expect(walk.page.get_by_text("a second").first).to_be_visible()
    walk.look()
    walk.press("Stop")
    expect(walk.page.get_by_text("You stopped the transfer.")).to_be_visible()
    walk.look()
    walk.go("/uploads")
    assert walk.page.locator(".badge").all_text_contents() in (["Rejected"], ["Cancelled"])
    walk.send(large(tmp_path))


def test_a_session_that_ends_during_a_transfer_says_so(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    walk.choose(large(tmp_path))
    walk.page.context.clear_cookies()
    walk.press("Upload")
    expect(walk.page.get_by_text("You were signed out.")).to_be_visible()
    walk.look()
    walk.page.get_by_role("link", name="Sign in", exact=True).click()
    walk.page.wait_for_url("**/sign-in?next=**")
    # The browser says itself that the call was refused.
    walk.complaints[:] = [complaint for complaint in walk.complaints if "401" not in complaint]


def test_two_files_come_in_at_once(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    walk.choose(large(tmp_path, "one.csv"))
    other = Walk(walk.page.context.new_page(), walk.server)
    other.choose(large(tmp_path, "two.csv"))
    for each in (walk, other):
        each.press("Upload")
    for each in (walk, other):
        each.page.wait_for_url("**/uploads/u*")
        each.until("Ready")
    for each in (walk, other):
        each.press("Apply")
    for each in (walk, other):
        each.until("Completed")
    assert other.complaints == []
    other.page.close()
    assert walk.server.headcount("segment", "count", "identity exists") == "160,000 people\n"
