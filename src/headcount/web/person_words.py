"""What a person's documents say, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from headcount.profiles.consent import OPT_IN, Channel
from headcount.profiles.properties import SYSTEM
from headcount.profiles.report import COVER
from headcount.web.words import CHANNELS

# Browsers take these for steps through folders, however they are written.
_STEPS = frozenset({".", ".."})


#: What is missing where there is no address for a channel.
_MISSING: Mapping[str, str] = {
    "push": "No push token",
    "sms": "No phone number",
    "email": "No e-mail address",
    "whatsapp": "No phone number",
}
#: What became of a consent, by its state and who said so; None is somebody who is not known.
_STATES: Mapping[tuple[str, str | None], str] = {
    ("unsubscribed", "person"): "Opted out themselves",
    ("unsubscribed", "upload"): "Unsubscribed by an upload",
    ("unsubscribed", "api"): "Unsubscribed by an API call",
    ("unsubscribed", "dashboard"): "Unsubscribed by hand",
    ("unsubscribed", "bounce"): "Unsubscribed because a message came back",
    ("unsubscribed", None): "Unsubscribed",
    ("subscribed", "person"): "Opted in themselves",
    ("subscribed", "upload"): "Subscribed by an upload",
    ("subscribed", "api"): "Subscribed by an API call",
    ("subscribed", "dashboard"): "Subscribed by hand",
    ("subscribed", None): "Subscribed",
}
#: The states as words of the log.
STATES: Mapping[str, str] = {"subscribed": "Subscribed", "unsubscribed": "Unsubscribed", "not_set": "Not set"}
#: Who changed a consent.
SOURCES: Mapping[str, str] = {
    "person": "The person",
    "upload": "An upload",
    "api": "An API call",
    "dashboard": "By hand",
    "bounce": "A message that came back",
}


def address(identity: str) -> str:
    """The page of a person."""
    return f"/people?{urlencode({'identity': identity})}" if identity in _STEPS else f"/people/{quote(identity, safe='')}"


def title(document: Mapping[str, Any]) -> str:
    """What a person is called on their page."""
    return str(document["properties"].get("Name", {}).get("value") or document["identity"])


def values(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The properties of a person: those that every account has first, then by name."""
    order = list(SYSTEM)
    known = sorted(document["properties"].items(), key=lambda each: (order.index(each[0]) if each[0] in order else len(order), each[0]))
    return [{"name": name, **value, "covered": value["value"] == COVER} for name, value in known]


def shown(value: object) -> str:
    """A value as text: the texts of a list beside one another, truth as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def channels(document: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each channel whether a message reaches the person, why or why not, and the entry of the log that decided it."""
    return [_channel(channel, document, entries) for channel in CHANNELS]


def _channel(channel: str, document: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    consent, has = document["consent"][channel], document["addresses"][channel]
    decided = (each for each in entries if (each["channel"], each["at"], each["source"]) == (channel, consent["at"], consent["source"]))
    return {
        "channel": channel,
        "word": CHANNELS[channel],
        "reachable": document["reachable"][channel],
        "address": _has(channel, has) if has else _MISSING[channel],
        "consent": _state(channel, consent),
        "state": consent["state"],
        "at": consent["at"] if consent["state"] != "not_set" else None,
        "entry": next(decided, None) if consent["state"] != "not_set" else None,
    }


def _has(channel: str, has: int) -> str:
    if channel == Channel.PUSH:
        return "1 device" if has == 1 else f"{has} devices"
    return "Has an e-mail address" if channel == Channel.EMAIL else "Has a phone number"


def _state(channel: str, consent: Mapping[str, Any]) -> str:
    if consent["state"] != "not_set":
        return _STATES.get((consent["state"], consent["source"])) or STATES[consent["state"]]
    return "Has not opted in, which this channel takes" if channel in OPT_IN else "Said nothing, so may be messaged"


def person_address(identity: str) -> str | None:
    """The page of a person; None where the identity is not to be seen."""
    return None if identity == COVER else address(identity)


def found_person(document: Mapping[str, Any]) -> dict[str, Any]:
    """A line of who was found."""
    values = {name: document["properties"].get(name, {}).get("value") for name in ("Name", "Email", "Phone")}
    return {
        "identity": document["identity"],
        "href": person_address(document["identity"]),
        "name": values["Name"],
        "email": values["Email"],
        "phone": values["Phone"],
        "reachable": [word for channel, word in CHANNELS.items() if document["reachable"][channel]],
        "last_updated": document["last_updated"],
    }
