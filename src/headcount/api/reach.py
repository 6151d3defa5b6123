"""Reach over HTTP: how many people a message reaches, why not the others, and who they are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from headcount.api.caller import Calling
from headcount.api.errors import may_answer
from headcount.api.people_shapes import Asked, FilterText, Whole
from headcount.api.segment_shapes import Expired
from headcount.campaigns.reach import Place
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel

router = APIRouter(prefix="/api/v1")


class ReachAsked(Asked):
    """Whom, and on which channels."""

    filter: FilterText
    channel: Channel | None = Field(None, description="One channel, whose numbers then also stand beside `channels`.", examples=["email"])
    channels: list[Channel] | None = Field(
        None, description="Several channels; all four where none is named.", min_length=1, max_length=len(Channel), examples=[None]
    )


class Hint(BaseModel):
    """What can be done about a place that keeps people out."""

    place: Place = Field(examples=["no_address"])
    people: int = Field(examples=[204])
    advice: str = Field(examples=["Upload a file with their identities and a column Email."])


class Numbers(BaseModel):
    """How many people end in each place. All but `matched` add up to it."""

    matched: int = Field(examples=[1204])
    no_address: int = Field(examples=[204])
    opted_out: int = Field(examples=[90])
    duplicate_address: int = Field(examples=[10])
    frequency_cap: int = Field(examples=[0])
    control_group: int = Field(examples=[0])
    reach: int = Field(examples=[900])


class OfChannel(Numbers):
    """The numbers of a channel, and what would raise its reach."""

    hints: list[Hint] = Field(description="What would raise the reach, the most people first.")


class Reach(BaseModel):
    """What is reached now."""

    computed_at: str = Field(examples=["2026-06-01T12:00:00Z"])
    channels: dict[Channel, OfChannel]
    uploads_running: list[str] = Field(
        description="Uploads that are being worked on and set what is asked for: the numbers change with them.",
        examples=[["u01jx0c4k7m2q9r3vt"]],
    )
    expired: Expired = []


class ReachOfOne(Reach, Numbers):
    """The same of one channel, whose numbers stand beside it."""


class PlacedAsked(Asked):
    """Of whom those are wanted who end in one place."""

    filter: FilterText
    channel: Channel = Field(examples=["email"])
    place: Place = Field(examples=["no_address"])
    limit: Whole = Field(100, ge=1, le=1_000, description="At most so many.")


class Placed(BaseModel):
    """Somebody, and the address that was asked about; of several devices the token of one."""

    identity: str = Field(examples=["00123"])
    address: str | None = Field(examples=["ann@example.com"])


class PlacedPeople(BaseModel):
    """The people of one place, by identity, and what can be done about it."""

    people: list[Placed]


@router.post("/reach", tags=["Reach"], response_model=ReachOfOne | Reach, response_model_exclude_unset=True, responses=may_answer(404))
def reach(calling: Calling, asked: ReachAsked) -> dict[str, Any]:
    """Count whom a message would reach on each channel, and the others by what keeps them out. Everybody is counted once a channel."""
    if asked.channel and asked.channels:
        raise WrongCall("channel_twice", "`channel` and `channels` are both given.", "Name one channel, or a list of them.")
    named = [asked.channel] if asked.channel else asked.channels or list(Channel)
    found = calling.house.reach(calling.principal).reach(asked.filter, list(dict.fromkeys(named)))
    return {**found["channels"][asked.channel], **found} if asked.channel else found


@router.post("/reach/people", tags=["Reach"], response_model=PlacedPeople, responses=may_answer(404))
def people(calling: Calling, asked: PlacedAsked) -> dict[str, Any]:
    """Show the people whom one place on the way to a message keeps, or those who get it."""
    return {"people": calling.house.reach(calling.principal).people(asked.filter, asked.channel, asked.place, asked.limit)}
