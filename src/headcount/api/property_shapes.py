"""The shapes of what is asked and told about properties over HTTP, with the examples of the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from headcount.api.people_shapes import Asked
from headcount.people.properties import LONGEST_DESCRIPTION
from headcount.values.types import Type

_UPLOAD = "u01jx0c4k7m2q9r3vt"


class Value(BaseModel):
    """A value, and how many people have it."""

    value: Any = Field(description="As JSON has it; `•••` where it is covered.", examples=["pro"])
    people: int = Field(examples=[1204])


class Bin(BaseModel):
    """How many people have a value of at least `from` and below `to`; null is without a bound."""

    from_: Any = Field(alias="from", examples=[0])
    to: Any = Field(examples=[100])
    people: int | None = Field(description="Null where they are fewer than ten and personal data is covered.", examples=[310])


class Statistics(BaseModel):
    """What was counted of the values. Of a list its texts are the values."""

    filled: int = Field(description="How many people have a value.", examples=[9120])
    distinct: int = Field(description="How many different values there are.", examples=[4])
    distinct_exact: bool = Field(description="Whether that is exact; it is up to about 50,000.")
    least: Any = Field(description="Of numbers and dates.", examples=[None])
    greatest: Any = Field(examples=[None])
    top: list[Value] = Field(description="The most frequent values, at most 12.")
    histogram: list[Bin] = Field(description="Of numbers and dates with more than 12 values.")


class Use(BaseModel):
    """Something that names the property."""

    kind: Literal["mapping", "upload", "segment"]
    id: str = Field(description="Of the upload, also of the one whose mapping is remembered, or of the segment.", examples=[_UPLOAD])
    name: str = Field(examples=["people.csv"])


class Property(BaseModel):
    """What can be known of a person."""

    name: str = Field(examples=["plan"])
    type: Type = Field(examples=["string"])
    system: bool
    hidden: bool = Field(description="Whether it is left out of exports, suggestions and pages of people unless it is asked for.")
    description: str = Field(examples=["What they pay for"])
    former_names: list[str] = Field(examples=[[]])
    first_upload: str | None = Field(
        description="The first upload that had a column for it; null while there was none.", examples=[_UPLOAD]
    )
    last_upload: str | None = Field(description="The last upload that had a column for it.", examples=[_UPLOAD])
    counted_at: str | None = Field(description="When the statistics were counted; null: not yet.", examples=["2026-06-01T12:00:00Z"])
    stale: bool = Field(description="Whether values were written since; they are counted again soon.")
    statistics: Statistics | None


class Properties(BaseModel):
    """Every property, and how many people there are."""

    people: int = Field(examples=[12_000])
    properties: list[Property]


class OneProperty(Property):
    """One property, how many people there are, and what names it."""

    people: int = Field(examples=[12_000])
    used_by: list[Use]


class PropertyChanges(Asked):
    """What is to change; what is left out stays."""

    name: str | None = Field(None, description="What it is to be called.", examples=["tariff"])
    description: str | None = Field(None, max_length=LONGEST_DESCRIPTION, description="What it is, for people.", examples=["What they pay"])
    hidden: bool | None = Field(None, description="Whether it is left out where nobody asks for it.", examples=[False])


class RetypeAsked(Asked):
    """The type that a property is to have."""

    type: Type = Field(examples=["integer"])
    preview: bool = Field(default=False, description="Only say what it would do.")


class Retyped(BaseModel):
    """The property, and how many of its values could not be kept; of a preview also what they are."""

    name: str = Field(examples=["plan"])
    type: Type = Field(examples=["integer"])
    values_lost: int = Field(examples=[2])
    before: Type | None = Field(None, description="Of a preview: its type now.", examples=["string"])
    values: int | None = Field(None, description="Of a preview: how many people have a value.", examples=[9120])
    examples: list[Value] | None = Field(None, description="Of a preview: the most frequent values that would be lost, at most 20.")
    used_by: list[Use] | None = Field(None, description="Of a preview: what names the property.")


class Deleted(BaseModel):
    """What was removed, or would be."""

    name: str = Field(examples=["plan"])
    values: int = Field(description="How many people have, or had, a value.", examples=[9120])
    uploads: int = Field(description="How many uploads keep, or kept, values of it for an undo.", examples=[2])
    used_by: list[Use] | None = Field(None, description="Of a preview: what names the property.")
