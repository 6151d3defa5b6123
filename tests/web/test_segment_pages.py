from __future__ import annotations

import pytest
from tests.web.browser import EMAILS, Browser, upload, words

from headcount.auth.rights import Role, operator
from headcount.people.segments import Wish
from headcount.profiles.report import COVER

FILE = b"identity,Name,plan,age\n1,Ann,pro,30\n2,Bob,pro,40\n3,<b>Cem</b>,free,50\n"
ROW = {"join": "all", "all": "all", "group": "0", "what": "property", "name": "plan", "test": "=", "value": "pro", "more": ""}


@pytest.fixture
def people(admin: Browser) -> Browser:
    upload(admin, "people", FILE)
    return admin


def saved(browser: Browser, name: str = "Pros", condition: str = 'plan = "pro"') -> str:
    """The path of a segment that is saved."""
    made = browser.house.segments(operator("default")).save(Wish(name=name, filter=condition))
    return f"/segments/{made['id']}"


def test_the_list_says_what_there_is_and_what_to_do(people: Browser) -> None:
    assert "No segment is saved yet" in words(people.get("/segments"))
    path = saved(people)
    listed = people.get("/segments")
    assert ('href="/segments" aria-current="page"' in listed.text, "Pros" in words(listed)) == (True, True)
    assert people.get(f"{path}/count").text.strip() == "<span>2</span>"


def test_a_segment_is_built_step_by_step_and_saved(people: Browser) -> None:
    built = people.post("/segments/new", was="", text="", by="age", **ROW)
    assert "2 people" in words(built)
    assert "plan = &#34;pro&#34;</textarea>" in built.text
    assert "401 50 %" in words(built)
    answer = people.post("/segments/new", was="", text="", do="save", called="Pros", kind="live", **ROW)
    assert (answer.status_code, answer.headers["location"].endswith("?done=saved")) == (303, True)
    shown = people.get(answer.headers["location"])
    assert ("The segment is saved." in words(shown), "Ann" in words(shown)) == (True, True)
    assert people.post("/segments/new", was="", text="", do="save", called="PROS", **ROW).status_code == 400


def test_text_leads_where_it_was_changed_and_says_what_is_wrong(people: Browser) -> None:
    text = people.post("/segments/new", was='plan = "pro"', text="age > 35 or not plan exists", **ROW)
    assert ("2 people" in words(text), 'value="35"' in text.text) == (True, True)
    wrong = people.post("/segments/new", was='plan = "pro"', text="plan = pro", **ROW)
    assert "Character 8: expected a value, found `pro`." in words(wrong)
    kept = people.post("/segments/new", was="", text='not (plan = "pro" and age > 35)', **ROW)
    assert ("This filter is kept as text" in words(kept), "2 people" in words(kept)) == (True, True)
    assert people.post("/segments/new", was="", text="plan = pro", do="save", called="x", **ROW).status_code == 400


def test_what_is_not_finished_is_not_saved(people: Browser) -> None:
    row = {"join": "all", "group": "0", "what": "property", "name": "plan", "test": "=", "value": "", "more": "", "text": "", "was": ""}
    counted = people.post("/segments/new", **row)
    assert "A condition is not finished, and does not count yet." in words(counted)
    for fields, said in ((row, "A condition is not finished."), ({"text": " ", "was": ""}, "Nothing says who is meant.")):
        refused = people.post("/segments/new", **fields, called="Some", do="save")
        assert (refused.status_code, said in words(refused)) == (400, True)
    live = people.post("/segments/new", text="plan exists", was="", called="Some", kind="live", days="3", do="save")
    assert (live.status_code, "A live segment does not expire." in words(live)) == (400, True)
    assert "No segment is saved yet" in words(people.get("/segments"))


def test_a_list_stays_as_it_is_until_it_is_frozen_anew(people: Browser) -> None:
    said = {"text": 'plan = "pro"', "was": 'plan = "pro"', "called": "Kept", "kind": "frozen", "do": "save"}
    path = people.post("/segments/new", **{**said, "was": ""}).headers["location"].partition("?")[0]
    upload(people, "more", b"identity,plan\nnew-one,pro\n")
    desk = people.house.segments(operator("default"))
    before = desk.count('in segment "Kept"')
    assert people.post(path, **said, description="as they were").status_code == 303
    assert desk.count('in segment "Kept"') == before
    assert people.post(path, **said, anew="yes").status_code == 303
    assert desk.count('in segment "Kept"')["count"] == before["count"] + 1


def test_a_segment_that_cannot_be_counted_says_why(people: Browser) -> None:
    desk = people.house.segments(operator("default"))
    made = desk.save(Wish(name="Pros", filter='plan = "pro"'))
    people.house.properties(operator("default")).delete("plan", "plan")
    found = people.get(f"/segments/{made['id']}/count")
    assert (found.status_code, words(found)) == (200, "Not counted There is no property called “plan”.")


def test_another_filter_name_and_expiry_are_saved(people: Browser) -> None:
    path = saved(people)
    fields = {"was": "", "text": "", "do": "save", "called": "Frozen", "kind": "frozen", **ROW}
    assert people.post(path, days="30", **fields).status_code == 303
    assert ("A list, made by" in words(people.get(path)), "It expires" in words(people.get(path))) == (True, True)
    refused = people.post(path, days="0", **fields)
    assert (refused.status_code, "That is no number of days." in words(refused)) == (400, True)


def test_what_others_ask_for_is_not_deleted(people: Browser) -> None:
    path = saved(people)
    other = saved(people, "Both", 'in segment "Pros"')
    assert "Delete this segment?" in words(people.get(f"{path}?delete=yes"))
    refused = people.post(f"{path}/delete")
    assert (refused.status_code, "The segment is asked for by “Both”." in words(refused)) == (409, True)
    assert people.post(f"{other}/delete").headers["location"] == "/segments?done=deleted"
    assert people.post(f"{path}/delete").status_code == 303
    assert people.get(path).status_code == 404


def test_values_are_suggested_and_people_go_out(people: Browser) -> None:
    assert people.post("/segments/values", property="plan").text.strip() == '<option value="pro"></option><option value="free"></option>'
    assert people.post("/segments/values", property="nope").text.strip() == ""
    exported = people.post("/segments/export", condition='plan = "pro"')
    assert (exported.headers["content-type"], exported.text.count("\n")) == ("text/csv; charset=utf-8", 3)
    found = people.post("/people", condition='plan = "free"')
    assert "<b>Cem</b>" in words(found).replace("&lt;", "<")
    assert "<b>Cem</b>" not in found.text


def test_who_sees_no_personal_data_builds_without_it(people: Browser) -> None:
    path = saved(people)
    member = Browser(people.app)
    member.sign_in(EMAILS[Role.MEMBER])
    built = member.post("/segments/new", was="", text="", by="age", **ROW)
    assert ("2 people" in words(built), COVER in words(built), "Ann" in built.text, "Save this segment" in words(built)) == (
        True,
        True,
        False,
        False,
    )
    assert member.post("/segments/values", property="plan").text.strip() == ""
    assert member.post("/segments/new", was="", text="", do="save", called="x", **ROW).status_code == 403
    for refused in ("/segments/export", f"{path}/delete"):
        assert member.post(refused, condition="identity exists").status_code == 403
    assert member.get("/segments/file").status_code == 403


def test_a_form_that_is_not_whole_is_refused(people: Browser) -> None:
    assert (
        people.post("/segments/new", value=["a", "b"], **{name: given for name, given in ROW.items() if name != "value"}).status_code == 400
    )
    assert people.post("/segments/new", csrf="", **ROW).status_code == 403
