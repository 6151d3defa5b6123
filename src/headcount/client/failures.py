"""What a server, or the way to it, said went wrong: as the error that its code raised there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from headcount.errors import Busy, FileRejected, HeadcountError, WrongCall

KINDS: Mapping[str, type[HeadcountError]] = {
    "wrong_call": WrongCall,
    "file_rejected": FileRejected,
    "busy": Busy,
    "failed": HeadcountError,
}


def error_of(document: Mapping[str, Any], status: int = 500) -> HeadcountError:
    """The error in `{"code", "message", "details": {"advice", "kind"}}`; where it says no kind, a status below 500 is a wrong call."""
    details = document.get("details") or {}
    otherwise: type[HeadcountError] = WrongCall if status < httpx.codes.INTERNAL_SERVER_ERROR else HeadcountError
    kind = KINDS.get(str(details.get("kind")), otherwise)
    error = kind(str(document["code"]), str(document["message"]), str(details.get("advice") or ""))
    if isinstance(error, FileRejected):
        error.upload = details.get("upload")
    return error


def assert_success(response: httpx.Response) -> None:
    """Reads an answer that is no success. Raises HeadcountError."""
    if response.is_success:
        return
    response.read()
    try:
        document = response.json()["error"]
        vendors = isinstance(document, str)
        error = _error_of_vendor(document, response.status_code) if vendors else error_of(document, response.status_code)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        raise _foreign(f"It said HTTP {response.status_code}.") from None
    raise error


def json_of(response: httpx.Response) -> Any:  # noqa: ANN401 - whatever was asked for
    """The document of a successful answer. Raises HeadcountError."""
    try:
        return response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise _foreign("Its answer was not JSON.") from None


@contextmanager
def told(where: str) -> Iterator[None]:
    """What goes wrong on the way to the server, as a sentence. Raises HeadcountError."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        advice = "Look whether it runs, and whether the address is right."
        raise HeadcountError("server_unreachable", f"No server answers at {where}.", advice) from error
    except httpx.TransportError as error:
        advice = "Look what became of it: `headcount uploads list`."
        raise HeadcountError("server_gone", f"The connection to {where} broke before the answer was there.", advice) from error


def _error_of_vendor(said: str, status: int) -> HeadcountError:
    """The error in `{"status": "fail", "error", "code"}`, which is the shape of what is under `/1`."""
    said = said.removesuffix(".")
    if status == httpx.codes.UNAUTHORIZED:
        return WrongCall("passcode_invalid", f"{said}.", "Look at the account and its passcode.")
    if status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
        return Busy("server_busy", f"The server has too much to do: {said}.", "Send less at once, or later.")
    if status < httpx.codes.INTERNAL_SERVER_ERROR:
        return WrongCall("call_refused", f"The server refuses the call: {said}.")
    return HeadcountError("server_failed", f"The server failed: {said}.", "Its log says more.")


def _foreign(said: str) -> HeadcountError:
    return HeadcountError("server_answer", f"What answers is no Headcount server. {said}", "Look whether the address is right.")
