"""What each distinct key of some cells is: a property of a person or an event, a consent, or nothing that can be kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import pyarrow as pa

from headcount.ingest.records import NAMES, RELATIVE, Kind, Operation
from headcount.profiles.consent import Channel, channel_of, near_miss
from headcount.profiles.names import refusals
from headcount.profiles.properties import Property
from headcount.values.types import Type

Role: TypeAlias = Literal["property", "consent", "ignored", "raw"]

#: Flags of the compared platform by which an address, not a person, is opted out by `true`.
_INVERSE: Mapping[str, Channel] = {
    "msg-dndemail": Channel.EMAIL,
    "msg-dndphone": Channel.SMS,
    "msg-dndsms": Channel.SMS,
    "msg-dndwhatsapp": Channel.WHATSAPP,
}
_ALL_DEVICES = "msg-push-all"


#: A distinct key by its scope: '' for people, else the folded name of an event.
Key: TypeAlias = tuple[str, str]
_TYPES: Mapping[Kind, Type] = {
    "text": Type.STRING,
    "date": Type.DATE,
    "whole": Type.INTEGER,
    "fraction": Type.FLOAT,
    "boolean": Type.BOOLEAN,
    "list": Type.LIST,
}
_NUMBERS = frozenset({Type.INTEGER, Type.FLOAT})


@dataclass(slots=True)
class Entry:
    """What a key is."""

    k: int
    scope: str
    key: str
    role: Role
    #: Of the property; of a consent minus the bit of its channel.
    number: int = 0
    type: Type | None = None
    #: Whether true means opted out.
    inverse: bool = False
    #: Why nothing of it is applied.
    refused: str | None = None
    #: What cells ask for.
    operations: set[Operation] = field(default_factory=set)


@dataclass(slots=True)
class Keys:
    """What the keys of some cells are, and which properties have to be made for them."""

    known: Mapping[str, Property]
    #: The names of those that have a column.
    stored: Collection[str]
    #: By the folded name of the event and the name of the property.
    event_types: Mapping[Key, Type]
    property_limit: int
    wanted: list[tuple[str, Type]] = field(default_factory=list)
    new_event_types: list[tuple[str, str, Type]] = field(default_factory=list)
    channels: dict[Channel, set[int]] = field(default_factory=dict)
    entries: dict[Key, Entry] = field(default_factory=dict)

    def read(self, came: Collection[tuple[str, str, Kind, Operation]]) -> None:
        """Decide about each distinct key; `came` has each with the kinds and operations of its cells."""
        kinds = defaultdict[Key, set[Kind]](set)
        operations = defaultdict[Key, set[Operation]](set)
        for scope, key, kind, operation in came:
            kinds[scope, key].add(kind)
            operations[scope, key].add(operation)
        for (scope, key), found in sorted(kinds.items()):
            types = {_TYPES[kind] for kind in found if kind in _TYPES}
            entry = Entry(len(self.entries) + 1, scope, key, "property", operations=operations[scope, key])
            self.entries[scope, key] = entry
            (self._of_event if scope else self._of_person)(entry, types, found)

    def number(self, properties: Mapping[str, Property]) -> None:
        """Fill in which property each is, now that those that were wanted are made."""
        for entry in self.of_people():
            entry.number, entry.type = properties[entry.key].number, properties[entry.key].type

    def of_people(self) -> Iterator[Entry]:
        """The properties of people that are applied."""
        return (e for e in self.entries.values() if e.role == "property" and not e.scope and not e.refused)

    def pending(self) -> set[Key]:
        """The keys of which only the store can tell what becomes: consents, operations on what is stored, and what has to be made."""
        made = {("", name) for name, _ in self.wanted} | {(scope, name) for scope, name, _ in self.new_event_types}
        return made | {place for place, entry in self.entries.items() if entry.role == "consent" or entry.operations & RELATIVE}

    def described(self, k: Sequence[int]) -> pa.Table:
        """What the keys of some cells are, one row a cell: `role`, `number`, `type`, `inverse`, `refused`, `key`, `scope`."""
        entries = [Entry(0, "", "", "ignored"), *self.entries.values()]
        described = pa.table(
            {
                "role": [e.role for e in entries],
                "number": pa.array([e.number for e in entries], pa.int32()),
                "type": pa.array([e.type and e.type.value for e in entries], pa.string()),
                "inverse": [e.inverse for e in entries],
                "refused": pa.array([e.refused for e in entries], pa.string()),
                "key": [e.key for e in entries],
                "scope": [e.scope for e in entries],
            }
        )
        return described.take(pa.array(k, pa.int32()))

    def types(self) -> set[Type]:
        """The types that cells are read as."""
        consents = {Type.BOOLEAN} if self.channels else set[Type]()
        return consents | {e.type for e in self.entries.values() if e.type}

    def _of_person(self, entry: Entry, types: set[Type], kinds: Collection[Kind]) -> None:
        name = entry.key.casefold()
        channel = channel_of(entry.key) or _INVERSE.get(name) or (Channel.PUSH if name == _ALL_DEVICES else None)
        if channel:
            self.channels.setdefault(channel, set()).add(entry.k)
            entry.role, entry.number, entry.inverse = "consent", -channel.bit, name in _INVERSE
        elif entry.key in NAMES:
            # Who it is stands beside the values, not among them.
            entry.role = "ignored"
        elif near_miss(entry.key):
            entry.refused = "consent_near_miss"
        else:
            self._of_property(entry, types, kinds)

    def _of_property(self, entry: Entry, types: set[Type], kinds: Collection[Kind]) -> None:
        stored = self.known.get(entry.key)
        if stored is not None:
            if stored.type is Type.INTEGER and not stored.system and Type.FLOAT in types:
                self.wanted.append((entry.key, Type.FLOAT))
            elif entry.key not in self.stored:
                self.wanted.append((entry.key, stored.type))
            return
        entry.refused = next(refusals(entry.key), None)
        if entry.refused:
            return
        if not types:
            # Nested objects; or a `$delete` of what nobody has.
            entry.role, entry.refused = ("property", "value_nested") if "nested" in kinds else ("ignored", None)
        elif self._custom() >= self.property_limit:
            entry.refused = "property_limit"
        else:
            self.wanted.append((entry.key, common_type(types)))

    def _custom(self) -> int:
        return len({p.name for p in self.known.values() if not p.system} | {name for name, _ in self.wanted})

    def _of_event(self, entry: Entry, types: set[Type], kinds: Collection[Kind]) -> None:
        stored = self.event_types.get((entry.scope, entry.key))
        entry.refused = next(refusals(entry.key), None)
        if stored is None and not types:
            # Nested objects, such as what a purchase consists of, are kept as they are.
            entry.role = "raw" if "nested" in kinds else "ignored"
            return
        entry.type = stored or common_type(types)
        if stored is None and not entry.refused:
            self.new_event_types.append((entry.scope, entry.key, entry.type))


def common_type(types: Collection[Type]) -> Type:
    """The type that a property without one gets from the types of its values: what they have in common, else texts."""
    if len(types) == 1:
        return next(iter(types))
    return Type.FLOAT if _NUMBERS.issuperset(types) else Type.STRING
