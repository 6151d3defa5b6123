"""The shapes of what is asked and told about people over HTTP, with the examples of the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from headcount.profiles.consent import Channel, Source
from headcount.segments.export import Format
from headcount.segments.filter_json import from_json
from headcount.segments.grammar import render
from headcount.values.text import of_whole_signs


def _text_of(given: object) -> object:
    """A filter that is given as JSON, as text. Raises WrongCall `filter_invalid`."""
    return render(from_json(given)) if isinstance(given, dict) else given


_FILTER = 'plan = "pro" and not consent email is unsubscribed'
FilterText = Annotated[
    str,
    BeforeValidator(_text_of),
    Field(description="Whom, as filters are written, as text or as JSON; `identity exists` is everybody.", examples=[_FILTER]),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]
#: The sources that a caller can name; uploads name themselves.
NamedSource = Literal[Source.PERSON, Source.DASHBOARD, Source.API, Source.BOUNCE]


def _number(given: object) -> object:
    if isinstance(given, bool | str):
        reason = "Input should be a number"
        raise ValueError(reason)  # noqa: TRY004 - what pydantic takes for a wrong value
    return given


#: A whole number, also as 5.0, and neither true nor a text.
Whole = Annotated[int, BeforeValidator(_number)]


class Asked(BaseModel):
    """A body; a field that is not known is refused rather than overlooked, and so is a text that cannot be stored."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _of_whole_signs(cls, given: object) -> object:
        # Anything else is no object, which is said elsewhere.
        if isinstance(given, dict) and not of_whole_signs(given):
            reason = "A text in it has half of a sign (a lone surrogate)"
            raise ValueError(reason)
        return given


class ExportAsked(Asked):
    """Whom to give out, and how."""

    filter: FilterText
    columns: list[str] | None = Field(
        None,
        description="These columns behind the identity, in this order, instead of all: properties, and consent as MSG-email.",
        examples=[["Name", "plan", "MSG-email"]],
    )
    format: Format = Field("csv", description="csv can be uploaded again; parquet has a type for each column.")


class ConsentAsked(Asked):
    """A consent to change."""

    identity: str = Field(description="The identity, exactly as it was uploaded.", examples=["00123"])
    channel: Channel = Field(examples=["email"])
    state: Literal["subscribed", "unsubscribed"] = Field(examples=["unsubscribed"])
    source: NamedSource = Field(Source.API, description="On whose word. After `person` no upload brings them back unconfirmed.")
    reason: str | None = Field(
        None,
        description="Why; not blank. Needed to re-subscribe who opted out themselves.",
        examples=["asked by phone"],
        json_schema_extra={"pattern": r"\S"},
    )


class ConsentEntry(BaseModel):
    """One change of one consent."""

    at: str = Field(examples=["2026-06-01T12:00:00Z"])
    identity: str = Field(examples=["00123"])
    channel: Channel
    before: str = Field(examples=["not_set"])
    after: str = Field(examples=["unsubscribed"])
    source: Source
    actor: str | None = Field(examples=["crm import"])
    door: str | None = Field(examples=["api"])
    upload: str | None = Field(examples=[None])
    row: int | None = Field(examples=[None])
    reason: str | None = Field(examples=["asked by phone"])


class ConsentChanged(BaseModel):
    """Whether a consent changed, and its entry in the log."""

    changed: bool
    entry: ConsentEntry | None


class ConsentLog(BaseModel):
    """The newest entries, the newest first."""

    entries: list[ConsentEntry]


class Person(BaseModel):
    """All that is known of one person. Without the right to see personal data, `•••` stands for the identity and each value."""

    identity: str = Field(examples=["00123"])
    properties: dict[str, Any] = Field(
        examples=[{"plan": {"type": "string", "value": "pro", "from": {"upload": "u01jx0c4k7m2q9r3vt", "row": 3}}}]
    )
    consent: dict[Channel, Any] = Field(examples=[{"email": {"state": "unsubscribed", "source": "upload", "at": "2026-06-01T12:00:00Z"}}])
    addresses: dict[Channel, bool | int] = Field(examples=[{"push": 0, "sms": False, "email": True, "whatsapp": False}])
    reachable: dict[Channel, bool] = Field(examples=[{"push": False, "sms": False, "email": False, "whatsapp": False}])
    first_seen: str = Field(examples=["2026-06-01T12:00:00Z"])
    last_updated: str = Field(examples=["2026-06-01T12:00:00Z"])
    uploads: list[str] = Field(examples=[["u01jx0c4k7m2q9r3vt"]])
    events: list[Any] = Field(
        description="What they did, the newest 100, newest first. `upload` and `row` are null where a live call told of it.",
        examples=[
            [{"name": "Charged", "at": "2026-06-01T12:00:00Z", "properties": {"Amount": 300}, "from": {"upload": None, "row": None}}],
        ],
    )


class PersonAsked(Asked):
    """Whom to give out."""

    identity: str = Field(description="The identity, exactly as it was uploaded.", examples=["00123"])


class Alias(BaseModel):
    """Another name of a person."""

    kind: str = Field(examples=["objectId"])
    value: str = Field(examples=["-2ce8cca260b64942"])


class Device(BaseModel):
    """A device that can be sent a push message."""

    object_id: str = Field(examples=["-2ce8cca260b64942"])
    type: str = Field(examples=["fcm"])
    token: str
    keys: Any
    added_at: str = Field(examples=["2026-06-01T12:00:00Z"])


class Message(BaseModel):
    """A message that a person got, as far as the sender told of it."""

    channel: Channel = Field(examples=["email"])
    at: str = Field(examples=["2026-06-01T12:00:00Z"])
    campaign: str | None = Field(examples=["spring"])


class WholePerson(Person):
    """Everything that is stored of one person; all events, not the newest alone."""

    consent_log: list[ConsentEntry]
    aliases: list[Alias]
    devices: list[Device]
    messages: list[Message] = Field(description="All that are kept, the newest first.")
    lists: list[str] = Field(description="The saved segments on whose list they are.", examples=[["Spring list"]])


class People(BaseModel):
    """People who were found."""

    people: list[Person]
