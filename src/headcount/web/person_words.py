"""What a person's documents say, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from headcount.profiles.consent import Channel
from headcount.profiles.report import COVER

#: What the channels are called.
CHANNELS: Mapping[str, str] = {Channel.PUSH: "Push", Channel.SMS: "SMS", Channel.EMAIL: "E-mail", Channel.WHATSAPP: "WhatsApp"}
# Browsers take these for steps through folders, however they are written.
_STEPS = frozenset({".", ".."})


def person_address(identity: str) -> str | None:
    """The page of a person; None where the identity is not to be seen."""
    if identity == COVER:
        return None
    return f"/people?{urlencode({'identity': identity})}" if identity in _STEPS else f"/people/{quote(identity, safe='')}"


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
