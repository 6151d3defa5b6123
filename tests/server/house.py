"""A server inside the test: a real house behind Starlette's client, with somebody of every kind to call it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import Response

from headcount import bootstrap
from headcount.accounts import Account
from headcount.auth.passwords import Passwords
from headcount.auth.rights import FOR_MACHINES, Right, Role, operator
from headcount.auth.tokens import csrf_token
from headcount.config import load_settings
from headcount.house import COOKIE, CSRF_HEADER, House
from headcount.server import create_app

with warnings.catch_warnings():
    # It would rather have the successor of httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

#: A JSON object.
Document = dict[str, Any]

PASSWORD = "correct horse battery"  # noqa: S105 - a made-up one
ACME, OTHER = "acme", "other"
PEOPLE = "identity,Name,Email,plan\n1,Ann,ann@example.com,pro\n2,Bob,bob@example.com,free\n"
#: Has an ambiguous date, about which there is a question.
AMBIGUOUS = "identity,joined\n1,01/02/2026 10:00:00\n2,03/04/2026 10:00:00\n"
#: Bytes that a file may have here.
LIMIT = 4 << 20


@dataclass(frozen=True)
class Caller:
    """Calls the API as somebody."""

    http: TestClient
    headers: Mapping[str, str]

    def call(self, method: str, path: str, **sent: Any) -> Response:  # noqa: ANN401 - as httpx takes them
        headers = {**self.headers, **sent.pop("headers", {})}
        answer: Response = self.http.request(method, f"/api/v1/{path}", headers=headers, **sent)
        return answer

    def get(self, path: str) -> Document:
        return told(self.call("GET", path))

    def post(self, path: str, body: object | None = None) -> Document:
        return told(self.call("POST", path, json=body))

    def send(self, content: str | bytes, query: str = "", kind: str = "text/csv", name: str = "people.csv") -> Response:
        until_it_ends = "" if "wait=" in query else "&wait=60"
        return self.call("POST", f"uploads?{query}{until_it_ends}", content=content, headers={"Content-Type": kind, "X-File-Name": name})

    def upload(self, content: str | bytes, query: str = "", kind: str = "text/csv") -> Document:
        return told(self.send(content, query, kind))

    def events(self, path: str) -> list[str]:
        """The names of the events that came until the stream ended."""
        answer = self.call("GET", path, headers={"Accept": "text/event-stream"})
        return [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]


def told(answer: Response) -> Document:
    """The document of an answer that is no error."""
    assert answer.is_success, answer.text
    document: Document = answer.json()
    return document


def code(answer: Response) -> tuple[int, str]:
    """What an error says to programs."""
    return answer.status_code, answer.json()["error"]["code"]


def found_in(folder: Path) -> list[Path]:
    """All that lies in a folder, which may go away while one looks."""
    return sorted(Path(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files))


@dataclass(frozen=True)
class Site:
    """The server, and who can call it."""

    house: House
    app: FastAPI
    data: Path

    def client(self) -> TestClient:
        return TestClient(self.app, follow_redirects=False, raise_server_exceptions=False)

    def machine(self, *scope: Right, account: str = ACME) -> Caller:
        """With a new passcode; one for everything where no right is named."""
        made = self.house.access.create_passcode(operator(account), "machine", scope or FOR_MACHINES)
        return Caller(self.client(), {"X-CleverTap-Account-Id": account, "X-CleverTap-Passcode": made.secret})

    def browser(self, role: Role, account: str = ACME) -> TestClient:
        """Signed in as the user of that role, without the token for forms."""
        session = self.house.sign_in.sign_in(f"{role}@{account}.example", PASSWORD, "192.0.2.7")
        browser = self.client()
        browser.cookies.set(COOKIE, session.token)
        return browser

    def user(self, role: Role, account: str = ACME) -> Caller:
        """Signed in, with the token for forms."""
        browser = self.browser(role, account)
        return Caller(browser, {CSRF_HEADER: csrf_token(browser.cookies[COOKIE])})

    def left(self) -> list[Path]:
        """What lies in the folder of received files."""
        return found_in(self.data / "uploads")


@contextmanager
def open_site(data: Path, **settings: object) -> Iterator[Site]:
    """Two accounts, with a user of each role."""
    given = {"account": ACME, "threads": 1, "file_limit_bytes": LIMIT, **settings}
    with bootstrap.open_house(load_settings(data=data, **given)) as house:
        for account in (ACME, OTHER):
            house.accounts.ensure(Account(account, account.title(), "UTC"))
            for role in Role:
                house.access.create_user(operator(account), f"{role}@{account}.example", f"{role.title()} of {account}", role, PASSWORD)
        yield Site(house, create_app(house), data)


def cheap_passwords() -> Passwords:
    """The real Argon2 with little work."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
