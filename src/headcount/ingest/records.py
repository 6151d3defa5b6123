"""From the body of a call to its records: who each is about, what it says, and what is wrong with its shape.

A body is `{"d": [record, …]}`. JSON is taken apart here, by Python's decoder; what the values are worth is decided for all calls together,
by the rules of files (`cells`). Sources: the upload API of the compared platform, as far as its answers are recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from headcount.errors import WrongCall
from headcount.profiles.events import EVENT_NAME_LIMIT, EVENT_PROPERTY_LIMIT, folded, is_restricted
from headcount.profiles.live import ROWS

#: A JSON object.
Document: TypeAlias = Mapping[str, Any]
#: Records, and among them tokens, that a call has at most.
RECORDS, TOKENS = 1_000, 100
#: The keys that say whom a record is about; the first that is filled counts.
NAMES = ("identity", "FBID", "GPID", "objectId")
#: The kinds of push tokens.
TOKEN_TYPES = frozenset({"apns", "gcm", "fcm", "wns", "mpns", "chrome"})
#: The last second of the year 9999.
LAST_SECOND = 253_402_300_799

Operation: TypeAlias = Literal["set", "delete", "add", "remove", "incr", "decr"]
#: What stands in place of a value, `{"$add": …}`.
OPERATIONS: Mapping[str, Operation] = {
    "$set": "set",
    "$delete": "delete",
    "$add": "add",
    "$remove": "remove",
    "$incr": "incr",
    "$decr": "decr",
}
#: Those whose outcome depends on the stored value.
RELATIVE: frozenset[Operation] = frozenset({"add", "remove", "incr", "decr"})
#: What a value is: `nested` is an object, or a list with anything but texts, numbers and truth values in it.
Kind: TypeAlias = Literal["text", "date", "whole", "fraction", "boolean", "list", "nested", "nothing"]

_DATE = re.compile(r"\s*\$D_-?[0-9]{1,12}\s*")
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")


#: What a record says of one property: the row of the record; a scope, '' for a property of a person, else the name of the event, folded;
#: the name of the property; what is done with it; and the value as a cell of a file would have it, a list or what is nested as JSON.
Cell: TypeAlias = tuple[int, str, str, Operation, Kind, str | None]


@dataclass(slots=True)
class Record:
    """One record of a call."""

    row: int
    #: As it came.
    given: Any
    type: str
    #: What it says under each of `NAMES`.
    names: Mapping[str, str]
    #: The code of what is wrong with its shape.
    fault: str | None = None
    event: str = ""
    #: When it happened, in seconds of Unix time, where it says so.
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a call sends."""

    records: Sequence[Record]
    cells: Sequence[Cell] = field(default=())


def read(body: bytes, call: int) -> Sent:
    """Take a body apart. Raises WrongCall `body_invalid`, `records_too_many`, `tokens_too_many`."""
    given = _decoded(body)
    if len(given) > RECORDS:
        raise _too_many("records", RECORDS, len(given))
    records = [_record(record, call * ROWS + place) for place, record in enumerate(given)]
    tokens = sum(record.type == "token" for record in records)
    if tokens > TOKENS:
        raise _too_many("tokens", TOKENS, tokens)
    cells = [cell for record in records if record.fault is None and record.type != "token" for cell in _cells(record)]
    return Sent(records, cells)


def _decoded(body: bytes) -> Sequence[Any]:
    try:
        document = json.loads(body.decode(), parse_constant=_no_number)
        # Half of a character is no text.
        if b"\\ud" in body.lower():
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _malformed() from None
    found = document.get("d") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise _malformed()
    return found


def _no_number(word: str) -> None:
    raise ValueError(word)


def _malformed() -> WrongCall:
    return WrongCall("body_invalid", "Malformed request")


def _too_many(what: str, most: int, found: int) -> WrongCall:
    return WrongCall(f"{what}_too_many", f"A call has at most {most:,} {what}; this one has {found:,}.", "Send them in several calls.")


def _record(given: Any, row: int) -> Record:  # noqa: ANN401 - anything may stand in a body
    if not isinstance(given, dict):
        return Record(row, given, "", {}, "record_type")
    names = {name: text for name in NAMES if (text := _plain(given.get(name)))}
    record = Record(row, given, str(given.get("type")), names)
    examine = {"profile": _profile_fault, "event": _event_fault, "token": _token_fault}.get(record.type)
    record.fault = examine(record) if examine else "record_type"
    return record


