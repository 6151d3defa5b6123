"""The port of the store that keeps profiles: what is handed over, what comes back. `store/` implements it, `bootstrap` wires it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from headcount.profiles.consent import Channel, ConsentEntry, Source, Wish
from headcount.profiles.properties import Property
from headcount.values.types import Type

#: The column of a batch that says which of its rows count.
APPLIES = "applies"
#: Examples of one kind of change that are given of a property.
EXAMPLES = 5
#: Of how many events a person tells, the newest.
EVENTS = 100
#: How many consents that a batch holds, and how many values that a reversal keeps, are listed.
HELD_LISTED = 1_000


#: What happens to a value.
Kind: TypeAlias = Literal["set", "changed", "cleared"]


@dataclass(frozen=True, slots=True)
class BatchColumn:
    """A property that a batch sets: columns `p<number>`; with `clears` also `x<number>`; with `edits` and `counts` as they say."""

    number: int
    type: Type
    write: Literal["overwrite", "fill"] = "overwrite"
    clears: bool = False
    #: Also `a<number>` and `r<number>`: texts that a list gains and loses.
    edits: bool = False
    #: Also `i<number>`: what is added to a number.
    counts: bool = False

    @property
    def relative(self) -> bool:
        """Whether what becomes of a value depends on the stored one."""
        return self.edits or self.counts


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one upload, each identity at most once.

    `rows` has `row` (int64, spreadsheet row), `identity` (text), with a match other than identity also `key`, the columns of
    `columns`, `consent_<channel>` (boolean) for `channels`, and where rows were folded also `s<number>` (int64): the row that a
    value came from. With a column `applies` (boolean) only the rows count that have it: leaving others out copies nothing.
    """

    rows: pa.Table
    columns: tuple[BatchColumn, ...]
    channels: tuple[Channel, ...]
    match: Literal["identity", "email", "phone"] = "identity"
    folded: bool = False
    #: How many texts a list may hold.
    list_limit: int = 100
    #: Whether people who opted out themselves may be re-subscribed; otherwise such a consent is held.
    confirmed: bool = False
    #: Numbers of the properties of which examples of what changes are wanted.
    examples: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        """How many rows count."""
        return self.rows.num_rows if APPLIES not in self.rows.column_names else pc.sum(self.rows.column(APPLIES)).as_py() or 0

    def slice(self, start: int, stop: int) -> Batch:
        """The rows from `start` to before `stop`."""
        return replace(self, rows=self.rows.slice(start, stop - start))


@dataclass(frozen=True, slots=True)
class Changed:
    """Values of one property: set where nothing was, changed, cleared."""

    set: int = 0
    changed: int = 0
    cleared: int = 0


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """People who left or came back on one channel."""

    opted_out: int = 0
    resubscribed: int = 0
    #: Not applied, because the person had opted out themselves.
    held: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """A value that is set, changed or cleared (`kind`), with the first row that does it."""

    kind: Kind
    identity: str
    row: int
    before: Any  # of the property's type, like `after`
    after: Any


@dataclass(frozen=True, slots=True)
class Effect:
    """What a batch changes. `created + updated + unchanged` is the number of its rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    #: Profiles that a row named; more than the rows where an address belongs to several people.
    touched: int = 0
    #: By property number.
    columns: Mapping[int, Changed] = field(default_factory=dict)
    consent: Mapping[Channel, ConsentChanged] = field(default_factory=dict)
    #: Columns `row`, `number`: lists that would have become too long, numbers that cannot be stored; those cells were not applied.
    overlong: pa.Table | None = None
    #: Columns `row`, `identity`, `channel`: some of the consents that were held.
    held: pa.Table | None = None
    #: By property number, where they were wanted.
    examples: Mapping[int, tuple[Example, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose work a batch is."""

    upload: int
    #: The time of the upload, the same for all its batches.
    at: datetime
    #: Who uploaded, and where it came in.
    actor: str = ""
    door: str = ""
    #: Why people who opted out themselves may be re-subscribed.
    reason: str | None = None
    #: Uploads that brought the very same rows: whoever one of them created, and nobody changed since, is as this one leaves him.
    repeats: tuple[int, ...] = ()
    #: Whether what is needed to take it back is kept.
    undoable: bool = True
    #: When it was accepted; what live calls said since then of the same people comes after it. None: it comes last.
    accepted: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventColumn:
    """A property of events that a batch has: its values are in the column `p<place>`."""

    place: int
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one upload, each a row.

    `rows` has `row` (int64, spreadsheet row), `identity` (text), `first` (boolean: no row before it in the file had the identity), the
    columns of `columns`, and where they differ from row to row `event` (the name) and `happened_at` (null: the time of the upload).
    """

    rows: pa.Table
    columns: tuple[EventColumn, ...]
    #: The name of all of them, where they have no column `event`.
    name: str | None


#: Taking an upload back, and bringing it back after that.
Job: TypeAlias = Literal["undo", "redo"]


@dataclass(frozen=True, slots=True)
class Reversal:
    """Taking an upload back, or bringing it back: which one, when that began, and who does it."""

    job: Job
    upload: int
    at: datetime
    actor: str = ""
    door: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """Values of one property, or consents on one channel, that went back, and those that somebody changed since."""

    restored: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A value, or a consent, that stays as it is, and who made it so."""

    identity: str
    #: The number of the property; None for a consent.
    number: int | None
    channel: Channel | None
    value: Any  # of the property's type; of a consent as the store has it
    source: Source
    #: Where it came from an upload.
    upload: int | None
    row: int | None


