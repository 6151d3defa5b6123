"""Files that do not come in as they should: a clear answer, nothing left behind, and the server goes on."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.house import LIMIT, PEOPLE, Caller, Site, code
from tests.server.process import Server, eventually, head, serving

BOUNDARY = "multipart/form-data; boundary=cut"
LINE = b"1,Ann,ann@example.com,pro\n"


def part(name: str, content: bytes, file_name: str = "") -> bytes:
    called = f'; filename="{file_name}"' if file_name else ""
    return f'--cut\r\nContent-Disposition: form-data; name="{name}"{called}\r\n\r\n'.encode() + content + b"\r\n"


END = b"--cut--\r\n"
FILE = part("file", PEOPLE.encode(), "people.csv")


def statuses(site: Site) -> list[tuple[str, str]]:
    """The status of each upload, and what its report says is wrong."""
    machine = site.machine()
    documents = [machine.get(f"uploads/{upload['id']}") for upload in machine.get("uploads")["uploads"]]
    return [(document["upload"]["status"], ", ".join(p["code"] for p in document["problems"])) for document in documents]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/html", ""])
def test_what_is_no_file_is_not_taken(site: Site, machine: Caller, kind: str) -> None:
    assert code(machine.send(PEOPLE, kind=kind)) == (415, "content_type_wrong")
    assert (statuses(site), site.left()) == ([], [])


def excel() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + bytes(99), b"%PDF-1.7\n" + bytes(99), excel()], ids=["png", "pdf", "xlsx"])
def test_other_kinds_of_files_are_told_early(site: Site, machine: Caller, content: bytes) -> None:
    assert code(machine.send(content)) == (415, "file_not_csv")
    assert (statuses(site), site.left()) == ([("rejected", "file_not_csv")], [])


@pytest.mark.parametrize(
    ("content", "wrong"), [(b"", "file_empty"), (b"\x1f\x8bbroken", "archive_invalid"), (b"PK\x03\x04broken", "archive_invalid")]
)
def test_a_file_that_holds_no_rows_is_rejected(site: Site, machine: Caller, content: bytes, wrong: str) -> None:
    document = machine.upload(content)
    assert (document["upload"]["status"], document["problems"][0]["code"]) == ("rejected", wrong)
    assert site.left() == []


@pytest.mark.parametrize(
    ("kind", "body", "wrong"),
    [
        ("multipart/form-data", FILE + END, "body_invalid"),
        ("multipart/form-data; boundary=" + "x" * 300, FILE + END, "body_invalid"),
        (BOUNDARY, b"not a multipart body", "body_invalid"),
        (BOUNDARY, b"", "body_invalid"),
        (BOUNDARY, part("manifest", b"{}") + END, "body_invalid"),
        (BOUNDARY, part("other", b"x" * (1 << 20) + b"x") + FILE + END, "manifest_invalid"),
        (BOUNDARY, part("manifest", b'{"name": "' + b"x" * (1 << 20) + b'"}') + FILE + END, "manifest_invalid"),
        (BOUNDARY, part("manifest", b"\xff{}") + FILE + END, "manifest_invalid"),
        (BOUNDARY, part("manifest", b"[" * 100_000) + FILE + END, "manifest_invalid"),
        (BOUNDARY, part("manifest", b'{"identity": ' + b"1" * 5000 + b"}") + FILE + END, "manifest_invalid"),
        (BOUNDARY, b"--cut\r\n" + b"X" * 100_000 + b": 1\r\n\r\n" + END, "body_invalid"),
    ],
)
def test_a_broken_form_begins_no_upload(site: Site, machine: Caller, kind: str, body: bytes, wrong: str) -> None:
    assert code(machine.send(body, kind=kind)) == (400, wrong)
    assert (statuses(site), site.left()) == ([], [])


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (FILE + FILE + END, "body_invalid"),
        (FILE, "body_invalid"),
        (FILE + part("manifest", b"{") + END, "manifest_invalid"),
        (FILE + part("manifest", b'{"nope": 1}') + END, "manifest_invalid"),
    ],
    ids=["two files", "ends early", "broken manifest", "wrong manifest"],
)
def test_what_is_wrong_behind_the_file_is_told_with_the_upload(site: Site, machine: Caller, body: bytes, wrong: str) -> None:
    assert code(machine.send(body, kind=BOUNDARY)) == (400, wrong)
    assert (statuses(site), site.left()) == ([("rejected", wrong)], [])


def test_a_file_as_large_as_allowed_fits_into_a_form(machine: Caller) -> None:
    rows = b"identity,plan\n" + b"1,pro\n" * ((LIMIT - 14) // 6)
    answer = machine.send(part("file", rows, "full.csv") + END, kind=BOUNDARY)
    assert answer.json()["upload"]["status"] == "completed"


def test_a_zip_that_unpacks_to_too_much_is_rejected(site: Site, machine: Caller) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", b"identity\n" + b"1\n" * LIMIT)
    document = machine.upload(out.getvalue(), kind="application/zip")
    assert (document["upload"]["status"], document["problems"][0]["code"]) == ("rejected", "file_too_large")
    assert site.left() == []


def chunked(size: int) -> Iterator[bytes]:
    yield b"identity,Name,Email,plan\n"
    for _ in range(size // (len(LINE) * 1000)):
        yield LINE * 1000


def test_a_body_of_unknown_size_ends_at_the_limit(server: Server) -> None:
    with server.http as http:
        answer = http.post("/uploads", content=chunked(LIMIT * 2), headers={"Content-Type": "text/csv"})
    assert code(answer) == (413, "file_too_large")
    assert (server.uploads()[0]["status"], server.left()) == ("rejected", [])


def test_a_size_over_the_limit_is_answered_at_once(server: Server) -> None:
    before = server.uploads()
    status, answer = server.raw(head("uploads", Content_Length=LIMIT + 1, Connection="close"), b"identity\n")
    assert (status, "file_too_large" in answer) == (413, True)
    assert server.uploads() == before


@pytest.mark.parametrize("path", ["uploads?wait=0", "inspect", "check"])
@pytest.mark.parametrize("how", [{"Content_Length": 1000}, {"Transfer_Encoding": "chunked"}], ids=["length", "chunked"])
def test_a_connection_that_breaks_leaves_nothing(server: Server, path: str, how: dict[str, object]) -> None:
    before = len(server.uploads())
    server.raw(head(path, **how), PEOPLE.encode() if "Content_Length" in how else b"9\r\nidentity\n\r\n", breaks=True)
    told = ["rejected"] * path.startswith("uploads")
    eventually(told, look=lambda: [upload["status"] for upload in server.uploads()[: len(server.uploads()) - before]])
    eventually([], look=server.left)
    assert all("broke off" in upload["error"] for upload in server.uploads()[: len(told)])
    assert "Traceback" not in server.log.read_text()


def test_an_upload_is_stopped_while_it_arrives(server: Server) -> None:
    with server.connect() as connection, server.http as http:
        connection.sendall(
            head("uploads", Content_Length=3 << 20).replace("\n", "\r\n").encode() + b"\r\n\r\n" + b"identity,Name,Email,plan\n"
        )
        connection.sendall(LINE * 50_000)
        upload = eventually("receiving", look=lambda: server.uploads()[0]["status"]) and server.uploads()[0]["id"]
        assert http.get(f"/uploads/{upload}").json()["upload"]["status"] == "receiving"
        assert http.post(f"/uploads/{upload}/cancel").json()["upload"]["status"] == "cancelled"
        connection.sendall(LINE * ((3 << 20) // len(LINE) - 50_000))
        connection.shutdown(1)
        assert b"409 Conflict" in connection.recv(1 << 16)
    assert (server.uploads()[0]["status"], server.left()) == ("cancelled", [])


def test_who_stops_sending_after_it_was_stopped_leaves_nothing(server: Server) -> None:
    with server.connect() as connection, server.http as http:
        connection.sendall(
            head("uploads", Content_Length=3 << 20).replace("\n", "\r\n").encode() + b"\r\n\r\n" + b"identity,Name,Email,plan\n"
        )
        upload = eventually("receiving", look=lambda: server.uploads()[0]["status"]) and server.uploads()[0]["id"]
        http.post(f"/uploads/{upload}/cancel")
    eventually([], look=server.left)
    assert server.uploads()[0]["status"] == "cancelled"


def test_several_arrive_at_once(server: Server) -> None:
    def send(number: int) -> None:
        with server.http as http:
            rows = f"identity,n\nx{number},{number}\n"
            got[number] = http.post("/uploads?wait=60", content=rows, headers={"Content-Type": "text/csv"}).json()

    got: dict[int, dict[str, dict[str, str]]] = {}
    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[number]["upload"]["status"] for number in range(8)] == ["completed"] * 8


def test_a_full_disk_is_told(disk: Path) -> None:
    big = b"identity,Name,Email,plan\n" + LINE * 800_000
    with serving(disk / "data") as server, server.http as http:
        answer = http.post("/uploads", content=big, headers={"Content-Type": "text/csv"})
        assert answer.status_code == 507
        assert answer.json()["error"]["code"] == "disk_full"
        assert server.left() == []
        assert server.uploads()[0]["status"] == "rejected"
        small = http.post("/uploads?wait=60", content=PEOPLE, headers={"Content-Type": "text/csv"})
        assert small.json()["upload"]["status"] == "completed"
