"""The body of a call: one JSON object, whatever the content type says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn, TypeAlias

from fastapi import Depends, Request

from headcount.api.clevertap.answers import MALFORMED
from headcount.errors import WrongCall
from headcount.values.text import of_whole_signs

#: A JSON object.
Document: TypeAlias = dict[str, Any]


async def document(request: Request) -> Document:
    """The object that a call brings. Raises WrongCall `body_invalid`."""
    return read_object(await request.body())


def read_object(body: bytes | str) -> Document:
    """The JSON object of a body. Raises WrongCall `body_invalid`: also for what is no Unicode, and for numbers that are none."""
    try:
        found = json.loads(body, parse_constant=_refuse)
        is_storable = of_whole_signs(found)
    except (ValueError, RecursionError) as error:
        raise WrongCall("body_invalid", MALFORMED) from error
    if not is_storable or not isinstance(found, dict):
        raise WrongCall("body_invalid", MALFORMED)
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


#: The body as a parameter of an operation, which names it behind who calls, so that nobody else's is read.
Body = Annotated[Document, Depends(document)]


def takes(example: Mapping[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of the body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": example}}}}


def optional(example: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a body that may be left out."""
    described = takes(example)
    described["requestBody"]["required"] = False
    return described
