from __future__ import annotations

import pytest
from fastapi import FastAPI
from tests.web.browser import ADMIN, PASSWORD, Browser, user, words

from headcount.auth.rights import Role, operator
from headcount.house import COOKIE


def test_somebody_signs_in_and_out_again(browser: Browser) -> None:
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/uploads")
    assert browser.get("/uploads").status_code == 200
    token = browser.token
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    assert not browser.token
    browser.client.cookies.set(COOKIE, token)
    assert browser.get("/uploads").headers["location"] == "/sign-in"


@pytest.mark.parametrize(("address", "secure"), [("http://testserver", False), ("https://testserver", True)])
def test_the_cookie_is_out_of_reach(app: FastAPI, address: str, secure: bool) -> None:
    cookie = Browser(app, address).sign_in().headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/"))
    assert ("; secure" in cookie) is secure
    assert "domain" not in cookie


def test_a_token_that_was_planted_is_not_the_one_after(browser: Browser) -> None:
    browser.client.cookies.set(COOKIE, "planted")
    answer = browser.sign_in()
    assert "planted" not in answer.headers["set-cookie"]
    browser.client.cookies.clear()
    browser.client.cookies.set(COOKIE, "planted")
    assert browser.get("/uploads").status_code == 303


def test_signing_in_again_ends_the_session_before(browser: Browser) -> None:
    browser.sign_in()
    before = browser.token
    browser.sign_in()
    assert browser.token != before
    browser.client.cookies.clear()
    browser.client.cookies.set(COOKIE, before)
    assert browser.get("/uploads").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"), [(ADMIN, "wrong wrong wrong"), ("nobody@acme.example", PASSWORD), ("", ""), ("\x00", "\ud800")]
)
def test_what_is_wrong_is_not_told(browser: Browser, email: str, password: str) -> None:
    answer = browser.sign_in(email, password.encode("utf-8", "replace").decode())
    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in words(answer)
    assert not browser.token


def test_too_many_attempts_have_to_wait(browser: Browser) -> None:
    for _ in range(5):
        browser.sign_in(password="wrong wrong wrong")  # noqa: S106 - see there
    answer = browser.sign_in()
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "Too many sign-ins failed." in words(answer)


LOCAL = ["/uploads?status=ready", "/uploads/u123", "/settings/audit?before=7"]
FOREIGN = [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "evil.example",
    "/\t/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/a\\b",
    " /uploads",
    "",
    "///evil.example",
    "/é",
]


@pytest.mark.parametrize("path", LOCAL)
def test_the_sign_in_leads_to_what_was_asked_for(browser: Browser, path: str) -> None:
    assert browser.sign_in(next=path).headers["location"] == path
    assert browser.client.get("/sign-in", params={"next": path}).headers["location"] == path


@pytest.mark.parametrize("path", FOREIGN)
def test_the_sign_in_leads_nowhere_else(browser: Browser, path: str) -> None:
    form = browser.client.get("/sign-in", params={"next": path})
    assert 'name="next" value="/uploads"' in form.text
    assert browser.sign_in(next=path).headers["location"] == "/uploads"
    assert browser.client.get("/sign-in", params={"next": path}).headers["location"] == "/uploads"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
    ],
)
def test_another_site_cannot_sign_anybody_in(browser: Browser, headers: dict[str, str]) -> None:
    answer = browser.client.post("/sign-in", data={"email": ADMIN, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert not browser.token


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://testserver"}])
def test_our_own_form_signs_in(browser: Browser, headers: dict[str, str]) -> None:
    assert browser.client.post("/sign-in", data={"email": ADMIN, "password": PASSWORD}, headers=headers).status_code == 303


def test_a_page_says_where_its_forms_come_from(browser: Browser) -> None:
    assert browser.get("/sign-in").headers["referrer-policy"] == "same-origin"


def test_somebody_goes_over_into_another_account(admin: Browser) -> None:
    assert "Enter this account" not in words(admin.get("/uploads"))
    admin.house.access.admit_user(operator("other"), ADMIN, Role.MEMBER)
    assert "Enter this account" in words(admin.get("/uploads"))
    before = admin.token
    assert admin.post("/account", account="other").headers["location"] == "/uploads"
    assert admin.token != before
    assert admin.get("/settings/users").status_code == 403


def test_nobody_gets_into_an_account_of_others(admin: Browser) -> None:
    user(admin.house, Role.ADMIN, "other", "olga@other.example")
    assert admin.post("/account", account="other").status_code == 404
    assert admin.get("/settings/users").status_code == 200
