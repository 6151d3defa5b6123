from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from tests.web.browser import ADMIN, EMAILS, PASSWORD, Browser, user, words

from headcount.auth.rights import Right, Role, operator
from headcount.web import settings_pages

NEW = "another horse entirely"
HOSTILE = "<b onmouseover=alert(1)>x</b>"


def id_of(browser: Browser, email: str) -> str:
    return next(member.user.id for member in browser.house.access.users(operator("default")) if member.user.email == email)


def test_somebody_changes_their_password(admin: Browser, app: FastAPI) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in()
    before = admin.token
    answer = admin.post("/settings/profile/password", current=PASSWORD, new=NEW, again=NEW)
    assert answer.headers["location"] == "/settings/profile?done=password"
    assert admin.token != before
    assert "Your password is changed." in words(admin.get(answer.headers["location"]))
    assert elsewhere.get("/uploads").status_code == 303
    assert Browser(app).sign_in(password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        ("wrong wrong wrong", NEW, NEW, "The current password is wrong."),
        (PASSWORD, "short", "short", "A password has 10 to 1000 characters."),
        (PASSWORD, NEW, NEW + "!", "The new password was typed in two ways."),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(admin: Browser, current: str, new: str, again: str, said: str) -> None:
    answer = admin.post("/settings/profile/password", current=current, new=new, again=again)
    assert answer.status_code == 400
    assert said in words(answer)
    assert NEW not in answer.text


def test_an_open_session_is_no_way_to_try_passwords(admin: Browser) -> None:
    for _ in range(5):
        admin.post("/settings/profile/password", current="wrong wrong wrong", new=NEW, again=NEW)
    answer = admin.post("/settings/profile/password", current="wrong wrong wrong", new=NEW, again=NEW)
    assert answer.status_code == 429
    assert "retry-after" in answer.headers


def test_somebody_ends_one_of_their_sessions(admin: Browser, app: FastAPI) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in()
    (path,) = re.findall(r'action="(/settings/profile/sessions/[^"]+/end)"', admin.get("/settings/profile").text)
    assert admin.post(path).headers["location"] == "/settings/profile?done=session"
    assert elsewhere.get("/uploads").status_code == 303
    assert admin.get("/uploads").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(admin: Browser, app: FastAPI) -> None:
    creator = Browser(app)
    creator.sign_in(EMAILS[Role.CREATOR])
    (session,) = creator.house.sign_in.sessions(creator.token)
    assert admin.post(f"/settings/profile/sessions/{session.id}/end").status_code == 404
    assert creator.get("/uploads").status_code == 200


def test_somebody_signs_out_everywhere(admin: Browser, app: FastAPI) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in()
    assert admin.post("/settings/profile/sign-out-everywhere").headers["location"] == "/sign-in"
    assert elsewhere.get("/uploads").status_code == admin.get("/uploads").status_code == 303


def test_a_password_that_nobody_gave_is_made_and_shown_once(admin: Browser, app: FastAPI) -> None:
    answer = admin.post("/settings/users", name="Zoe", email="zoe@acme.example", role="creator", password="")
    found = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert found
    assert found[1] not in admin.get("/settings/users").text
    assert Browser(app).sign_in("zoe@acme.example", found[1]).status_code == 303


def test_a_password_that_was_given_is_not_shown(admin: Browser) -> None:
    answer = admin.post("/settings/users", name="Zoe", email="zoe@acme.example", role="creator", password=NEW)
    assert answer.status_code == 200
    assert NEW not in answer.text


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"email": "zoe"}, 400, "That is not an e-mail address."),
        ({"name": ""}, 400, "A name has 1 to"),
        ({"password": "short"}, 400, "A password has 10 to 1000 characters."),
        ({"role": "king"}, 400, "That is not a role."),
        ({"email": ADMIN}, 409, "There is a user with this e-mail address already."),
    ],
)
def test_a_user_that_cannot_be_made_says_why_and_keeps_what_was_typed(
    admin: Browser, given: dict[str, str], status: int, said: str
) -> None:
    fields = {"name": "Zoe", "email": "zoe@acme.example", "role": "creator", "password": NEW} | given
    answer = admin.post("/settings/users", **fields)
    assert answer.status_code == status
    assert said in words(answer)
    assert f'value="{fields["email"]}"' in answer.text
    assert NEW not in answer.text


