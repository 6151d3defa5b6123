"""The public document of a person, as a JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from headcount.profiles.consent import Channel, ConsentEntry, State, may_message
from headcount.profiles.properties import SYSTEM
from headcount.profiles.store import Device, Everything, Message, Person, StoredConsent, StoredEvent, StoredValue
from headcount.values.instants import utc_text

#: Stands in documents for what is there, and whoever reads them may not see.
COVER = "•••"


def document(person: Person, upload_ids: Mapping[int, str], now: datetime) -> dict[str, Any]:
    """The document of `people show`. `upload_ids` names uploads by their numbers; `now`, in UTC, is what an age is worked out from."""
    addresses = _addresses(person)
    return {
        "identity": person.identity,
        "properties": _properties(person, upload_ids, now),
        "consent": {channel.value: _consent(person.consent[channel]) for channel in Channel},
        "addresses": {channel.value: addresses[channel] for channel in Channel},
        "reachable": {
            channel.value: bool(addresses[channel]) and may_message(channel, person.consent[channel].stored) for channel in Channel
        },
        "first_seen": utc_text(person.first_seen),
        "last_updated": utc_text(person.last_updated),
        "uploads": [upload_ids[number] for number in person.uploads if number in upload_ids],
        "events": [_event(event, upload_ids) for event in person.events],
    }


def everything(found: Everything, upload_ids: Mapping[int, str], now: datetime) -> dict[str, Any]:
    """The document of `people show` with all events, and with the consent log, other names, devices and messages."""
    return {
        **document(found.person, upload_ids, now),
        "consent_log": [consent_entry(entry, upload_ids) for entry in found.consent_log],
        "aliases": [{"kind": each.kind, "value": each.value} for each in found.aliases],
        "devices": [_device(each) for each in found.devices],
        "messages": [message(each) for each in found.messages],
    }


def message(sent: Message) -> dict[str, Any]:
    """A message that somebody got."""
    return {"channel": sent.channel.value, "at": utc_text(sent.sent_at), "campaign": sent.campaign}


def _device(device: Device) -> dict[str, Any]:
    keys = json.loads(device.keys) if device.keys else None
    return {"object_id": device.object_id, "type": device.type, "token": device.token, "keys": keys, "added_at": utc_text(device.added_at)}


def shown_value(value: Any) -> Any:  # noqa: ANN401 - of any property's type, as JSON has it
    """A stored value as it is shown."""
    return utc_text(value) if isinstance(value, datetime) else value


def _properties(person: Person, upload_ids: Mapping[int, str], now: datetime) -> dict[str, Any]:
    found = {stored.property.name: _value(stored, upload_ids) for stored in person.values}
    born = next((stored for stored in person.values if stored.property.name == "DOB"), None)
    if born is not None:
        came_from = found["DOB"]["from"]
        found["Age"] = {"type": SYSTEM["Age"].value, "value": _age(born.value, now), "from": came_from}
    return found


def _value(stored: StoredValue, upload_ids: Mapping[int, str]) -> dict[str, Any]:
    value, came_from = shown_value(stored.value), _origin(stored.upload, stored.row, upload_ids)
    return {"type": stored.property.type.value, "value": value, "from": came_from}


def _event(event: StoredEvent, upload_ids: Mapping[int, str]) -> dict[str, Any]:
    came_from = _origin(event.upload, event.row, upload_ids)
    return {"name": event.name, "at": utc_text(event.at), "properties": dict(event.properties), "from": came_from}


def _origin(upload: int, row: int, upload_ids: Mapping[int, str]) -> dict[str, Any]:
    """The upload and its row; neither where a live call said it, whose rows are numbers of our own."""
    id_ = upload_ids.get(upload)
    return {"upload": id_, "row": row if id_ else None}


def _age(born: datetime, now: datetime) -> int:
    """Whole years; the birthday counts from the hour that was stored."""
    had_birthday = (now.month, now.day, now.time()) >= (born.month, born.day, born.time())
    return now.year - born.year - (not had_birthday)


def _addresses(person: Person) -> Mapping[Channel, int | bool]:
    """How many devices a person has, and whether there is an address of each other kind."""
    filled = {stored.property.name for stored in person.values}
    return {channel: channel.address in filled if channel.address else person.devices for channel in Channel}


def consent_entry(entry: ConsentEntry, upload_ids: Mapping[int, str]) -> dict[str, Any]:
    """An entry of the consent log."""
    return {
        "at": utc_text(entry.at),
        "identity": entry.identity,
        "channel": entry.channel.value,
        "before": State.of(entry.before).value,
        "after": State.of(entry.after).value,
        "source": entry.source.value,
        "actor": entry.actor or None,
        "door": entry.door or None,
        "upload": None if entry.upload is None else upload_ids.get(entry.upload),
        "row": entry.row,
        "reason": entry.reason,
    }


def _consent(known: StoredConsent) -> dict[str, Any]:
    return {
        "state": State.of(known.stored).value,
        "source": known.source,
        "at": utc_text(known.at) if known.at else None,
    }
