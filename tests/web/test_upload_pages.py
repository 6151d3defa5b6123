from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from httpx import Response
from tests.web.browser import EMAILS, Browser, user, words
from tests.web.test_uploads_pages import HOSTILE, upload

from headcount.auth.rights import Role
from headcount.profiles.consent import Channel, Source
from headcount.uploads.desk import Desk
from headcount.uploads.mapping import Request

FAULTS = b"identity,plan,visits,MSG-email\n1,pro,3,false\n1,free,4,\n,pro,5,\n2,pro,many,maybe\n"
DATES = b"identity,signup\n1,01/02/2026 10:00:00\n2,03/04/2026 10:00:00\n"


def desk(browser: Browser) -> Desk:
    return browser.house.desk(browser.house.sign_in.principal_of_session(browser.token))


def settled(browser: Browser, id_: str) -> Response:
    """The page of an upload once nobody works on it."""
    while desk(browser).progress(id_)["status"] in {"receiving", "inspecting", "processing", "undoing", "redoing"}:
        time.sleep(0.02)
    return browser.get(f"/uploads/{id_}")


def pressed(browser: Browser, id_: str, button: str, fields: Mapping[str, str | list[str]] | None = None) -> Response:
    answer = browser.client.post(f"/uploads/{id_}/{button}", data={"csrf": browser.csrf, **(fields or {})})
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/uploads/{id_}"), words(answer)
    return settled(browser, id_)


def test_new_upload_knows_the_limit_and_the_words(admin: Browser) -> None:
    page = admin.get("/uploads/new")
    assert 'data-limit="1000000000"' in page.text
    assert '"header_duplicate"' in page.text
    assert all(word in words(page) for word in ("Drop a CSV file here", "May cells be blank?", "Can I upload events here?"))


def test_an_upload_from_question_to_report_and_back(admin: Browser) -> None:
    id_ = upload(admin, "dates", DATES, review=True)
    asked = admin.get(f"/uploads/{id_}")
    said = words(asked)
    assert all(
        word in said for word in ("Start mapping", "Is the day first, or the month?", "The day comes first", "Every byte is valid UTF-8.")
    )
    ready = pressed(admin, id_, "answers", {"flag": "--day-first"})
    assert all(word in words(ready) for word in ("What it would do", "2 people are created.", "Apply it?"))
    done = pressed(admin, id_, "apply")
    assert all(word in words(done) for word in ("All rows were applied", f'upload "{id_}"', "Can be undone until"))
    before = admin.get(f"/uploads/{id_}/undo")
    assert all(word in words(before) for word in ("Take it back?", "created by it, and gone again"))
    assert "Taken back" in words(pressed(admin, id_, "undo"))
    assert "Brought back" in words(pressed(admin, id_, "redo"))


def test_the_report_accounts_for_every_row(admin: Browser) -> None:
    page = admin.get(f"/uploads/{upload(admin, 'faults', FAULTS)}")
    said = words(page)
    assert all(word in said for word in ("4 rows", "Why fewer people than rows?", "The identity is blank", "Row 4"))
    assert "“maybe” is neither true nor false" in said
    assert "1 identity comes more than once" in said
    assert all(f'id="{place}"' in page.text for place in ("problems", "duplicates"))
    assert "/rejects.csv" in page.text


def test_several_questions_are_answered_together(admin: Browser) -> None:
    id_ = upload(admin, "headers", b"user_id,plan,plan,msg_email\n1,pro,x,false\n", review=True)
    assert "3 questions before it can be checked" in words(admin.get(f"/uploads/{id_}"))
    typed = {"answer-1": "name:#C", "name-1": "tier", "answer-2": "other", "other-2": "user_id"}
    page = pressed(admin, id_, "answers", {"answer-0": "--map 'msg_email=MSG-email'", **typed})
    assert "What it would do" in words(page)
    assert {c["property"] for c in desk(admin).show(id_)["columns"]} == {"identity", "plan", "tier", "MSG-email"}


