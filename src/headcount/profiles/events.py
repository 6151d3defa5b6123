"""What people did: how events are called, and how many properties one has."""

from __future__ import annotations

#: How long the name of an event is, in characters, and how many properties it has, at most.
EVENT_NAME_LIMIT, EVENT_PROPERTY_LIMIT = 512, 256

#: Events that only the compared platform raises itself. Source: its "Platform Considerations".
_RESTRICTED_NAMES = (
    "Notification Sent",
    "Notification Viewed",
    "Notification Clicked",
    "Notification Delivered",
    "Notification Replied",
    "UTM Visited",
    "App Launched",
    "App Uninstalled",
    "App Version Changed",
    "Stayed",
    "Reply Sent",
    "Experiment Rendered",
    "Reachable By",
    "Identity Reset",
    "Identity Set",
    "Identity Error",
)


def folded(name: str) -> str:
    """The name without what does not count in it: case and blanks."""
    return name.replace(" ", "").lower()


#: Folded names of events that nobody may send.
RESTRICTED = frozenset(map(folded, _RESTRICTED_NAMES))


def is_restricted(name: str) -> bool:
    """Whether nobody may send an event of this name."""
    return folded(name) in RESTRICTED
