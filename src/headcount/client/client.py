"""Headcount from Python: upload files and tables, send profiles and events, ask about people."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

import httpx

from headcount.client import paths, records, sending
from headcount.client.connection import Connection, copy, save_rejects
from headcount.client.documents import Document, Upload
from headcount.client.events import OnProgress
from headcount.client.failures import error_of
from headcount.client.patience import Patience
from headcount.client.records import Record
from headcount.client.sending import Result, Sender
from headcount.client.sources import Manifest, Source, manifest_at, on_disk
from headcount.client.transfer import Parcel
from headcount.config import address
from headcount.errors import FileRejected, HeadcountError, WrongCall
from headcount.profiles.properties import SYSTEM
from headcount.values.instants import utc_text
from headcount.values.types import Type

#: Where a file goes: a path, or an opened file.
Sink = str | os.PathLike[str] | BinaryIO
ChannelName = Literal["push", "sms", "email", "whatsapp"]
#: Characters that a key may have, before what tells the calls apart is put behind it.
_KEY = 150
_CONNECT = 10.0


class Client:
    """The API of a server, with a passcode of an account.

    `timeout` is how many seconds an answer may take, `retries` how often a call is tried again that did not reach the server or came at a
    bad moment. A client can be used by several threads. Every method raises HeadcountError: a code, a message, and an advice.
    """

    def __init__(self, url: str, account: str, passcode: str, *, timeout: float = 600, retries: int = 5) -> None:
        _assert_address(url)
        self._shown = f"{type(self).__name__}({url!r}, account={account!r})"
        self._patience = Patience(retries)
        self._stack = ExitStack()
        limits = httpx.Timeout(timeout, connect=min(timeout, _CONNECT))
        opened = Connection.to_url(url, account, passcode, door="api", timeout=limits, patience=self._patience)
        self._connection = self._stack.enter_context(opened)
        # In a line such as Client.from_env().upload(...) nobody closes it.
        weakref.finalize(self, self._stack.close)

    @classmethod
    def from_env(cls, *, timeout: float = 600, retries: int = 5) -> Self:
        """A client as the environment says: HEADCOUNT_URL, HEADCOUNT_ACCOUNT (or HEADCOUNT_ACCOUNT_ID), HEADCOUNT_PASSCODE."""
        account = os.environ.get("HEADCOUNT_ACCOUNT_ID") or os.environ.get("HEADCOUNT_ACCOUNT") or "default"
        return cls(_set("HEADCOUNT_URL"), account, _set("HEADCOUNT_PASSCODE"), timeout=timeout, retries=retries)

    def __repr__(self) -> str:
        return self._shown

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the server."""
        self._stack.close()

    def upload(
        self,
        source: Source,
        *,
        name: str | None = None,
        event: str | None = None,
        manifest: Manifest | str | os.PathLike[str] | None = None,
        day_first: bool | None = None,
        confirm_resubscribe: str | None = None,
        review: bool = False,
        fail_on_rejects: bool = False,
        wait: bool = True,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Upload:
        """Apply a file or table; what became of it. It waits in `start_mapping` where something is open, with `review` in `ready`.

        `source` is a path, a file opened with mode `rb`, or a table: a pandas or polars data frame, an Arrow table, or whatever else has
        `__arrow_c_stream__`. With `event` its rows are events of that name. Without `wait` the answer comes when the file is received.
        Raises HeadcountError `wait_timeout` after `timeout` seconds, which the upload does not notice, and RowsRejected where
        `fail_on_rejects` is set.
        """
        told = on_progress or _nobody
        asked = _asked(manifest, **_of_events(event), dayFirst=day_first, confirmResubscribe=confirm_resubscribe)
        with self._parcel(source, asked, told, event) as parcel:
            try:
                begun = self._connection.send("uploads", parcel, {"name": name, "wait": 0, "review": "true" if review else None})
            except FileRejected as error:
                if error.upload is None:
                    raise
                return self.show(error.upload)
        found = Upload(begun)
        if wait and not found.is_over:
            found = self.wait(str(found.id), timeout=timeout, on_progress=told)
        return found.raise_for_status(fail_on_rejects=True) if fail_on_rejects and found.status == "completed" else found

    def check(
        self,
        source: Source,
        *,
        name: str | None = None,
        event: str | None = None,
        manifest: Manifest | str | os.PathLike[str] | None = None,
        day_first: bool | None = None,
        confirm_resubscribe: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Upload:
        """What an upload of the file or table would do now; nothing is stored. With `event` its rows are events of that name."""
        told = on_progress or _nobody
        asked = _asked(manifest, **_of_events(event), dayFirst=day_first, confirmResubscribe=confirm_resubscribe)
        with self._parcel(source, asked, told, event) as parcel:
            return Upload(self._connection.send_and_watch("check", parcel, told, {"name": name}))

    def uploads(self, *, limit: int = 100, status: str | None = None) -> list[Document]:
        """The newest uploads, newest first: the part `upload` of their documents."""
        found: list[Document] = self._connection.get("uploads", {"limit": limit, "status": status})["uploads"]
        return found

    def show(self, upload_id: str) -> Upload:
        """An upload as it is now."""
        return Upload(self._connection.get(paths.of_upload(upload_id)))

    def wait(self, upload_id: str, *, timeout: float | None = None, on_progress: OnProgress | None = None) -> Upload:
        """The upload when nobody works on it any more. Raises what ended the work, and `wait_timeout` after so many seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        path, attempt = paths.of_upload(upload_id, "progress"), 0
        while True:
            try:
                end = self._connection.watch(path, _before(until, upload_id, on_progress or _nobody), _left(until))
            except HeadcountError as error:
                # What ran out of time looks like a server that is gone; one that is started again goes on with it.
                _assert_before(until, upload_id)
                if error.code not in {"server_gone", "server_unreachable"} or attempt >= self._patience.retries:
                    raise
                end = {"status": None}
            if end.get("error"):
                raise error_of(end["error"])
            found = self.show(upload_id) if end["status"] else None
            if found is not None and found.is_over:
                return found
            _assert_before(until, upload_id)
            self._patience.pause(min(2.0**attempt, 10.0))
            attempt += 1

    def answer(self, upload_id: str, manifest: Manifest | str | os.PathLike[str], *, day_first: bool | None = None) -> Upload:
        """Say what the columns of a waiting upload mean, in place of what was said so far. `wait` then gives what became of it."""
        return Upload(self._connection.put(paths.of_upload(upload_id, "mapping"), _asked(manifest, dayFirst=day_first)))

    def apply(self, upload_id: str, *, confirm_resubscribe: str | None = None) -> Upload:
        """Begin to apply an upload that is `ready`."""
        return Upload(self._connection.post(paths.of_upload(upload_id, "apply"), {"confirmResubscribe": confirm_resubscribe}))

    def cancel(self, upload_id: str) -> Upload:
        """Stop an upload. What was applied by then stays, and can be undone."""
        return Upload(self._connection.post(paths.of_upload(upload_id, "cancel")))

    def undo(self, upload_id: str) -> Upload:
        """Begin to take an upload back: every value that is still as it left it."""
        return Upload(self._connection.post(paths.of_upload(upload_id, "undo")))

    def redo(self, upload_id: str) -> Upload:
        """Begin to bring an upload back that was taken back."""
        return Upload(self._connection.post(paths.of_upload(upload_id, "redo")))

    def rejects(self, upload_id: str, to: Sink) -> bool:
        """Write the rejects file of an upload; False, and nothing written, where there is none."""
        return save_rejects(self._connection, upload_id, partial(_opened, to))

    def profiles(
        self,
        records_: Iterable[Record] | object,
        /,
        *,
        batch: int = sending.MOST_RECORDS,
        concurrency: int = 1,
        idempotency_key: str | None = None,
        dry_run: bool = False,
        on_progress: Callable[[int], object] | None = None,
    ) -> Result:
        """Create and change people, live. A record is a dict of an identity and properties, or a whole one with `profileData`.

        `batch` records at most go with one call, and `concurrency` calls at once, so that the records of one person keep their order.
        What did not arrive is sent again and counted once. With an `idempotency_key` that is also true of another run of the program with
        the same records, `batch` and `concurrency`. Raises SendingStopped.
        """
        sender = self._sender(batch, concurrency, idempotency_key, dry_run=dry_run)
        return sender.send(records.each_of(records_), records.profile, on_progress)

    def events(
        self,
        records_: Iterable[Record] | object,
        /,
        *,
        name: str | None = None,
        batch: int = sending.MOST_RECORDS,
        concurrency: int = 1,
        idempotency_key: str | None = None,
        dry_run: bool = False,
        on_progress: Callable[[int], object] | None = None,
    ) -> Result:
        """Store what people did, live. A record is a dict of an identity, `evtName`, `ts` and properties, or a whole one with `evtData`.

        `name` is the event of those that name none. The rest is as of `profiles`.
        """
        sender = self._sender(batch, concurrency, idempotency_key, dry_run=dry_run)
        return sender.send(records.each_of(records_), records.event(name), on_progress)

    def person(self, identity: str) -> Document:
        """One person: every value with where it came from, consent, addresses. Raises WrongCall `person_unknown`."""
        found: Document = self._connection.get(f"people/{paths.segment(identity)}")
        return found

    def find(self, text: str, *, limit: int = 20) -> list[Document]:
        """People whose identity, name, address or number has the text in it."""
        found: list[Document] = self._connection.get("people", {"q": text, "limit": limit})["people"]
        return found

    def count(self, condition: str) -> int:
        """How many people a filter matches."""
        return int(self._connection.post("segments/count", {"filter": condition})["count"])

    def export(
        self, condition: str, to: Sink, *, columns: Sequence[str] | None = None, file_format: Literal["csv", "parquet"] = "csv"
    ) -> int:
        """Write the people whom a filter matches to a file; how many there are."""
        body = {"filter": condition, "format": file_format} | ({} if columns is None else {"columns": list(columns)})
        with self._connection.download("POST", "people/export", body) as answer, _opened(to) as out:
            for _ in copy(answer, out):
                pass
            return int(answer.headers["X-Headcount-People"])

    def people(self, condition: str, *, limit: int = 20) -> list[Document]:
        """Some of the people whom a filter matches."""
        found: list[Document] = self._connection.post("segments/people", {"filter": condition, "limit": limit})["people"]
        return found

    def breakdown(self, condition: str, property_name: str, *, limit: int = 10) -> Document:
        """How the people whom a filter matches fall apart by a property: its most frequent values as `shares`, and how many have none."""
        found: Document = self._connection.post("segments/breakdown", {"filter": condition, "property": property_name, "limit": limit})
        return found

    def reach(self, condition: str, channels: Sequence[ChannelName] | None = None) -> Document:
        """How many people of a filter a message reaches on each channel, and what keeps how many out; all channels where none is named."""
        body = {"filter": condition} | ({} if channels is None else {"channels": list(channels)})
        found: Document = self._connection.post("reach", body)
        return found

    def segments(self, name: str | None = None) -> list[Document]:
        """The saved segments by their names, or the one of a name, in any case."""
        found: list[Document] = self._connection.get("segments", {"name": name})["segments"]
        return found

    def save_segment(
        self, name: str, condition: str, *, description: str = "", frozen: bool = False, expires_at: datetime | None = None
    ) -> Document:
        """Save a filter under a name, in place of the segment that has the name; with `people`, how many are in it.

        A `frozen` one keeps whom the filter matches now, until `expires_at` where that is given (UTC where it has no zone).
        """
        kind = "frozen" if frozen else "live"
        wish = {"name": name, "filter": condition, "description": description, "kind": kind, "expires_at": _text(expires_at)}
        known = self.segments(name)
        call, path = (self._connection.put, paths.of_segment(known[0]["id"])) if known else (self._connection.post, "segments")
        saved: Document = call(path, wish)
        return saved

    def delete_segment(self, name: str) -> None:
        """Forget a saved segment; the people stay. Raises WrongCall (`segment_unknown`, `segment_used` by filters of others)."""
        known = self.segments(name)
        if not known:
            raise WrongCall("segment_unknown", f"There is no segment called “{name}”.", "segments() shows all of them.")
        self._connection.delete(paths.of_segment(known[0]["id"]))

    def audience(
        self,
        name: str,
        source: Source,
        change: Literal["add", "remove", "replace"],
        *,
        match: Literal["identity", "email", "phone"] | None = None,
        manifest: Manifest | str | os.PathLike[str] | None = None,
        expires_at: datetime | None = None,
        on_progress: OnProgress | None = None,
    ) -> Document:
        """Change a list of people by a file or table that names them; what became of its rows, and the `segment` that the list is.

        A list that is not there is made. `match` says what they are named by; which column does it, where that is not `identity` or the
        only one, stands in the manifest.
        """
        query = {"name": name, "change": change, "expires_at": _text(expires_at)}
        with self._parcel(source, _asked(manifest, match=match), on_progress or _nobody, None) as parcel:
            found: Document = self._connection.send("segments/audience", parcel, query)
        return found

    def properties(self) -> list[Document]:
        """Every property with its type."""
        found: list[Document] = self._connection.get("properties")["properties"]
        return found

    def set_consent(
        self,
        identity: str,
        channel: ChannelName,
        state: Literal["subscribed", "unsubscribed"],
        *,
        source: Literal["person", "dashboard", "api", "bounce"] = "api",
        reason: str | None = None,
    ) -> Document:
        """Change whether a person may be messaged on a channel: `changed`, and the `entry` of the consent log."""
        body = {"identity": identity, "channel": channel, "state": state, "source": source, "reason": reason}
        found: Document = self._connection.post("consent", body)
        return found

    @contextmanager
    def _parcel(self, source: Source, asked: dict[str, Any], told: OnProgress, event: str | None) -> Iterator[Parcel]:
        """A file or table on its way, with what is asked of it."""
        # Properties of events have types of their own.
        with on_disk(source, asked, dict if event else self._types) as (path, mapping):
            yield Parcel.of(path, mapping, partial(told, "receiving"))

    def _types(self) -> Mapping[str, Type]:
        """The types that properties have; only the fixed ones where the passcode may not ask."""
        try:
            found = {each["name"]: Type(each["type"]) for each in self.properties()}
        except WrongCall as error:
            if error.code != "right_missing":
                raise
            found = {}
        return {**SYSTEM, **found}

    def _sender(self, batch: int, concurrency: int, key: str | None, *, dry_run: bool) -> Sender:
        _assert_between("batch", batch, sending.MOST_RECORDS)
        _assert_between("concurrency", concurrency, sending.MOST_CALLS)
        if key is not None and not (key.isascii() and key.isprintable() and 0 < len(key) <= _KEY):
            raise WrongCall("value_invalid", "That is no idempotency_key.", f"It has 1 to {_KEY} printable ASCII characters.")

        def post(body: bytes, call: str, given_up: Event) -> Document:
            patience = Patience(self._patience.retries, given_up.wait)
            answer: Document = self._connection.post_records(body, call, patience, {"dryRun": 1 if dry_run else None})
            return answer

        return Sender(post, batch, concurrency, key)


def _asked(manifest: Manifest | str | os.PathLike[str] | None, **given: object) -> dict[str, Any]:
    """The manifest, with what is given beside it."""
    return manifest_at(manifest) | {key: value for key, value in given.items() if value is not None}


def _of_events(name: str | None) -> dict[str, object]:
    return {} if name is None else {"type": "event", "eventName": name}


def _set(name: str) -> str:
    found = os.environ.get(name, "")
    if not found:
        raise WrongCall("setting_invalid", f"{name} is not set.", f"Set {name}, or give it to Client.")
    return found


def _assert_address(url: str) -> None:
    try:
        address(url)
    except ValueError:
        advice = "It looks like https://headcount.example.com, without a name or passcode in it."
        raise WrongCall("setting_invalid", "That is no address of a server.", advice) from None


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def _opened(to: Sink) -> AbstractContextManager[BinaryIO]:
    return Path(to).open("wb") if isinstance(to, str | os.PathLike) else nullcontext(to)


def _assert_between(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise WrongCall("value_invalid", f"{name} is {value}.", f"It is 1 to {most:,}.")


def _nobody(phase: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def _before(until: float | None, upload_id: str, on_progress: OnProgress) -> OnProgress:
    """Progress that ends at a moment."""

    def told(phase: str, done: int, total: int) -> None:
        _assert_before(until, upload_id)
        on_progress(phase, done, total)

    return told


def _assert_before(until: float | None, upload_id: str) -> None:
    if until is not None and time.monotonic() >= until:
        raise HeadcountError("wait_timeout", f"Upload {upload_id} is not done yet.", "It goes on; wait again, or show how far it is.")


def _left(until: float | None) -> httpx.Timeout | None:
    return None if until is None else httpx.Timeout(max(0.05, until - time.monotonic()), connect=_CONNECT)
