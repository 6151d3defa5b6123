"""What comes from outside stays what it is: no markup, no header, no path, no formula; and nobody's data for who may not see it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from httpx import Response
from tests.server.house import ACME, AMBIGUOUS, PEOPLE, Caller, Document, Site, code, told
from tests.server.routes import Route, filled, is_api, routes
from tests.server.test_life import ended

from headcount.auth.rights import Right, Role, operator
from headcount.guard import CSP

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
MARK = "zanzibar"


def reading(site: Site, caller: Caller, *uploads: str) -> Iterator[tuple[Route, Response]]:
    """Every answer that somebody gets by looking."""
    for method, path in routes(site.app):
        if method == "GET" and not path.startswith("/static/"):
            for upload in uploads if "{upload_id}" in path else ("",):
                place = filled(path, upload_id=upload, identity="1")
                for headers in ({}, {"Accept": "text/event-stream"}):
                    yield (
                        (method, place),
                        caller.http.get(place, params={"q": "a", "part": "created"}, headers={**caller.headers, **headers}),
                    )


def every_state(machine: Caller, waits: str, rows: str, manifest: Document) -> list[str]:
    """Uploads that wait, were given up, are ready, were applied with rejects, and taken back."""

    def mapped(query: str, content: str) -> Document:
        return told(machine.call("POST", f"uploads?{query}", files={"manifest": (None, json.dumps(manifest)), "file": ("a.csv", content)}))

    waiting, given_up = (machine.upload(waits, f"name={quote(SCRIPT)}") for _ in range(2))
    machine.post(f"uploads/{given_up['upload']['id']}/cancel")
    ready, applied, undone = mapped("review=true", rows), mapped("", rows), mapped("", rows + "\n")
    machine.post(f"uploads/{undone['upload']['id']}/undo")
    ended(machine, undone)
    found = [machine.get(f"uploads/{each['upload']['id']}")["upload"] for each in (waiting, given_up, ready, applied, undone)]
    assert [upload["status"] for upload in found] == ["start_mapping", "cancelled", "ready", "completed", "undone"]
    return [upload["id"] for upload in found]


@pytest.fixture
def marked(machine: Caller) -> list[str]:
    """Uploads in whose files every cell but the ids of two people holds a mark."""
    header = "identity,Name,Email,joined,likes,size,MSG-email\n"
    line = f"{MARK}0,{MARK},{MARK}@example.com,{MARK},{MARK},{MARK},{MARK}\n"
    numbers = "".join(f"{MARK}{n},{MARK} Ann,a{n}.{MARK}@example.com,01/02/2024 10:00:00,{MARK}|x,{n},true\n" for n in range(1, 40))
    short = f"{MARK},{MARK}\n,{MARK},{MARK},,,,\n"
    waits = AMBIGUOUS.replace("joined", "joined,note").replace(":00\n", f":00,{MARK}\n")
    return every_state(machine, waits.replace("\n1,", f"\n{MARK},"), header + numbers + line + line + short, {})


@pytest.mark.parametrize("role", [Role.MEMBER, Role.APPROVER])
def test_who_may_not_see_personal_data_sees_none(site: Site, marked: list[str], role: Role) -> None:
    member = site.user(role)
    seen = 0
    for route, answer in reading(site, member, *marked):
        assert MARK not in answer.text, route
        seen += answer.status_code == 200
    assert seen > 20


def test_nor_does_a_passcode_that_uploads(site: Site) -> None:
    machine = site.machine(Right.READ, Right.UPLOAD, Right.UNDO)
    rows = f"identity,Email\n{MARK},{MARK}\n{MARK},{MARK}\n"
    for answer in (
        machine.send(rows, "review=true"),
        *(machine.call("POST", place, content=rows, headers={"Content-Type": "text/csv"}) for place in ("inspect", "check")),
    ):
        assert answer.is_success
        assert MARK not in answer.text


def test_who_may_is_shown_it(site: Site, marked: list[str]) -> None:
    shown = [answer for _, answer in reading(site, site.user(Role.CREATOR), *marked) if MARK in answer.text]
    assert len(shown) > 5


@pytest.fixture
def hostile(site: Site) -> list[str]:
    """Uploads whose names, headers and cells are markup."""
    header = f'identity,Name,"{SCRIPT}","{IMAGE.replace(chr(34), chr(34) * 2)}",Email\n'
    rows = "".join(f'"{SCRIPT}{n}","{SCRIPT}","{SCRIPT}","<b odd>",{SCRIPT}\n' for n in (1, 1, 2)) + f"{SCRIPT}\n"
    made = site.house.access.create_passcode(operator(ACME), IMAGE, [Right.READ, Right.UPLOAD, Right.UNDO, Right.SEE_PERSONAL_DATA])
    machine = Caller(site.client(), {"X-CleverTap-Account-Id": ACME, "X-CleverTap-Passcode": made.secret})
    machine.send(PEOPLE, name=quote(f"{SCRIPT}{IMAGE}.csv"))
    return every_state(machine, header + rows, header + rows, {"columns": {SCRIPT: {"ctName": "a"}, "#D": {"ctName": "b"}}})


def test_markup_is_shown_and_not_obeyed(site: Site, hostile: list[str]) -> None:
    site.house.access.create_user(operator(ACME), "bob@acme.example", SCRIPT, Role.MEMBER, "correct horse battery")
    pages = 0
    for route, answer in reading(site, site.user(Role.ADMIN), *hostile):
        if answer.headers.get("content-type", "").startswith("text/html"):
            pages += answer.status_code == 200
            assert SCRIPT not in answer.text, route
            assert "<img src=x" not in answer.text, route
            assert "<b odd>" not in answer.text, route
        elif answer.status_code == 200 and SCRIPT in answer.text:
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-type"].split(";")[0] in {"application/json", "text/csv", "text/event-stream"}
    assert pages > 10


FILE_NAMES = [
    "../../etc/passwd",
    "..",
    "C:\\secret\\a.csv",
    "x" * 5000,
    "a\r\nSet-Cookie: b=c",
    'a"; filename="b',
    "\x00\x1b[31m",
    "a\u202egpj.csv",
    "",
    "%",
]


@pytest.mark.parametrize("name", FILE_NAMES)
@pytest.mark.parametrize("way", ["header", "form", "name"])
def test_a_file_name_leads_nowhere(site: Site, machine: Caller, name: str, way: str) -> None:
    rows = PEOPLE + "3,short\n"
    if way == "form":
        answer = machine.call("POST", "uploads", files={"file": (name or "x", rows, "text/csv")})
    else:
        answer = machine.send(rows, f"name={quote(name)}" if way == "name" else "", name=quote(name))
    if answer.status_code in {400, 422}:
        assert len(name) > 255
        return
    upload = told(answer)["upload"]
    for shown in (upload["name"], upload["file_name"]):
        assert 0 < len(shown) <= 255
        assert shown.isprintable()
    assert not set(upload["file_name"]) & set("/\\")
    rejects = machine.call("GET", f"uploads/{upload['id']}/rejects")
    assert rejects.headers["content-disposition"] == f'attachment; filename="{upload["id"]}-rejects.csv"'
    assert {path.name for path in site.left() if path.is_file()} == {"rejects.csv"}


def test_a_rejects_file_holds_no_formula(machine: Caller) -> None:
    cells = ["=1+1", "+1+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1"]
    rows = "".join(f'9,"{cell}"\n' for cell in cells)
    document = machine.upload(f"identity,Name\n1,Ann\n{rows}" + "".join(f'"{cell}"\n' for cell in cells))
    assert document["ledger"]["rejected"] >= len(cells)
    text = machine.call("GET", f"uploads/{document['upload']['id']}/rejects").text
    for row in list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row), row


def test_every_answer_is_guarded(site: Site, marked: list[str]) -> None:
    ways = [
        ("GET", "/nope"),
        ("GET", "/api/v1/nope"),
        ("PATCH", "/uploads"),
        ("POST", "/api/v1/inspect"),
        ("GET", "/static/app.css"),
        ("GET", "/static/x"),
    ]
    answers = [site.client().request(*way) for way in ways] + [answer for _, answer in reading(site, site.user(Role.ADMIN), *marked)]
    for answer in answers:
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
        assert "static" in str(answer.url) or "no-store" in answer.headers["cache-control"], answer.url


def test_an_error_that_nobody_expected_says_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(MARK)

    user = site.user(Role.ADMIN)
    monkeypatch.setattr("headcount.uploads.history.History.list", fail)
    for place in ("/uploads", "/api/v1/uploads"):
        answer = user.http.get(place)
        assert (answer.status_code, MARK in answer.text) == (500, False)
        assert answer.headers["content-security-policy"] == CSP


@pytest.mark.parametrize("size", ["announced", "unknown"])
@pytest.mark.parametrize("path", ["/api/v1/consent", "/api/v1/segments/count", "/sign-in", "/settings/users", "/uploads/u1/manifest"])
def test_no_body_is_held_that_is_too_large(site: Site, path: str, size: str) -> None:
    user = site.user(Role.ADMIN)
    body = b'{"filter": "' + b"x" * (3 << 20) + b'"}'
    kind = "application/json" if is_api(path) else "application/x-www-form-urlencoded"
    content = body if size == "announced" else (body[at : at + (1 << 16)] for at in range(0, len(body), 1 << 16))
    answer = user.http.post(path, content=content, headers={**user.headers, "Content-Type": kind})
    assert answer.status_code == 413
    assert not is_api(path) or code(answer)[1] == "body_too_large"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80@localhost", "localhost\\.evil.example", "[::1", "a b", ""])
def test_no_answer_leads_to_a_host_that_the_caller_named(site: Site, host: str) -> None:
    for place in ("/", "/uploads", "/uploads/", "/sign-in/", "/api/v1/uploads/", "/api/docs/", "//evil.example/", "/settings/"):
        answer = site.client().get(place, headers={"Host": host})
        assert answer.status_code < 500
        location = answer.headers.get("location", "/x")
        assert location.startswith("/"), place
        assert not location.startswith(("//", "/\\")), place


@pytest.mark.parametrize(
    "body",
    [{"identity": "\ud800"}, {"columns": {"\ud800": {"skip": True}}}, {"name": "\ud800", "dayFirst": True}, {"confirmResubscribe": "\x00"}],
)
def test_odd_signs_are_no_fault_of_the_server(machine: Caller, body: Document) -> None:
    upload = machine.upload(AMBIGUOUS)["upload"]["id"]
    answer = machine.call("PUT", f"uploads/{upload}/mapping", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code < 500
    assert ended(machine, {"upload": {"id": upload}})["upload"]["status"] in {"start_mapping", "completed"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "segments/count", {"filter": 'plan = "\ud800"'}),
        ("POST", "segments/read", {"filter": {"property": "plan", "operator": "=", "value": "\ud800"}}),
        ("POST", "segments", {"name": "a", "filter": {"event": "\ud800"}}),
        ("POST", "segments/breakdown", {"filter": "identity exists", "property": "\ud800"}),
        ("POST", "reach", {"filter": 'in segment "\ud800"'}),
        ("POST", "people/take-out", {"identity": "\ud800"}),
        ("POST", "people/export", {"filter": "identity exists", "columns": ["\ud800"]}),
        ("POST", "consent", {"identity": "1", "channel": "sms", "state": "unsubscribed", "reason": "\ud800"}),
        ("PATCH", "properties/plan", {"name": "p\ud800"}),
    ],
)
def test_half_a_sign_is_a_wrong_value(machine: Caller, method: str, path: str, body: Document) -> None:
    answer = machine.call(method, path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "value_invalid")


def test_numbers_for_whoever_watches_name_nobody(site: Site, marked: list[str]) -> None:
    for method in ("BREW", MARK):
        site.client().request(method, f"/{MARK}")
    site.client().get(f"/api/v1/people/{MARK}")
    assert MARK not in site.client().get("/metrics").text
    assert "BREW" not in site.client().get("/metrics").text
    assert marked[0] not in site.client().get("/metrics").text


def test_nor_does_a_stream_that_had_begun(machine: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr("headcount.uploads.looking.Looking.document", fail)
    answer = machine.call("POST", "inspect", content=PEOPLE, headers={"Content-Type": "text/csv", "Accept": "text/event-stream"})
    assert ("event: error" in answer.text, '"unexpected"' in answer.text, MARK in answer.text) == (True, True, False)
