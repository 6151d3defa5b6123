"""The answers of CleverTap's API: their content type, and the one shape of errors."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from headcount.config import ACCOUNT_ID
from headcount.errors import Busy, HeadcountError, Throttled

MALFORMED = "Malformed request"
#: Seconds after which a call that was refused because somebody else holds the data may come again.
_SOON = "5"


class VendorAnswer(JSONResponse):
    """JSON as the compared platform sends it."""

    media_type = "application/json;charset=utf-8"


class Refused(BaseModel):
    """The body of every answer that is an error."""

    status: str = Field(examples=["fail"])
    error: str = Field(description="For people.", examples=["Invalid Credentials"])
    code: int = Field(description="That of the answer.", examples=[401])


_SAYS = {
    400: "The call is wrong; nothing was done.",
    401: "The call does not say who calls, or not rightly.",
    403: "Who calls may not do that.",
    404: "There is no such thing in the account.",
    413: "The body is too large.",
    422: "The idempotency key was used for another body.",
    429: "Too many calls at once; Retry-After says when to come again.",
    503: "Somebody else holds what is needed; try again.",
}


def may_answer(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an operation, beside those of every one, as FastAPI takes them."""
    every = (400, 401, 403, 413, 500, 503)
    return {status: {"model": Refused, "description": _SAYS.get(status, "Something went wrong here.")} for status in (*every, *statuses)}


def refusal(request: Request, error: HeadcountError, status: int) -> Response:
    """The answer that an error gets."""
    status = HTTPStatus.BAD_REQUEST if error.code in _BAD_REQUESTS else status
    after = str(error.seconds) if isinstance(error, Throttled) else _SOON if isinstance(error, Busy) else ""
    headers = {"Retry-After": after} if after else None
    plain = error.message if isinstance(error, Throttled) else str(error).strip()
    said = _of_credentials(request) if status == HTTPStatus.UNAUTHORIZED else plain
    return VendorAnswer({"status": "fail", "error": said, "code": int(status)}, status, headers)


#: Codes that say elsewhere that a thing is missing or a value wrong, and here that the query is.
_BAD_REQUESTS = frozenset({"property_unknown", "value_invalid"})


def _of_credentials(request: Request) -> str:
    """What was sent is told apart, and not what there is: nobody learns which accounts exist."""
    account = request.headers.get("X-CleverTap-Account-Id", "")
    return "Invalid Credentials" if re.fullmatch(ACCOUNT_ID, account) else "Account ID is not valid"
