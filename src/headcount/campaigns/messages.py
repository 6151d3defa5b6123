"""Messages that were sent, as a sender tells of them: what a record must say, and the port of the store that keeps them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from headcount.profiles.consent import Channel
from headcount.profiles.live import Answer
from headcount.values.instants import in_utc

#: What a sender tells of one message.
Record: TypeAlias = Mapping[str, Any]
#: As many may be told of in one call.
MOST = 1_000
_FIELDS = {"identity", "channel", "at", "campaign"}
_LONGEST = 1_024
_SURROGATE = re.compile("[\ud800-\udfff]")
#: So far may clocks differ.
_AHEAD = timedelta(minutes=5)
_SCHEMA = pa.schema(
    {"place": pa.int64(), "identity": pa.string(), "channel": pa.string(), "sent_at": pa.timestamp("us"), "campaign": pa.string()}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record was not kept; `index` is its place in the call, from 0."""

    index: int
    code: str
    message: str


class MessageStore(Protocol):
    """The messages of one account."""

    def live_turn(self) -> AbstractContextManager[None]:
        """See LiveStore."""
        ...

    def answer(self, key: str) -> Answer | None:
        """See LiveStore."""
        ...

    def keep_messages(self, sent: pa.Table, answer: Callable[[Sequence[int]], Answer | None]) -> Sequence[int]:
        """Keep messages of people who are there, and what is answered; gives the places of the others. Columns: see `read`."""
        ...


def read(records: Sequence[Record], now: datetime) -> tuple[pa.Table, list[Failure]]:
    """The records that say what they must, as a table (`place`, `identity`, `channel`, `sent_at` in UTC, `campaign`), and the others."""
    kept, failures = [], []
    for index, record in enumerate(records):
        wrong = _fault(record, now)
        if wrong:
            failures.append(Failure(index, "message_invalid", wrong))
        else:
            at = _instant(record.get("at"), now)
            kept.append({"place": index, "sent_at": at, **{name: record.get(name) for name in ("identity", "channel", "campaign")}})
    return pa.Table.from_pylist(kept, schema=_SCHEMA), failures


def unknown(places: Sequence[int]) -> list[Failure]:
    """The failures of records about people who are not there."""
    return [Failure(place, "person_unknown", "There is no person with this identity.") for place in places]


def _fault(record: Record, now: datetime) -> str:
    """What is wrong with a record; blank where nothing is. Never says what the record does."""
    if not record.keys() <= _FIELDS:
        return f"A message has {', '.join(sorted(_FIELDS))} and nothing else."
    if not _is_text(record.get("identity")):
        return "A message has an identity, which is a text."
    if record.get("channel") not in list(Channel):
        return f"The channel is one of {', '.join(Channel)}."
    if record.get("campaign") is not None and not _is_text(record["campaign"]):
        return f"The campaign is a text of up to {_LONGEST} characters."
    at = _instant(record.get("at"), now)
    if at is None:
        return "The time is in ISO 8601 with a zone, such as 2026-06-01T12:00:00Z."
    return "The time has not come yet." if at > in_utc(now) + _AHEAD else ""


def _is_text(value: object) -> bool:
    # A lone surrogate is a text in JSON alone.
    return isinstance(value, str) and bool(value.strip()) and len(value) <= _LONGEST and not _SURROGATE.search(value)


def _instant(given: object, now: datetime) -> datetime | None:
    """The time in UTC, without a zone, as it is stored; now where none is given, None where it is no time."""
    if given is None:
        return in_utc(now)
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
        return in_utc(found) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None
