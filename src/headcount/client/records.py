"""Records as a program has them, as the JSON that a live call takes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from headcount.errors import WrongCall

Record: TypeAlias = Mapping[str, Any]
#: What a record can name its person by, and when it happened; the rest of a flat record is data.
NAMES = ("identity", "FBID", "GPID", "objectId")
_ENVELOPE = (*NAMES, "ts")
#: A day without a time is its noon, as in a file.
_NOON = time(12, tzinfo=UTC)
#: Rows of a table that are records at once.
_ROWS = 1_000


class Unsendable(ValueError):
    """What a record holds is in no JSON."""


def profile(record: Record) -> Record:
    """A profile record: one that is whole already, or the envelope around its properties."""
    if isinstance(record.get("profileData"), Mapping):
        return {**record, "type": "profile"}
    return {**_enveloped(record), "type": "profile", "profileData": _data(record, _ENVELOPE)}


def event(name: str | None) -> Callable[[Record], Record]:
    """Makes event records, of this name where they have none."""

    def made(record: Record) -> Record:
        named = {"evtName": record["evtName"]} if "evtName" in record else {} if name is None else {"evtName": name}
        if isinstance(record.get("evtData"), Mapping):
            return {**record, **named, "type": "event"}
        return {**_enveloped(record), "type": "event", **named, "evtData": _data(record, (*_ENVELOPE, "evtName"))}

    return made


def encoded(record: Record) -> bytes:
    """A record as JSON. Raises Unsendable where a value is in no JSON, WrongCall `record_invalid` where one is of no type for it."""
    try:
        return json.dumps(record, default=_spoken, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError) as error:
        raise Unsendable(str(error)) from error


def lane(record: Record, lanes: int) -> int:
    """Which of the lanes a record takes: always the same one for the same person, in every process."""
    name = next((str(record[key]) for key in NAMES if key in record), "")
    return zlib.crc32(name.encode(errors="replace")) % lanes


def each_of(records: Iterable[Record] | object) -> Iterator[Record]:
    """The records of an iterable or a table, one after another. Raises WrongCall."""
    if hasattr(records, "__arrow_c_stream__") or hasattr(records, "__arrow_c_array__"):
        yield from _rows(records)
        return
    if isinstance(records, Mapping | str | bytes) or not isinstance(records, Iterable):
        raise WrongCall("record_invalid", f"A {type(records).__name__} is no series of records.", "Give a list of dicts, or a table.")
    for number, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise WrongCall("record_invalid", f"Record {number} is a {type(record).__name__}.", "A record is a dict.")
        yield record


def _rows(table: object) -> Iterator[Record]:
    # Whoever sends dicts does without Arrow.
    from headcount.client import arrow  # noqa: PLC0415

    for batch in arrow.for_records(arrow.reader_of(table), NAMES):
        for start in range(0, batch.num_rows, _ROWS):
            yield from batch.slice(start, _ROWS).to_pylist()


def _enveloped(record: Record) -> dict[str, Any]:
    found = {key: record[key] for key in _ENVELOPE if not _is_nothing(record.get(key))}
    if isinstance(found.get("ts"), datetime):
        found["ts"] = _seconds(found["ts"])
    # A name is a text, also where it is made of digits.
    return {key: str(value) if key in NAMES and type(value) is int else value for key, value in found.items()}


def _data(record: Record, besides: tuple[str, ...]) -> dict[str, Any]:
    return {str(key): value for key, value in record.items() if key not in besides and not _is_nothing(value)}


def _is_nothing(value: object) -> bool:
    """None, and what libraries have in place of it: a number or time that is none."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return isinstance(value, float | datetime) and value != value  # noqa: PLR0124 - that is what tells it


def _spoken(value: object) -> object:
    """A value that JSON has no word for."""
    if isinstance(value, datetime):
        return f"$D_{_seconds(value)}"
    if isinstance(value, date):
        return f"$D_{_seconds(datetime.combine(value, _NOON))}"
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if hasattr(value, "item") and callable(value.item):
        return value.item()
    raise WrongCall("record_invalid", f"A value of type {type(value).__name__} is in no record.", "Make it a text, a number or a list.")


def _seconds(moment: datetime) -> int:
    """Seconds since 1970; a time without a zone is in UTC."""
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
