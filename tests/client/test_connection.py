from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.requests import ClientDisconnect
from tests.client.running import at_address, running

from headcount.client.connection import Connection, copy
from headcount.client.transfer import Parcel
from headcount.errors import Busy, FileRejected, HeadcountError, WrongCall

KINDS = {"wrong_call": (WrongCall, 400), "file_rejected": (FileRejected, 422), "busy": (Busy, 503), "failed": (HeadcountError, 500)}


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Here the client and a server of the test talk with each other."""


def described(kind: str) -> dict[str, Any]:
    return {"error": {"code": "some_code", "message": "So it is.", "details": {"advice": "Do this.", "kind": kind, "upload": "u1"}}}


def lines(*events: str) -> StreamingResponse:
    return StreamingResponse(iter(events), media_type="text/event-stream")


PROGRESS = 'event: progress\ndata: {"phase": "applying", "done": 1, "total": null}\n\n'
STREAMS = {
    "whole": (
        ': alive\n\nevent: progress\ndata: {"phase": "receiving", "done": 9, "total": 9}\n\n',
        PROGRESS,
        'event: end\ndata: {"a": 1}\n\n',
    ),
    "cut": (PROGRESS,),
    "error": (PROGRESS, 'event: error\ndata: {"error": {"code": "some_code", "message": "No.", "details": {"kind": "busy"}}}\n\n'),
}


def small_app() -> FastAPI:
    """Answers as a server does, and as none does."""
    app = FastAPI()

    @app.get("/api/v1/who")
    def who(request: Request) -> dict[str, str | None]:
        return {name: request.headers.get(name) for name in ("X-Headcount-User", "X-CleverTap-Account-Id", "X-CleverTap-Passcode")}

    @app.get("/api/v1/wrong/{kind}")
    def wrong(kind: str) -> Response:
        return JSONResponse(described(kind), KINDS[kind][1])

    @app.get("/api/v1/foreign/{status}")
    def foreign(status: int) -> Response:
        return PlainTextResponse("<html>", status)

    @app.get("/api/v1/streams/{name}")
    def streams(name: str) -> Response:
        return lines(*STREAMS[name])

    @app.get("/api/v1/file")
    def file() -> Response:
        return Response(b"x" * 3_000_000)

    @app.post("/api/v1/files")
    async def files(request: Request) -> dict[str, Any]:
        form = await request.form()
        sent: Any = form["file"]
        size = len(await sent.read())
        await form.close()
        return {"order": list(form), "manifest": form["manifest"], "name": sent.filename, "size": size}

    @app.post("/api/v1/sink")
    async def sink(request: Request) -> int:
        with contextlib.suppress(ClientDisconnect):
            return sum([len(chunk) async for chunk in request.stream()])
        return 0

    return app


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with at_address(small_app()) as url:
        yield url


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with Connection.to_url(url, "acme", "secret") as connection:
        yield connection


def test_a_passcode_goes_with_its_account(connection: Connection) -> None:
    assert connection.get("who") == {"X-Headcount-User": None, "X-CleverTap-Account-Id": "acme", "X-CleverTap-Passcode": "secret"}


def test_through_a_socket_the_operator_says_who_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "mia")
    path = tmp_path / "s.sock"
    with running(uvicorn.Config(small_app(), uds=str(path), log_config=None)), Connection.to_socket(path, "acme") as connection:
        assert connection.get("who") == {"X-Headcount-User": "mia", "X-CleverTap-Account-Id": "acme", "X-CleverTap-Passcode": None}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_what_it_was(connection: Connection, kind: str) -> None:
    with pytest.raises(HeadcountError) as raised:
        connection.get(f"wrong/{kind}")
    error = raised.value
    assert (type(error), error.code, error.message, error.advice) == (KINDS[kind][0], "some_code", "So it is.", "Do this.")
    assert getattr(error, "upload", "u1") == "u1"


@pytest.mark.parametrize("status", [200, 404, 502])
def test_what_is_no_server_of_ours_is_told(connection: Connection, status: int) -> None:
    with pytest.raises(HeadcountError, match="no Headcount server"):
        connection.get(f"foreign/{status}")


def test_nobody_there_is_told() -> None:
    with Connection.to_url("http://127.0.0.1:9", "acme", "secret") as connection, pytest.raises(HeadcountError) as raised:
        connection.get("who")
    assert (raised.value.code, "secret" in str(raised.value)) == ("server_unreachable", False)


def test_progress_comes_before_the_document(connection: Connection) -> None:
    seen = list[tuple[str, int, int]]()
    assert connection.watch("streams/whole", lambda *told: seen.append(told)) == {"a": 1}
    assert seen == [("applying", 1, 0)]


def test_a_stream_that_is_cut_is_no_end(connection: Connection) -> None:
    with pytest.raises(HeadcountError) as raised:
        connection.watch("streams/cut", lambda *_: None)
    assert raised.value.code == "server_gone"


def test_an_error_ends_a_stream(connection: Connection) -> None:
    with pytest.raises(Busy, match="No"):
        connection.watch("streams/error", lambda *_: None)


def test_a_file_comes_in_blocks(connection: Connection) -> None:
    out = io.BytesIO()
    with connection.download("GET", "file") as answer:
        assert max(copy(answer, out)) <= 1 << 20
    assert out.tell() == 3_000_000


def breaks_off(listening: socket.socket) -> None:
    calling, _ = listening.accept()
    with calling:
        calling.recv(1 << 16)
        calling.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")


def test_half_a_file_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        breaking = threading.Thread(target=breaks_off, args=(listening,))
        breaking.start()
        with (
            pytest.raises(HeadcountError) as raised,
            Connection.to_url(f"http://127.0.0.1:{listening.getsockname()[1]}", "acme", "secret") as connection,
            connection.download("GET", "file") as answer,
        ):
            list(copy(answer, io.BytesIO()))
        breaking.join()
    assert raised.value.code == "server_gone"


MANIFEST: Mapping[str, Any] = {"identity": "Kundennummer “ü”"}


def test_a_file_is_sent_with_its_mapping_before_it(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "été one's.csv"
    path.write_bytes(b"x" * 2_500_000)
    seen = list[tuple[int, int]]()
    told = connection.send("files", Parcel.of(path, MANIFEST, lambda *sent: seen.append(sent)))
    assert (told["order"], told["name"], told["size"]) == (["manifest", "file"], path.name, 2_500_000)
    assert seen == [(1 << 20, 2_500_000), (2 << 20, 2_500_000), (2_500_000, 2_500_000)]


@pytest.mark.parametrize("change", [b"", b"x" * 5_000_000])
def test_a_file_that_changes_meanwhile_is_told(connection: Connection, tmp_path: Path, change: bytes) -> None:
    path = tmp_path / "some.csv"
    path.write_bytes(b"x" * 3_000_000)
    with pytest.raises(FileRejected) as raised:
        connection.send("sink", Parcel.of(path, MANIFEST, lambda *_: path.write_bytes(change)))
    assert raised.value.code == "file_changed"


@pytest.mark.parametrize("passcode", ["ä", "a\nb"])
def test_what_no_header_holds_is_no_passcode(passcode: str) -> None:
    with pytest.raises(WrongCall) as raised, Connection.to_url("http://127.0.0.1:9", "acme", passcode):
        pass
    assert raised.value.code == "passcode_invalid"
