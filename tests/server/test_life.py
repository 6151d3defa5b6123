"""The life of an upload over HTTP."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from tests.server.house import AMBIGUOUS, PEOPLE, Caller, Document, Site, code, open_site, told

from headcount.auth.rights import Role
from headcount.errors import WrongCall


def zipped(content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("people.csv", content)
    return out.getvalue()


def test_a_file_is_sent_and_applied(machine: Caller) -> None:
    document = machine.upload(PEOPLE, "name=First")
    assert (document["upload"]["status"], document["upload"]["name"], document["upload"]["door"]) == ("completed", "First", "api")
    assert document["ledger"]["created"] == 2
    assert machine.get("people/1")["properties"]["plan"]["value"] == "pro"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PEOPLE, "text/csv; charset=utf-8"),
        (PEOPLE, "application/octet-stream"),
        (gzip.compress(PEOPLE.encode()), "application/gzip"),
        (zipped(PEOPLE), "application/zip"),
        (PEOPLE.encode("utf-16"), "TEXT/CSV"),
    ],
    # Packed bytes hold the second in which they were packed: as a name they would differ from process to process.
    ids=["plain", "bytes", "gzip", "zip", "utf-16"],
)
def test_every_container_is_read(machine: Caller, content: bytes, kind: str) -> None:
    assert machine.upload(content, kind=kind)["ledger"]["created"] == 2


@pytest.mark.parametrize("first", ["manifest", "file"])
def test_a_manifest_stands_before_or_behind_the_file(machine: Caller, first: str) -> None:
    parts = {"manifest": (None, '{"dayFirst": true, "name": "Joined"}'), "file": ("../a/joined.csv", AMBIGUOUS, "text/csv")}
    ordered = {first: parts.pop(first), **parts}
    document = told(machine.call("POST", "uploads", files=ordered))
    assert (document["upload"]["status"], document["upload"]["file_name"]) == ("completed", "joined.csv")
    assert document["upload"]["name"] == "Joined"


DID = "identity,ts,Amount\n1,1714557600,300\n,1714557600,1\n"


def test_a_file_of_events_is_named_by_the_call_or_by_its_manifest(machine: Caller) -> None:
    document = machine.upload(DID, "event=Charged")
    assert (document["ledger"]["stored"], document["ledger"]["rejected"], document["event"]) == (1, 1, "Charged")
    parts = {"file": ("did.csv", DID, "text/csv"), "manifest": (None, '{"type": "event", "eventName": "Viewed", "name": "Yesterday"}')}
    assert told(machine.call("POST", "uploads", files=parts))["event"] == "Viewed"
    renamed = told(machine.call("POST", "uploads?event=Bought", files=parts))
    assert (renamed["event"], renamed["upload"]["name"]) == ("Bought", "Yesterday")
    (newest, *_), addresses = (machine.get("people/1")[key] for key in ("events", "addresses"))
    assert (newest["at"], newest["properties"], newest["from"]["row"]) == ("2024-05-01T10:00:00Z", {"Amount": 300}, 2)
    assert addresses["push"] == 0
    checked = told(machine.call("POST", "check?event=Charged", content=DID, headers={"Content-Type": "text/csv"}))
    assert (checked["ledger"]["stored"], checked["ledger"]["created"]) == (1, 0)
    refused = machine.send(DID, "event=App%20Launched")
    assert code(refused) == (400, "event_restricted")


def test_an_answer_leaves_rows_events(machine: Caller) -> None:
    waiting = machine.upload(DID.replace("identity", "who"), "event=Charged")
    assert waiting["upload"]["status"] == "start_mapping"
    told(machine.call("PUT", f"uploads/{waiting['upload']['id']}/mapping", json={"identity": "who"}))
    assert ended(machine, waiting)["ledger"]["stored"] == 1
    again = machine.upload(DID.replace("identity", "who"), "event=Viewed")
    assert again["upload"]["status"] == "start_mapping"


def test_without_waiting_the_answer_is_there_before_the_work(machine: Caller) -> None:
    document = machine.upload(PEOPLE, "wait=0")
    assert document["upload"]["status"] in {"inspecting", "processing"}
    ended(machine, document)


def ended(caller: Caller, document: Document) -> Document:
    """The document when nobody works on the upload any more."""
    place = f"uploads/{document['upload']['id']}"
    assert caller.events(f"{place}/progress")[-1] == "end"
    return caller.get(place)


def test_after_a_review_it_is_applied(machine: Caller) -> None:
    document = machine.upload(PEOPLE, "review=true")
    place = f"uploads/{document['upload']['id']}"
    assert (document["upload"]["status"], document["ledger"]["created"]) == ("ready", 2)
    assert any(column["examples"] for column in document["columns"])
    assert machine.call("GET", "people/1").status_code == 404
    assert machine.get(f"{place}/inspection")["preview"][0]["cells"][1] == "Ann"
    machine.post(f"{place}/apply")
    assert ended(machine, document)["upload"]["status"] == "completed"
    assert code(machine.call("GET", f"{place}/inspection")) == (404, "inspection_gone")


@pytest.mark.parametrize(("query", "status"), [("", "completed"), ("review=true", "ready")])
def test_an_answer_lets_it_go_on(machine: Caller, query: str, status: str) -> None:
    document = machine.upload(AMBIGUOUS, query)
    place = f"uploads/{document['upload']['id']}"
    assert document["upload"]["status"] == "start_mapping"
    assert document["questions"][0]["answers"]
    told(machine.call("PUT", f"{place}/mapping", json={"dayFirst": True}))
    after = ended(machine, document)
    assert (after["upload"]["status"], after["questions"]) == (status, [])


def test_a_check_again_sees_what_came_meanwhile(machine: Caller) -> None:
    document = machine.upload(PEOPLE, "review=true")
    machine.upload(PEOPLE)
    machine.post(f"uploads/{document['upload']['id']}/check")
    after = ended(machine, document)
    assert (after["upload"]["status"], after["ledger"]["unchanged"]) == ("ready", 2)
    assert after["upload"]["duplicate_of"]


def test_what_waits_for_answers_is_not_applied(machine: Caller) -> None:
    document = machine.upload(AMBIGUOUS)
    assert code(machine.call("POST", f"uploads/{document['upload']['id']}/apply")) == (409, "upload_not_ready")


@pytest.mark.parametrize(("content", "query"), [(PEOPLE, "review=true"), (AMBIGUOUS, "")])
def test_what_waits_can_be_given_up(site: Site, machine: Caller, content: str, query: str) -> None:
    document = machine.upload(content, query)
    place = f"uploads/{document['upload']['id']}"
    cancelled = machine.post(f"{place}/cancel")
    assert (cancelled["upload"]["status"], cancelled["questions"]) == ("cancelled", [])
    assert code(machine.call("GET", f"{place}/inspection")) == (404, "inspection_gone")
    assert not [path for path in site.left() if path.is_file()]
    assert code(machine.call("POST", f"{place}/cancel")) == (409, "upload_ended")


def test_back_and_forth(machine: Caller) -> None:
    document = machine.upload(PEOPLE)
    place = f"uploads/{document['upload']['id']}"
    would = machine.get(f"{place}/undo")
    assert would["ledger"]["removed"] == 2
    assert machine.events(f"{place}/undo")[-1] == "document"
    machine.post(f"{place}/undo")
    undone = ended(machine, document)
    assert (undone["upload"]["status"], undone["undo"]["ledger"]) == ("undone", would["ledger"])
    assert machine.call("GET", "people/1").status_code == 404
    machine.post(f"{place}/redo")
    assert ended(machine, document)["upload"]["status"] == "completed"
    assert machine.get("people/1")["identity"] == "1"


def test_rejects_are_given_out(machine: Caller) -> None:
    document = machine.upload(PEOPLE + "3,short\n")
    assert document["rejects_file"] == f"/api/v1/uploads/{document['upload']['id']}/rejects"
    given = machine.http.get(document["rejects_file"], headers=machine.headers)
    assert "3,short" in given.text
    assert given.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("resolved", ["", "?resolved=true"])
def test_its_manifest_gives_the_same_again(machine: Caller, resolved: str) -> None:
    manifest = {"dayFirst": True, "columns": {"plan": {"ctName": "tier"}}}
    parts = {"manifest": (None, json.dumps(manifest)), "file": ("a.csv", "identity,joined,plan\n1,01/02/2026 10:00:00,pro\n")}
    first = told(machine.call("POST", "uploads", files=parts))
    manifest = machine.get(f"uploads/{first['upload']['id']}/manifest{resolved}")
    again = told(machine.call("POST", "uploads", files={"manifest": (None, json.dumps(manifest)), "file": parts["file"]}))
    assert again["upload"]["status"] == "completed"
    assert again["ledger"]["unchanged"] == 1
    assert [(c["property"], c["type"]) for c in again["columns"]] == [(c["property"], c["type"]) for c in first["columns"]]


def test_the_same_file_again_is_recognised(machine: Caller) -> None:
    first = machine.upload(PEOPLE)["upload"]
    assert machine.upload(PEOPLE)["upload"]["duplicate_of"] == first["id"]


def test_the_last_that_was_accepted_has_the_last_word(machine: Caller) -> None:
    sent = [machine.upload(f"identity,plan\n1,{n}\n", "wait=0") for n in range(6)]
    assert [ended(machine, document)["upload"]["status"] for document in sent] == ["completed"] * 6
    assert machine.get("people/1")["properties"]["plan"]["value"] == 5


def test_the_sample_is_a_clean_file(site: Site, machine: Caller) -> None:
    machine.upload("identity,joined,plan,score\n1,24/12/2025,pro,1.5\n")
    sample = site.user(Role.CREATOR).http.get("/uploads/sample.csv")
    document = machine.upload(sample.content)
    assert (document["upload"]["status"], document["problems"], document["ledger"]["created"]) == ("completed", [], 2)


def test_what_was_said_of_the_same_headers_is_offered(site: Site, machine: Caller) -> None:
    first = machine.upload(AMBIGUOUS)
    machine.call("PUT", f"uploads/{first['upload']['id']}/mapping", json={"dayFirst": True})
    ended(machine, first)
    second = machine.upload(AMBIGUOUS + "3,05/06/2026 10:00:00\n")
    desk = site.house.desk(site.house.access.principal_of_passcode("acme", machine.headers["X-CleverTap-Passcode"]))
    assert desk.remembered(second["upload"]["id"])["manifest"]["dayFirst"] is True  # type: ignore[index]
    desk.use_remembered(second["upload"]["id"])
    assert ended(machine, second)["upload"]["status"] == "completed"


@pytest.mark.parametrize("how", ["retyped", "created"])
def test_what_became_of_another_type_is_inspected_again(machine: Caller, how: str) -> None:
    if how == "retyped":
        machine.upload("identity,size\n9,9\n")
    document = machine.upload("identity,size\n1,7\n2,8\n", "review=true")
    if how == "retyped":
        machine.post("properties/size/retype", {"type": "string"})
    else:
        machine.upload("identity,size\n9,large\n")
    machine.post(f"uploads/{document['upload']['id']}/apply")
    after = ended(machine, document)
    assert (after["upload"]["status"], after["columns"][1]["type"]) == ("ready", "string")
    assert "changed since the check" in after["upload"]["error"]
    machine.post(f"uploads/{document['upload']['id']}/apply")
    assert (upload := ended(machine, document)["upload"])["status"] == "completed"
    assert upload["error"] is None
    assert machine.get("people/1")["properties"]["size"]["value"] == "7"


def test_two_ready_uploads_do_not_make_more_properties_together_than_there_may_be(tmp_path: Path) -> None:
    with open_site(tmp_path / "data", property_limit=2) as site:
        machine = site.machine()
        first, second = (machine.upload(f"identity,{name}1,{name}2\n1,x,y\n", "review=true") for name in "ab")
        for document in (first, second):
            machine.post(f"uploads/{document['upload']['id']}/apply")
        assert ended(machine, first)["upload"]["status"] == "completed"
        waits = ended(machine, second)
        assert (waits["upload"]["status"], waits["questions"][0]["code"]) == ("start_mapping", "property_limit")


def test_a_wrong_answer_leaves_it_as_it_was(machine: Caller) -> None:
    document = machine.upload(PEOPLE, "review=true")
    place = f"uploads/{document['upload']['id']}"
    assert code(machine.call("PUT", f"{place}/mapping", json={"columns": {"nope": {"skip": True}}})) == (400, "column_unknown")
    assert code(machine.call("PUT", f"{place}/mapping", json={"columns": {"plan": 1}})) == (400, "manifest_invalid")
    named = {"columns": {"nope": {"skip": True}}, "dialect": {"delimiter": ","}}
    assert code(machine.call("PUT", f"{place}/mapping", json=named)) == (400, "column_unknown")
    assert machine.get(place) == document


def test_the_list_is_filtered(machine: Caller) -> None:
    machine.upload(PEOPLE)
    machine.upload(AMBIGUOUS)
    assert [u["status"] for u in machine.get("uploads")["uploads"]] == ["start_mapping", "completed"]
    assert [u["status"] for u in machine.get("uploads?status=completed&since=2020-01-01&limit=1")["uploads"]] == ["completed"]
    assert machine.get("uploads?until=2020-01-01")["uploads"] == []
    assert code(machine.call("GET", "uploads?status=nope"))[1] == "status_unknown"


def test_a_file_can_be_looked_at_without_an_upload(site: Site, machine: Caller) -> None:
    sent = {"content": PEOPLE, "headers": {"Content-Type": "text/csv"}}
    assert told(machine.call("POST", "inspect", **sent))["rows"] == 2
    assert told(machine.call("POST", "check", **sent))["ledger"]["created"] == 2
    assert machine.get("uploads")["uploads"] == []
    assert site.left() == []


def test_nobody_is_in_an_account_that_is_not_there(site: Site) -> None:
    with pytest.raises(WrongCall):
        site.house.access.principal_of_passcode("nope", "x" * 20)
