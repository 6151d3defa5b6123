from __future__ import annotations

from typing import NoReturn

import pytest
from fastapi import FastAPI
from tests.web.browser import Browser, words

from headcount.errors import Busy


def raising(app: FastAPI, error: Exception) -> None:
    @app.get("/breaks", response_model=None)
    def breaks() -> NoReturn:
        raise error


def test_an_address_without_a_page(admin: Browser) -> None:
    answer = admin.get("/nowhere/<script>")
    assert answer.status_code == 404
    assert all(word in words(answer) for word in ("There is nothing here", "And now?", "To the uploads"))
    assert "<script>" not in answer.text.partition("<body>")[2]


def test_an_address_without_a_page_for_a_stranger(browser: Browser) -> None:
    answer = browser.get("/nowhere")
    assert answer.status_code == 404
    assert "To the sign-in" in words(answer)


def test_a_fault_of_the_program_tells_nothing_of_itself(browser: Browser, app: FastAPI) -> None:
    raising(app, RuntimeError("ann@example.com"))
    answer = browser.get("/breaks")
    assert answer.status_code == 500
    assert "Something broke on our side" in words(answer)
    assert "ann@example.com" not in answer.text


def test_what_is_busy_says_to_come_again(browser: Browser, app: FastAPI) -> None:
    raising(app, Busy("data_file_busy", "Somebody else has it.", "Try again in a minute."))
    answer = browser.get("/breaks")
    assert answer.status_code == 503
    assert "Try again in a minute." in words(answer)


def test_a_way_that_is_not_there(browser: Browser) -> None:
    answer = browser.client.put("/sign-in")
    assert answer.status_code == 405
    assert "text/html" in answer.headers["content-type"]
    assert "allow" in answer.headers


@pytest.mark.parametrize("path", ["/api/v1/uploads", "/api/v1/nowhere"])
def test_programs_get_no_pages(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
