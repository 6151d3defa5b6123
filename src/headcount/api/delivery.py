"""How often people are messaged at most, and what was sent to them, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field, model_validator

from headcount.api.caller import Calling
from headcount.api.errors import may_answer
from headcount.api.people_shapes import Asked, Whole
from headcount.campaigns.delivery import ALL, MOST_DAYS, MOST_HOURS, MOST_MESSAGES
from headcount.campaigns.messages import MOST
from headcount.campaigns.reach import Cap
from headcount.profiles.consent import Channel

router = APIRouter(prefix="/api/v1")


class CapShape(Asked):
    """The limits of a channel; 0 messages and 0 hours stand for none."""

    messages: Whole = Field(0, ge=0, le=MOST_MESSAGES, description="At most so many messages …", examples=[3])
    days: Whole = Field(1, ge=1, le=MOST_DAYS, description="… within so many days of 24 hours.", examples=[7])
    gap_hours: Whole = Field(0, ge=0, le=MOST_HOURS, description="So many hours between two messages.", examples=[12])


class DeliveryShape(Asked):
    """What holds for every message of the account."""

    caps: dict[Channel, CapShape] = Field(
        default_factory=dict,
        description="By channel; one that is not there has no limits.",
        examples=[{"email": {"messages": 3, "days": 7, "gap_hours": 12}}],
    )
    control_percent: Whole = Field(0, ge=0, le=ALL, description="Of a hundred people, how many get nothing.", examples=[5])


class MessagesAsked(Asked):
    """Messages that were sent."""

    messages: list[dict[str, Any]] = Field(
        max_length=MOST,
        description="Each with `identity` and `channel`; `at`, in ISO 8601 with a zone, else it is now; `campaign` is for you.",
        examples=[[{"identity": "00123", "channel": "email", "at": "2026-06-01T12:00:00Z", "campaign": "spring"}]],
    )

    @model_validator(mode="before")
    @classmethod
    def _of_whole_signs(cls, given: object) -> object:
        # What is wrong with one message costs that message.
        return given


class FailedMessage(BaseModel):
    """Why a message was not kept."""

    index: int = Field(description="Its place in the call, from 0.", examples=[1])
    code: str = Field(examples=["person_unknown"])
    message: str = Field(examples=["There is no person with this identity."])


class MessagesKept(BaseModel):
    """How many messages were kept, and which were not."""

    stored: int = Field(examples=[1])
    failed: list[FailedMessage]


@router.get("/delivery", tags=["Reach"], response_model=DeliveryShape, responses=may_answer())
def delivery(calling: Calling) -> dict[str, Any]:
    """Show how often people are messaged at most on each channel, and how many of a hundred are not messaged at all."""
    return calling.house.reach(calling.principal).delivery()


@router.put("/delivery", tags=["Reach"], response_model=DeliveryShape, responses=may_answer())
def set_delivery(calling: Calling, asked: DeliveryShape) -> dict[str, Any]:
    """Say how often people are messaged at most from now on; the whole of it."""
    caps = {channel: Cap(cap.messages, cap.days, cap.gap_hours) for channel, cap in asked.caps.items()}
    return calling.house.reach(calling.principal).set_delivery(caps, asked.control_percent)


@router.post("/messages", tags=["Reach"], response_model=MessagesKept, responses=may_answer(507))
def messages(
    calling: Calling,
    asked: MessagesAsked,
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="The same key with the same body counts once.")] = None,
) -> dict[str, Any]:
    """Tell of messages that another program sent, so that they count for the caps. What one record says wrong costs that record."""
    return calling.house.reach(calling.principal).keep_messages(asked.messages, key)
