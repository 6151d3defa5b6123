"""An account: a workspace to which all data belongs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from headcount.config import ACCOUNT_ID
from headcount.errors import WrongCall


@dataclass(frozen=True, slots=True)
class Account:
    """A workspace. Raises WrongCall `account_invalid`; an id that is sound leads to no other path, since it names the data file."""

    id: str
    name: str
    #: An IANA name; local times are read in it.
    time_zone: str

    def __post_init__(self) -> None:
        if not re.fullmatch(ACCOUNT_ID, self.id):
            raise _invalid("An account's id has 1 to 64 letters, digits, '-' and '_', and begins with a letter or digit.")
        if not self.name.strip():
            raise _invalid("An account needs a name.")
        if not _is_time_zone(self.time_zone):
            raise _invalid("An account's time zone is an IANA one, such as UTC or Europe/Berlin.")


class Accounts(Protocol):
    """Where accounts are kept. Each method is one transaction."""

    def ensure(self, account: Account) -> None:
        """Make the account where there is none of that id; one that exists stays as it is."""

    def get(self, account_id: str) -> Account:
        """The account. Raises WrongCall `account_unknown`."""
        ...

    def list(self) -> Sequence[Account]:
        """All accounts by their ids."""
        ...


def _invalid(message: str) -> WrongCall:
    return WrongCall("account_invalid", message)


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True
