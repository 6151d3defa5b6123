"""The profile store on DuckDB: each public method one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa

from headcount.prepared import Prepared
from headcount.profiles.consent import ConsentEntry, Occasion, Wish
from headcount.profiles.live import Answer, Answers, LiveBatch, LiveEffect
from headcount.profiles.properties import ADDRESSES, Property
from headcount.profiles.store import (
    APPLIES,
    Batch,
    Effect,
    Erasure,
    EventBatch,
    Everything,
    Job,
    Known,
    Message,
    Origin,
    Part,
    Person,
    Progress,
    Reversal,
    Reversed,
    Touched,
)
from headcount.segments.filter import Filter
from headcount.segments.store import Change, Filled, Listing
from headcount.single_row import single_row, small_table
from headcount.store.duckdb import consent, erase, events, images, lists, live, order, people, reach, registry, shares, statistics
from headcount.store.duckdb.changes import BatchApplication, total
from headcount.store.duckdb.connection import open_file
from headcount.store.duckdb.pieces import Pace, Piece, Pieces, in_order_of
from headcount.store.duckdb.reversal.piece import Piece as ReversalPiece
from headcount.store.duckdb.reversal.run import end, last_row, reverse
from headcount.store.duckdb.tending import Tending
from headcount.store.duckdb.touched import touched
from headcount.values.types import Type


@dataclass(frozen=True, slots=True)
class DuckDBProfiles(Tending):
    """The profiles of one account in one file.

    Implements `ProfileStore`, `PropertyStore`, `SegmentStore`, `LookStore`, `ListStore`, `LiveStore`, `RecordStore`, `ReachStore`,
    `MessageStore`.
    """

    _statements: Prepared = field(init=False)
    _pace: Pace = field(init=False, default_factory=Pace)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_statements", Prepared(self.connection))

    def fits_float(self, name: str) -> bool:
        """See ProfileStore."""
        return registry.fits_float(self.connection, name)

    def register(self, upload: int, wanted: Sequence[tuple[str, Type]]) -> Mapping[str, Property]:
        """See ProfileStore."""
        with self._redefining():
            return registry.register(self.connection, upload, wanted)

    def progress(self, upload: int, job: Job | Literal["apply"] = "apply") -> Progress:
        """See ProfileStore."""
        asked = "SELECT chunks, tally, rows FROM progress WHERE upload = ? AND job = ?"
        found = self.connection.execute(asked, [upload, job]).fetchall()
        return next((Progress(chunks, json.loads(tally), rows) for chunks, tally, rows in found), Progress(0, {}))

    def planned(self, wanted: Sequence[tuple[str, Type]]) -> Mapping[str, Property]:
        """See ProfileStore."""
        return registry.planned(self.connection, wanted)

    def apply(self, batch: Batch, origin: Origin, progress: Callable[[Effect, int], Progress], *, keep: bool = True) -> None:
        """See ProfileStore."""
        if keep and self.turn.pressed and batch.match == "identity":
            self._apply_in_pieces(batch, origin, progress)
            return
        with self._transaction(), self._given(batch, origin):
            effect = BatchApplication(self.connection, batch, origin, self._declined(), keep).run()
            after = progress(effect, batch.rows.num_rows)
            if keep:
                self._note_match(batch)
                self._note_addresses([column.number for column in batch.columns])
                self._mark(origin.upload, "apply", after)

    def _note_match(self, batch: Batch) -> None:
        """Whom a row does not find by their address gets it as a value, though no column has it."""
        if batch.match != "identity":
            matched = [registry.find(self.connection, ADDRESSES[batch.match]).number]
            statistics.note(self.connection, matched)
            self._note_addresses(matched)

    def _apply_in_pieces(self, batch: Batch, origin: Origin, progress: Callable[[Effect, int], Progress]) -> None:
        """Find out what is to be written without having the turn, then write it a piece at a time, with live calls in between."""
        pieces = Pieces(batch.rows.num_rows, self._pace, self.turn.held)
        with self._stable_rows(), self.turn.noting(), self._told():
            with self._transaction():
                # Once: a piece that wrote it itself would get in the way of what was written since it began.
                self._note_addresses([column.number for column in batch.columns])
                if batch.channels:
                    consent.consent_act(self.connection, origin)
            with self._given(batch, origin) as yielded:
                BatchApplication(self.connection, batch, origin, self._declined()).prepare()
            for rows in pieces:
                if not self._write_ahead(batch, yielded, rows, origin, progress):
                    with self._transaction():
                        self._write(Piece.of(batch, yielded, rows, self.turn.written()), rows.stop, origin, progress)

    def _write_ahead(self, batch: Batch, yielded: Batch, rows: range, origin: Origin, progress: Callable[[Effect, int], Progress]) -> bool:
        """Write whom a piece creates before it has the turn, and the rest of it with the turn.

        False where others wrote the same people, or made properties, meanwhile: then nothing of it is kept.
        """
        with self._begun():
            version, notes = self.turn.version, self.turn.notes
            piece = Piece.of(batch, yielded, rows, self.turn.written())
        with self._given(piece.known):
            created = self._application(piece.known, origin).create()
        with self.turn.of("bulk"):
            if version != self.turn.version or piece.names_any(self.turn.written(notes)):
                self._roll_back()
                return False
            self._write(piece, rows.stop, origin, progress, created)
            self.connection.execute("COMMIT")
        return True

    @contextmanager
    def _begun(self) -> Iterator[None]:
        """A transaction that sees what was written until now; the turn is kept for as long as the context lasts, not the transaction."""
        with self.turn.of("bulk"):
            self.connection.execute("BEGIN")
            self.connection.execute("SELECT 1 FROM profiles LIMIT 1").fetchall()
            yield

    def _write(
        self, piece: Piece, done: int, origin: Origin, progress: Callable[[Effect, int], Progress], created: Effect | None = None
    ) -> None:
        """Write a piece inside the caller's transaction, but for whom it `created` already."""
        with self._given(piece.known):
            effect = self._application(piece.known, origin).run(created)
        if piece.late is not None:
            with self._given(piece.late, origin):
                effect = total([effect, BatchApplication(self.connection, piece.late, origin, self._declined()).run()])
        if shares.addresses(column.number for column in piece.known.columns):
            self.turn.note_addresses()
        self._mark(origin.upload, "apply", progress(effect, done))

    def _application(self, known: Batch, origin: Origin) -> BatchApplication:
        return BatchApplication(self.connection, known, origin, self._declined(), prepared=True)

    @contextmanager
    def _stable_rows(self) -> Iterator[None]:
        """While somebody reads, a checkpoint does not move rows, so that a rowid stays what it is."""
        reader = self.connection.cursor()
        try:
            reader.execute("BEGIN")
            reader.execute("SELECT 1 FROM profiles LIMIT 1").fetchall()
            yield
        finally:
            reader.close()

    def add_events(self, batch: EventBatch, origin: Origin, progress: Callable[[int, int], Progress], *, keep: bool = True) -> None:
        """See ProfileStore."""
        total = batch.rows.num_rows
        for rows in Pieces(total, self._pace, self.turn.held) if keep and self.turn.pressed else [range(total)]:
            with self._transaction(keep=keep):
                self.connection.register("given", batch.rows.slice(rows.start, len(rows)))
                try:
                    created = events.store(self.connection, batch, origin, keep=keep)
                finally:
                    self.connection.unregister("given")
                after = progress(created, rows.stop)
                self._mark(origin.upload, "apply", after)

    def _declined(self) -> bool:
        return consent.anybody_declined(self.connection)

    def apply_live(self, records: LiveBatch, answers: Answers) -> LiveEffect:
        """See LiveStore."""
        with self._transaction(writer="live"):
            self.turn.note(records.batch.rows.column("identity").combine_chunks())
            declined = bool(records.batch.channels) and self._declined()
            effect = live.LiveApplication(self._statements, records, declined).run()
            live.keep_answers(self.connection, answers(effect))
            self._note_live({column.number for column in records.batch.columns})
            self._note_addresses({column.number for column in records.batch.columns})
        return effect

    def _note_live(self, numbers: Collection[int]) -> None:
        """Note once, until they are counted again, that calls write values of these properties; called by whoever has the turn."""
        unnoted = statistics.with_age(numbers) - self.turn.noted
        if unnoted:
            statistics.note(self.connection, unnoted, urgent=False)
            self.turn.noted |= unnoted

    def live_turn(self) -> AbstractContextManager[None]:
        """See LiveStore."""
        return self.turn.of("live")

    @property
    def closing(self) -> bool:
        """See LiveStore."""
        return self.turn.closing

    @property
    def version(self) -> int:
        """See LiveStore."""
        return self.turn.version

    def stored(self) -> Collection[str]:
        """See LiveStore."""
        return {p.name for p in registry.stored(self.connection)}

    def answer(self, key: str) -> Answer | None:
        """See LiveStore."""
        return live.answer(self.connection, key)

    def forget_answers(self, before: datetime) -> None:
        """See LiveStore."""
        with self._transaction(writer="live"):
            live.forget_answers(self.connection, before)

    def last_call(self) -> int:
        """See LiveStore."""
        return int(single_row(self.connection, "SELECT coalesce(max(call), 0) FROM calls")[0])

    def written(self, calls: Collection[int]) -> Collection[int]:
        """See LiveStore."""
        asked = "SELECT call FROM calls WHERE call IN (SELECT unnest(?))"
        return {call for (call,) in self.connection.execute(asked, [list(calls)]).fetchall()}

    def aliased(self, kinds: Collection[str], values: Collection[str]) -> pa.Table:
        """See LiveStore."""
        asked = "SELECT kind, value, identity FROM aliases WHERE kind IN (SELECT unnest(?)) AND value IN (SELECT unnest(?))"
        return self.connection.execute(asked, [list(kinds), list(values)]).to_arrow_table()

    def event_property_types(self) -> Mapping[tuple[str, str], Type]:
        """See LiveStore."""
        asked = "SELECT folded, p.name, p.type FROM event_properties p JOIN event_names n ON n.number = p.event"
        return {(event, name): Type(type_) for event, name, type_ in self.connection.execute(asked).fetchall()}

    def settle(self, accepted: datetime) -> None:
        """See ProfileStore."""
        if single_row(self.connection, "SELECT EXISTS (FROM later)")[0]:
            with self._transaction():
                self.connection.execute("DELETE FROM later WHERE accepted_at <= ?", [accepted])

    def undoable(self) -> Collection[int]:
        """See ProfileStore."""
        return images.undoable(self.connection)

    def forget(self, uploads: Collection[int]) -> None:
        """See ProfileStore."""
        with self._transaction():
            images.forget(self.connection, uploads)

    def last_row(self, reversal: Reversal) -> int:
        """See ProfileStore."""
        return last_row(self.connection, reversal)

    def reverse(self, reversal: Reversal, rows: range, progress: Callable[[Reversed], Progress], *, keep: bool = True) -> Reversed:
        """See ProfileStore."""
        with self._transaction(keep=keep):
            done = reverse(ReversalPiece(self.connection, reversal, rows))
            after = progress(done)
            self._mark(reversal.upload, reversal.job, after)
            statistics.note(self.connection, None)
            self._note_addresses(shares.COMPARED)
        return done

    def end_reversal(self, reversal: Reversal) -> None:
        """See ProfileStore."""
        with self._transaction():
            end(self.connection, reversal)

    def set_consent(self, identity: str, wish: Wish) -> ConsentEntry | None:
        """See ProfileStore."""
        with self._transaction(writer="live"):
            self.turn.note(pa.array([identity]))
            return consent.set_consent(self.connection, identity, wish)

    def consent_log(self, *, identity: str | None, upload: int | None, limit: int) -> tuple[ConsentEntry, ...]:
        """See ProfileStore."""
        return consent.log(self.connection, identity, upload, limit)

    def known(self, addresses: pa.Table) -> Known:
        """See ProfileStore."""
        columns = {p.name: p.column for p in self.properties()}
        self.connection.register("addresses", addresses)
        try:
            return people.known(self.connection, columns["Email"], columns["Phone"])
        finally:
            self.connection.unregister("addresses")

    def freeze(self, condition: Filter, zone: str, upload_numbers: Callable[[str], int | None]) -> tuple[int, int]:
        """See ListStore."""
        with self._redefining():
            return lists.freeze(self.connection, self._compiled(condition, zone, upload_numbers))

    def fill(self, number: int | None, listing: Listing, change: Change) -> tuple[int, Filled]:
        """See ListStore."""
        with self._told(), lists.taken_in(self.connection, listing), self._redefining():
            which = lists.next_list(self.connection) if number is None else number
            return which, lists.fill(self.connection, which, listing, change)

    def drop_list(self, number: int) -> None:
        """See ListStore."""
        with self._redefining():
            lists.drop(self.connection, number)

    def subscribe(self, wishes: pa.Table, occasion: Occasion) -> pa.Table:
        """See RecordStore."""
        with self._transaction(writer="live"):
            done, whose = consent.subscribe(self.connection, wishes, occasion)
            self.turn.note(whose)
            return done

    def keep_messages(self, sent: pa.Table, answer: Callable[[Sequence[int]], Answer | None]) -> Sequence[int]:
        """See MessageStore."""
        with self._transaction(writer="live"):
            self.turn.note(sent.column("identity").combine_chunks())
            unknown = reach.keep_messages(self.connection, sent)
            given = answer(unknown)
            live.keep_answers(self.connection, [given] if given else [])
            return unknown

    def erase(self, identities: Sequence[str], at: datetime) -> int:
        """See RecordStore."""
        with self._transaction(writer="live"):
            self.turn.note(pa.array(identities, pa.string()))
            statistics.forget_values(self.connection)
            shares.forget(self.connection)
            self.turn.note_addresses()
            return erase.erase(self.connection, identities, at)

    def erasures(self) -> Sequence[Erasure]:
        """See ProfileStore."""
        return erase.erasures(self.connection)

    def forget_tallies(self, uploads: Collection[int]) -> None:
        """See ProfileStore."""
        with self._transaction():
            erase.forget_tallies(self.connection, uploads)

    def person(self, identity: str) -> Person | None:
        """See ProfileStore."""
        with self._snapshot():
            return next(iter(people.people(self.connection, registry.stored(self.connection), "p.identity = ?", [identity], 1)), None)

    def messages(self, identity: str, limit: int) -> tuple[Message, ...]:
        """See ProfileStore."""
        return people.messages(self.connection, identity, limit)

    def everything(self, identity: str) -> Everything | None:
        """See ProfileStore."""
        with self._snapshot():
            return people.everything(self.connection, registry.stored(self.connection), identity)

    def touched(self, upload: int, part: Part, *, after: int, limit: int) -> tuple[Touched, ...]:
        """See ProfileStore."""
        with self._snapshot():
            return touched(self.connection, upload, part, after, limit)

    def latest(self, limit: int) -> tuple[Person, ...]:
        """See ProfileStore."""
        with self._snapshot():
            return people.latest(self.connection, registry.stored(self.connection), limit)

    def find(self, text: str, limit: int) -> tuple[Person, ...]:
        """See ProfileStore."""
        with self._snapshot():
            return people.find(self.connection, registry.stored(self.connection), text, limit)

    @contextmanager
    def _given(self, batch: Batch, yielding_as: Origin | None = None) -> Iterator[Batch]:
        """The rows of the batch that count, as the view `batch`; without what later calls decided where it is said for which upload."""
        counted = f"SELECT * EXCLUDE ({APPLIES}) FROM given WHERE {APPLIES}" if APPLIES in batch.rows.column_names else "FROM given"
        self.connection.register("given", batch.rows)
        try:
            left = order.yielding(self.connection, batch, yielding_as, "FROM given") if yielding_as else "FROM given"
            if left != "FROM given":
                # Once, and not again with each of the many statements that read it.
                batch = replace(batch, rows=in_order_of(batch.rows, small_table(self.connection, left)))
                self.connection.register("given", batch.rows)
            self.connection.execute(f"CREATE OR REPLACE TEMP VIEW batch AS {counted}")
            yield batch
        finally:
            self.connection.unregister("given")

    def _mark(self, upload: int, job: str, after: Progress) -> None:
        mark = [upload, job, after.chunks, json.dumps(after.tally), after.rows]
        self.connection.execute("INSERT OR REPLACE INTO progress (upload, job, chunks, tally, rows) VALUES (?, ?, ?, ?, ?)", mark)


@contextmanager
def open_profiles(path: Path, *, memory_mb: int, threads: int, patience: float) -> Iterator[DuckDBProfiles]:
    """The store of an account for as long as the context lasts. Raises Busy."""
    with open_file(path, memory_mb=memory_mb, threads=threads, patience=patience) as connection:
        yield DuckDBProfiles(connection)
