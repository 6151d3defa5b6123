"""The one shape of errors, and what OpenAPI says of it."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from headcount.errors import Busy, FileRejected, HeadcountError, Throttled, WrongCall


class Details(BaseModel):
    """What helps to go on."""

    advice: str = Field("", description="The way out, in a sentence.", examples=["Upload it again."])
    kind: str = Field(
        "failed", description="wrong_call, file_rejected, busy, or failed.", examples=["wrong_call", "file_rejected", "busy", "failed"]
    )
    upload: str | None = Field(None, description="The upload that says why the file was rejected.", examples=[None])


class Fault(BaseModel):
    """What went wrong."""

    code: str = Field(description="Stable, for programs.", examples=["upload_unknown"])
    message: str = Field(description="For people.", examples=["There is no upload 'u07'."])
    details: Details


class Failure(BaseModel):
    """The body of every answer that is an error."""

    error: Fault


_SAYS = {
    400: "The call is wrong; nothing was done.",
    401: "The call does not say who calls, or not rightly.",
    403: "Who calls may not do that.",
    404: "There is no such thing in the account.",
    409: "It is not in a state in which that can be done.",
    413: "The file is larger than allowed; nothing of it was kept.",
    415: "That is no CSV.",
    422: "The file cannot be used at all, or a value is wrong.",
    429: "Too many calls; Retry-After says when to come again.",
    503: "Somebody else holds what is needed; try again.",
    507: "The disk of the server is full; nothing was kept.",
}


def may_answer(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an operation, beside those of every one, as FastAPI takes them."""
    every = (400, 401, 403, 422, 500, 503)
    return {status: {"model": Failure, "description": _SAYS.get(status, "Something went wrong here.")} for status in (*every, *statuses)}


def failure(error: HeadcountError, status: int) -> JSONResponse:
    """The answer that an error gets."""
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, Throttled) else None
    return JSONResponse(described(error), status, headers)


def described(error: HeadcountError) -> dict[str, Any]:
    """The body of the answer."""
    details = {"advice": error.advice.strip("\n"), "kind": kind_of(error)}
    if isinstance(error, FileRejected) and error.upload:
        details["upload"] = error.upload
    return {"error": {"code": error.code, "message": error.message, "details": details}}


def kind_of(error: HeadcountError) -> str:
    """What sort of error it is, so that a client can raise the same."""
    kinds = ((WrongCall, "wrong_call"), (FileRejected, "file_rejected"), (Busy, "busy"))
    return next((name for kind, name in kinds if isinstance(error, kind)), "failed")
