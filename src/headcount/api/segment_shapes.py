"""The shapes of what is asked and told about segments over HTTP, with the examples of the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field

from headcount.api.people_shapes import Asked, FilterText
from headcount.segments.export import Format
from headcount.segments.saved import LONGEST_DESCRIPTION, LONGEST_NAME, Kind

_ID, _NAME, _AT = "s5d41402abc4b2a76", "Spring list", "2026-06-01T12:00:00Z"


class CountAsked(Asked):
    """Whom to count."""

    filter: FilterText


#: What is nobody any more.
Expired = Annotated[
    list[str], Field(description="The lists that the filter asks for although they have expired; left out where there are none.")
]


class Counted(BaseModel):
    """How many people a filter matches."""

    count: int = Field(examples=[1204])
    expired: Expired = []


class PeopleAsked(Asked):
    """Whom to show."""

    filter: FilterText
    limit: int = Field(20, ge=1, le=1_000, description="At most so many.")


class FilterRead(BaseModel):
    """A filter, written in both ways."""

    filter: str = Field(examples=['plan = "pro"'])
    json_: dict[str, Any] = Field(alias="json", examples=[{"property": "plan", "operator": "=", "value": "pro"}])


class SegmentAsked(Asked):
    """What a segment is to be."""

    name: str = Field(max_length=LONGEST_NAME, description="Unique in the account, in any case.", examples=[_NAME])
    description: str = Field("", max_length=LONGEST_DESCRIPTION, examples=["Whom we write to in spring."])
    kind: Kind = Field("live", description="`live`: whom the filter matches whenever it is asked; `frozen`: whom it matches now.")
    expires_at: AwareDatetime | None = Field(None, description="From when on a frozen one is nobody.", examples=[None])


class NewSegment(SegmentAsked):
    """A segment to save."""

    filter: FilterText


class ChangedSegment(SegmentAsked):
    """What a segment is to be from now on."""

    filter: FilterText | None = Field(None, description="Without one, a frozen segment keeps its list, and a live one its filter.")


class Segment(BaseModel):
    """A saved segment."""

    id: str = Field(examples=[_ID])
    name: str = Field(examples=[_NAME])
    description: str
    kind: Kind
    filter: str | None = Field(description="Null for a list that was made of a file.", examples=['plan = "pro"'])
    json_: dict[str, Any] | None = Field(alias="json", examples=[{"property": "plan", "operator": "=", "value": "pro"}])
    made_by: str = Field(examples=["Ann"])
    made_at: str = Field(examples=[_AT])
    changed_at: str = Field(examples=[_AT])
    expires_at: str | None = Field(examples=[None])
    expired: bool
    used_by: list[str] = Field(description="The live segments whose filters ask for it.", examples=[[]])


class SavedSegment(Segment):
    """A segment that was saved just now."""

    people: int = Field(description="How many people are in it.", examples=[1204])


class Segments(BaseModel):
    """Saved segments, by their names."""

    segments: list[Segment]


class SegmentExport(Asked):
    """How the people of a segment are given out."""

    columns: list[str] | None = Field(None, description="See `POST /api/v1/people/export`.", examples=[["Name", "plan"]])
    format: Format = "csv"


class UnknownRow(BaseModel):
    """A row that names nobody who is there."""

    row: int = Field(examples=[17])
    key: str = Field(examples=["00999"])


class Audience(BaseModel):
    """What became of a list by a file: `rows = found + merged + unknown + rejected`."""

    segment: Segment
    rows: int = Field(examples=[100])
    found: int = Field(description="Rows that name somebody who is there.", examples=[97])
    merged: int = Field(description="Rows that name whom a row before them named.", examples=[1])
    unknown: int = Field(description="Rows that name nobody who is there.", examples=[1])
    rejected: int = Field(description="Rows that name nobody that could be.", examples=[1])
    added: int = Field(examples=[97])
    removed: int = Field(examples=[0])
    people: int = Field(description="People on the list after it.", examples=[97])
    unknown_rows: list[UnknownRow] = Field(description="The first of them.")
    problems: list[dict[str, Any]]


class BreakdownAsked(Asked):
    """Whom to break down, and by what."""

    filter: FilterText
    property: str = Field(examples=["city"])
    limit: int = Field(10, ge=1, le=100, description="At most so many values.")


class Share(BaseModel):
    """A value, and how many people have it."""

    value: Any = Field(examples=["Berlin"])
    people: int = Field(examples=[310])


class Breakdown(BaseModel):
    """How people fall apart by a property."""

    people: int = Field(description="How many were looked at: all, or a million.", examples=[1204])
    without: int = Field(description="How many of them have no value.", examples=[4])
    values: int = Field(description="How many different values there are.", examples=[12])
    shares: list[Share] = Field(description="The most frequent values, the most frequent first.")
