from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from tests.web.browser import Browser

from headcount.web.static_files import FOLDER, static, static_files


def test_a_file_is_kept_for_ever_under_the_address_of_its_content(browser: Browser) -> None:
    answer = browser.get(static("app.css"))
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_file_under_another_address_is_asked_for_again(browser: Browser) -> None:
    answer = browser.get("/static/app.css?v=old")
    assert answer.headers["cache-control"] == "no-cache"
    assert browser.get("/static/app.css", If_None_Match=answer.headers["etag"]).status_code == 304


@pytest.mark.parametrize(
    "name", ["../render.py", "..%2frender.py", "%2e%2e/render.py", "/etc/passwd", "vendor/../../routes.py", "app.css%00", ""]
)
def test_nothing_else_is_served(browser: Browser, name: str) -> None:
    assert browser.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("name", sorted(static_files()))
def test_no_file_leads_to_another_host(name: str) -> None:
    text = (FOLDER / name).read_text()
    if name.startswith("vendor/"):
        return
    assert not re.findall(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[a-z0-9-]+\.[a-z]", text)
    assert "@import" not in text


@pytest.mark.parametrize("name", [name for name in sorted(static_files()) if name.endswith(".svg")])
def test_a_picture_is_sound(name: str) -> None:
    assert ET.fromstring((FOLDER / name).read_text()).tag.endswith("svg")  # noqa: S314 - our own file
