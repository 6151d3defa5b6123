"""The ASGI app of API and pages, the one map from an error to its HTTP status, and what serves it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from types import FrameType

import structlog
import uvicorn
from anyio import CapacityLimiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from headcount import __version__, api, web
from headcount.api.clevertap.answers import refusal
from headcount.api.errors import failure
from headcount.errors import Busy, FileRejected, HeadcountError, Throttled, WrongCall
from headcount.guard import Admit, Explain, Guard, route_of
from headcount.house import House
from headcount.local_socket import answers, reachable

#: The status of errors by their codes; the others have that of their kind.
_STATUS_OF_CODE = {
    "sign_in_needed": 401,
    "sign_in_failed": 401,
    "session_expired": 401,
    "passcode_invalid": 401,
    "right_missing": 403,
    "csrf_invalid": 403,
    "file_too_large": 413,
    "body_too_large": 413,
    "content_type_wrong": 415,
    "file_not_csv": 415,
    "disk_full": 507,
    "data_not_written": 507,
    "file_not_stored": 507,
    "upload_taken": 409,
    "upload_reversing": 409,
    "upload_ended": 409,
    "upload_not_ready": 409,
    "upload_not_waiting": 409,
    "upload_not_interrupted": 409,
    "upload_ambiguous": 409,
    "undo_impossible": 409,
    "redo_impossible": 409,
    "user_exists": 409,
    "last_admin": 409,
    "consent_declined": 409,
    "property_system": 409,
    "segment_exists": 409,
    "segment_used": 409,
    "segment_cycle": 409,
    "segment_live": 409,
    "property_exists": 409,
    "property_in_use": 409,
    "confirmation_missing": 409,
    "key_reused": 422,
    "inspection_gone": 404,
    "column_unknown": 400,
    "status_unknown": 400,
}
#: Seconds that requests and the chunk on which somebody works have to come to an end.
GRACE = 10
#: Seconds for which a connection without a call is kept.
_IDLE = 75


def status_of(error: HeadcountError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, Throttled):
        return 429
    if error.code not in _STATUS_OF_CODE and error.code.endswith("_unknown"):
        return 404
    if error.code == "value_invalid":
        return 422
    kinds: tuple[tuple[type[HeadcountError], int], ...] = ((WrongCall, 400), (FileRejected, 422), (Busy, 503))
    return _STATUS_OF_CODE.get(error.code) or next((status for kind, status in kinds if isinstance(error, kind)), 500)


def create_app(house: House, local: Path | None = None) -> FastAPI:
    """The app on the use cases of the house. `local` is the socket by which the operator comes in."""
    app = FastAPI(
        title="Headcount", version=__version__, summary=api.SUMMARY, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.state.house, app.state.socket = house, local
    app.state.heavy = CapacityLimiter(house.settings.workers)
    for routes in (*api.ROUTES, web.router):
        app.include_router(routes)
    _watch(app, house)
    app.add_middleware(Guard, explain=_explain(app), admit=_admit(house))
    return app


def _watch(app: FastAPI, house: House) -> None:
    """What tells whether the program lives, takes calls, and how it is."""

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> PlainTextResponse:
        if house.worker.stopping:
            return PlainTextResponse("stopping\n", 503)
        house.accounts.list()
        return PlainTextResponse("ready\n")

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _admit(house: House) -> Admit:
    """Live calls beyond those that an account may have in hand are refused before anything is done for them: they come again."""

    def admit(scope: Scope) -> None:
        if scope["path"] == _LIVE:
            house.demand_room(Headers(scope=scope).get("x-clevertap-account-id", ""))

    return admit


def _explain(app: FastAPI) -> Explain:
    """Every error as its door says it: a page, or JSON of one shape. Gives what answers those that nobody expected."""

    def explained(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(_JSON):
            known = _known(error)
            status = error.status_code if isinstance(error, HTTPException) else status_of(known)
            ours = not request.url.path.startswith(_VENDOR)
            answer: Response = failure(known, status) if ours else refusal(request, known, status)
        else:
            answer = web.answer(request, error, status_of)
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log(request, error)
        if isinstance(error, HTTPException):
            answer.headers.update(error.headers or {})
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(sorted(_methods(request)))
        return answer

    for kind in (HeadcountError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, explained)
    return explained


#: Paths whose callers are programs.
_VENDOR = "/1/"
_LIVE = "/1/upload"
_JSON = ("/api/", _VENDOR, "/healthz", "/readyz", "/metrics")
_REFUSALS = {404: "path_missing", 405: "method_wrong"}


def _known(error: Exception) -> HeadcountError:
    """The error as one that says what is wrong."""
    if isinstance(error, HeadcountError):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return WrongCall(_REFUSALS.get(error.status_code, "refused"), f"{error.detail}.", "")
    # What it says may hold a person's data; the log has it.
    return HeadcountError("unexpected", "Something went wrong here.", "The log of the server says more.")


def _log(request: Request, error: Exception) -> None:
    known = isinstance(error, HeadcountError)
    code = error.code if isinstance(error, HeadcountError) else "unexpected"
    structlog.get_logger().error("call_failed", route=route_of(request.scope), code=code, exc_info=None if known else error)


def _invalid(error: RequestValidationError) -> WrongCall:
    """Which value is wrong, without the value."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return WrongCall("value_invalid", f"{where}: {first['msg']}.", "The OpenAPI document says what each call takes: /api/openapi.json")


def _methods(request: Request) -> set[str]:
    """Those that the path takes: each method of it is a route of its own."""
    matching = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in matching for method in getattr(route, "methods", None) or ()}


class _Server(uvicorn.Server):
    """Tells the house first that the program is to end, so that nothing that lasts holds it up."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike that of uvicorn it does not raise the signal again, which would end the program before the house is closed."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_stop()
        super().handle_exit(sig, frame)


def serve(house: House, host: str, port: int, local: Path, on_start: Callable[[int], None]) -> None:
    """Serve on the host and port, and on the local socket, until a signal ends it; `on_start` is told the port. Raises WrongCall."""
    listening, private = _listen(host, port), _listen_locally(local)
    app = create_app(house, Path(private.getsockname()))
    proxies = house.settings.proxies
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        timeout_graceful_shutdown=GRACE,
        # An app that sends now and then finds its connection still there.
        timeout_keep_alive=_IDLE,
        h11_max_incomplete_event_size=1 << 16,
    )
    try:
        on_start(listening.getsockname()[1])
        asyncio.run(_Server(config, house.worker.begin_to_stop).serve([listening, private]))
    finally:
        listening.close()
        private.close()
        local.unlink(missing_ok=True)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only of a socket that is said to be TCP the answers leave at once; others wait for up to 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # From now on callers are let wait until they are served.
        listening.listen()
    except OSError as error:
        listening.close()
        raise WrongCall("address_taken", f"{host}:{port} cannot be listened on: {error.strerror}.", "Name another with --port.") from error
    return listening


def _listen_locally(path: Path) -> socket.socket:
    assert_free(path)
    path.unlink(missing_ok=True)
    private = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with reachable(path) as address:
        private.bind(address)
    # Before it listens, so that nobody else came in.
    path.chmod(0o600)
    private.listen()
    return private


def assert_free(path: Path) -> None:
    """Raises WrongCall where another server has the data directory."""
    if answers(path):
        raise WrongCall("already_served", "A server is running on this data directory already.", "Stop it, or use it.")
