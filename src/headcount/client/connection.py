"""A connection to one server, for one account."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Self
from urllib.parse import quote

import httpx

from headcount.client.events import OnProgress, events, last_of
from headcount.client.failures import assert_success, json_of, told
from headcount.client.paths import of_upload
from headcount.client.patience import Patience, Repeat
from headcount.client.transfer import Parcel
from headcount.errors import HeadcountError, WrongCall
from headcount.local_socket import reachable

#: Seconds to wait for a connection, and for the next bytes of an answer.
TIMEOUT = httpx.Timeout(600, connect=10)
_BLOCK = 1 << 20

Query = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Connection:
    """Calls the API of a server. Each method raises what the server raised, or HeadcountError where the way to it is broken."""

    http: httpx.Client
    #: The server in words.
    where: str
    patience: Patience = field(default_factory=Patience)

    @classmethod
    @contextmanager
    def to_socket(cls, path: Path, account: str) -> Iterator[Self]:
        """A connection as the operator, to the server that works on a data directory; who may open the socket may do everything."""
        with reachable(path) as address, httpx.HTTPTransport(uds=address) as transport:
            headers = {"X-Headcount-User": quote(getpass.getuser()), "X-CleverTap-Account-Id": account}
            # A proxy of the environment has nothing to do with it.
            with httpx.Client(transport=transport, base_url="http://headcount", headers=headers, timeout=TIMEOUT, trust_env=False) as http:
                yield cls(http, "the data directory")

    @classmethod
    @contextmanager
    def to_url(
        cls, url: str, account: str, passcode: str, *, door: str = "cli", timeout: httpx.Timeout = TIMEOUT, patience: Patience | None = None
    ) -> Iterator[Self]:
        """A connection by the address, with a passcode of the account. Raises WrongCall."""
        if not (passcode.isascii() and passcode.isprintable()):
            raise WrongCall("passcode_invalid", "The passcode has signs that no passcode has.", "Copy it again.")
        headers = {"X-CleverTap-Account-Id": account, "X-CleverTap-Passcode": passcode, "X-Headcount-Door": door}
        with httpx.Client(base_url=url, headers=headers, timeout=timeout) as http:
            yield cls(http, url, patience or Patience())

    def get(self, path: str, query: Query | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """The document at the path."""
        return self._json("GET", path, query)

    def post(self, path: str, body: object | None = None, query: Query | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """The answer to a JSON body."""
        return self._json("POST", path, query, body)

    def post_once(self, path: str, body: object, key: str) -> Any:  # noqa: ANN401 - whatever was asked for
        """The answer to a JSON body. The key makes it safe to send it again."""
        opening = partial(self._whole, "POST", path, None, json=body, headers={"Idempotency-Key": key})
        with self._answer(opening, "always") as response:
            return json_of(response)

    def put(self, path: str, body: object) -> Any:  # noqa: ANN401 - whatever was asked for
        """The answer to a JSON body."""
        return self._json("PUT", path, None, body)

    def patch(self, path: str, body: object) -> Any:  # noqa: ANN401 - whatever was asked for
        """The answer to a JSON body."""
        return self._json("PATCH", path, None, body)

    def delete(self, path: str, query: Query | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """What was removed, where the answer says that."""
        with self._answer(partial(self._whole, "DELETE", path, query)) as response:
            return json_of(response) if response.content else None

    def send(self, path: str, parcel: Parcel, query: Query | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """The answer to a file."""
        with self._answer(partial(self._whole, "POST", path, query, content=parcel, headers=parcel.headers())) as response:
            return json_of(response)

    def send_and_watch(self, path: str, parcel: Parcel, on_progress: OnProgress, query: Query | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """The answer to a file, which comes after the progress of the work on it."""
        headers = {**parcel.headers(), "Accept": "text/event-stream"}
        with self._answer(partial(self._stream, "POST", path, query, content=parcel, headers=headers)) as response:
            return self._last(response, on_progress)

    def watch(self, path: str, on_progress: OnProgress, timeout: httpx.Timeout | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """The document at the path, which comes after the progress of the work on it."""
        limit = {} if timeout is None else {"timeout": timeout}
        opening = partial(self._stream, "GET", path, None, headers={"Accept": "text/event-stream"}, **limit)
        with self._answer(opening, "always") as response:
            return self._last(response, on_progress)

    def post_records(self, body: bytes, key: str, patience: Patience, query: Query | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """The answer to records in the vendor's shape. The key makes it safe to send them again."""
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
        opening = partial(self._whole, "POST", "/1/upload", query, content=body, headers=headers)
        with self._answer(opening, "always", patience) as response:
            return json_of(response)

    @contextmanager
    def download(self, method: str, path: str, body: object | None = None) -> Iterator[httpx.Response]:
        """An answer that is a file; `copy` reads it."""
        with self._answer(partial(self._stream, method, path, None, json=body)) as response:
            yield response

    def _json(self, method: str, path: str, query: Query | None, body: object | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        repeat: Repeat = "always" if method == "GET" else "refused"
        with self._answer(partial(self._whole, method, path, query, json=body), repeat) as response:
            return json_of(response)

    @contextmanager
    def _answer(
        self,
        opening: Callable[[], AbstractContextManager[httpx.Response]],
        repeat: Repeat = "refused",
        patience: Patience | None = None,
    ) -> Iterator[httpx.Response]:
        with told(self.where), (patience or self.patience).answer(opening, repeat) as response:
            assert_success(response)
            yield response

    def _whole(self, method: str, path: str, query: Query | None, **sent: Any) -> AbstractContextManager[httpx.Response]:  # noqa: ANN401 - as httpx takes them
        return nullcontext(self.http.request(method, _address(path), params=_given(query), **sent))

    def _stream(self, method: str, path: str, query: Query | None, **sent: Any) -> AbstractContextManager[httpx.Response]:  # noqa: ANN401 - as httpx takes them
        return self.http.stream(method, _address(path), params=_given(query), **sent)

    def _last(self, response: httpx.Response, on_progress: OnProgress) -> Any:  # noqa: ANN401 - whatever was asked for
        found = last_of(events(response.iter_lines()), on_progress)
        if found is None:
            raise HeadcountError("server_gone", "The server ended before the answer was there.", "Look again: `headcount uploads list`.")
        return found


def _address(path: str) -> str:
    """Paths are those of our API, unless they begin at the root."""
    return path if path.startswith("/") else f"/api/v1/{path}"


def _given(query: Query | None) -> dict[str, str | int]:
    return {key: value for key, value in (query or {}).items() if value is not None}


def copy(response: httpx.Response, out: BinaryIO) -> Iterator[int]:
    """Write the file of an answer; how many bytes each block had that was written."""
    for block in response.iter_bytes(_BLOCK):
        out.write(block)
        yield len(block)


def save_rejects(connection: Connection, upload_id: str, opened: Callable[[], AbstractContextManager[BinaryIO]]) -> bool:
    """Write the rejects file of an upload into what is opened for it; False, and nothing is opened, where there is none."""
    try:
        with connection.download("GET", of_upload(upload_id, "rejects")) as answer, opened() as out:
            for _ in copy(answer, out):
                pass
    except WrongCall as error:
        if error.code != "rejects_unknown":
            raise
        return False
    return True
