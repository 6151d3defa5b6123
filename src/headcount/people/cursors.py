"""Cursors: where a program that takes out people or events page by page goes on. What one stands for is kept here, not in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias

#: What the pages are of.
Kind: TypeAlias = Literal["profiles", "events"]
#: How long a cursor can be used.
KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A page that can be asked for, as often as somebody likes, until it expires."""

    account_id: str
    kind: Kind
    #: As the program sent it.
    query: Mapping[str, Any]
    #: Records of a page.
    size: int
    #: Behind which record the page begins; None for the first one.
    after: str | None = None


class Cursors(Protocol):
    """Where cursors are kept, so that a restart forgets none. Each method is one transaction."""

    def keep(self, cursor: Cursor, at: datetime) -> str:
        """Keep a cursor from now on; gives what it is called. Forgets those that are expired."""
        ...

    def find(self, account_id: str, kind: Kind, name: str, at: datetime) -> Cursor | None:
        """The cursor of a name, where the account has it and it is not expired."""
        ...

    def forget(self, account_id: str) -> None:
        """Forget every cursor of the account."""
        ...
