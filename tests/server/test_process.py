"""The program as a server: what it says, and who comes in through its socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.program import Program
from tests.server.process import EMAIL, PASSCODE, PASSWORD, WHO, Server, serving

from headcount.house import COOKIE

MARK = "zanzibar"
_CSV = {"Content-Type": "text/csv"}
ROWS = f"identity,Name,Email,joined\n{MARK}1,{MARK} Ann,ann@{MARK}.example,01/02/2026 10:00:00\n{MARK}2,{MARK},{MARK},{MARK}\n{MARK}\n"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "data") as server:
        yield server


def command(server: Server, *words: str) -> str:
    code, said = Program("--data", str(server.data), *words).said()
    assert code == 0, said
    return said


def test_the_log_names_nobody(own: Server) -> None:
    with own.http as http:
        for query in ("", "review=true", f"name={MARK}"):
            http.post(f"/uploads?{query}&wait=60", content=ROWS, headers={**_CSV, "X-File-Name": f"{MARK}.csv"})
        upload = http.get("/uploads").json()["uploads"][0]["id"]
        for place in (f"/uploads/{upload}/rejects", f"/people/{MARK}1", f"/people?q={MARK}", f"/consent?identity={MARK}1", f"/{MARK}"):
            http.get(place)
        http.post("/consent", json={"identity": f"{MARK}1", "channel": "email", "state": MARK})
        http.post("/segments/count", json={"filter": f'Name = "{MARK}" and'})
        http.put(f"/uploads/{upload}/mapping", json={"identity": MARK})
        http.post("/check", content=ROWS, headers=_CSV)
        http.get("/uploads", headers={"X-CleverTap-Passcode": f"{MARK}-wrong"})
    with httpx.Client(base_url=f"http://127.0.0.1:{own.port}") as browser:
        browser.post("/sign-in", data={"email": f"{MARK}@acme.example", "password": MARK})
        browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
        browser.get(f"/uploads/{MARK}")
    log = own.log.read_text()
    assert log.count('"call"') > 15
    for secret in (MARK, EMAIL, PASSWORD, PASSCODE, browser.cookies[COOKIE]):
        assert secret not in log


def test_every_line_of_the_log_is_json(own: Server) -> None:
    own.raw("NONSENSE")
    own.raw("GET / HTTP/1.1\nHost: a\nHost: b\nConnection: close")
    own.raw(f"GET /{MARK} HTTP/9.9\nHost: {MARK}\nConnection: close")
    with own.http as http:
        http.get("/uploads")
    own.stop()
    lines = [json.loads(line) for line in own.log.read_text().splitlines()]
    assert lines
    assert MARK not in str(lines)


def test_the_command_and_the_call_show_the_same(own: Server, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("identity,Name\n1,Ann\n2\n")
    shown = json.loads(command(own, "upload", str(tmp_path / "a.csv"), "--json"))
    upload = shown["upload"]["id"]
    assert json.loads(command(own, "uploads", "show", upload, "--json")) == shown
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(own.data / "headcount.sock"))) as http:
        assert http.get(f"http://x/api/v1/uploads/{upload}").json() == shown
    with own.http as http:
        called = http.get(f"/uploads/{upload}").json()
    assert called == {**shown, "rejects_file": f"/api/v1/uploads/{upload}/rejects"}


@pytest.mark.parametrize("account", ["../x", "a/b", "", "a" * 65, "x.duckdb"])
def test_the_operator_makes_no_account_with_a_name_that_leads_elsewhere(server: Server, account: str) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(server.data / "headcount.sock"))) as http:
        answer = http.get("http://x/api/v1/uploads", headers={"X-CleverTap-Account-Id": account})
    assert answer.status_code == (400 if account else 200)
    assert {path.stem for path in server.data.parent.rglob("*.duckdb")} <= {"default"}


@pytest.mark.parametrize("path", ["headcount.sock", "http://headcount/api/v1/uploads"])
def test_no_host_is_the_socket(server: Server, path: str) -> None:
    asked = path if path.startswith("http") else "/api/v1/uploads"
    host = path if not path.startswith("http") else str(server.data / "headcount.sock")
    account = WHO["X-CleverTap-Account-Id"]
    lines = f"GET {asked} HTTP/1.1\nHost: {host}\nX-Headcount-User: root\nX-Forwarded-Host: {server.data}/headcount.sock\nConnection: close"
    assert server.raw(f"{lines}\nX-CleverTap-Account-Id: {account}")[0] in {400, 401, 404}


def test_a_second_server_is_refused(own: Server) -> None:
    program = [sys.executable, "-m", "headcount", "--data", str(own.data), "serve", "--port", "0"]
    done = subprocess.run(program, capture_output=True, text=True, check=False, env={**os.environ, "HEADCOUNT_PASSCODE": PASSCODE})
    assert (done.returncode, "already" in done.stderr) == (2, True)
    with own.http as http:
        assert http.get("/uploads").is_success


def test_the_directory_is_for_its_owner(server: Server) -> None:
    assert server.data.stat().st_mode & 0o077 == 0
    assert (server.data / "headcount.sock").stat().st_mode & 0o077 == 0
