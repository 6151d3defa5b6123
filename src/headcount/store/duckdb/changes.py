"""Applying a batch: find the people it names, work out what differs, write only that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headcount.profiles.consent import Channel
from headcount.profiles.properties import ADDRESSES
from headcount.profiles.store import (
    APPLIES,
    EXAMPLES,
    HELD_LISTED,
    Batch,
    BatchColumn,
    Changed,
    ConsentChanged,
    Effect,
    Example,
    Kind,
    Origin,
)
from headcount.single_row import single_row
from headcount.store.duckdb import images, registry
from headcount.store.duckdb.consent import consent_act
from headcount.store.duckdb.difference import (
    CHANGED,
    CLEARED,
    KINDS,
    SET,
    delta,
    held_back,
    initial,
    matched,
    overlong,
    repeated,
    said_by,
)
from headcount.values.types import SQL_TYPES


@dataclass(frozen=True, slots=True)
class BatchApplication:
    """One batch on its way into the store, inside the caller's transaction; its rows are the view `batch`."""

    connection: duckdb.DuckDBPyConnection
    batch: Batch
    origin: Origin
    #: Whether anybody has opted out themselves.
    declined: bool
    #: Whether anything is written; otherwise all is worked out, and that is all.
    keep: bool = True
    #: Whether `prepare` found out, for a batch that these rows are a piece of, whom they name and what differs.
    prepared: bool = False

    @property
    def gate(self) -> bool:
        """Whether re-subscriptions may have to be held."""
        return self.declined and not self.batch.confirmed and bool(self.batch.channels)

    def prepare(self) -> None:
        """Find out whom the rows name and what differs, for pieces of them that are written later. Takes no turn: it only reads."""
        self._run(f"CREATE OR REPLACE TEMP VIEW people AS {self._people()}")
        self._run("CREATE OR REPLACE TEMP TABLE all_matched (row BIGINT, pid BIGINT, differs BOOLEAN)")
        for named in self._names():
            self._match(named)
            self._run("INSERT INTO all_matched SELECT row, pid, differs FROM matched")
            if self._may_differ():
                self._table("all_delta", delta(self.batch, self._before(), gate=self.gate))
        self._run("DROP TABLE IF EXISTS temp.matched")

    def create(self) -> Effect:
        """Write, of a piece that `prepare` found out about, whom it creates; `run` does the rest."""
        self._run(f"CREATE OR REPLACE TEMP VIEW people AS {self._people()}")
        known = sum(self._match(named) for named in self._names())
        return self._create(self.batch.count - known, self._fresh(known))

    def run(self, created: Effect | None = None) -> Effect:
        """Write the changes of the batch; returns what they were, with what `create` did where it was called before."""
        self._run(f"CREATE OR REPLACE TEMP VIEW people AS {self._people()}")
        effects = [self._update(named) for named in self._names()]
        known = sum(e.updated + e.unchanged for e in effects)
        effects.append(self._create(self.batch.count - known, self._fresh(known)) if created is None else created)
        # After an error they go with the transaction; a statement that fails in it would hide what the error was.
        for table in ("matched", "addressed", "delta", "held"):
            self._run(f"DROP TABLE IF EXISTS temp.{table}")
        return total(effects)

    def _people(self) -> str:
        """SELECT of the profiles with a column for each property of the batch, of its type; where nothing is kept some may be missing."""
        stored = {p.number: p.type for p in registry.stored(self.connection)}
        missing = [f"NULL::{SQL_TYPES[c.type]} AS c{c.number}" for c in self.batch.columns if c.number not in stored]
        widened = [
            f"c{c.number}::{SQL_TYPES[c.type]} AS c{c.number}" for c in self.batch.columns if stored.get(c.number, c.type) is not c.type
        ]
        everything = f"* REPLACE ({', '.join(widened)})" if widened else "*"
        return f"SELECT {', '.join([everything, *missing, 'rowid'])} FROM profiles"

    def _names(self) -> Iterator[str]:
        """The ways in which a row `b` names a person `p`, in order; a row that named somebody is not asked again."""
        # Whoever this upload created is named by no other row of it: each identity comes once.
        others = f"p.created_upload <> {self.origin.upload}"
        if self.batch.match == "identity":
            if self._row(f"SELECT EXISTS (FROM profiles p WHERE {others})")[0]:
                yield f"p.identity = b.identity AND {others}"
            return
        address = registry.find(self.connection, ADDRESSES[self.batch.match]).column
        # Nor are they by their address: what a row names must not depend on how many were applied before it.
        yield f"{f'lower(p.{address})' if self.batch.match == 'email' else f'p.{address}'} = b.key AND {others}"
        self._table("addressed", "SELECT DISTINCT row FROM matched")
        yield f"p.identity = b.identity AND {others} AND b.row NOT IN (SELECT row FROM addressed)"

    def _match(self, named: str) -> int:
        """Fill `matched` with the people named; returns how many rows name somebody."""
        if self.prepared:
            self._table("matched", "FROM all_matched SEMI JOIN batch USING (row)")
            return self._count("matched")
        repeats = registry.since_redefined(self.connection, self.origin.repeats)
        if repeats:
            self._table("matched", repeated(named, repeats))
        if not repeats or self._may_differ():
            self._table("matched", matched(self.batch, named, gate=self.gate))
        return self._one("SELECT count(DISTINCT row) FROM matched") if self.batch.match != "identity" else self._count("matched")

    def _may_differ(self) -> bool:
        return bool(self._row("SELECT EXISTS (FROM matched WHERE differs)")[0])

    def _fresh(self, found: int) -> str:
        """The rows of the batch that name nobody, when `found` rows named somebody."""
        if not found:
            return "batch"
        named = "matched" if self.batch.match == "identity" else "(SELECT row FROM matched UNION ALL FROM addressed)"
        return f"(SELECT * FROM batch ANTI JOIN {named} USING (row))"

    def _update(self, named: str) -> Effect:
        found = self._match(named)
        effect = self._difference(found) if self._may_differ() else Effect(unchanged=found, touched=self._count("matched"))
        if self.gate and found:
            effect = self._hold(effect)
        if found and self._edits():
            effect = replace(effect, overlong=self._overlong_of_known())
        # Last, since a row whose list is changed gets another rowid.
        if effect.updated and self.keep:
            self._write_delta(effect.columns)
        return effect

    def _difference(self, found: int) -> Effect:
        found_before = "FROM all_delta SEMI JOIN batch USING (row)"
        self._table("delta", found_before if self.prepared else delta(self.batch, self._before(), gate=self.gate))
        columns = {c.number: self._changed(c) for c in self.batch.columns}
        consent = {ch: self._consent(ch.value) for ch in self.batch.channels}
        updated = self._one("SELECT count(DISTINCT row) FROM delta")
        return Effect(0, updated, found - updated, self._count("matched"), columns, consent, examples=self._examples_of_delta(columns))

    def _before(self) -> frozenset[int]:
        """The properties of which the values before are wanted."""
        kept = self.keep and self.origin.undoable
        return frozenset(c.number for c in self.batch.columns) if kept else self.batch.examples

    def _hold(self, effect: Effect) -> Effect:
        """The effect with the consents that are held: all of them counted, some of them listed."""
        self._table("held", held_back(self.batch))
        listed = self.connection.sql(f"FROM held ORDER BY row LIMIT {HELD_LISTED}").to_arrow_table()
        if not listed.num_rows:
            return effect
        counts = dict(self.connection.execute("SELECT channel, count(*) FROM held GROUP BY channel").fetchall())
        consent = {ch: replace(effect.consent.get(ch, ConsentChanged()), held=counts.get(ch.value, 0)) for ch in self.batch.channels}
        return replace(effect, consent=consent, held=listed)

    def _changed(self, column: BatchColumn) -> Changed:
        k = f"k{column.number}"
        counted = ", ".join(f"count(*) FILTER ({k} = {kind})" for kind in (SET, CHANGED, CLEARED))
        return Changed(*self._row(f"SELECT {counted} FROM delta"))

    def _consent(self, channel: str) -> ConsentChanged:
        out, back = f"new_{channel} = false", f"new_{channel} AND was_{channel} = false"
        return ConsentChanged(*self._row(f"SELECT count(*) FILTER ({out}), count(*) FILTER ({back}) FROM delta"))

    def _write_delta(self, columns: Mapping[int, Changed]) -> None:
        touched = [n for n, c in columns.items() if c != Changed()]
        step = self._step()
        if self.origin.undoable:
            types = {c.number: SQL_TYPES[c.type] for c in self.batch.columns}
            images.keep(self.connection, self.origin.upload, step, types, touched, known=self.batch.match != "identity")
        sets = [f"c{n} = CASE WHEN d.k{n} IS NULL THEN profiles.c{n} ELSE d.n{n} END" for n in touched]
        sets += [f"{ch.column} = coalesce(d.new_{ch.value}, profiles.{ch.column})" for ch in self.batch.channels]
        sets += self._no_longer_declined()
        sets.append("last_updated = $at")
        self._run(f"UPDATE profiles SET {', '.join(sets)} FROM delta d WHERE profiles.rowid = d.pid", at=self.origin.at)
        self._record(step, touched, "delta", "k")
        for channel in self.batch.channels:
            self._log(
                f"SELECT identity, {said_by(channel, self.batch)} AS row, was_{channel.value} AS before, new_{channel.value} AS after "
                "FROM delta",
                channel,
                step,
            )

    def _no_longer_declined(self) -> list[str]:
        """Who is re-subscribed has not left any more."""
        if not self.declined or not self.batch.channels:
            return []
        kept = " & ".join(f"CASE WHEN d.new_{ch.value} THEN {255 - ch.bit} ELSE 255 END" for ch in self.batch.channels)
        return [f"declined = (profiles.declined & {kept})::UTINYINT"]

    def _step(self) -> int:
        """The number of the write that is made now, by an upload that is known to write from now on."""
        step = images.next_step(self.connection)
        images.enter(self.connection, self.origin, step)
        return step

    def _record(self, step: int, numbers: list[int], table: str, marker: str) -> None:
        """Keep from which row the changed values came, where it is not the row that created the person."""
        if not numbers:
            return
        if self.batch.folded:
            came = ", ".join(f"CASE WHEN {marker}{n} IS NOT NULL THEN {{'row': s{n}, 'number': {n}}} END" for n in numbers)
            entries = f"SELECT identity, unnest([{came}]) AS c, row FROM {table}"
            apart = " AND c.row <> row" if marker == "p" else ""
            columns = "identity, c.row AS row, list(c.number ORDER BY c.number) AS columns"
            grouped = f"SELECT {columns} FROM ({entries}) WHERE c IS NOT NULL{apart} GROUP BY ALL"
        else:
            came = ", ".join(f"CASE WHEN {marker}{n} IS NOT NULL THEN {n} END" for n in numbers)
            grouped = f"SELECT identity, row, list_filter([{came}], lambda n: n IS NOT NULL) AS columns FROM {table}"
        self._run(
            f"INSERT INTO changes SELECT $step, $upload, row, identity, columns FROM ({grouped}) WHERE len(columns) > 0",
            step=step,
            upload=self.origin.upload,
        )

    def _log(self, changed: str, channel: Channel, step: int) -> None:
        self._run(
            "INSERT INTO consent_entries SELECT $step, $act, identity, $channel::channel, before, after, row "
            f"FROM ({changed}) WHERE after IS NOT NULL",
            step=step,
            act=consent_act(self.connection, self.origin),
            channel=channel.value,
        )

    def _create(self, created: int, fresh: str) -> Effect:
        if not created:
            return Effect()
        if self.keep:
            self._insert(fresh)
        return self._created(created, fresh)

    def _insert(self, fresh: str) -> None:
        step = self._step()
        values = {c.number: initial(c, self.batch.list_limit) for c in self.batch.columns} | self._address(values_of=self.batch)
        columns = ["identity", *(f"c{n}" for n in values), *(ch.column for ch in self.batch.channels)]
        selected = ["b.identity", *values.values(), *(f"b.{ch.column}" for ch in self.batch.channels)]
        self._run(
            f"INSERT INTO profiles ({', '.join(columns)}, first_seen, last_updated, created_upload, created_row) "
            f"SELECT {', '.join(selected)}, $at, $at, $upload, b.row FROM {fresh} b",
            at=self.origin.at,
            upload=self.origin.upload,
        )
        if self.batch.folded:
            self._record(step, [c.number for c in self.batch.columns if not c.edits], f"{fresh} b", "p")
        for channel in self.batch.channels:
            self._log(
                f"SELECT identity, {said_by(channel, self.batch)} AS row, NULL::BOOLEAN AS before, {channel.column} AS after FROM {fresh}",
                channel,
                step,
            )

    def _address(self, *, values_of: Batch) -> dict[int, str]:
        """An address that nobody had becomes the address of the person it creates."""
        if values_of.match == "identity":
            return {}
        number = registry.find(self.connection, ADDRESSES[values_of.match]).number
        given = "b.identity" if values_of.match == "email" else "b.key"
        own = any(c.number == number for c in values_of.columns)
        return {number: f"coalesce(b.p{number}, {given})" if own else given}

    def _created(self, created: int, fresh: str) -> Effect:
        columns = {c.number: Changed(set=n) for c, n in zip(self.batch.columns, self._filled(fresh), strict=True)}
        out = [f"count(*) FILTER (NOT b.{ch.column})" for ch in self.batch.channels]
        counts = self._row(f"SELECT {', '.join(out)} FROM {fresh} b") if out else ()
        consent = {ch: ConsentChanged(opted_out=n) for ch, n in zip(self.batch.channels, counts, strict=True)}
        effect = Effect(created, 0, 0, created, columns, consent, examples=self._examples_of_new(columns, fresh))
        return replace(effect, overlong=self._overlong_of_new(fresh)) if self._edits() else effect

    def _filled(self, fresh: str) -> Sequence[int]:
        """How many values of each property the new people have."""
        rows, limit = self.batch.rows, self.batch.list_limit
        if not self.batch.columns:
            return ()
        if fresh == "batch" and not self._edits():
            passed_over = rows.filter(pc.invert(rows.column(APPLIES))) if APPLIES in rows.column_names else rows.slice(0, 0)
            return [_filled(rows, c) - _filled(passed_over, c) for c in self.batch.columns]
        return self._row(f"SELECT {', '.join(f'count({initial(c, limit)})' for c in self.batch.columns)} FROM {fresh} b")

    def _examples_of_delta(self, columns: Mapping[int, Changed]) -> Mapping[int, tuple[Example, ...]]:
        """The first changes of each kind, of the properties that change."""
        wanted = [(n, kind) for n in sorted(self.batch.examples) for kind in KINDS if getattr(columns[n], kind)]
        return self._examples([(n, kind, f"k{n} = {KINDS[kind]}", f"o{n}", f"n{n}") for n, kind in wanted], "delta")

    def _examples_of_new(self, columns: Mapping[int, Changed], fresh: str) -> Mapping[int, tuple[Example, ...]]:
        asked: list[tuple[int, Kind, str, str, str]] = [
            (c.number, "set", f"{initial(c, self.batch.list_limit)} IS NOT NULL", "NULL", initial(c, self.batch.list_limit))
            for c in self.batch.columns
            if c.number in self.batch.examples and columns[c.number].set
        ]
        return self._examples(asked, f"{fresh} b")

    def _examples(self, asked: Sequence[tuple[int, Kind, str, str, str]], source: str) -> Mapping[int, tuple[Example, ...]]:
        """Examples of some (property, kind, condition, value before, value after) in a source of `identity` and `row`."""
        found = dict[int, tuple[Example, ...]]()
        if not asked:
            return found
        example = "{{'identity': identity, 'row': {row}, 'before': {before}, 'after': {after}}}"
        selected = ", ".join(
            f"arg_min({example.format(row=self._row_of(n), before=before, after=after)}, row, {EXAMPLES}) FILTER ({which})"
            for n, _, which, before, after in asked
        )
        for (n, kind, *_), examples in zip(asked, self._row(f"SELECT {selected} FROM {source}"), strict=True):
            found[n] = (*found.get(n, ()), *(Example(kind, **example) for example in examples or ()))
        return found

    def _row_of(self, number: int) -> str:
        """The row that a value of a property comes from."""
        return f"coalesce(s{number}, row)" if self.batch.folded else "row"

    def _edits(self) -> list[BatchColumn]:
        return [c for c in self.batch.columns if c.edits]

    def _overlong_of_known(self) -> pa.Table | None:
        joined = "matched m JOIN people p ON p.rowid = m.pid JOIN batch b ON b.row = m.row"
        return self._overlong(joined, "p.c{}")

    def _overlong_of_new(self, fresh: str) -> pa.Table | None:
        return self._overlong(f"{fresh} b", "NULL::VARCHAR[]")

    def _overlong(self, source: str, stored: str) -> pa.Table | None:
        limit = self.batch.list_limit
        asked = [
            f"SELECT b.row AS row, {c.number} AS number FROM {source} WHERE {overlong(c, stored.format(c.number), limit)}"
            for c in self._edits()
        ]
        found = self.connection.sql(" UNION ALL ".join(asked)).to_arrow_table()
        return found if found.num_rows else None

    def _table(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")

    def _run(self, sql: str, **parameters: object) -> None:
        self.connection.execute(sql, parameters)

    def _row(self, sql: str) -> tuple[Any, ...]:
        return single_row(self.connection, sql)

    def _one(self, sql: str) -> int:
        return int(self._row(sql)[0])

    def _count(self, table: str) -> int:
        return self._one(f"SELECT count(*) FROM {table}")


def total(effects: Sequence[Effect]) -> Effect:
    """What several pieces of a batch did."""
    return reduce(_sum, effects, Effect())


def _filled(rows: pa.Table, column: BatchColumn) -> int:
    return int(rows.num_rows - rows.column(f"p{column.number}").null_count)


def _sum(a: Effect, b: Effect) -> Effect:
    def columns(n: int) -> Changed:
        x, y = a.columns.get(n, Changed()), b.columns.get(n, Changed())
        return Changed(x.set + y.set, x.changed + y.changed, x.cleared + y.cleared)

    consent = {
        ch: ConsentChanged(**(Counter(_counts(a.consent.get(ch))) + Counter(_counts(b.consent.get(ch)))))
        for ch in a.consent.keys() | b.consent.keys()
    }
    return Effect(
        a.created + b.created,
        a.updated + b.updated,
        a.unchanged + b.unchanged,
        a.touched + b.touched,
        {n: columns(n) for n in a.columns.keys() | b.columns.keys()},
        consent,
        _together(a.overlong, b.overlong),
        _together(a.held, b.held),
        {n: (*a.examples.get(n, ()), *b.examples.get(n, ())) for n in (*a.examples, *b.examples)},
    )


def _together(a: pa.Table | None, b: pa.Table | None) -> pa.Table | None:
    tables = [t for t in (a, b) if t is not None and t.num_rows]
    return pa.concat_tables(tables) if tables else None


def _counts(changed: ConsentChanged | None) -> dict[str, int]:
    return {} if changed is None else asdict(changed)
