"""What holds for every message of an account: where that is kept, and how it is said in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from headcount.campaigns.reach import Cap, Delivery
from headcount.errors import WrongCall
from headcount.profiles.consent import Channel

#: A JSON object.
Document: TypeAlias = dict[str, Any]

#: The most that a cap can say, and the least.
MOST_MESSAGES, MOST_DAYS, MOST_HOURS = 1_000, 365, 24 * 365
#: Of a hundred people.
ALL = 100


class Deliveries(Protocol):
    """Where it is kept. Each method is one transaction."""

    def get(self, account_id: str) -> Delivery:
        """What holds in an account; no limits where nothing was ever said."""
        ...

    def put(self, account_id: str, caps: Mapping[Channel, Cap], control_percent: int) -> None:
        """Say what holds from now on. The salt stays as it is, so that a control group keeps its people."""


def check(caps: Mapping[Channel, Cap], control_percent: int) -> None:
    """Raises WrongCall `delivery_invalid`."""
    for channel, cap in caps.items():
        if not 0 <= cap.messages <= MOST_MESSAGES:
            raise _invalid(f"{channel}: a cap has 0 to {MOST_MESSAGES:,} messages; 0 is no limit.")
        if not 1 <= cap.days <= MOST_DAYS:
            raise _invalid(f"{channel}: a cap is about 1 to {MOST_DAYS} days.")
        if not 0 <= cap.gap_hours <= MOST_HOURS:
            raise _invalid(f"{channel}: 0 to {MOST_HOURS:,} hours lie between two messages; 0 is no limit.")
    if not 0 <= control_percent <= ALL:
        raise _invalid(f"A control group is 0 to {ALL} % of all people; 0 is nobody.")


def described(delivery: Delivery) -> Document:
    """What holds, of every channel."""
    return {
        "caps": {channel.value: caps_of(delivery.caps.get(channel, Cap())) for channel in Channel},
        "control_percent": delivery.control_percent,
    }


def caps_of(cap: Cap) -> Document:
    """The limits of a channel."""
    return {"messages": cap.messages, "days": cap.days, "gap_hours": cap.gap_hours}


def _invalid(message: str) -> WrongCall:
    return WrongCall("delivery_invalid", message)