def test_columns_and_manifests_change_the_mapping(admin: Browser) -> None:
    id_ = upload(admin, "columns", b"identity,plan,note\n1,pro,x\n", review=True)
    pressed(admin, id_, "columns", {"p0": "identity", "p1": "tier", "p2": "note", "s2": "yes", "b1": "clear"})
    assert desk(admin).manifest(id_)["columns"] == {"plan": {"ctName": "tier", "blank": "clear"}, "note": {"skip": True}}
    pressed(admin, id_, "manifest", {"manifest": '{"columns": {"plan": {"ctName": "level"}}}'})
    assert [c["property"] for c in desk(admin).show(id_)["columns"]] == ["identity", "level", "note"]
    file = {"manifest": ("m.json", b'\xef\xbb\xbf{"columns": {}}', "application/json")}
    assert admin.client.post(f"/uploads/{id_}/manifest", data={"csrf": admin.csrf}, files=file).status_code == 303


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{", b'{"columns": 3}'])
def test_a_wrong_manifest_is_explained(admin: Browser, content: bytes) -> None:
    id_ = upload(admin, "m", b"identity,plan\n1,pro\n", review=True)
    answer = admin.client.post(f"/uploads/{id_}/manifest", data={"csrf": admin.csrf}, files={"manifest": ("m.json", content)})
    assert answer.status_code == 400
    assert "manifest" in words(answer)


def test_a_mapping_is_offered_again(admin: Browser) -> None:
    id_ = upload(admin, "first", DATES, review=True)
    pressed(admin, id_, "answers", {"flag": "--month-first"})
    id_ = upload(admin, "second", DATES + b"3,05/06/2026 10:00:00\n", review=True)
    assert "A file with these headers came before" in words(admin.get(f"/uploads/{id_}"))
    assert "What it would do" in words(pressed(admin, id_, "remembered"))


@pytest.mark.parametrize(
    ("fields", "resubscribed"),
    [({}, 0), ({"confirm_resubscribe": "without the tick"}, 0), ({"confirm": "yes", "confirm_resubscribe": "They agreed in May"}, 1)],
)
def test_who_opted_out_comes_back_by_a_tick_and_a_reason_alone(admin: Browser, fields: dict[str, str], resubscribed: int) -> None:
    content = b"identity,MSG-email\nAnn,true\n"
    upload(admin, "first", content)
    people = admin.house.people(desk(admin).principal)
    people.set_consent("Ann", Channel.EMAIL, subscribed=False, source=Source.PERSON)
    id_ = upload(admin, "again", content, review=True)
    held = words(admin.get(f"/uploads/{id_}"))
    assert all(word in held for word in ("1 re-subscription is held", "Apply, and leave them unsubscribed", "Apply, and re-subscribe them"))
    done = pressed(admin, id_, "apply", fields)
    assert desk(admin).show(id_)["ledger"]["consent"]["email"] == {"opted_out": 0, "resubscribed": resubscribed, "held": 1 - resubscribed}
    assert ("Held: 1 re-subscription" in words(done)) is not bool(resubscribed)


def test_a_tick_without_a_reason_re_subscribes_nobody(admin: Browser) -> None:
    id_ = upload(admin, "waits", b"identity,MSG-email\n1,true\n", review=True)
    answer = admin.post(f"/uploads/{id_}/apply", confirm="yes", confirm_resubscribe=" ")
    assert (answer.status_code, "takes a reason" in words(answer)) == (400, True)
    assert desk(admin).show(id_)["upload"]["status"] == "ready"


def test_what_was_given_up_rejected_or_applied_before_says_so(admin: Browser) -> None:
    waits = upload(admin, "waits", DATES, review=True)
    assert "Nothing had been applied." in words(pressed(admin, waits, "cancel"))
    content = b"identity,plan\n7,pro\n"
    upload(admin, "first", content)
    assert "The same file was applied before" in words(admin.get(f"/uploads/{upload(admin, 'second', content, review=True)}"))
    assert "cannot be used" in words(admin.get(f"/uploads/{upload(admin, 'blank', b' ')}"))


def test_downloads_are_files_with_safe_names(admin: Browser) -> None:
    id_ = upload(admin, HOSTILE + "/../größe\r\nX-Evil: 1", FAULTS)
    for path, kind in (("rejects.csv", "text/csv; charset=utf-8"), ("manifest.json", "application/json")):
        answer = admin.get(f"/uploads/{id_}/{path}")
        assert (answer.status_code, answer.headers["content-type"], answer.headers["x-content-type-options"]) == (200, kind, "nosniff")
        assert "x-evil" not in answer.headers
        plain, _, whole = answer.headers["content-disposition"].removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
        assert not set(plain + unquote(whole)) & set('/\\"<>:\r\n')
        assert unquote(whole).endswith(path)
    assert json.loads(admin.get(f"/uploads/{id_}/manifest.json").text)["columns"]["plan"]["dataType"] == "STRING"


def test_no_rejects_file_is_told(admin: Browser) -> None:
    answer = admin.get(f"/uploads/{upload(admin, 'clean', b'identity,plan' + bytes([10]) + b'1,pro')}/rejects.csv")
    assert answer.status_code in {400, 404}
    assert "no rejects file" in words(answer)


EVIL = "<script>alert(1)</script>"
EVIL_FILE = f'identity,<b>x</b>,{EVIL},plan\n{EVIL},{EVIL},"""\'><img src=x>",{EVIL}\n,a,b,c\n{EVIL},a,b,\n'.encode()


def test_nothing_that_a_file_says_is_markup(admin: Browser) -> None:
    id_ = upload(admin, EVIL, EVIL_FILE, review=True, file_name=f"{EVIL}.csv")
    pages = [admin.get(f"/uploads/{id_}").text, pressed(admin, id_, "answers", {"flag": ["--skip '#B'", "--map '#C=c'"]}).text]
    pages.append(pressed(admin, id_, "apply").text)
    pages.append(admin.get(f"/uploads/{id_}/undo").text)
    assert all("&lt;script&gt;" in page for page in pages)
    assert not any(evil in page for page in pages for evil in ("<script>alert", "<img src", "<b>x"))


def test_a_page_has_no_script_or_style_in_it(admin: Browser) -> None:
    for path in ("new", upload(admin, "faults", FAULTS), upload(admin, "dates", DATES, review=True)):
        page = admin.get(f"/uploads/{path}").text
        assert " style=" not in page
        assert "<script>" not in page
        assert " onclick=" not in page


@pytest.mark.parametrize("role", [Role.APPROVER, Role.MEMBER])
def test_who_only_looks_sees_no_data_and_no_buttons(admin: Browser, app: FastAPI, role: Role) -> None:
    waiting = (DATES, b"identity,plan\nAnn,Secret\n")
    ids = [upload(admin, "faults", FAULTS), *(upload(admin, "waits", content, review=True) for content in waiting)]
    other = Browser(app)
    other.sign_in(EMAILS[role])
    pages = [other.get(f"/uploads/{id_}") for id_ in ids]
    assert all(page.status_code == 200 for page in pages)
    assert not any(f'action="/uploads/{id_}' in page.text for id_, page in zip(ids, pages, strict=True))
    assert not any(data in page.text for page in pages for data in ("Secret", "“maybe”", "01/02/2026", "rejects.csv"))
    assert other.get("/uploads/new").status_code == 403
    assert other.get(f"/uploads/{ids[0]}/rejects.csv").status_code == 403
    assert other.post(f"/uploads/{ids[2]}/apply").status_code == 403


def test_no_account_opens_the_upload_of_another(admin: Browser, app: FastAPI) -> None:
    id_ = upload(admin, "secret plans")
    user(admin.house, Role.ADMIN, "other", "olga@other.example")
    olga = Browser(app)
    olga.sign_in("olga@other.example")
    for path in ("", "/undo", "/rejects.csv", "/manifest.json"):
        assert olga.get(f"/uploads/{id_}{path}").status_code == 404
    assert olga.post(f"/uploads/{id_}/undo").status_code == 404


def test_no_button_works_without_the_token_of_its_page(admin: Browser) -> None:
    id_ = upload(admin, "dates", DATES, review=True)
    for button in ("answers", "columns", "manifest", "remembered", "check", "apply", "cancel", "resume", "undo", "redo"):
        assert admin.post(f"/uploads/{id_}/{button}", csrf="0" * 64).status_code == 403
    assert desk(admin).show(id_)["upload"]["status"] == "start_mapping"


@pytest.mark.parametrize("review", [True, False])
def test_every_link_within_a_page_leads_somewhere(admin: Browser, review: bool) -> None:
    upload(admin, "before", b"identity,plan\n2,pro\n")
    id_ = upload(admin, "faults", b"identity,plan\n2,pro\n1,a\n1,b\n,c\n", review=review)
    page = admin.get(f"/uploads/{id_}").text
    places = set(re.findall(r'href="#([^"]+)"', page))
    assert {"duplicates", "problems", "unchanged"} <= places
    assert places <= set(re.findall(r'id="([^"]+)"', page))


DID = b"identity,ts,Amount\n1,1714557600,300\n1,1714557601,4\n,1714557600,1\n"


def test_a_file_of_events_that_came_by_another_door_is_shown(admin: Browser) -> None:
    id_ = upload(admin, "did", DID, review=True, request=Request(kind="event", event="Charged"))
    ready = admin.get(f"/uploads/{id_}")
    assert all(word in words(ready) for word in ("2 events are stored, and 1 person is created", "time of the event", "Apply it?"))
    done = words(pressed(admin, id_, "apply"))
    assert all(word in done for word in ("stored", "1 person was created, 1 person did something", "1 row was rejected"))
    assert "Taken back" in words(pressed(admin, id_, "undo"))


def test_what_came_in_here_does_not_become_events(admin: Browser) -> None:
    id_ = upload(admin, "dates", DATES, review=True)
    manifest = {"csrf": admin.csrf, "manifest": '{"type": "event", "eventName": "Charged"}'}
    refused = admin.client.post(f"/uploads/{id_}/manifest", data=manifest)
    assert refused.status_code == 400
    assert "headcount upload FILE --event NAME" in words(refused)
