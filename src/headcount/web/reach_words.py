"""A reach in words and as the bars of waterfalls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headcount.campaigns.reach import Place
from headcount.profiles.consent import OPT_IN, Channel
from headcount.web.words import CHANNELS

PLACES: Mapping[Place, str] = {
    Place.NO_ADDRESS: "No address",
    Place.OPTED_OUT: "Opted out",
    Place.DUPLICATE_ADDRESS: "Duplicate address",
    Place.FREQUENCY_CAP: "Frequency cap",
    Place.CONTROL_GROUP: "Control group",
    Place.REACH: "Reached",
}
#: Why somebody is there.
_WHY: Mapping[Place, str] = {
    Place.NO_ADDRESS: "Nothing is known by which this channel could reach them.",
    Place.OPTED_OUT: "They said no.",
    Place.DUPLICATE_ADDRESS: "Somebody who comes before them by identity gets the message at the same address.",
    Place.FREQUENCY_CAP: "They got enough messages on this channel lately.",
    Place.CONTROL_GROUP: "They are in the group that gets nothing, so that one sees what messages do.",
    Place.REACH: "Nothing keeps the message from them.",
}
_UNASKED = "They have not said yes, which this channel takes, or have said no."
_TONES: Mapping[Place, str] = {Place.REACH: "created"}
#: Width of the picture, and the least width of what is not nothing.
WIDTH, _LEAST = 100.0, 0.8


def why(place: Place, channel: Channel) -> str:
    """Why somebody is in a place of a channel."""
    return _UNASKED if place is Place.OPTED_OUT and channel in OPT_IN else _WHY[place]


def charts(channels: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of each channel its name, how many people matched, its hints, and the steps from all of them to those who are reached."""
    return [
        {"channel": name, "label": CHANNELS[name], "matched": told["matched"], "steps": _steps(told), "hints": told["hints"]}
        for name, told in channels.items()
    ]


def _steps(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each place with its bar, which begins where what is left ends."""
    matched, steps, left = told["matched"], list[dict[str, Any]](), told["matched"]
    for place in Place:
        people = told[place.value]
        left = people if place is Place.REACH else left - people
        width = max(WIDTH * people / matched, _LEAST) if people else 0.0
        x = 0.0 if place is Place.REACH else min(WIDTH * left / matched, WIDTH - width) if matched else 0.0
        tone = _TONES.get(place, "merged")
        steps.append(
            {"place": place.value, "label": PLACES[place], "people": people, "x": round(x, 2), "width": round(width, 2), "tone": tone}
        )
    return steps