@dataclass(frozen=True, slots=True)
class Reversed:
    """What a piece of a reversal did with the profiles that the upload had touched: `touched = restored + removed + kept`."""

    touched: int = 0
    #: All that the upload gave went back.
    restored: int = 0
    #: The upload had created them, and nobody else had touched them.
    removed: int = 0
    #: Something of them was changed since, and stays.
    kept: int = 0
    #: By property number.
    columns: Mapping[int, Returned] = field(default_factory=dict)
    consent: Mapping[Channel, Returned] = field(default_factory=dict)
    #: The first of what stays.
    listed: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is, committed with the data it describes."""

    #: Chunks that are applied; of a reversal, rows of the file that are reversed.
    chunks: int
    #: What was counted so far.
    tally: Mapping[str, Any]
    #: Rows of the next chunk that are applied.
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """How many of the given texts are identities of known people, or their addresses."""

    identities: int = 0
    emails: int = 0
    phones: int = 0


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value of a person and where it came from: an upload's number and row."""

    property: Property
    value: Any  # of the property's type
    upload: int
    row: int


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A consent of a person and, where one was logged, its last change."""

    stored: bool | None
    source: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What a person did, and where that came from: an upload's number and row."""

    name: str
    at: datetime
    properties: Mapping[str, Any]
    upload: int
    row: int


