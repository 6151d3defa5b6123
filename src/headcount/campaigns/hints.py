"""What would raise a reach, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headcount.campaigns.reach import Counts, Place
from headcount.profiles.consent import OPT_IN, Channel

_TEXTS = {
    Place.DUPLICATE_ADDRESS: "Each shares an address with somebody before them. If they are other people, give them one of their own.",
    Place.FREQUENCY_CAP: "They got enough messages lately. Wait, or ask an administrator to raise the frequency cap.",
    Place.CONTROL_GROUP: "They get nothing, so that you see what messages do. An administrator can make the control group smaller.",
}


def hints(channel: Channel, counts: Counts) -> list[dict[str, Any]]:
    """What can be done about each place that keeps people out, the most people first: `place`, `people` and `advice`."""
    keeping = sorted((place for place in Place if place is not Place.REACH and counts[place]), key=lambda place: -counts[place])
    return [{"place": place.value, "people": counts[place], "advice": advice(channel, place)} for place in keeping]


def advice(channel: Channel, place: Place) -> str:
    """What can be done about the people who end in a place that keeps them out."""
    texts: Mapping[Place, str] = {Place.NO_ADDRESS: _no_address(channel), Place.OPTED_OUT: _opted_out(channel), **_TEXTS}
    return texts[place]


def _no_address(channel: Channel) -> str:
    if channel.address is None:
        return "No device of theirs takes push messages. An app sends the token of a device when somebody lets it."
    return f"Upload a file with their identities and a column {channel.address}."


def _opted_out(channel: Channel) -> str:
    if channel in OPT_IN:
        return f"Whoever has not said yes is not messaged on this channel. Upload a file with a column {channel.header} of those who did."
    return "They do not want to be messaged. Only they can change that; try another channel."
