"""Documents for who may not see personal data: that there is a value stays, what it is does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headcount.profiles.report import COVER

#: A value that fewer people have may tell who they are.
FEW = 10


def masked_person(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a person without who it is and what is known of them."""
    properties = {name: {**known, "value": COVER} for name, known in document["properties"].items()}
    events = [{**event, "properties": dict.fromkeys(event["properties"], COVER)} for event in document["events"]]
    return {**document, "identity": COVER, "properties": properties, "events": events}


def masked_entry(document: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the consent log without whose it is. The reason for a change of one person alone may say that, too."""
    reason = document["reason"] if document["upload"] or not document["reason"] else COVER
    return {**document, "identity": COVER, "reason": reason}


def masked_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a person without who it is and what is known of them."""
    data = dict.fromkeys(record["profileData"], COVER)
    devices = [dict.fromkeys(device, COVER) for device in record["platformInfo"]]
    fields = {name: COVER for name in ("identity", "name", "email", "phone") if name in record}
    return {**record, **fields, "profileData": data, "platformInfo": devices}


def masked_property(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a property without texts, without values that few people have, and without the ends of its range."""
    found = document["statistics"]
    if found is None:
        return dict(document)
    ends = {end: None if found[end] is None else COVER for end in ("least", "greatest")}
    top = masked_values(found["top"])
    # Round numbers are nobody's; how many of few are between them is.
    bins = [{**each, "people": None if 0 < each["people"] < FEW else each["people"]} for each in found["histogram"]]
    return {**document, "statistics": {**found, **ends, "top": top, "histogram": bins}}


def masked_values(values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Values of a property, each with how many `people` have it, without those that may tell who they are."""
    return [{**each, "value": COVER if _may_tell(each) else each["value"]} for each in values]


def _may_tell(counted: Mapping[str, Any]) -> bool:
    # Anything may stand in a text, however many have it.
    return counted["people"] < FEW or isinstance(counted["value"], str)
