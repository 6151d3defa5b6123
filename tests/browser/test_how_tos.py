"""What marketers do with files, from the first upload to the number of whom a campaign reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import expect
from tests.browser.conftest import ACCOUNT, PASSCODE, Walk

PEOPLE = "identity,Name,Email\n" + "".join(f"{number},Person {number},p{number}@example.com\n" for number in range(100, 110))
UNSUBSCRIBED = "identity,MSG-email\n100,false\n101,false\n"
#: Two people stand in it twice.
CHOSEN = "identity,user_set_1\n100,1\n101,1\n102,1\n102,1\n103,1\n104,1\n105,2\n105,1\n106,2\n"
#: Whose app has registered a device.
WITH_DEVICE = ("100", "102", "104")
#: On push and by e-mail, `102` gets no more.
SENT = "identity,channel,campaign\n102,push,spring\n102,email,spring\n"
PUSH, EMAIL = "Push", "E-mail"


def applied(walk: Walk, tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text(text)
    walk.send(path)
    walk.press("Apply")
    walk.until("Completed")


def registered(walk: Walk, identities: Sequence[str]) -> None:
    """What an app tells when it has a token for push messages."""
    headers = {"X-CleverTap-Account-Id": ACCOUNT, "X-CleverTap-Passcode": PASSCODE}
    profiles = [{"identity": i, "objectId": f"device-{i}", "type": "profile", "profileData": {"app": "yes"}} for i in identities]
    tokens = [{"objectId": f"device-{i}", "type": "token", "tokenData": {"id": f"token-{i}", "type": "fcm"}} for i in identities]
    for records in (profiles, tokens):
        answer = walk.page.request.post(f"{walk.server.address}/1/upload", data={"d": records}, headers=headers)
        assert answer.json()["processed"] == len(identities), answer.text()


def waterfall(walk: Walk, channel: str) -> Mapping[str, int]:
    """The chart of a channel: people by step, in the words of the page."""
    rows = walk.page.get_by_role("region", name=channel, exact=True).locator("tbody tr")
    cells = [(row.locator("th").inner_text(), row.locator("td").inner_text()) for row in rows.all()]
    return {step.strip(): int(people.split()[0]) for step, people in cells}


def told(walk: Walk, channel: str, step: str) -> list[str]:
    """The identities behind a step, which a click opens; and back."""
    walk.page.get_by_role("button", name=f": {step}, {channel}. Show them").click()
    expect(walk.page.get_by_role("heading", name=f"{channel}: {step.lower()}")).to_be_visible()
    found = walk.page.locator("tbody th .name").all_inner_texts()
    walk.look()
    walk.press("Back to the numbers")
    return found


def test_a_list_of_addresses_is_unsubscribed_by_a_file(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    applied(walk, tmp_path, "people", PEOPLE)
    applied(walk, tmp_path, "unsubscribe", UNSUBSCRIBED)
    walk.page.get_by_role("link", name="People", exact=True).click()
    walk.page.get_by_role("searchbox").fill("p100@example.com")
    walk.page.get_by_role("link", name="100").click()
    email = walk.page.locator("#consent tr", has_text="E-mail")
    expect(email).to_contain_text("Not reachable")
    expect(email.get_by_role("link", name="unsubscribe")).to_be_visible()
    applied(walk, tmp_path, "resubscribe", "identity,MSG-email\n100,true\n")
    walk.go("/people/100")
    expect(walk.page.locator("#consent tr", has_text="E-mail").get_by_text("Reachable", exact=True)).to_be_visible()
    assert walk.server.headcount("segment", "count", "consent email is unsubscribed") == "1 person\n"


def test_a_set_of_people_is_uploaded_and_who_of_them_a_campaign_reaches_is_explained(walk: Walk, tmp_path: Path) -> None:
    walk.sign_in()
    applied(walk, tmp_path, "people", PEOPLE)
    applied(walk, tmp_path, "unsubscribe", UNSUBSCRIBED)
    registered(walk, WITH_DEVICE)
    applied(walk, tmp_path, "user set 1", CHOSEN)
    # Why there are fewer people than rows in the file.
    expect(walk.page.locator("main")).to_contain_text("9 rows")
    expect(walk.page.locator("main")).to_contain_text("7 people updated")
    expect(walk.page.get_by_text("2 identities come more than once")).to_be_visible()
    walk.page.get_by_role("link", name="Segments", exact=True).click()
    walk.page.get_by_role("link", name="New segment").first.click()
    with walk.page.expect_response("**/segments/new"):
        walk.page.get_by_label("Condition 1.1: property").select_option("user_set_1")
    with walk.page.expect_response("**/segments/new"):
        walk.page.get_by_label("Condition 1.1: test").select_option("exists")
    expect(walk.page.get_by_role("status")).to_have_text("7 people")
    with walk.page.expect_response("**/segments/new"):
        walk.page.get_by_label("Condition 1.1: test").select_option("=")
    walk.page.get_by_label("Condition 1.1: value").fill("1")
    expect(walk.page.get_by_label("The same as text")).to_have_value("user_set_1 = 1")
    expect(walk.page.get_by_role("status")).to_have_text("6 people")
    walk.page.get_by_label("Name", exact=True).fill("Set 1")
    walk.press("Save")
    walk.page.get_by_role("button", name="Reach of this segment").click()
    expect(walk.page.get_by_text("6 people match")).to_be_visible()
    assert waterfall(walk, PUSH)["Reached"] == 3

    walk.go("/settings/delivery")
    for channel in ("push", "email"):
        walk.page.locator(f"#{channel}-messages").fill("1")
        walk.page.locator(f"#{channel}-days").fill("7")
    walk.press("Save")
    (tmp_path / "sent.csv").write_text(SENT)
    walk.server.headcount("messages", "log", str(tmp_path / "sent.csv"))
    walk.go("/segments")
    walk.page.get_by_role("link", name="Set 1").first.click()
    walk.page.get_by_role("button", name="Reach of this segment").click()
    push, email = waterfall(walk, PUSH), waterfall(walk, EMAIL)
    assert (push["Matched"], push["No address"], push["Frequency cap"], push["Reached"]) == (6, 3, 1, 2)
    assert (email["Matched"], email["Opted out"], email["Frequency cap"], email["Reached"]) == (6, 2, 1, 3)
    for parts in (push, email):
        assert sum(people for step, people in parts.items() if step != "Matched") == parts["Matched"]
    walk.look()
    assert told(walk, PUSH, "No address") == ["101", "103", "105"]
    assert told(walk, EMAIL, "Opted out") == ["100", "101"]
    assert told(walk, PUSH, "Frequency cap") == told(walk, EMAIL, "Frequency cap") == ["102"]
