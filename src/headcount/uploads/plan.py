"""A plan: every column with its final type, format and rules. It is all that applying needs, and survives as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from headcount import __version__
from headcount.profiles.consent import Channel
from headcount.profiles.properties import Property
from headcount.uploads.mapping import EVENT_TIME, Match
from headcount.values import dates, infer, system
from headcount.values.text import WhiteSpace
from headcount.values.types import SQL_TYPES, Reading, Type, readings


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a text, in characters, and a list, in texts, may be."""

    value: int = 512
    items: int = 100


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A column of the file that sets a property."""

    index: int
    header: str
    #: The property it sets.
    name: str
    type: Type
    format: str | None = None
    blank: Literal["keep", "clear"] = "keep"
    write: Literal["overwrite", "fill"] = "overwrite"
    blanks: tuple[str, ...] = ()
    #: The column whose cells say which operation each row asks for.
    operation: int | None = None
    #: The number of the property's column; 0 until the property is registered.
    number: int = 0
    #: Whether the cells of this file decided its type.
    inferred: bool = False
    #: Whether it is a property of an event, of which no system property has a say.
    of_event: bool = False

    @property
    def clears(self) -> bool:
        """Whether a cell of it can clear the stored value."""
        return self.blank == "clear" or self.operation is not None

    @property
    def edits(self) -> bool:
        """Whether a cell of it can add to a stored list or take from it."""
        return self.operation is not None and self.type is Type.LIST

    @property
    def sql_type(self) -> str:
        """The DuckDB type of its values."""
        return SQL_TYPES[self.type]

    def reading(self, limits: Limits, zone: str) -> Reading:
        """How its cells are read."""
        if self.type is Type.DATE:
            return dates.reading(self.format or dates.RECOGNISED[0], zone)
        checked = system.readings().get(self.name) if self.type is Type.STRING and not self.of_event else None
        reading = checked or readings(limits.value, limits.items)[self.type]
        return infer.inferred(self.type, reading) if self.inferred else reading


@dataclass(frozen=True, slots=True)
class PlannedEvents:
    """What the rows of a file of events are."""

    #: The name of all of them, or the column that names each.
    name: str | None = None
    names: int | None = None
    #: The column of their times, and the format of these.
    time: int | None = None
    format: str = dates.UNIX


@dataclass(frozen=True, slots=True)
class Plan:
    """What each column of one file means, finally."""

    headers: tuple[str, ...]
    identity: int
    columns: tuple[PlannedColumn, ...] = ()
    #: consent channel → index of its column.
    consent: Mapping[Channel, int] = field(default_factory=dict)
    match: Match = "identity"
    zone: str = "UTC"
    limits: Limits = field(default_factory=Limits)
    #: Words beside nothing that mean blank, in every column.
    blanks: tuple[str, ...] = ()
    #: What cells may begin or end with.
    white_space: WhiteSpace = "any"
    #: None where the rows are profiles.
    events: PlannedEvents | None = None
    #: The version of the program that made it: another one may read the same cells as other values.
    version: str = __version__

    @property
    def key(self) -> str:
        """The column of typed rows by which they and profiles are matched."""
        return "identity" if self.match == "identity" else "key"

    @property
    def properties(self) -> list[tuple[str, Type]]:
        """The properties of people that the columns set, with their types."""
        return [] if self.events else [(column.name, column.type) for column in self.columns]

    def numbered(self, properties: Mapping[str, Property]) -> Plan:
        """The plan with the numbers of the properties."""
        if self.events:
            return self
        return replace(self, columns=tuple(replace(c, number=properties[c.name].number) for c in self.columns))

    def numbers(self, properties: Mapping[str, Property]) -> Mapping[str, int]:
        """By what the columns set, under which number that is counted: of the property, of those of events of the column."""
        if not self.events:
            return {name: p.number for name, p in properties.items()}
        times = {} if self.events.time is None else {EVENT_TIME: self.events.time}
        return {c.name: c.index for c in self.columns} | times

    @property
    def fingerprint(self) -> str:
        """Of what the plan does to profiles, in hexadecimal; equal for the same file with the same mapping."""
        return hashlib.sha256(json.dumps(self.meaning(), sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The plan as a JSON object."""
        return asdict(self)

    def meaning(self) -> dict[str, Any]:
        """What the plan does to profiles; equal for the same file with the same mapping."""
        document = self.to_json()
        columns = [{k: v for k, v in c.items() if k not in {"inferred", "number", "of_event"}} for c in document["columns"]]
        # Of profiles nothing is said about events, as it was before there were any.
        beside = {"version"} if self.events else {"version", "events"}
        return {**{k: v for k, v in document.items() if k not in beside}, "columns": columns}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Plan:
        """The plan that `to_json` wrote."""
        columns = tuple(
            PlannedColumn(**{**column, "type": Type(column["type"]), "blanks": tuple(column["blanks"])}) for column in document["columns"]
        )
        consent = {Channel(channel): index for channel, index in document["consent"].items()}
        rest = {key: document[key] for key in ("identity", "match", "zone", "white_space", "version")}
        return cls(
            headers=tuple(document["headers"]),
            columns=columns,
            consent=consent,
            limits=Limits(**document["limits"]),
            blanks=tuple(document["blanks"]),
            events=PlannedEvents(**document["events"]) if document.get("events") else None,
            **rest,
        )