def test_a_user_of_another_account_is_admitted(admin: Browser) -> None:
    user(admin.house, Role.ADMIN, "other", "olga@other.example")
    assert "olga@other.example" not in admin.get("/settings/users").text
    assert admin.post("/settings/users/admit", email="olga@other.example", role="member").status_code == 303
    assert "olga@other.example" in admin.get("/settings/users").text
    assert "There is no user with this e-mail address." in words(
        admin.post("/settings/users/admit", email="no@body.example", role="member")
    )


def test_what_a_user_may_do_is_changed(admin: Browser) -> None:
    path = f"/settings/users/{id_of(admin, EMAILS[Role.MEMBER])}"
    for action, fields in (
        ("role", {"role": "approver"}),
        ("personal-data", {"granted": "yes"}),
        ("disable", {}),
        ("enable", {}),
        ("disable", {}),
    ):
        assert admin.post(f"{path}/{action}", **fields).status_code == 303
    members = {member.user.email: member for member in admin.house.access.users(operator("default"))}
    member = members[EMAILS[Role.MEMBER]]
    assert (member.role, member.may_see_personal_data, member.disabled) == (Role.APPROVER, True, True)


@pytest.mark.parametrize(("action", "fields"), [("role", {"role": "member"}), ("disable", {})])
def test_the_last_administrator_stays(admin: Browser, action: str, fields: dict[str, str]) -> None:
    answer = admin.post(f"/settings/users/{id_of(admin, ADMIN)}/{action}", **fields)
    assert answer.status_code == 409
    assert "The account would have no administrator any more." in words(answer)


def test_nobody_reaches_a_user_of_another_account(admin: Browser) -> None:
    stranger = user(admin.house, Role.MEMBER, "other", "olga@other.example")
    for action in ("role", "personal-data", "disable", "enable"):
        assert admin.post(f"/settings/users/{stranger}/{action}", role="admin", granted="yes").status_code in {400, 404}


def test_the_secret_of_a_passcode_is_shown_once(admin: Browser) -> None:
    answer = admin.post("/settings/passcodes", name="nightly", scope=["upload", "read"])
    found = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert found
    assert found[1] not in admin.get("/settings/passcodes").text
    assert admin.house.access.principal_of_passcode("default", found[1]).rights == {Right.UPLOAD, Right.READ}


@pytest.mark.parametrize("scope", [[], ["manage_users"], ["upload", "nonsense"]])
def test_no_passcode_may_nothing_or_too_much(admin: Browser, scope: list[str]) -> None:
    before = len(admin.house.access.passcodes(operator("default")))
    answer = admin.post("/settings/passcodes", name="nightly", scope=scope)
    assert answer.status_code == 400
    assert 'value="nightly"' in answer.text
    assert len(admin.house.access.passcodes(operator("default"))) == before


def test_a_passcode_is_revoked(admin: Browser) -> None:
    made = admin.house.access.create_passcode(operator("default"), "nightly", {Right.READ})
    answer = admin.post(f"/settings/passcodes/{made.passcode.id}/revoke")
    assert "The passcode is revoked." in words(admin.get(answer.headers["location"]))
    assert admin.post(f"/settings/passcodes/{made.passcode.id}/revoke").status_code == 404


def test_the_audit_log_goes_back_page_by_page(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_pages, "PAGE", 3)
    first = admin.get("/settings/audit")
    assert ">Signed in<" in first.text
    (older,) = re.findall(r'href="(/settings/audit\?before=\d+)"', first.text)
    second = admin.get(older)
    assert ">Signed in<" not in second.text
    assert "Made a user" in words(second)
    assert "Nothing further back" in words(admin.get("/settings/audit?before=1"))


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "٣"])
def test_a_number_that_makes_no_sense_shows_the_newest(admin: Browser, before: str) -> None:
    assert ">Signed in<" in admin.get(f"/settings/audit?before={before}").text


def test_what_people_are_called_is_never_markup(admin: Browser) -> None:
    admin.post("/settings/users", name=HOSTILE, email="<i>@acme.example", role="member", password=NEW)
    admin.post("/settings/passcodes", name=HOSTILE, scope=["read"])
    for path in ("/settings/users", "/settings/passcodes", "/settings/audit", "/settings/profile"):
        page = admin.get(path).text
        assert HOSTILE not in page
        assert "<i>" not in page
    assert "&lt;b onmouseover" in admin.get("/settings/passcodes").text
    assert "&lt;i&gt;@acme.example" in admin.get("/settings/users").text
