"""The live records of an account as somebody sends them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass

from headcount.auth.rights import Principal, Right
from headcount.ingest.group import Outcome
from headcount.ingest.queue import Ingest
from headcount.ingest.waiting import Asked


@dataclass(frozen=True, slots=True)
class LiveDesk:
    """What `principal` can send. Every method raises WrongCall `right_missing` first of all."""

    principal: Principal
    ingest: Ingest

    @asynccontextmanager
    async def entering(self) -> AsyncIterator[None]:
        """Be one of the calls in hand, for as long as the context lasts. Raises Throttled, Busy."""
        self.principal.demand(Right.UPLOAD)
        async with self.ingest.entering():
            yield

    def send(self, body: bytes, *, key: str | None = None, dry_run: bool = False) -> Future[Outcome]:
        """What will become of the records in a body; known when it is durable. Raises WrongCall."""
        self.principal.demand(Right.UPLOAD)
        return self.ingest.submit(body, Asked(actor=self.principal.name, door=self.principal.door, key=key, dry_run=dry_run))
