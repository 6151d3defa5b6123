"""Documents for who may not see personal data: that there is a value stays, what it is does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headcount.profiles.report import COVER


def masked_person(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a person without who it is and what is known of them."""
    properties = {name: {**known, "value": COVER} for name, known in document["properties"].items()}
    events = [{**event, "properties": dict.fromkeys(event["properties"], COVER)} for event in document["events"]]
    return {**document, "identity": COVER, "properties": properties, "events": events}


def masked_entry(document: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the consent log without whose it is."""
    return {**document, "identity": COVER}


def masked_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a person without who it is and what is known of them."""
    data = dict.fromkeys(record["profileData"], COVER)
    devices = [dict.fromkeys(device, COVER) for device in record["platformInfo"]]
    fields = {name: COVER for name in ("identity", "name", "email", "phone") if name in record}
    return {**record, **fields, "profileData": data, "platformInfo": devices}