@dataclass(frozen=True, slots=True)
class Person:
    """All that is known of one profile."""

    identity: str
    values: tuple[StoredValue, ...]
    consent: Mapping[Channel, StoredConsent]
    first_seen: datetime
    last_updated: datetime
    #: Numbers of the uploads that created or changed it, or had events of it, in order.
    uploads: tuple[int, ...]
    #: How many devices can be sent a push message.
    devices: int = 0
    #: The newest `EVENTS`, newest first.
    events: tuple[StoredEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a person, such as the id of a device (`objectId`) or of an account elsewhere."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a person that can be sent a push message."""

    object_id: str
    type: str
    token: str
    #: Of a browser: what its messages are encrypted with, as JSON.
    keys: str | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a person got."""

    channel: Channel
    #: UTC, without a zone.
    sent_at: datetime
    #: What the sender calls it.
    campaign: str | None


@dataclass(frozen=True, slots=True)
class Everything:
    """All that is stored of one person: the profile with all events, every entry of the consent log, and what is kept beside it."""

    person: Person
    consent_log: tuple[ConsentEntry, ...]
    aliases: tuple[Alias, ...]
    devices: tuple[Device, ...]
    #: The newest first.
    messages: tuple[Message, ...]
    #: The numbers of the lists on which they are.
    lists: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """People who were erased at once, and what they are called: as long as files are to be searched for them."""

    number: int
    #: UTC, without a zone.
    at: datetime
    identities: tuple[str, ...]
    #: Their other names.
    aliases: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]


#: What became of a person by an upload.
Part: TypeAlias = Literal["created", "updated"]


@dataclass(frozen=True, slots=True)
class Touched:
    """A person whom an upload created or changed, and the spreadsheet row that did."""

    row: int
    identity: str


class ProfileStore(Protocol):
    """The profiles of one account. A public method is one transaction."""

    def properties(self) -> tuple[Property, ...]:
        """The registered properties in order of their numbers, the system ones first."""
        ...

    def fits_float(self, name: str) -> bool:
        """Whether every value of a property of whole numbers is exactly a float as well."""
        ...

    def register(self, upload: int, wanted: Sequence[tuple[str, Type]]) -> Mapping[str, Property]:
        """Register the properties that are not there yet and widen those that may; returns the wanted ones by name."""
        ...

    def progress(self, upload: int, job: Job | Literal["apply"] = "apply") -> Progress:
        """How far an upload is with being applied, taken back or brought back."""
        ...

    def planned(self, wanted: Sequence[tuple[str, Type]]) -> Mapping[str, Property]:
        """The wanted properties as `register` would give them; registers nothing."""
        ...

    def apply(self, batch: Batch, origin: Origin, progress: Callable[[Effect, int], Progress], *, keep: bool = True) -> None:
        """Apply a batch and the progress that its effect leads to, in one transaction; in several, while live calls wait.

        `progress` is told what each did, and how many rows of the batch are done after it. Without `keep` it is only worked out.
        """
        ...

    def add_events(self, batch: EventBatch, origin: Origin, progress: Callable[[int, int], Progress], *, keep: bool = True) -> None:
        """Store events, the people whom nobody knew yet, and the progress, in one transaction; in several, while live calls wait.

        `progress` is told how many people each created, and how many rows of the batch are done after it. Without `keep` it is only worked
        out.
        """
        ...

    def event_property_types(self) -> Mapping[tuple[str, str], Type]:
        """The types of the properties of events, by the folded name of the event and the name of the property."""
        ...

    def settle(self, accepted: datetime) -> None:
        """Forget what calls said that were accepted before this: no upload that is still to be applied was accepted earlier."""
        ...

    def undoable(self) -> Collection[int]:
        """The uploads of which all is kept that is needed to take them back, or to bring them back."""
        ...

    def forget(self, uploads: Collection[int]) -> None:
        """Remove what is kept of these uploads for that; what they did stays for good."""
        ...

    def last_row(self, reversal: Reversal) -> int:
        """The last spreadsheet row that a reversal has to do with; 0 where the upload changed nothing."""
        ...

    def reverse(self, reversal: Reversal, rows: range, progress: Callable[[Reversed], Progress], *, keep: bool = True) -> Reversed:
        """Reverse what these spreadsheet rows did, and mark the progress, in one transaction. Without `keep` it is only worked out."""
        ...

    def end_reversal(self, reversal: Reversal) -> None:
        """What the upload wrote does not stand from now on, or stands again."""
        ...

    def set_consent(self, identity: str, wish: Wish) -> ConsentEntry | None:
        """Change a consent and log it; None where it is so already. Raises WrongCall (`person_unknown`, `consent_declined`)."""
        ...

    def consent_log(self, *, identity: str | None, upload: int | None, limit: int) -> tuple[ConsentEntry, ...]:
        """The newest entries of the consent log, of one person or one upload where these are given, the newest first."""
        ...

    def known(self, addresses: pa.Table) -> Known:
        """How many of the distinct texts in column `key` are identities, e-mail addresses (any case), phone numbers of people."""
        ...

    def person(self, identity: str) -> Person | None:
        """One person by identity."""
        ...

    def messages(self, identity: str, limit: int) -> tuple[Message, ...]:
        """The newest messages that one person got, the newest first."""
        ...

    def everything(self, identity: str) -> Everything | None:
        """All that is stored of one person."""
        ...

    def erasures(self) -> Sequence[Erasure]:
        """The erasures of which files still hold traces, oldest first."""
        ...

    def forget_tallies(self, uploads: Collection[int]) -> None:
        """Remove what uploads that have ended counted while they were worked on; their reports have it."""
        ...

    def touched(self, upload: int, part: Part, *, after: int, limit: int) -> tuple[Touched, ...]:
        """At most `limit` people whom an upload created or changed, by their rows, those behind the row `after`."""
        ...

    def latest(self, limit: int) -> tuple[Person, ...]:
        """People who changed last, the last one first."""
        ...

    def find(self, text: str, limit: int) -> tuple[Person, ...]:
        """People whose identity, address or number is the text, then those of whom one of these or the name holds it, in any case.

        Where a long text is somebody's identity, address or number, only they.
        """
        ...
