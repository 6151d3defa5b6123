"""A browser without a screen, and the people who sit at it."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from html import unescape

import httpx
from fastapi import FastAPI
from httpx import Response

from headcount.auth.rights import Role, operator
from headcount.errors import FileRejected
from headcount.house import COOKIE, House
from headcount.uploads.desk import Desk
from headcount.uploads.mapping import Request

PASSWORD = "correct horse battery"  # noqa: S105 - a made-up one
ADMIN = "ann@acme.example"
EMAILS = {role: f"{role}@acme.example" for role in Role} | {Role.ADMIN: ADMIN}


class InProcess(httpx.BaseTransport):
    """Calls the app without a connection."""

    def __init__(self, app: FastAPI) -> None:
        self._app = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        # In a thread of its own: the browser of other tests leaves a loop running in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(self._answered(asked))).result()

    async def _answered(self, request: httpx.Request) -> Response:
        answer = await self._app.handle_async_request(request)
        return Response(answer.status_code, headers=answer.headers, content=await answer.aread(), request=request)


#: Somebody works on an upload in one of these.
BUSY = {"receiving", "inspecting", "processing", "undoing", "redoing"}


@dataclass
class Browser:
    """Follows no redirect, keeps cookies, and fills in the hidden field of forms."""

    app: FastAPI
    address: str = "http://testserver"

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.address, transport=InProcess(self.app))

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, csrf: str | None = None, **fields: str | list[str]) -> Response:
        return self.client.post(path, data={"csrf": self.csrf if csrf is None else csrf, **fields})

    def sign_in(self, email: str = ADMIN, password: str = PASSWORD, **more: str) -> Response:
        return self.client.post("/sign-in", data={"email": email, "password": password, **more})

    @property
    def desk(self) -> Desk:
        """The uploads as whoever sits here may see them."""
        return self.house.desk(self.house.sign_in.principal_of_session(self.token))

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    @property
    def token(self) -> str:
        return self.client.cookies.get(COOKIE) or ""

    @property
    def csrf(self) -> str:
        """As it stands in the forms of the page that everybody may see."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get("/settings/profile").text)
        return found[1] if found else ""


def user(house: House, role: Role, account: str = "default", email: str = "") -> str:
    """Make a user, and give their id."""
    return house.access.create_user(operator(account), email or EMAILS[role], role.title(), role, PASSWORD).user.id


def words(answer: Response) -> str:
    """What a page says, without its markup."""
    shown = re.sub(r"<(head|script|style)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", shown)).split())


def upload(
    browser: Browser, name: str, content: bytes = b"identity,plan\n1,pro\n,free\n", *, review: bool = False, file_name: str = "f.csv"
) -> str:
    """Send a file, and wait until nobody works on it."""
    with (
        suppress(FileRejected),
        browser.desk.receiving(name=name, file_name=file_name, request=Request(), review=review, total=len(content)) as incoming,
    ):
        incoming.reception.write(content)
    id_ = str(browser.desk.list(limit=1)[0]["id"])
    settled(browser, id_)
    return id_


def settled(browser: Browser, id_: str) -> str:
    """Wait until nobody works on an upload; its status."""
    desk = browser.desk
    while (now := desk.progress(id_))["status"] in BUSY or now["phase"]:
        time.sleep(0.02)
    return str(now["status"])
