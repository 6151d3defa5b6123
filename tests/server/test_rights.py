"""No call and no page without its right, none for another account, none on behalf of somebody who knows nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from httpx import Response
from tests.server.house import ACME, OTHER, PASSWORD, PEOPLE, Caller, Document, Site, code
from tests.server.routes import PUBLIC, SAFE, VENDOR, Route, closed, filled, is_api, routes
from tests.server.test_life import ended

from headcount.auth.rights import FOR_MACHINES, RIGHTS, Right, Role, operator
from headcount.auth.tokens import csrf_token
from headcount.house import COOKIE, CSRF_HEADER

U, S = "/api/v1/uploads", "/api/v1/segments"
FILE: Mapping[str, Any] = {"content": PEOPLE, "headers": {"Content-Type": "text/csv"}}
EXPORT = {"filter": "identity exists"}
QUERY = {"event_name": "Charged", "from": 20240101, "to": 20240131}
OUT = {Right.EXPORT, Right.SEE_PERSONAL_DATA}
CONSENT = {"identity": "1", "channel": "email", "state": "unsubscribed"}

#: What each call takes, and what it is called with.
CALLS: Mapping[Route, tuple[set[Right], Mapping[str, Any]]] = {
    ("POST", U): ({Right.UPLOAD}, FILE),
    ("GET", U): ({Right.READ}, {}),
    **{("GET", f"{U}/{{upload_id}}{place}"): ({Right.READ}, {}) for place in ("", "/inspection", "/progress", "/manifest")},
    ("GET", f"{U}/{{upload_id}}/people"): ({Right.READ}, {"params": {"part": "created"}}),
    ("GET", f"{U}/{{upload_id}}/rejects"): ({Right.READ, Right.SEE_PERSONAL_DATA}, {}),
    ("GET", f"{U}/{{upload_id}}/undo"): ({Right.UNDO}, {}),
    ("PUT", f"{U}/{{upload_id}}/mapping"): ({Right.UPLOAD}, {"json": {}}),
    **{("POST", f"{U}/{{upload_id}}/{verb}"): ({Right.UPLOAD}, {}) for verb in ("check", "apply", "resume", "cancel")},
    **{("POST", f"{U}/{{upload_id}}/{verb}"): ({Right.UNDO}, {}) for verb in ("undo", "redo")},
    **{("POST", f"/api/v1/{verb}"): ({Right.UPLOAD}, FILE) for verb in ("inspect", "check")},
    ("GET", "/api/v1/people"): ({Right.READ}, {"params": {"q": "a"}}),
    ("GET", "/api/v1/people/{identity:path}"): ({Right.READ}, {}),
    ("POST", "/api/v1/people/export"): ({Right.EXPORT, Right.SEE_PERSONAL_DATA}, {"json": EXPORT}),
    ("POST", "/api/v1/people/take-out"): ({Right.EXPORT, Right.SEE_PERSONAL_DATA}, {"json": {"identity": "nobody"}}),
    ("DELETE", "/api/v1/people/{identity:path}"): ({Right.ERASE_PEOPLE}, {}),
    ("GET", "/api/v1/erasures"): ({Right.ERASE_PEOPLE}, {}),
    ("POST", "/api/v1/erasures/scrub"): ({Right.ERASE_PEOPLE}, {}),
    ("GET", "/api/v1/consent"): ({Right.READ}, {}),
    ("POST", "/api/v1/consent"): ({Right.CHANGE_CONSENT}, {"json": CONSENT}),
    ("GET", "/api/v1/properties"): ({Right.READ}, {}),
    ("GET", "/api/v1/properties/{name:property}"): ({Right.READ}, {}),
    ("PATCH", "/api/v1/properties/{name:property}"): ({Right.READ, Right.MANAGE_PROPERTIES}, {"json": {"description": "what they pay"}}),
    ("POST", "/api/v1/properties/{name:path}/retype"): ({Right.MANAGE_PROPERTIES}, {"json": {"type": "string"}}),
    ("DELETE", "/api/v1/properties/{name:property}"): ({Right.MANAGE_PROPERTIES}, {}),
    **{("POST", f"{S}/{what}"): ({Right.READ}, {"json": EXPORT}) for what in ("count", "read", "people")},
    ("POST", f"{S}/breakdown"): ({Right.READ, Right.SEE_PERSONAL_DATA}, {"json": {**EXPORT, "property": "plan"}}),
    ("POST", f"{S}/audience"): ({Right.EDIT_CAMPAIGNS, Right.UPLOAD}, {**FILE, "params": {"name": "A list", "change": "add"}}),
    ("GET", S): ({Right.READ}, {}),
    ("POST", S): ({Right.EDIT_CAMPAIGNS}, {"json": {**EXPORT, "name": "All"}}),
    ("GET", f"{S}/{{segment_id}}"): ({Right.READ}, {}),
    ("PUT", f"{S}/{{segment_id}}"): ({Right.EDIT_CAMPAIGNS}, {"json": {**EXPORT, "name": "All"}}),
    ("DELETE", f"{S}/{{segment_id}}"): ({Right.EDIT_CAMPAIGNS}, {}),
    ("POST", f"{S}/{{segment_id}}/count"): ({Right.READ}, {}),
    ("POST", f"{S}/{{segment_id}}/export"): ({Right.READ, *OUT}, {"json": {}}),
    ("POST", "/api/v1/reach"): ({Right.READ}, {"json": EXPORT}),
    ("POST", "/api/v1/reach/people"): ({Right.READ}, {"json": {**EXPORT, "channel": "email", "place": "reach"}}),
    ("GET", "/api/v1/delivery"): ({Right.READ}, {}),
    ("PUT", "/api/v1/delivery"): ({Right.MANAGE_DELIVERY}, {"json": {}}),
    ("POST", "/api/v1/messages"): ({Right.EDIT_CAMPAIGNS}, {"json": {"messages": []}}),
    ("POST", "/1/upload"): ({Right.UPLOAD}, {"json": {"d": []}}),
    ("GET", "/1/profile.json"): ({Right.READ}, {"params": {"identity": "1"}}),
    **{("POST", f"/1/{kind}.json"): (OUT, {"json": QUERY}) for kind in ("profiles", "events")},
    **{("GET", f"/1/{kind}.json"): (OUT, {"params": {"query": json.dumps(QUERY)}}) for kind in ("profiles", "events")},
    **{("POST", f"/1/counts/{kind}.json"): ({Right.READ}, {"json": QUERY}) for kind in ("profiles", "events")},
    ("POST", "/1/counts/top.json"): (
        {Right.READ, Right.SEE_PERSONAL_DATA},
        {"json": {**QUERY, "groups": {"a": {"property_type": "event_properties", "name": "b"}}}},
    ),
    ("POST", "/1/counts/trends.json"): ({Right.READ}, {"json": {**QUERY, "groups": {"a": {"trend_type": "daily"}}}}),
    ("GET", "/1/counts/{what}.json"): ({Right.READ}, {}),
    ("POST", "/1/now.json"): ({Right.READ}, {"json": {}}),
    ("POST", "/1/message/report.json"): ({Right.READ}, {"json": {"from": 20240101, "to": 20240131}}),
    ("POST", "/1/subscribe"): ({Right.CHANGE_CONSENT}, {"json": {"d": []}}),
    ("POST", "/1/disassociate"): ({Right.READ}, {"json": {"d": []}}),
    ("POST", "/1/delete/profiles.json"): ({Right.ERASE_PEOPLE}, {"json": {"identity": "nobody"}}),
    ("POST", "/1/demerge/profiles.json"): ({Right.READ}, {"json": {"identities": ["nobody"]}}),
    ("POST", "/1/targets/create.json"): ({Right.EDIT_CAMPAIGNS}, {"json": {"estimate_only": True, "segment": "all"}}),
    ("POST", "/1/targets/stop.json"): ({Right.EDIT_CAMPAIGNS}, {"json": {"id": 1}}),
    **{("POST", f"/1/targets/{what}.json"): ({Right.READ}, {"json": {"id": 1}}) for what in ("list", "result")},
    ("POST", "/1/send/{channel}.json"): ({Right.EDIT_CAMPAIGNS}, {"json": {}}),
}
#: The codes of errors that have a shape of their own.
CODES = {401: "sign_in_needed", 403: "right_missing"}


@pytest.fixture
def ready(site: Site) -> Document:
    return site.machine().upload(PEOPLE, "review=true")


def called(caller: Caller, route: Route, upload: str = "u0", **more: Any) -> Response:  # noqa: ANN401 - as httpx takes them
    method, path = route
    sent = {**CALLS.get(route, (set(), {}))[1], **more}
    headers = {**caller.headers, **sent.pop("headers", {})}
    answer: Response = caller.http.request(method, filled(path, upload_id=upload, identity="1", name="plan"), headers=headers, **sent)
    return answer


def refused(answer: Response, route: Route) -> tuple[int, str]:
    """What an error says to programs; where the shape has no words for them, what its status means."""
    if not route[1].startswith(VENDOR):
        return code(answer)
    assert answer.json()["code"] == answer.status_code
    return answer.status_code, CODES[answer.status_code]


def test_every_call_is_looked_at(site: Site) -> None:
    assert set(CALLS) == {route for route in closed(site.app) if is_api(route[1])}
    assert set(routes(site.app)) >= PUBLIC


def test_nobody_gets_in(site: Site, ready: Document) -> None:
    stranger = Caller(site.client(), {})
    for route in closed(site.app):
        answer = called(stranger, route, ready["upload"]["id"])
        if is_api(route[1]):
            assert refused(answer, route) == (401, "sign_in_needed"), route
        else:
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), route
    assert site.machine().get("uploads")["uploads"] == [ready["upload"]]


def test_everybody_gets_what_is_public(site: Site) -> None:
    for method, path in PUBLIC:
        answer = site.client().request(method, filled(path, name="app.css"))
        assert answer.status_code < 500
        assert answer.status_code not in {401, 403} or path == "/sign-in", path


@pytest.mark.parametrize("right", sorted(FOR_MACHINES & {right for rights, _ in CALLS.values() for right in rights}))
def test_a_passcode_without_the_right_is_refused(site: Site, ready: Document, right: Right) -> None:
    lacking = site.machine(*(FOR_MACHINES - {right}))
    for route, (rights, _) in CALLS.items():
        answer = called(lacking, route, ready["upload"]["id"])
        if right in rights:
            assert refused(answer, route) == (403, "right_missing"), route
        else:
            assert answer.status_code not in {401, 403}, route


@pytest.mark.parametrize("right", sorted({right for rights, _ in CALLS.values() for right in rights}))
def test_a_passcode_with_the_right_alone_does_what_it_is_for(site: Site, ready: Document, right: Right) -> None:
    only = site.machine(right)
    for route, (rights, _) in CALLS.items():
        if rights == {right}:
            expected = {400} if route[1].startswith("/1/send/") else {200, 201, 202, 404, 409}
            assert called(only, route, ready["upload"]["id"]).status_code in expected, route


@pytest.mark.parametrize("role", Role)
def test_a_user_does_what_their_role_lets_them(site: Site, ready: Document, role: Role) -> None:
    user = site.user(role)
    for route, (rights, _) in CALLS.items():
        answer = called(user, route, ready["upload"]["id"])
        assert (answer.status_code == 403) is not (rights <= RIGHTS[role]), route


def pages(site: Site) -> list[Route]:
    return [route for route in closed(site.app) if not is_api(route[1])]


@pytest.mark.parametrize("role", [Role.APPROVER, Role.MEMBER])
def test_who_only_looks_changes_nothing_by_a_page(site: Site, ready: Document, role: Role) -> None:
    for route in pages(site):
        if route[0] not in SAFE and "{upload_id}" in route[1]:
            assert called(site.user(role), route, ready["upload"]["id"], data={"flag": "--day-first"}).status_code == 403, route
    assert site.machine().get("uploads")["uploads"] == [ready["upload"]]


def others(site: Site) -> Iterator[Caller]:
    yield site.machine(account=OTHER)
    yield site.user(Role.ADMIN, OTHER)


def test_nothing_of_another_account_is_seen_or_changed(site: Site, ready: Document) -> None:
    upload = ready["upload"]["id"]
    site.machine().upload(PEOPLE)
    before = site.machine().get("uploads")
    for caller in others(site):
        for route in closed(site.app):
            if "{upload_id}" in route[1] and (is_api(route[1]) or CSRF_HEADER in caller.headers):
                for name in (upload, upload[:12], "u"):
                    # A form that answers nothing is wrong whoever sends it.
                    assert called(caller, route, name).status_code in ({404} if is_api(route[1]) else {400, 404}), route
    assert site.machine().get("uploads") == before


def test_people_of_another_account_are_not_found(site: Site) -> None:
    upload = site.machine().upload(PEOPLE)["upload"]["id"]
    for caller in others(site):
        assert caller.call("GET", "people/1").status_code == 404
        assert caller.get("people?q=ann")["people"] == []
        assert caller.call("GET", f"consent?upload={upload}").status_code == 404
        assert caller.call("POST", "segments/count", json={"filter": f'upload "{upload}"'}).status_code in {400, 404}
        assert caller.post("segments/count", EXPORT)["count"] == 0
        assert "ann@" not in caller.call("POST", "people/export", json=EXPORT).text


def test_users_and_passcodes_of_another_account_are_not_changed(site: Site) -> None:
    access, acme = site.house.access, operator(ACME)
    site.machine()
    ids = {"user_id": access.users(acme)[1].user.id, "passcode_id": access.passcodes(acme)[0].id, "session_id": "s1"}
    before = (access.users(acme), access.passcodes(acme))
    foreign = site.user(Role.ADMIN, OTHER)
    for method, path in pages(site):
        if method not in SAFE and any(f"{{{name}}}" in path for name in ids):
            answer = foreign.http.request(method, filled(path, **ids), headers=foreign.headers, data={"role": "admin", "granted": "yes"})
            assert answer.status_code in {400, 404}, path
    assert (access.users(acme), access.passcodes(acme)) == before


@pytest.mark.parametrize("token", [{}, {CSRF_HEADER: "wrong"}, {CSRF_HEADER: csrf_token("of another session")}])
def test_a_session_alone_changes_nothing(site: Site, ready: Document, token: dict[str, str]) -> None:
    browser = Caller(site.browser(Role.ADMIN), token)
    for route in closed(site.app):
        if route[0] not in SAFE:
            answer = called(browser, route, ready["upload"]["id"], headers={"Content-Type": "application/x-www-form-urlencoded", **token})
            assert answer.status_code == 403, route
            assert not route[1].startswith("/api/") or code(answer)[1] == "csrf_invalid"
    assert site.machine().get("uploads")["uploads"] == [ready["upload"]]


def test_a_passcode_that_is_revoked_is_refused(site: Site, machine: Caller) -> None:
    (passcode,) = site.house.access.passcodes(operator(ACME))
    site.house.access.revoke_passcode(operator(ACME), passcode.id)
    assert code(machine.call("GET", "uploads")) == (401, "passcode_invalid")


@pytest.mark.parametrize("given", [{"account": ACME}, {"account": OTHER}, {"passcode": "x"}, {"account": "../acme", "passcode": "x"}])
def test_half_a_passcode_is_none(site: Site, given: dict[str, str]) -> None:
    names = {"account": "X-CleverTap-Account-Id", "passcode": "X-CleverTap-Passcode"}
    answer = Caller(site.client(), {names[name]: value for name, value in given.items()}).call("GET", "uploads")
    assert answer.status_code == 401


def test_a_session_is_over_after_the_sign_out(site: Site) -> None:
    user = site.user(Role.CREATOR)
    token = user.http.cookies[COOKIE]
    assert user.http.post("/sign-out", headers=user.headers).status_code == 303
    user.http.cookies.set(COOKIE, token)
    assert code(user.call("GET", "uploads")) == (401, "session_expired")


def test_a_session_follows_its_user(site: Site, ready: Document) -> None:
    user, access, by = site.user(Role.CREATOR), site.house.access, operator(ACME)
    who = next(member.user.id for member in access.users(by) if member.role is Role.CREATOR)
    access.set_role(by, who, Role.MEMBER)
    assert code(user.call("POST", f"uploads/{ready['upload']['id']}/apply")) == (403, "right_missing")
    access.disable_user(by, who)
    assert code(user.call("GET", "uploads")) == (401, "session_expired")
    access.enable_user(by, who)
    assert code(user.call("GET", "uploads"))[0] == 401


def test_a_session_is_never_the_one_that_was_brought(site: Site) -> None:
    browser = site.client()
    browser.cookies.set(COOKIE, "planted")
    answer = browser.post("/sign-in", data={"email": "admin@acme.example", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, "planted" in cookie) == (303, False)
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax"))


def test_passwords_cannot_be_tried_for_long(site: Site) -> None:
    for attempt in range(30):
        headers = {"X-Forwarded-For": f"192.0.2.{attempt}", "Forwarded": f"for=192.0.2.{attempt}"}
        answer = site.client().post("/sign-in", data={"email": "admin@acme.example", "password": str(attempt)}, headers=headers)
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
    assert site.client().post("/sign-in", data={"email": "admin@acme.example", "password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("headers", [{"X-Headcount-User": "root"}, {"X-Headcount-Door": "cli"}, {"Host": "headcount"}])
def test_a_header_makes_nobody_the_operator(site: Site, headers: dict[str, str]) -> None:
    answer = site.client().get("/api/v1/uploads", headers={"X-CleverTap-Account-Id": ACME, **headers})
    assert code(answer)[0] == 401


def test_what_was_done_is_in_the_audit_log(site: Site, machine: Caller) -> None:
    document = ended(machine, machine.upload(PEOPLE, "review=true"))
    machine.post(f"uploads/{document['upload']['id']}/apply")
    ended(machine, document)
    machine.post(f"uploads/{document['upload']['id']}/undo")
    ended(machine, document)
    entries = [entry for entry in site.house.access.audit(operator(ACME), 9) if entry.object == document["upload"]["id"]]
    assert [entry.action for entry in entries] == ["upload.undo", "upload.apply", "upload.begin"]
    assert {(entry.who_name, entry.door) for entry in entries} == {("machine", "api")}
