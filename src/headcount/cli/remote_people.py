"""A server does what commands ask about people."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import BinaryIO
from uuid import uuid4

import pyarrow.parquet as pq

from headcount.campaigns.delivery import caps_of
from headcount.campaigns.messages import Record
from headcount.campaigns.reach import Cap, Place
from headcount.cli.work import Document
from headcount.client.connection import Connection, copy
from headcount.client.paths import of_segment, segment
from headcount.people.segments import Wish
from headcount.profiles.consent import Channel, Source, State
from headcount.segments.export import Format
from headcount.uploads.rules import OnProgress

#: Seconds between two looks whether the server is done.
_LOOK = 0.5


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
class RemoteSegments:
    """Implements `SegmentWork`."""

    connection: Connection

    def count(self, condition: str) -> Document:
        """See SegmentWork."""
        found: Document = self.connection.post("segments/count", {"filter": condition})
        return found

    def people(self, condition: str, limit: int) -> Sequence[Document]:
        """See SegmentWork."""
        found: Sequence[Document] = self.connection.post("segments/people", {"filter": condition, "limit": limit})["people"]
        return found

    def list(self, name: str | None = None) -> Sequence[Document]:
        """See SegmentWork."""
        found: Sequence[Document] = self.connection.get("segments", {"name": name})["segments"]
        return found

    def save(self, wish: Wish) -> Document:
        """See SegmentWork."""
        found: Document = self.connection.post("segments", _body(wish))
        return found

    def change(self, segment_id: str, wish: Wish) -> Document:
        """See SegmentWork."""
        found: Document = self.connection.put(of_segment(segment_id), _body(wish))
        return found

    def delete(self, segment_id: str) -> None:
        """See SegmentWork."""
        self.connection.delete(of_segment(segment_id))


@dataclass(frozen=True, slots=True)
class RemoteErasing:
    """Implements `EraseWork`."""

    connection: Connection

    def erase(self, identity: str) -> int:
        """See EraseWork."""
        return int(self.connection.delete(f"people/{segment(identity)}")["erased"])

    def state(self) -> Document:
        """See EraseWork."""
        found: Document = self.connection.get("erasures")
        return found

    def scrub(self) -> Document:
        """See EraseWork."""
        found: Document = self.connection.post("erasures/scrub")
        while found["people"] and not found["uploads"]:
            time.sleep(_LOOK)
            found = self.state()
        return found


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

    def delivery(self) -> Document:
        """See ReachWork."""
        found: Document = self.connection.get("delivery")
        return found

    def set_delivery(self, caps: Mapping[Channel, Cap], control_percent: int) -> Document:
        """See ReachWork."""
        body = {"caps": {channel: caps_of(cap) for channel, cap in caps.items()}, "control_percent": control_percent}
        found: Document = self.connection.put("delivery", body)
        return found

    def keep_messages(self, records: Sequence[Record], key: str | None) -> Document:
        """See ReachWork."""
        found: Document = self.connection.post_once("messages", {"messages": list(records)}, key or uuid4().hex)
        return found


def _body(wish: Wish) -> Document:
    """A wish as the API takes it."""
    return {**asdict(wish), "expires_at": wish.expires_at and wish.expires_at.isoformat()}


def _columns(out: BinaryIO, file_format: Format) -> list[str]:
    """What the columns of a file are called, as it says itself."""
    if not (out.seekable() and out.readable()):
        return []
    out.seek(0)
    if file_format == "parquet":
        return list(pq.read_schema(out).names)
    (header,) = csv.reader(io.StringIO(out.readline().decode()))
    return header
