"""Nothing of a person is left in any byte of the data directory when an erasure says so, and everybody else is as before."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from tests.server.house import ACME, Caller, Document, Site, open_site, told
from tests.server.test_life import ended
from tests.server.test_live import profile, send

from headcount.auth.rights import operator

#: What nobody else has: identity, addresses now and before, name, values, event, token, device, reason.
TRACES = b"ann-q7z|q7z@example|5199887766|Quarzbach|zebraplan|yakplan|xylophon|Quarzstadt|tok-quarz|dev-quarz|broken@@quarz".decode().split(
    "|"
)
HEAD = "identity,Name,Email,Phone,plan,note,MSG-email\n"
BOB = "bob,Bob Berg,bob@example.com,+4915111111111,free,b1,\n"
FIRST = HEAD + "ann-q7z,Annabel Quarzbach,old.q7z@example.com,,yakplan55,xylophon-1,false\n" + BOB
SECOND = (
    HEAD
    + "cem,Cem Kaya,cem@broken@@x,,pro,c1,\n"
    + "ann-q7z,,broken@@quarz,,,,\n"
    + ",Annabel Quarzbach,ann.q7z@example.com,,,,\n"
    + "eve,Eve,not a number,,,,\n"
    + 'ann-q7z,"Annabel\nQuarzbach",Ann.Q7z@example.com,+49 (151) 99887766,zebraplan77,xylophon-2,\n'
    + "ann-q7z,,,,zebraplan77,,true\n"
    + "dan,Dan,dan@example.com,ann,pro,ann-q7z2,\n"
    + "eve,Eve,eve@example.com,,pro,e1,\n"
    + 'ann-q7z,"x"y,,too,many,,,,,\n'
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path / "data", keep_files=True, log="error") as site:
        yield site


def zipped(content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", content)
    return out.getvalue()


def fill(site: Site) -> dict[str, Document]:
    """Everything that can keep a trace: uploads, refused calls, events, devices, messages, cursors, undone uploads, files of every kind."""
    machine = site.machine()
    made = {"first": machine.upload(FIRST)}
    ann = profile("ann-q7z", Name="Annabel Quarzbach", Email="not.q7z@example")
    token = {"type": "token", "identity": "ann-q7z", "objectId": "dev-quarz", "tokenData": {"id": "tok-quarz", "type": "fcm"}}
    event = {"type": "event", "evtName": "Charged", "evtData": {"City": "Quarzstadt"}}
    send(
        machine,
        ann,
        {**event, "identity": "ann-q7z", "objectId": "dev-quarz"},
        {**event, "identity": "bob", "evtData": {"City": "Rome"}},
        token,
        key="quarz-ann-q7z",
    )
    consent = {"identity": "ann-q7z", "channel": "sms", "state": "unsubscribed", "source": "person", "reason": "asked by Annabel Quarzbach"}
    machine.post("consent", consent)
    machine.post("segments", {"name": "Guests", "filter": 'identity in ("ann-q7z", "bob") or Email = "old.q7z@example.com"'})
    machine.post("messages", {"messages": [{"identity": who, "channel": "email"} for who in ("ann-q7z", "bob")]})
    made["second"] = machine.upload(SECOND)
    made["events"] = machine.upload("identity,City\nann-q7z,Quarzstadt\nbob,Rome\n", "event=Visited")
    made["undone"] = ended(machine, machine.post(f"uploads/{made['first']['upload']['id']}/undo"))
    made["gzip"] = machine.upload(gzip.compress(SECOND.replace("zebraplan77", "zebraplan78").encode()), kind="application/gzip")
    made["zip"] = machine.upload(zipped(FIRST.replace("b1", "b2")), kind="application/zip")
    made["latin"] = machine.upload(SECOND.replace("Kaya", "Käyä").encode("windows-1252"))
    made["utf16"] = machine.upload(FIRST.replace("b1", "b3").encode("utf-16"))
    made["picture"] = machine.send(b"PK\x03\x04 broken ann-q7z", kind="application/zip").json()
    made["waiting"] = machine.upload("identity,joined\nbob,01/02/2026 10:00:00\n")
    query = {"event_name": "Charged", "from": 20240101, "to": 20991231}
    assert machine.http.post("/1/profiles.json?batch_size=1", json=query, headers=machine.headers).is_success
    machine.post("people/take-out", {"identity": "ann-q7z"})
    return made


def rows(site: Site) -> dict[str, list[Any]]:
    """Everything in the data file that is not about her, nor counts what an upload did."""
    with TemporaryDirectory() as folder:
        copied = shutil.copytree(site.data / "accounts", Path(folder) / "accounts")
        connection = duckdb.connect(str(copied / f"{ACME}.duckdb"))
        tables = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
        left = {"answered", "progress", "devices", "aliases", "erasures", "property_statistics", "shared_addresses"}
        found = {
            name: connection.execute(f"SELECT t::VARCHAR FROM {name} t ORDER BY ALL").fetchall() for (name,) in tables if name not in left
        }
        connection.close()
    acts = [row for row in found["consent_acts"] if "Quarzbach" not in row[0]]
    return {table: [row for row in content if "ann-q7z" not in row[0].replace("ann-q7z2", "")] for table, content in found.items()} | {
        "consent_acts": acts
    }


def unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    return content


def traces(data: Path) -> list[tuple[str, str]]:
    """In which files which of her strings stand, in UTF-8 or UTF-16, packed or not, in any case."""
    found = []
    for path in sorted(each for each in data.rglob("*") if each.is_file()):
        whole = (path.read_bytes() + unpacked(path)).lower().replace(b"ann-q7z2", b"")
        found += [(path.name, text) for text in TRACES if any(text.lower().encode(code) in whole for code in ("utf-8", "utf-16-le"))]
    return found


def scrubbed(caller: Caller) -> Document:
    caller.post("erasures/scrub")
    until = time.monotonic() + 30
    while (state := caller.get("erasures"))["people"] and not state["uploads"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    return state


def test_nothing_is_left_of_a_person_in_any_file(site: Site) -> None:
    made, machine = fill(site), site.machine()
    before = rows(site)
    assert {text for _, text in traces(site.data)} == set(TRACES)
    assert told(machine.call("DELETE", "people/ann-q7z"))["erased"] == 1
    assert machine.get("people?q=quarz") == {"people": []}
    assert scrubbed(machine) == {"people": 0, "since": None, "due": None, "uploads": []}
    shown = {name: machine.get(f"uploads/{made[name]['upload']['id']}") for name in ("second", "gzip", "zip", "latin", "utf16", "waiting")}
    entry = next(each for each in site.house.access.audit(operator(ACME), 9) if each.action == "people.erase")
    assert (entry.object, entry.details) == ("people", {"people": 1})
    assert traces(site.data) == []
    assert rows(site) == before
    (guests,) = machine.get("segments")["segments"]
    assert (guests["filter"], machine.post("segments/count", {"filter": 'in segment "Guests"'})) == (
        'identity in ("•••", "bob") or Email = "•••"',
        {"count": 1},
    )
    counted = {name: document.get("erased") for name, document in shown.items()}
    assert counted == {
        "second": {"rejects_rows": 3, "file_rows": 5, "file_removed": False},
        "gzip": {"rejects_rows": 3, "file_rows": 5, "file_removed": False},
        "zip": {"rejects_rows": 0, "file_rows": 1, "file_removed": False},
        "latin": {"rejects_rows": 3, "file_rows": 5, "file_removed": False},
        "utf16": {"rejects_rows": 0, "file_rows": 0, "file_removed": True},
        "waiting": None,
    }
    others = [line for line in SECOND.split("\n") if line.startswith(("cem", "dan", "eve"))]
    kept = (site.data / "uploads" / made["second"]["upload"]["id"] / "source").read_text()
    # Who stood in a row still stands in it.
    assert kept == HEAD + f"{others[0]}\n\n\n{others[1]}\n\n\n{others[2]}\n{others[3]}\n\n"
    examples = {problem["code"]: problem["example"] for problem in shown["second"]["problems"]}
    assert examples["email_invalid"] == "•••"
    assert [each["identity"] for each in shown["second"]["duplicates"]["listed"]] == ["eve"]


def test_an_upload_that_touched_her_is_undone_for_everybody_else(site: Site) -> None:
    machine = site.machine()
    machine.upload(FIRST)
    upload = machine.upload(FIRST.replace("yakplan55", "zebraplan").replace("free", "pro"))["upload"]["id"]
    told(machine.call("DELETE", "people/ann-q7z"))
    scrubbed(machine)
    undone = ended(machine, machine.post(f"uploads/{upload}/undo"))
    assert undone["undo"]["ledger"]["touched"] == 1
    assert machine.get("people/bob")["properties"]["plan"]["value"] == "free"
    assert machine.call("GET", "people/ann-q7z").status_code == 404
    redone = ended(machine, machine.post(f"uploads/{upload}/redo"))
    assert (redone["upload"]["status"], machine.get("people/bob")["properties"]["plan"]["value"]) == ("completed", "pro")
    assert machine.call("GET", "people/ann-q7z").status_code == 404


def test_an_upload_that_waits_and_names_her_is_in_the_way(site: Site) -> None:
    machine = site.machine()
    machine.upload(FIRST)
    waiting = machine.upload("identity,joined\nann-q7z,01/02/2026 10:00:00\n")["upload"]["id"]
    told(machine.call("DELETE", "people/ann-q7z"))
    assert scrubbed(machine)["uploads"] == [waiting]
    machine.post(f"uploads/{waiting}/cancel")
    assert scrubbed(machine)["people"] == 0
    site.house.worker.stop(9)
    assert traces(site.data) == []


def test_live_calls_go_on_while_files_are_scrubbed(site: Site) -> None:
    machine = site.machine()
    machine.upload("identity,plan\n" + "".join(f"p{n},pro\n" for n in range(20_000)) + "ann-q7z,zebraplan\n")
    send(machine, profile("l0", note="x"))
    told(machine.call("DELETE", "people/ann-q7z"))
    stop = time.monotonic() + 2

    def calls(worker: int) -> list[str]:
        sent = list[str]()
        while time.monotonic() < stop or not sent:
            who = f"w{worker}-{len(sent)}"
            answer = site.machine().http.post(
                "/1/upload", json={"d": [profile(who, plan=who), profile("p7", note=who)]}, headers=machine.headers
            )
            sent += [who] if answer.status_code == 200 else []
        return sent

    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(calls, number) for number in range(2)]
        time.sleep(0.3)
        assert scrubbed(machine)["people"] == 0
        sent = [who for done in working for who in done.result()]
    assert machine.post("segments/count", {"filter": "identity exists"}) == {"count": 20_001 + len(sent)}
    assert [machine.get(f"people/{who}")["properties"]["plan"]["value"] for who in sent[:: len(sent) // 5 + 1]] == sent[
        :: len(sent) // 5 + 1
    ]
    assert json.dumps(machine.get("people/p7")).count('"note"') == 1
