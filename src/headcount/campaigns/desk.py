"""Reach in one account, as one principal asks for it: how many people a message reaches, why not the others, and who they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from headcount.audit import AuditLog
from headcount.auth.rights import Principal, Right
from headcount.campaigns.delivery import Deliveries, check, described
from headcount.campaigns.hints import hints
from headcount.campaigns.messages import MessageStore, Record, read, unknown
from headcount.campaigns.reach import Audience, Cap, Counts, Place, ReachStore
from headcount.campaigns.touching import names_asked
from headcount.profiles.consent import Channel
from headcount.profiles.live import Answer, known_as
from headcount.profiles.report import COVER
from headcount.segments.filter import Filter
from headcount.segments.saved import Resolved
from headcount.values.instants import in_utc, utc_text

#: A JSON object.
Document: TypeAlias = dict[str, Any]
#: The ids of uploads that somebody works on, and what each sets: properties and consent columns; None where that is not known yet.
Running: TypeAlias = Mapping[str, Collection[str] | None]


class Store(ReachStore, MessageStore, Protocol):
    """The profiles of one account, and the messages that they got."""


@dataclass(frozen=True, slots=True)
class ReachDesk:
    """Each method works in the account of the principal, and raises WrongCall `right_missing`."""

    principal: Principal
    #: Opens the store of the account for as long as the context lasts. Raises Busy.
    open_store: Callable[[], AbstractContextManager[Store]]
    #: Gives the number of an upload by its id or the beginning of it. Raises WrongCall.
    upload_number: Callable[[str], int | None]
    #: Reads a filter. Raises WrongCall.
    read: Callable[[str], Resolved]
    #: Gives the uploads that are being worked on.
    running: Callable[[], Running]
    deliveries: Deliveries
    log: AuditLog
    #: The time zone in which a filter's local times are read.
    zone: str
    #: Gives the present instant.
    clock: Callable[[], datetime]

    def reach(self, condition: str, channels: Sequence[Channel]) -> Document:
        """How many people end in each place, of each channel. Raises WrongCall (`filter_invalid`, `property_unknown`).

        `computed_at`; `channels`: by their names `matched`, the places, and `hints`; `uploads_running`, the ids of those that change what
        is asked for; where the filter asks for lists that have expired, their names: `expired`.
        """
        self.principal.demand(Right.READ)
        # Before the numbers: what ends meanwhile is in some of them.
        running, asked_for = self.running(), self.read(condition)
        audience = self._audience(asked_for.filter)
        with self.open_store() as store:
            found = _waterfall(store, audience, channels, is_quiet=not running)
        asked = names_asked(audience.condition, channels)
        touching = [upload for upload, names in running.items() if asked is None or names is None or not asked.isdisjoint(names)]
        counted = {channel.value: {**_numbers(counts), "hints": hints(channel, counts)} for channel, counts in found.items()}
        told = {"computed_at": utc_text(audience.at), "channels": counted, "uploads_running": touching}
        return {**told, "expired": list(asked_for.expired)} if asked_for.expired else told

    def estimate(self, condition: Filter, channel: Channel) -> Mapping[str, int]:
        """How many people end in the reach of a channel, by its name; of push by types of their devices. Raises WrongCall."""
        self.principal.demand(Right.EDIT_CAMPAIGNS)
        is_quiet, audience = not self.running(), self._audience(condition)
        with self.open_store() as store:
            if channel is Channel.PUSH:
                return store.devices(audience)
            return {channel.value: _waterfall(store, audience, [channel], is_quiet=is_quiet)[channel][Place.REACH]}

    def people(self, condition: str, channel: Channel, place: Place, limit: int) -> list[Document]:
        """At most `limit` people who end in a place, by identity: `identity` and `address`. Raises WrongCall."""
        self.principal.demand(Right.READ)
        audience = self._audience(self.read(condition).filter)
        with self.open_store() as store:
            found = store.placed(audience, channel, place, limit)
        if self.principal.may(Right.SEE_PERSONAL_DATA):
            return [{"identity": each.identity, "address": each.address} for each in found]
        return [{"identity": COVER, "address": each.address and COVER} for each in found]

    def delivery(self) -> Document:
        """What holds for every message: `caps` by channel (`messages`, `days`, `gap_hours`) and `control_percent`."""
        self.principal.demand(Right.READ)
        return described(self.deliveries.get(self.principal.account_id))

    def set_delivery(self, caps: Mapping[Channel, Cap], control_percent: int) -> Document:
        """Say what holds from now on, and what then does. Raises WrongCall `delivery_invalid`."""
        self.principal.demand(Right.MANAGE_DELIVERY)
        check(caps, control_percent)
        account = self.principal.account_id
        before = self.deliveries.get(account)
        self.deliveries.put(account, caps, control_percent)
        found = described(self.deliveries.get(account))
        if found != described(before):
            told = {f"{channel}_{name}": value for channel, cap in found["caps"].items() for name, value in cap.items()}
            self.log.add(self.principal.did("delivery.set", account, self.clock(), control_percent=control_percent, **told))
        return found

    def keep_messages(self, records: Sequence[Record], key: str | None = None) -> Document:
        """Keep messages that were sent: how many are `stored`, and of which not `failed` says why. With a key they count once.

        Raises WrongCall (`key_invalid`, `key_reused`), HeadcountError.
        """
        self.principal.demand(Right.EDIT_CAMPAIGNS)
        if key is None:
            with self.open_store() as store:
                return self._kept(store, records, None, "")
        known, sha256 = known_as(key, "messages "), hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
        with self.open_store() as store, store.live_turn():
            before = store.answer(known)
            return self._kept(store, records, known, sha256) if before is None else dict(before.to_body(sha256))

    def _kept(self, store: Store, records: Sequence[Record], key: str | None, sha256: str) -> Document:
        now = self.clock()
        sent, failures = read(records, now)

        def said(places: Sequence[int]) -> Document:
            failed = [asdict(failure) for failure in sorted([*failures, *unknown(places)], key=lambda failure: failure.index)]
            return {"stored": len(records) - len(failed), "failed": failed}

        def answer(places: Sequence[int]) -> Answer | None:
            return None if key is None else Answer(key, sha256, in_utc(now), said(places))

        return said(store.keep_messages(sent, answer))

    def _audience(self, condition: Filter) -> Audience:
        return Audience(condition, self.zone, self.upload_number, self.deliveries.get(self.principal.account_id), self.clock())


def _waterfall(store: Store, audience: Audience, channels: Sequence[Channel], *, is_quiet: bool) -> Mapping[Channel, Counts]:
    # An upload that goes on would soon make it out of date, and nobody shares a device.
    if is_quiet and set(channels) != {Channel.PUSH}:
        store.count_addresses()
    return store.waterfall(audience, channels)


def _numbers(counts: Counts) -> dict[str, int]:
    """How many there are in all, and in each place: they add up."""
    return {"matched": sum(counts.values()), **{place.value: counts[place] for place in Place}}
