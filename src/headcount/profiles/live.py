"""Records of the live API on their way into the store: what is handed over, what comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from headcount.errors import WrongCall
from headcount.profiles.properties import Property
from headcount.profiles.store import Batch
from headcount.values.types import Type

#: The number that stands for all calls where others have that of an upload.
LIVE = 0
#: Records that a call has at most, as rows are numbered: the record at `place`, from 0, of a call is row `call * ROWS + place`.
ROWS = 1_024


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its number, when it was accepted, and from whom."""

    number: int
    #: In UTC, without a zone.
    at: datetime
    actor: str
    door: str


#: Characters of an idempotency key.
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a call that must not count twice: what it is known by, and the hash of its body."""

    key: str
    sha256: str
    at: datetime
    answer: Mapping[str, Any]

    def to_body(self, sha256: str) -> Mapping[str, Any]:
        """What the call is answered again. Raises WrongCall `key_reused` where it has another body than then."""
        if sha256 != self.sha256:
            reason = "This idempotency key was used for another body."
            raise WrongCall("key_reused", reason, "Make a key for each call, and keep it for its repetitions only.")
        return self.answer


def known_as(key: str, kind: str = "") -> str:
    """What a call with an idempotency key is known by, among calls of a kind. Raises WrongCall `key_invalid`.

    A hash, because whoever makes the key may put anybody's name into it.
    """
    if not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise WrongCall("key_invalid", f"An idempotency key has 1 to {LONGEST_KEY} characters.", "Make one for each call.")
    return hashlib.sha256(f"{kind}{key}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LiveEffect:
    """What a batch of live records did, beside what it was asked to."""

    #: Columns `row`, `channel`: consents that were not given back, because the person had opted out themselves.
    held: pa.Table | None = None
    #: Columns `row`, `number`: lists that would have become too long, and numbers too large; those cells were not applied.
    overlong: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class LiveBatch:
    """The records of some calls; tables are None where there is nothing of the kind."""

    calls: Sequence[Call]
    #: Rows as those of an upload, each identity once.
    batch: Batch
    #: Columns `row`, `identity`, `number` (of a property; minus the bit of a channel), `whole` (the value was set or cleared), `amount`,
    #: `added`, `removed`: what an upload that was accepted earlier, and is applied later, leaves as it is. None where there is none.
    edits: pa.Table | None
    #: Columns `name`, `identity`, `happened_at`, `properties` (JSON), `upload`, `row`.
    events: pa.Table | None = None
    #: Columns `event`, `name`, `type`: properties of events that have no type yet.
    event_types: pa.Table | None = None
    #: Columns `kind`, `value`, `identity`.
    aliases: pa.Table | None = None
    #: Columns `object_id`, `type`, `token`, `keys`, `added_at`.
    devices: pa.Table | None = None


#: From what a batch did to the answers that are kept with it.
Answers = Callable[[LiveEffect], Sequence[Answer]]


class LiveStore(Protocol):
    """The profiles of one account, as the live API writes them. A public method is one transaction."""

    def live_turn(self) -> AbstractContextManager[None]:
        """Have the turn to write, before the next piece of an upload; what is written inside does not wait again."""
        ...

    @property
    def closing(self) -> bool:
        """Whether whoever keeps the store open for long is asked to give it back for a moment."""
        ...

    @property
    def version(self) -> int:
        """Another one where properties or lists were made or changed since."""
        ...

    def properties(self) -> tuple[Property, ...]:
        """See ProfileStore."""
        ...

    def stored(self) -> Collection[str]:
        """The names of the properties that have a column; the others are registered first."""
        ...

    def register(self, upload: int, wanted: Sequence[tuple[str, Type]]) -> Mapping[str, Property]:
        """See ProfileStore."""
        ...

    def apply_live(self, records: LiveBatch, answers: Answers) -> LiveEffect:
        """Write what some calls say, and what is answered to those that must not count twice, in one transaction."""
        ...

    def answer(self, key: str) -> Answer | None:
        """What was answered to the call with this key."""
        ...

    def forget_answers(self, before: datetime) -> None:
        """Remove answers that were given before a moment."""
        ...

    def last_call(self) -> int:
        """The highest number of a call; 0 where there was none."""
        ...

    def written(self, calls: Collection[int]) -> Collection[int]:
        """Those of the calls, by their numbers, that are in the store."""
        ...

    def aliased(self, kinds: Collection[str], values: Collection[str]) -> pa.Table:
        """Columns `kind`, `value`, `identity`: whose other names these are; more than was asked for where a value has several kinds."""
        ...

    def event_property_types(self) -> Mapping[tuple[str, str], Type]:
        """The types of the properties of events, by the folded name of the event and the name of the property."""
        ...
