from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from tests.web.browser import EMAILS, Browser, user, words

from headcount.auth.rights import Role
from headcount.uploads.mapping import Request
from headcount.web import uploads_pages

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egpj.csv"


def upload(  # noqa: PLR0913 - what a file is, and what is said of it
    browser: Browser,
    name: str,
    content: bytes = b"identity,plan\n1,pro\n,free\n",
    *,
    review: bool = False,
    file_name: str = "f.csv",
    request: Request | None = None,
) -> str:
    """Send a file, and wait until nobody works on it."""
    desk = browser.house.desk(browser.house.sign_in.principal_of_session(browser.token))
    asked = request or Request()
    with desk.receiving(name=name, file_name=file_name, request=asked, review=review, total=len(content)) as incoming:
        incoming.reception.write(content)
    assert incoming.upload_id
    while desk.progress(incoming.upload_id)["status"] in {"receiving", "inspecting", "processing"}:
        time.sleep(0.02)
    return incoming.upload_id


def test_the_list_says_what_became_of_each_file(admin: Browser) -> None:
    id_ = upload(admin, "people of spring")
    page = admin.get("/uploads")
    assert f'href="/uploads/{id_}"' in page.text
    assert "<bdi>people of spring</bdi>" in page.text
    assert all(word in words(page) for word in ("Completed", "ann@acme.example", "Dashboard", "Errors are rows that were not applied."))
    assert f'href="/uploads/{id_}#problems">1<' in page.text


def test_what_waits_has_processed_nothing(admin: Browser) -> None:
    upload(admin, "waits", review=True)
    cells = re.findall(r'data-label="(Rows|Processed|Errors)"[^>]*><span>([^<]*)<', admin.get("/uploads").text)
    assert dict(cells) == {"Rows": "2", "Processed": "–", "Errors": "–"}


FILTERS = {
    "status=ready": ["waits"],
    "status=completed": ["done"],
    "status=undone": [],
    "status=nonsense": ["done", "waits"],
    "status=interrupted": ["done", "waits"],
    "since=TODAY": ["done", "waits"],
    "until=TODAY": ["done", "waits"],
    "until=YESTERDAY": [],
    "since=never&until=2026-13-40": ["done", "waits"],
}


def test_filters_leave_some(admin: Browser) -> None:
    upload(admin, "done")
    upload(admin, "waits", review=True)
    today = datetime.now(UTC).date()
    for query, shown in FILTERS.items():
        page = admin.get("/uploads?" + query.replace("TODAY", str(today)).replace("YESTERDAY", str(today - timedelta(days=1))))
        assert [name for name in ("done", "waits") if f"<bdi>{name}</bdi>" in page.text] == shown, query
        assert ("No upload fits these filters" in page.text) is not bool(shown)


def test_older_uploads_are_a_click_away(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_pages, "PAGE", 1)
    upload(admin, "older")
    upload(admin, "newer")
    first = admin.get("/uploads")
    assert "<bdi>newer</bdi>" in first.text
    assert "<bdi>older</bdi>" not in first.text
    assert 'href="/uploads?limit=2"' in first.text
    assert "<bdi>older</bdi>" in admin.get("/uploads?limit=2").text


@pytest.mark.parametrize("limit", ["-1", "0", "x", "9" * 400, "٣"])
def test_a_limit_that_makes_no_sense_does_no_harm(admin: Browser, limit: str) -> None:
    assert admin.get(f"/uploads?limit={limit}").status_code == 200


def test_names_are_never_markup(admin: Browser) -> None:
    upload(admin, HOSTILE, file_name=HOSTILE + ".csv")
    page = admin.get("/uploads").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "⟨U+202E⟩gpj.csv" in page


def test_the_list_follows_what_is_worked_on(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(admin, "done")
    assert "every 2s" not in admin.get("/uploads").text
    monkeypatch.setattr("headcount.uploads.history.is_interrupted", lambda *_: False)
    records = admin.house.desk(admin.house.sign_in.principal_of_session(admin.token)).means.turns.uploads.records
    records.create("default", name="coming", file_name="f.csv", door="api")
    assert 'hx-get="/uploads?status=receiving" hx-trigger="every 2s"' in admin.get("/uploads?status=receiving").text


def test_an_empty_list_teaches(admin: Browser) -> None:
    page = admin.get("/uploads")
    assert all(word in words(page) for word in ("No uploads yet", "The first row names the columns.", "identity", "Download the sample"))
    assert 'href="/uploads/new"' in page.text


def test_who_only_looks_is_offered_no_upload(browser: Browser) -> None:
    browser.sign_in(EMAILS[Role.MEMBER])
    page = browser.get("/uploads")
    assert "/uploads/new" not in page.text
    assert "a creator or an administrator makes them" in words(page)


def test_the_sample_is_a_file_to_keep(admin: Browser) -> None:
    answer = admin.get("/uploads/sample.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="headcount-sample.csv"'
    assert answer.text.startswith("identity,")


def test_no_account_sees_the_uploads_of_another(admin: Browser, app: FastAPI) -> None:
    upload(admin, "secret plans")
    user(admin.house, Role.ADMIN, "other", "olga@other.example")
    olga = Browser(app)
    olga.sign_in("olga@other.example")
    assert "secret plans" not in olga.get("/uploads").text
