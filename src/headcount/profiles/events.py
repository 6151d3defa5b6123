"""What people did: how events are called, and how many properties one has."""

from __future__ import annotations

from headcount.errors import WrongCall

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


def assert_sendable(name: str) -> str:
    """The name of an event as it is kept. Raises WrongCall `event_name_blank`, `event_name_too_long`, `event_restricted`."""
    kept = name.strip()
    if not folded(kept):
        raise WrongCall("event_name_blank", "The name of the event is blank.", "Say what people did, such as Charged.")
    if len(kept) > EVENT_NAME_LIMIT:
        raise WrongCall("event_name_too_long", f"The name of an event has at most {EVENT_NAME_LIMIT} characters.", "Shorten it.")
    if is_restricted(kept):
        raise WrongCall("event_restricted", f"Nobody may send an event “{kept}”: platforms raise it themselves.", "Give it another name.")
    return kept
