"""The saved segments of one account, as one principal asks: every method demands its right, and what changes is in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from headcount.audit import AuditLog
from headcount.auth.rights import Principal, Right
from headcount.auth.tokens import new_id
from headcount.errors import HeadcountError, WrongCall
from headcount.people.masking import masked_person
from headcount.profiles.report import COVER, document, shown_value
from headcount.segments.covering import covered, has_covers
from headcount.segments.filter import Filter, InSegment
from headcount.segments.filter_json import to_json
from headcount.segments.grammar import parse, render
from headcount.segments.saved import (
    FilterReader,
    Kind,
    Resolved,
    SavedSegment,
    SegmentRecords,
    checked_description,
    checked_name,
    folded,
    named,
    resolved,
    users_of,
    with_change,
    with_id,
)
from headcount.segments.store import Change, Filled, Listing, ListStore, LookStore, SegmentStore
from headcount.values.instants import utc_text

#: A JSON object.
Document: TypeAlias = dict[str, Any]


class Store(SegmentStore, ListStore, LookStore, Protocol):
    """The profiles of one account, with the filters over them and the lists of segments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a segment is to be."""

    name: str
    #: As it is written; None for a list that stays as it is.
    filter: str | None
    description: str = ""
    kind: Kind = "live"
    #: With a zone; only a frozen segment can expire.
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SegmentDesk:
    """Each method works in the account of the principal, and raises WrongCall `right_missing`; ids and names lead to `segment_unknown`."""

    principal: Principal
    #: Opens the store of the account for as long as the context lasts. Raises Busy.
    open_store: Callable[[], AbstractContextManager[Store]]
    records: SegmentRecords
    #: Gives the ids of the uploads by their numbers.
    upload_ids: Callable[[], Mapping[int, str]]
    #: Gives the number of an upload by its id or the beginning of it. Raises WrongCall.
    upload_number: Callable[[str], int | None]
    #: The time zone in which a filter's local times are read.
    zone: str
    log: AuditLog
    #: Gives the present instant.
    clock: Callable[[], datetime]

    def list(self, name: str | None = None) -> Sequence[Document]:
        """The segments by their names, or the one of a name, in any case. Without how many people are in each."""
        self.principal.demand(Right.READ)
        saved = self._saved()
        users = users_of(saved)
        return [self._described(each, users) for each in saved if name is None or folded(each.name) == folded(name)]

    def names(self) -> Mapping[str, str]:
        """From the ids of the segments to their names, in the order of these."""
        self.principal.demand(Right.READ)
        return {each.id: each.name for each in self._saved()}

    def show(self, segment_id: str) -> Document:
        """One segment."""
        self.principal.demand(Right.READ)
        saved = self._saved()
        return self._described(with_id(saved, segment_id), users_of(saved))

    def save(self, wish: Wish) -> Document:
        """Save a new segment; with `people`, how many are in it. Raises WrongCall (`segment_exists`, `segment_invalid`, as filters do)."""
        self.principal.demand(Right.EDIT_CAMPAIGNS)
        now = self.clock()
        if wish.filter is None:
            raise WrongCall("segment_invalid", "A new segment needs a filter.", "Name one, or make a list of a file.")
        tree = self._visible(parse(wish.filter))
        made = SavedSegment(
            id=new_id("s"),
            account_id=self.principal.account_id,
            name=checked_name(wish.name),
            description=checked_description(wish.description),
            kind=wish.kind,
            filter=to_json(tree),
            list_number=None,
            made_by=self.principal.name,
            made_at=now,
            changed_at=now,
            expires_at=wish.expires_at,
        )
        kept, people = self._settled(made, refreeze=True)
        with self._list_in_place_of(None, kept.list_number):
            self.records.add(kept)
        self.log.add(self.principal.did("segment.save", kept.id, now, kind=kept.kind, people=people))
        return {**self._described(kept, users_of(self._saved())), "people": people}

    def change(self, segment_id: str, wish: Wish) -> Document:
        """Make another of a segment, as `save` makes one. Filters that name it go on doing so. Without a filter its list stays.

        So it does with the filter as it was shown to somebody who may not see its values.
        """
        self.principal.demand(Right.EDIT_CAMPAIGNS)
        saved = self._saved()
        before = with_id(saved, segment_id)
        tree = None if wish.filter is None else parse(wish.filter)
        if tree is not None and tree != before.tree:
            tree = None if tree == self._shown(before) else self._visible(tree)
        after = replace(
            before,
            name=checked_name(wish.name),
            description=checked_description(wish.description),
            kind=wish.kind,
            filter=before.filter if tree is None else to_json(tree),
            changed_at=self.clock(),
            expires_at=wish.expires_at,
        )
        if after.kind == "live" and after.filter is None:
            raise WrongCall("segment_invalid", "A live segment needs a filter.", "Name one, or leave it a list.")
        others = [each for each in with_change(saved, after, after.changed_at) if each.id != after.id and each not in saved]
        kept, people = self._settled(after, refreeze=tree is not None)
        with self._list_in_place_of(before.list_number, kept.list_number):
            self.records.change([kept, *others])
        self.log.add(self.principal.did("segment.change", kept.id, self.clock(), kind=kept.kind, people=people))
        return {**self._described(kept, users_of(self._saved())), "people": people}

    def delete(self, segment_id: str) -> None:
        """Forget a segment. Raises WrongCall `segment_used`, which names those that ask for it."""
        self.principal.demand(Right.EDIT_CAMPAIGNS)
        saved = self._saved()
        gone = with_id(saved, segment_id)
        if users := users_of(saved).get(folded(gone.name)):
            names = ", ".join(f"“{name}”" for name in users)
            raise WrongCall("segment_used", f"The segment is asked for by {names}.", "Change or delete these first.")
        with self._list_in_place_of(gone.list_number, None):
            self.records.delete(self.principal.account_id, gone.id)
        self.log.add(self.principal.did("segment.delete", gone.id, self.clock()))

    def assert_fillable(self, name: str, change: Change) -> None:
        """Before a file is read: whether it can `change` the list of the name. Raises WrongCall (`segment_invalid`, `segment_live`)."""
        for right in (Right.EDIT_CAMPAIGNS, Right.UPLOAD):
            self.principal.demand(right)
        known = [each for each in self._saved() if folded(each.name) == folded(checked_name(name))]
        if change == "remove":
            named(known, name)
        if known and known[0].kind == "live":
            advice = "Change its filter, or choose another name."
            raise WrongCall("segment_live", f"“{known[0].name}” is no list: its filter says who is in it.", advice)

    def fill(self, name: str, listing: Listing, change: Change, expires_at: datetime | None = None) -> Document:
        """Add people whom a file names to the list of a name, take them off, or let it be they alone; where there is none, one is made.

        `segment`, and what became of the rows: `rows = found + merged + unknown + rejected`; `added`, `removed`, `people`, `problems`,
        and the first of the rows that name nobody. Without `expires_at` it expires when it did before.
        """
        self.assert_fillable(name, change)
        now = self.clock()
        before = next((each for each in self._saved() if folded(each.name) == folded(name)), None)
        self._assert_expiry(expires_at)
        with self.open_store() as store:
            number, filled = store.fill(before.list_number if before else None, listing, change)
        if before is None:
            kept = self._new_list(name, number, now, expires_at)
            with self._list_in_place_of(None, number):
                self.records.add(kept)
        else:
            kept = replace(before, list_number=number, filter=None, changed_at=now, expires_at=expires_at or before.expires_at)
            self.records.change([kept])
        counted = {"rows": filled.rows + listing.rejected, "added": filled.added, "removed": filled.removed, "people": filled.people}
        self.log.add(self.principal.did("segment.fill", kept.id, now, change=change, **counted))
        return {"segment": self._described(kept, users_of(self._saved())), **counted, **self._answered_for(filled, listing)}

    def written(self, condition: str) -> Document:
        """A filter in both ways it is written, `filter` and `json`; what it names need not be there. Raises WrongCall `filter_invalid`."""
        self.principal.demand(Right.READ)
        node = parse(condition)
        return {"filter": render(node), "json": to_json(node)}

    def count(self, condition: str) -> Document:
        """How many people a filter matches: `count`, and where it asks for lists that have expired, their names: `expired`."""
        self.principal.demand(Right.READ)
        found = self._read(condition)
        with self.open_store() as store:
            counted = {"count": store.count(found.filter, self.zone, self.upload_number)}
        return {**counted, "expired": list(found.expired)} if found.expired else counted

    def filter_of(self, segment_id: str, *rights: Right) -> str:
        """The filter that means the people of a segment, for what takes these rights as well."""
        for right in (Right.READ, *rights):
            self.principal.demand(right)
        return _named_filter(with_id(self._saved(), segment_id).name)

    def people(self, condition: str, limit: int) -> Sequence[Document]:
        """The documents of some people whom a filter matches, at most `limit`."""
        self.principal.demand(Right.READ)
        found = self._read(condition)
        with self.open_store() as store:
            people = store.matching(found.filter, self.zone, self.upload_number, limit)
        ids, now = self.upload_ids(), self.clock()
        documents = [document(person, ids, now) for person in people]
        return documents if self._sees else [masked_person(each) for each in documents]

    def breakdown(self, condition: str, name: str, limit: int) -> Document:
        """How the people whom a filter matches fall apart by a property.

        `people` who were looked at, how many are `without` a value, how many `values` there are, and the most frequent ones as
        `shares`: `value`, `people`.
        """
        for right in (Right.READ, Right.SEE_PERSONAL_DATA):
            self.principal.demand(right)
        found = self._read(condition)
        with self.open_store() as store:
            told = store.breakdown(found.filter, self.zone, self.upload_number, name, limit)
        shares = [{"value": shown_value(each.value), "people": each.people} for each in told.shares]
        return {"people": told.people, "without": told.without, "values": told.values, "shares": shares}

    def some_values(self, name: str, limit: int) -> Sequence[Any]:
        """Some values of a property, frequent ones first."""
        for right in (Right.READ, Right.SEE_PERSONAL_DATA):
            self.principal.demand(right)
        with self.open_store() as store:
            return [shown_value(value) for value in store.some_values(name, limit)]

    def event_names(self) -> Sequence[str]:
        """What the events of the account are called."""
        self.principal.demand(Right.READ)
        with self.open_store() as store:
            return store.event_names()

    def _saved(self) -> Sequence[SavedSegment]:
        return self.records.list(self.principal.account_id)

    def _read(self, condition: str) -> Resolved:
        if not self._sees:
            self._visible(parse(condition))
        return FilterReader(self.principal.account_id, self.records, self.clock)(condition)

    def _settled(self, segment: SavedSegment, *, refreeze: bool) -> tuple[SavedSegment, int]:
        """A segment with its list, where it keeps one, and how many people are in it."""
        saved, now = self._saved(), self.clock()
        self._assert_expiry(segment.expires_at)
        if segment.kind == "live" and segment.expires_at:
            raise WrongCall("segment_invalid", "A live segment does not expire.", "Freeze it, or give no expiry.")
        after = with_change(saved, segment, now)
        with self.open_store() as store:
            if segment.kind == "frozen" and segment.tree is not None and (refreeze or segment.list_number is None):
                # Its filter is asked as things were before it.
                whom = resolved(segment.tree, saved, now).filter
                number, people = store.freeze(whom, self.zone, self.upload_number)
                return replace(segment, list_number=number), people
            kept = replace(segment, list_number=segment.list_number if segment.kind == "frozen" else None)
            return kept, store.count(resolved(InSegment(segment.name), after, now).filter, self.zone, self.upload_number)

    @contextmanager
    def _list_in_place_of(self, before: int | None, after: int | None) -> Iterator[None]:
        """The record of a segment is written meanwhile. Its list of before goes when that is done, its new one where it is refused."""
        try:
            yield
        except HeadcountError:
            self._drop_list(after, kept=before)
            raise
        self._drop_list(before, kept=after)

    def _drop_list(self, number: int | None, kept: int | None) -> None:
        if number is not None and number != kept:
            with self.open_store() as store:
                store.drop_list(number)

    def _assert_expiry(self, expires_at: datetime | None) -> None:
        if expires_at is not None and expires_at <= self.clock():
            raise WrongCall("segment_invalid", "A list cannot expire in the past.", "Name a time that is still to come.")

    def _new_list(self, name: str, number: int, now: datetime, expires_at: datetime | None) -> SavedSegment:
        return SavedSegment(
            id=new_id("s"),
            account_id=self.principal.account_id,
            name=checked_name(name),
            description="",
            kind="frozen",
            filter=None,
            list_number=number,
            made_by=self.principal.name,
            made_at=now,
            changed_at=now,
            expires_at=expires_at,
        )

    def _answered_for(self, filled: Filled, listing: Listing) -> Document:
        """What became of the rows, as the principal may see it."""
        sees = self._sees
        unknown = [asdict(each) if sees else {"row": each.row, "key": COVER} for each in filled.unknown_rows]
        problems = [dict(each) for each in listing.problems(covered=not sees)]
        counted = {"found": filled.found, "merged": filled.merged, "unknown": filled.unknown, "rejected": listing.rejected}
        return {**counted, "unknown_rows": unknown, "problems": problems}

    def _shown(self, segment: SavedSegment) -> Filter | None:
        """Its filter as the principal may see it."""
        tree = segment.tree
        return tree if tree is None or self._sees else covered(tree)

    def _visible(self, node: Filter) -> Filter:
        """A filter that somebody wrote. Raises WrongCall where they took over what covers values from them."""
        if not self._sees and has_covers(node):
            advice = "Write others, or ask for the segment by its name."
            raise WrongCall("segment_invalid", "The filter holds values that you may not see.", advice)
        return node

    @property
    def _sees(self) -> bool:
        return self.principal.may(Right.SEE_PERSONAL_DATA)

    def _described(self, segment: SavedSegment, users: Mapping[str, Sequence[str]]) -> Document:
        tree = self._shown(segment)
        return {
            "id": segment.id,
            "name": segment.name,
            "description": segment.description,
            "kind": segment.kind,
            "filter": None if tree is None else render(tree),
            "json": None if tree is None else to_json(tree),
            "made_by": segment.made_by,
            "made_at": utc_text(segment.made_at),
            "changed_at": utc_text(segment.changed_at),
            "expires_at": segment.expires_at and utc_text(segment.expires_at.astimezone(UTC)),
            "expired": segment.has_expired(self.clock()),
            "used_by": list(users.get(folded(segment.name), ())),
        }


def _named_filter(name: str) -> str:
    return render(InSegment(name))
