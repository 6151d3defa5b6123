"""Erasing people over HTTP, and what files still hold of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from headcount.api.caller import Calling
from headcount.api.errors import may_answer

router = APIRouter(prefix="/api/v1")


class Erasures(BaseModel):
    """People who were erased, and of whom files still hold traces."""

    people: int = Field(description="How many; 0 when nothing is left of anybody.", examples=[1])
    since: str | None = Field(description="When the first of them was erased.", examples=["2026-06-01T12:00:00Z"])
    due: str | None = Field(description="By when their traces begin to be taken out.", examples=["2026-06-02T12:00:00Z"])
    uploads: list[str] = Field(
        description="Uploads that were accepted before and may name them: their traces are taken out when these have ended.",
        examples=[["u01jx0c4k7m2q9r3vt"]],
    )


class Erased(BaseModel):
    """Whether there was such a person, and what is still to be done."""

    erased: int = Field(description="How many profiles there were.", examples=[1])
    files: Erasures


@router.delete("/people/{identity:path}", tags=["People"], response_model=Erased, responses=may_answer(503))
def erase(calling: Calling, identity: str) -> dict[str, Any]:
    """Erase a person for good. No answer has them any more; their traces in files go within some hours, see `erasures`."""
    erased = calling.house.records(calling.principal).erase("identity", [identity])
    return {"erased": erased, "files": calling.house.scrub(calling.principal).state()}


@router.get("/erasures", tags=["People"], response_model=Erasures, responses=may_answer(503))
def erasures(calling: Calling) -> dict[str, Any]:
    """Show of how many people who were erased files still hold traces, and by when these go."""
    return calling.house.scrub(calling.principal).state()


@router.post("/erasures/scrub", tags=["People"], status_code=202, response_model=Erasures, responses=may_answer(503))
def scrub(calling: Calling) -> dict[str, Any]:
    """Take their traces out of all files now, in the background: `people` of `erasures` is 0 when it is done."""
    return calling.house.scrub(calling.principal).ask()
