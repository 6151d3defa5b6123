"""A real server, a real browser; each page that is looked at is held against WCAG, and the console has to stay empty."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright
from tests.program import Program

from headcount.auth.access import Access
from headcount.auth.rights import Role, operator
from headcount.bootstrap import begin, open_access
from headcount.config import load_settings

ACCOUNT, ADMIN, PASSWORD, PASSCODE = "acme", "admin@acme.example", "a long enough word", "a-passcode-of-the-test"
#: The rules of WCAG 2.2 A and AA, and good practice.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
#: Those that the colours of a page decide: the others say of its dark form what they said of its light one.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, "resultTypes": ["violations"]}
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of the system."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        reason = "Chromium is missing. On Debian and Ubuntu: apt-get install chromium"
        pytest.fail(reason) if os.environ.get("REQUIRE_BROWSER") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Server:
    """A server on a data directory of its own, with a user of each role, called by it."""

    address: str
    data: Path

    def headcount(self, *arguments: str) -> str:
        """What a command says that works through the server."""
        code, said = Program("--data", str(self.data), "--account", ACCOUNT, *arguments).said()
        assert code == 0, said
        return said


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after the first start, with a user of each role: hashing their passwords takes its time."""
    data = tmp_path_factory.mktemp("begun") / "data"
    begin(load_settings(data=data, account=ACCOUNT, passcode=PASSCODE, admin_email=ADMIN, admin_password=PASSWORD))
    _users(data)
    return data


@pytest.fixture
def server(begun: Path, tmp_path: Path) -> Iterator[Server]:
    with _serving(shutil.copytree(begun, tmp_path / "data")) as server:
        yield server


@pytest.fixture(scope="module")
def module_server(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of a module: for those that change nothing on it."""
    with _serving(shutil.copytree(begun, tmp_path_factory.mktemp("served") / "data")) as server:
        yield server


@contextmanager
def _serving(data: Path) -> Iterator[Server]:
    environment = {**os.environ, "HEADCOUNT_ACCOUNT_ID": ACCOUNT, "HEADCOUNT_CHUNK_ROWS": "20000", "HEADCOUNT_DATA": str(data)}
    with Program("serve", "--port", "0", environment=environment) as process:
        yield Server(process.address(), data)
        process.terminate()
        assert process.wait(60) == 0


def _users(data: Path) -> None:
    with open_access(load_settings(data=data)) as (_, access):
        for role in (Role.CREATOR, Role.APPROVER, Role.MEMBER):
            _user(access, role)


def _user(access: Access, role: Role) -> None:
    access.create_user(operator(ACCOUNT), f"{role}@acme.example", role.title(), role, PASSWORD)


class Walk:
    """Somebody at a browser."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._watch)

    def _watch(self, request: Request) -> None:
        if urlsplit(request.url).netloc not in {urlsplit(self.server.address).netloc, ""}:
            self.complaints.append(f"another host: {request.url}")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.server.address}{path}")

    def sign_in(self, email: str = ADMIN) -> None:
        self.go("/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/uploads")

    def look(self) -> None:
        """The page is as good as we promise: nothing that axe complains of, in both schemes, and as wide as the screen."""
        looks: Sequence[tuple[Literal["light", "dark"], Mapping[str, object]]] = (("light", RULES), ("dark", COLOURS))
        for scheme, rules in looks:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # Colours are those of the scheme once it is painted.
            self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            self.page.wait_for_timeout(100)
            found = Axe().run(self.page, options=rules)
            assert not found.violations_count, f"{self.page.url} ({scheme}): {found.generate_report()}"
        too_wide = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not too_wide, f"{self.page.url} scrolls sideways"

    def choose(self, file: Path) -> None:
        """Choose a file on the page of a new upload."""
        self.go("/uploads/new")
        self.page.locator("input[type=file]").first.set_input_files(file)

    def send(self, file: Path) -> None:
        """Send a file, and wait until the server has looked at it."""
        self.choose(file)
        self.page.get_by_role("button", name="Upload", exact=True).click()
        self.page.wait_for_url(re.compile(r"/uploads/u[0-9a-z]{17}$"))
        self.until("Ready", "Start mapping", "Rejected")

    def until(self, *statuses: str) -> None:
        """Wait until the upload of the page has one of the statuses."""
        wanted = re.compile("|".join(f"^{status}$" for status in statuses))
        self.page.locator(".badge").filter(has_text=wanted).first.wait_for(timeout=60_000)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()


@pytest.fixture
def walk(chromium: Browser, server: Server) -> Iterator[Walk]:
    """Somebody at a wide screen, who has not signed in; in the end nothing may have been complained of."""
    with chromium.new_context(viewport=WIDE, accept_downloads=True) as context:
        walk = Walk(context.new_page(), server)
        yield walk
        assert walk.complaints == []


@pytest.fixture
def phone(chromium: Browser, server: Server) -> Iterator[Walk]:
    """The same at a phone."""
    with chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True, accept_downloads=True) as context:
        walk = Walk(context.new_page(), server)
        yield walk
        assert walk.complaints == []
