"""Reach: in which place each person of a filter ends on the way to a message, and the port of the store that tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from headcount.profiles.consent import Channel
from headcount.segments.filter import Filter


class Place(StrEnum):
    """Where somebody ends, in the order in which it is asked: the first that fits is theirs."""

    #: There is no e-mail address, phone number or device.
    NO_ADDRESS = "no_address"
    #: They said no; on a channel that takes an opt-in, they did not say yes.
    OPTED_OUT = "opted_out"
    #: Somebody who comes before them by identity, and could be messaged by what is asked so far, has the same address.
    DUPLICATE_ADDRESS = "duplicate_address"
    #: They got enough messages lately.
    FREQUENCY_CAP = "frequency_cap"
    #: They are in the share of people who get nothing, so that one sees what messages do.
    CONTROL_GROUP = "control_group"
    #: They get the message.
    REACH = "reach"

    @property
    def order(self) -> int:
        """Its number in the order in which it is asked, from 0."""
        return list(type(self)).index(self)


@dataclass(frozen=True, slots=True)
class Cap:
    """How often somebody is messaged on one channel at most. 0 stands for no limit."""

    #: So many messages within so many days of 24 hours.
    messages: int = 0
    days: int = 1
    #: So many hours lie between two messages.
    gap_hours: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """What holds for every message of an account."""

    caps: Mapping[Channel, Cap] = field(default_factory=dict)
    #: Of a hundred people, how many are in the control group.
    control_percent: int = 0
    #: With the identity it decides who is: the same people each time, and others in each account.
    salt: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom messages are meant for, as of a moment, and what holds for them."""

    condition: Filter
    #: The time zone in which a filter's local times are read.
    zone: str
    #: Gives the number of an upload by its id. Raises WrongCall.
    upload_numbers: Callable[[str], int | None]
    delivery: Delivery
    #: With a zone.
    at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody, and the address that is asked about: of a person with several devices one of their tokens."""

    identity: str
    address: str | None


#: How many people end in each place; all places are there.
Counts: TypeAlias = Mapping[Place, int]


class ReachStore(Protocol):
    """The profiles of one account, as messages find them. Who counts, lists or sends is told the same."""

    def count_addresses(self, now: datetime | None = None) -> None:
        """See PropertyStore."""
        ...

    def waterfall(self, audience: Audience, channels: Sequence[Channel]) -> Mapping[Channel, Counts]:
        """How many people end in each place, of each channel, all at one moment. Raises WrongCall."""
        ...

    def devices(self, audience: Audience) -> Mapping[str, int]:
        """How many people a push message reaches on each type of device. Raises WrongCall."""
        ...

    def placed(self, audience: Audience, channel: Channel, place: Place, limit: int) -> Sequence[Placed]:
        """At most `limit` people who end in a place, by identity. Raises WrongCall."""
        ...
