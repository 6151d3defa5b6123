"""Consent: the channels, the states, and the headers that mean them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from headcount.profiles.properties import ADDRESSES


class Channel(StrEnum):
    """Where a person can be messaged."""

    PUSH = "push"
    SMS = "sms"
    EMAIL = "email"
    WHATSAPP = "whatsapp"

    @property
    def header(self) -> str:
        """The column of a file that changes it."""
        return f"MSG-{self.value}"

    @property
    def column(self) -> str:
        """Its column in the store: true subscribed, false unsubscribed, NULL not set."""
        return f"consent_{self.value}"

    @property
    def address(self) -> str | None:
        """The property that holds the addresses; None where they are those of devices."""
        return _ADDRESSES.get(self)

    @property
    def bit(self) -> int:
        """What stands for it in a set of channels that is kept as a number."""
        return 1 << list(type(self)).index(self)


_ADDRESSES = {Channel.SMS: ADDRESSES["phone"], Channel.EMAIL: ADDRESSES["email"], Channel.WHATSAPP: ADDRESSES["phone"]}


class State(StrEnum):
    """What is known of a person's wish on one channel."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    NOT_SET = "not_set"

    @classmethod
    def of(cls, stored: bool | None) -> State:  # noqa: FBT001 - the stored value itself, not an option
        """The state that a stored value means."""
        if stored is None:
            return cls.NOT_SET
        return cls.SUBSCRIBED if stored else cls.UNSUBSCRIBED


class Source(StrEnum):
    """Who changed a consent. Where `person` opted out, an upload brings nobody back unless it is confirmed."""

    UPLOAD = "upload"
    PERSON = "person"
    API = "api"
    DASHBOARD = "dashboard"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of the consent of one person on one channel, on whose word and why."""

    channel: Channel
    subscribed: bool
    source: Source
    at: datetime
    actor: str = ""
    #: Where it came in, as an upload does: cli, api, dashboard.
    door: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """When, on whose word and by which door consents of many people are changed."""

    at: datetime
    source: Source
    actor: str = ""
    door: str = ""


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One entry of the consent log; states are true subscribed, false unsubscribed, None not set."""

    at: datetime
    identity: str
    channel: Channel
    before: bool | None
    after: bool | None
    source: Source
    actor: str
    door: str
    #: The number of the upload that changed it, and the spreadsheet row.
    upload: int | None
    row: int | None
    reason: str | None


#: Channels on which a person who said nothing is not reachable.
OPT_IN = frozenset({Channel.WHATSAPP})

_HEADERS = {channel.header.casefold(): channel for channel in Channel}
_LETTERS = {"".join(filter(str.isalnum, header)): channel for header, channel in _HEADERS.items()}


def channel_of(header: str) -> Channel | None:
    """The channel of a consent header, in any case."""
    return _HEADERS.get(header.casefold())


def near_miss(header: str) -> Channel | None:
    """The channel of a header that is a consent header but for punctuation (`msg_email`)."""
    if channel_of(header):
        return None
    return _LETTERS.get("".join(filter(str.isalnum, header.casefold())))


def may_message(channel: Channel, stored: bool | None) -> bool:  # noqa: FBT001 - the stored value itself, not an option
    """Whether consent allows a message on the channel."""
    return channel not in OPT_IN if stored is None else stored
