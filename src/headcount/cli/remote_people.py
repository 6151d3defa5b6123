"""A server does what commands ask about people."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow.parquet as pq

from headcount.campaigns.reach import Place
from headcount.cli.work import Document
from headcount.client.connection import Connection, copy
from headcount.client.paths import segment
from headcount.profiles.consent import Channel, Source, State
from headcount.segments.export import Format
from headcount.uploads.rules import OnProgress


@dataclass(frozen=True, slots=True)
class RemotePeople:
    """Implements `PeopleWork`."""

    connection: Connection

    def show(self, identity: str) -> Document:
        """See PeopleWork."""
        found: Document = self.connection.get(f"people/{segment(identity)}")
        return found

    def find(self, text: str, limit: int) -> Sequence[Document]:
        """See PeopleWork."""
        found: list[Document] = self.connection.get("people", {"q": text, "limit": limit})["people"]
        return found

    def consent_log(self, identity: str | None, upload: str | None, limit: int) -> Sequence[Document]:
        """See PeopleWork."""
        query = {"identity": identity, "upload": upload or None, "limit": limit}
        found: list[Document] = self.connection.get("consent", query)["entries"]
        return found

    def set_consent(self, identity: str, channel: Channel, *, subscribed: bool, source: Source, reason: str | None = None) -> Document:
        """See PeopleWork."""
        body = {"identity": identity, "channel": channel, "state": State.of(subscribed), "source": source, "reason": reason}
        found: Document = self.connection.post("consent", body)
        return found

    def count(self, condition: str) -> int:
        """See PeopleWork."""
        return int(self.connection.post("segments/count", {"filter": condition})["count"])

    def export(self, condition: str, names: Sequence[str] | None, file_format: Format, out: BinaryIO, on_progress: OnProgress) -> Document:
        """See PeopleWork. The columns are known where `out` can be read again."""
        body = {"filter": condition, "format": file_format} | ({} if names is None else {"columns": list(names)})
        # How many there are is known when the server has them all.
        on_progress("exporting", 0, 0)
        with self.connection.download("POST", "people/export", body) as answer:
            people, size = int(answer.headers["X-Headcount-People"]), int(answer.headers["Content-Length"])
            received = 0
            for block in copy(answer, out):
                received += block
                on_progress("exporting", people * received // size, people)
        return {"people": people, "format": file_format, "columns": _columns(out, file_format)}


@dataclass(frozen=True, slots=True)
class RemoteReach:
    """Implements `ReachWork`."""

    connection: Connection

    def reach(self, condition: str, channels: Sequence[Channel]) -> Document:
        """See ReachWork."""
        found: Document = self.connection.post("reach", {"filter": condition, "channels": list(channels)})
        return found

    def people(self, condition: str, channel: Channel, place: Place, limit: int) -> Sequence[Document]:
        """See ReachWork."""
        body = {"filter": condition, "channel": channel, "place": place, "limit": limit}
        found: list[Document] = self.connection.post("reach/people", body)["people"]
        return found


def _columns(out: BinaryIO, file_format: Format) -> list[str]:
    """What the columns of a file are called, as it says itself."""
    if not (out.seekable() and out.readable()):
        return []
    out.seek(0)
    if file_format == "parquet":
        return list(pq.read_schema(out).names)
    (header,) = csv.reader(io.StringIO(out.readline().decode()))
    return header