def _plain(value: Any) -> str:  # noqa: ANN401 - anything may stand in a body
    """A text or number as a text without blanks around it."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _profile_fault(record: Record) -> str | None:
    if not record.names:
        return "identity_blank"
    if _wrong_time(record):
        return "timestamp_invalid"
    return None if isinstance(record.given.get("profileData"), dict) else "record_type"


def _event_fault(record: Record) -> str | None:
    name, data = record.given.get("evtName"), record.given.get("evtData")
    if not record.names:
        return "identity_blank"
    if _wrong_time(record):
        return "timestamp_invalid"
    if not isinstance(name, str) or not name.strip():
        return "event_name_blank"
    record.event = name.strip()
    if len(record.event) > EVENT_NAME_LIMIT or not (data is None or isinstance(data, dict)):
        return "event_invalid"
    if is_restricted(record.event):
        return "event_restricted"
    return "event_property_limit" if data and len(data) > EVENT_PROPERTY_LIMIT else None


def _wrong_time(record: Record) -> bool:
    given = record.given.get("ts")
    if given is None:
        return False
    text = _plain(given)
    record.second = int(text) if _SECONDS.fullmatch(text) else None
    return record.second is None or record.second > LAST_SECOND


def _token_fault(record: Record) -> str | None:
    data = record.given.get("tokenData")
    if not 0 < len(record.names.get("objectId", "")) <= ROWS:
        return "token_object"
    if not isinstance(data, dict):
        return "token_invalid"
    if not isinstance(data.get("id"), str) or not data["id"].strip():
        return "token_id"
    if not isinstance(data.get("type"), str) or not data["type"].strip():
        return "token_type"
    if data["type"].lower() not in TOKEN_TYPES:
        return "token_type_unknown"
    keys = data.get("keys")
    complete = isinstance(keys, dict) and all(isinstance(keys.get(key), str) and keys[key] for key in ("p256dh", "auth"))
    return None if complete or data["type"].lower() != "chrome" else "token_keys"


def _cells(record: Record) -> Iterable[Cell]:
    """What a record says, of each key once: of two that are equal but for blanks the last one. What says nothing is left out."""
    return {cell[2]: cell for cell in _said(record)}.values()


def _said(record: Record) -> Iterator[Cell]:
    of_event = record.type == "event"
    scope, data = (folded(record.event), record.given.get("evtData") or {}) if of_event else ("", record.given["profileData"])
    for key, value in data.items():
        operation: Operation = "set"
        if not of_event and isinstance(value, dict) and len(value) == 1:
            (word,) = value
            if word in OPERATIONS:
                operation, value = OPERATIONS[word], value[word]  # noqa: PLW2901 - the operand is the value from here on
                if operation in {"add", "remove"} and not isinstance(value, list):
                    value = [value]  # noqa: PLW2901 - one text by itself is a list of it
        if not of_event and isinstance(value, list) and all(item is None for item in value):
            # A list without texts is none; adding nothing says nothing.
            operation, value = ("delete" if operation == "set" else operation), None  # noqa: PLW2901 - see above
        kind, text = ("nothing", None) if operation == "delete" else _read(value)
        if operation == "delete" or kind != "nothing":
            yield record.row, scope, key.strip(), operation, kind, text


def _read(value: Any) -> tuple[Kind, str | None]:  # noqa: ANN401 - anything may stand in a body
    read = _READERS.get(type(value))
    return read(value) if read else ("nothing", None)


def _read_text(value: str) -> tuple[Kind, str | None]:
    if not value or value.isspace():
        return "nothing", None
    return ("date" if "$D_" in value and _DATE.fullmatch(value) else "text"), value


def _read_list(value: Sequence[Any]) -> tuple[Kind, str | None]:
    if any(isinstance(item, dict | list) for item in value):
        return "nested", json.dumps(value, ensure_ascii=False)
    return "list", json.dumps([_item(item) for item in value if item is not None], ensure_ascii=False)


_READERS: Mapping[type, Callable[[Any], tuple[Kind, str | None]]] = {
    str: _read_text,
    bool: lambda value: ("boolean", "true" if value else "false"),
    int: lambda value: ("whole", str(value)),
    float: lambda value: ("fraction", repr(value)),
    list: _read_list,
    dict: lambda value: ("nested", json.dumps(value, ensure_ascii=False)),
}


def _item(item: Any) -> str:  # noqa: ANN401 - a text, a number or a truth value
    return str(item).lower() if isinstance(item, bool) else str(item)
