"""What somebody last said of files with certain headers: offered when the next one comes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from headcount.uploads.mapping import Kind, Request
from headcount.uploads.upload import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedMapping:
    """A mapping, and who gave it last with which upload."""

    account_id: str
    #: Of the headers it belongs to, as `fingerprint` makes it.
    headers: str
    request: Document
    upload: str
    by: str
    at: datetime


class Mappings(Protocol):
    """Where mappings are remembered. Each method is one transaction."""

    def remember(self, mapping: RememberedMapping) -> None:
        """Keep it instead of what was said of the same headers before."""

    def find(self, account_id: str, headers: str) -> RememberedMapping | None:
        """What was said last of files with these headers."""
        ...

    def list(self, account_id: str) -> Sequence[RememberedMapping]:
        """All that is remembered, the newest first."""
        ...


def fingerprint(headers: Sequence[str], kind: Kind = "profile") -> str:
    """Of headers in their order, in hexadecimal; those of events are not those of profiles."""
    known: object = list(headers) if kind == "profile" else {kind: list(headers)}
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def worth_remembering(request: Request) -> Request:
    """The mapping without what is said of one file only: why its re-subscriptions are right, what its events are called."""
    return replace(request, confirm_resubscribe=None, event=None)
