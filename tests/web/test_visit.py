from __future__ import annotations

import pytest
from fastapi import FastAPI
from tests.web.browser import EMAILS, Browser, words

from headcount.auth.rights import Role, operator
from headcount.house import COOKIE

PAGES = ["/uploads", "/uploads/sample.csv", "/settings/profile", "/settings/users", "/settings/passcodes", "/settings/audit"]
POSTS = [
    "/sign-out",
    "/account",
    "/settings/profile/password",
    "/settings/profile/sign-out-everywhere",
    "/settings/profile/sessions/s1/end",
    "/settings/users",
    "/settings/users/admit",
    "/settings/users/u1/role",
    "/settings/users/u1/personal-data",
    "/settings/users/u1/disable",
    "/settings/users/u1/enable",
    "/settings/passcodes",
    "/settings/passcodes/p1/revoke",
]
ADMINS_ONLY = [page for page in PAGES if page in {"/settings/users", "/settings/passcodes", "/settings/audit"}]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_who_comes(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("path", POSTS)
def test_a_form_asks_who_comes(browser: Browser, path: str) -> None:
    answer = browser.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_the_way_back_is_kept(browser: Browser) -> None:
    assert browser.get("/uploads?status=ready&since=2026-01-01").headers["location"] == (
        "/sign-in?next=%2Fuploads%3Fstatus%3Dready%26since%3D2026-01-01"
    )


def test_a_part_of_a_page_whose_session_is_over_leaves_the_page(browser: Browser) -> None:
    browser.client.cookies.set(COOKIE, "over")
    answer = browser.get("/uploads", HX_Request="true")
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/sign-in")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("csrf", ["", "0" * 64])
def test_no_form_counts_without_the_token_of_its_session(admin: Browser, path: str, csrf: str) -> None:
    answer = admin.post(path, csrf)
    assert answer.status_code == 403
    assert admin.get("/uploads").status_code == 200


def test_the_token_of_another_session_does_not_count(admin: Browser, app: FastAPI) -> None:
    stranger = Browser(app)
    stranger.sign_in(EMAILS[Role.CREATOR])
    assert admin.post("/sign-out", stranger.csrf).status_code == 403


def test_the_token_can_come_in_a_header(admin: Browser) -> None:
    assert admin.client.post("/sign-out", headers={"X-CSRF-Token": admin.csrf}).status_code == 303


def test_the_token_counts_in_no_other_kind_of_body(admin: Browser) -> None:
    assert admin.client.post("/sign-out", json={"csrf": admin.csrf}).status_code == 403


@pytest.mark.parametrize("role", [Role.CREATOR, Role.APPROVER, Role.MEMBER])
@pytest.mark.parametrize("path", ADMINS_ONLY)
def test_no_page_without_its_right(browser: Browser, role: Role, path: str) -> None:
    browser.sign_in(EMAILS[role])
    answer = browser.get(path)
    assert answer.status_code == 403
    assert "Your role in this account does not include this." in words(answer)
    assert f'href="{path}"' not in browser.get("/settings/profile").text


@pytest.mark.parametrize("path", [path for path in POSTS if "users" in path or "passcodes" in path])
def test_no_form_without_its_right(browser: Browser, path: str) -> None:
    browser.sign_in(EMAILS[Role.MEMBER])
    fields = {"email": "new@acme.example", "name": "New", "role": "admin", "password": "long enough for all", "scope": "read"}
    assert browser.post(path, **fields).status_code == 403
    assert len(browser.house.access.users(operator("default"))) == 4


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_an_account_is_kept_nowhere(admin: Browser, path: str) -> None:
    answer = admin.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
