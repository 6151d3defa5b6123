"""The throttle of sign-ins: after a few failures each further one costs twice the time."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from headcount.auth.tokens import keyed_hash
from headcount.auth.users import folded

#: Failures of an e-mail address that cost no time: typing errors.
FREE_OF_EMAIL = 5
#: Failures of a network address that cost no time: a whole office can share one.
FREE_OF_NETWORK = 20
#: The longest time between two attempts, in seconds.
LONGEST = 900
#: After this time without an attempt all is forgotten.
FORGOTTEN = timedelta(days=1)

# Twice the time as often as it takes to get to the longest.
_DOUBLINGS = LONGEST.bit_length()
_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class Key:
    """Whose failures are counted together. What people type, which may be a password by mistake, is not kept: a hash is."""

    hash: str
    free: int


@dataclass(frozen=True, slots=True)
class Keys:
    """The two counts of one attempt."""

    email: Key
    network: Key


class Attempts(Protocol):
    """Where attempts to sign in are counted, so that a restart forgets none. Each method is one transaction."""

    def begin(self, keys: Keys, at: datetime) -> int:
        """Count an attempt as failed before it is tried, and give 0; or count nothing and give the seconds until one is free.

        Counting before trying holds back those who try many at once.
        """
        ...

    def succeeded(self, keys: Keys) -> None:
        """The attempt was none: forget the failures of the e-mail address, and count one less for the network address.

        Somebody with a password of their own cannot wipe out by it what they tried on others.
        """


def keys_of(email: str, address: str) -> Keys:
    """The counts of an attempt with the e-mail address from the network address, which is blank where there is none."""
    return Keys(
        Key(keyed_hash("email", folded(email)), FREE_OF_EMAIL),
        Key(keyed_hash("network", _network(address)), FREE_OF_NETWORK),
    )


def seconds_left(key: Key, failures: int, last_at: datetime, at: datetime) -> int:
    """How long an attempt has to wait, in whole seconds, after so many failures, the last one of them at `last_at`."""
    if failures < key.free or at >= last_at + FORGOTTEN:
        return 0
    wait = min(LONGEST, 1 << min(failures - key.free, _DOUBLINGS))
    # Rounded up, so that whoever waits as long as they were told is not too early.
    return min(wait, max(0, -((at - last_at) // timedelta(seconds=1) - wait)))


def _network(address: str) -> str:
    """The address; of an IPv6 one its network, all of which one customer of a provider has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((int(parsed), _NETWORK_BITS), strict=False))
