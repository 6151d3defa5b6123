"""Applying a batch: find the people it names, work out what differs, write only that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import duckdb
import pyarrow as pa

from headcount.single_row import single_row
from headcount.profiles.store import Batch, BatchColumn, Changed, ConsentChanged, Effect, Origin
from headcount.store.duckdb import registry
from headcount.store.duckdb.difference import (
    CHANGED,
    CLEARED,
    PROPERTY_OF_MATCH,
    SET,
    delta,
    initial,
    overlong,
    sources,
)


@dataclass(frozen=True, slots=True)
class Application:
    """One batch on its way into the store, inside the caller's transaction."""

    connection: duckdb.DuckDBPyConnection
    batch: Batch
    origin: Origin

    def run(self) -> Effect:
        """Write the changes of the batch; returns what they were."""
        self.connection.register("batch", self.batch.rows)
        try:
            effects = [self._update(stage) for stage in self._matches()]
            effects.append(self._create())
            return reduce(_sum, effects)
        finally:
            for table in ("unmatched", "matched", "delta"):
                self.connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
            self.connection.unregister("batch")

    def _matches(self) -> Iterator[int]:
        """Fill `matched` (row, pid) with the people named by the rows, one way of naming them after the other; yields how many rows."""
        self._table("unmatched", "SELECT row FROM batch")
        if self.batch.match != "identity":
            address = registry.find(self.connection, PROPERTY_OF_MATCH[self.batch.match]).column
            stored = f"lower(p.{address})" if self.batch.match == "email" else f"p.{address}"
            yield self._match(f"{stored} = b.key")
        yield self._match("p.identity = b.identity")

    def _match(self, condition: str) -> int:
        rows = (
            "batch"
            if self._count("unmatched") == self.batch.rows.num_rows
            else "(SELECT * FROM batch SEMI JOIN unmatched USING (row))"
        )
        self._table("matched", f"SELECT b.row AS row, p.rowid AS pid FROM profiles p JOIN {rows} b ON {condition}")
        found = (
            self._one("SELECT count(DISTINCT row) FROM matched")
            if self.batch.match != "identity"
            else self._count("matched")
        )
        if found:
            self._table("unmatched", "SELECT row FROM unmatched ANTI JOIN matched USING (row)")
        return found

    def _update(self, found: int) -> Effect:
        if not found:
            return Effect()
        self._table("delta", delta(self.batch, "matched"))
        columns = {c.number: self._changed(c) for c in self.batch.columns}
        consent = {ch: self._consent(ch.value) for ch in self.batch.channels}
        updated = self._one("SELECT count(DISTINCT row) FROM delta")
        if updated:
            self._write_delta(columns)
        effect = Effect(0, updated, found - updated, self._count("matched"), columns, consent)
        return effect if not self._edits() else _with_overlong(effect, self._overlong_of_known())

    def _changed(self, column: BatchColumn) -> Changed:
        k = f"k{column.number}"
        counted = ", ".join(f"count(*) FILTER ({k} = {kind})" for kind in (SET, CHANGED, CLEARED))
        return Changed(*self._row(f"SELECT {counted} FROM delta"))

    def _consent(self, channel: str) -> ConsentChanged:
        out, back = f"new_{channel} = false", f"new_{channel} AND was_{channel} = false"
        return ConsentChanged(*self._row(f"SELECT count(*) FILTER ({out}), count(*) FILTER ({back}) FROM delta"))

    def _write_delta(self, columns: dict[int, Changed]) -> None:
        touched = [n for n, c in columns.items() if c != Changed()]
        sets = [f"c{n} = d.n{n}" for n in touched]
        sets += [f"{ch.column} = coalesce(d.new_{ch.value}, profiles.{ch.column})" for ch in self.batch.channels]
        sets.append("last_updated = $at")
        self._run(f"UPDATE profiles SET {', '.join(sets)} FROM delta d WHERE profiles.rowid = d.pid", at=self.origin.at)
        self._record(touched, "delta", "k")
        for channel in self.batch.channels:
            row = f"s_{channel.value}" if self.batch.folded else "row"
            self._log(
                f"SELECT identity, {row} AS row, was_{channel.value} AS before, new_{channel.value} AS after FROM delta",
                channel.value,
            )

    def _record(self, numbers: list[int], table: str, marker: str) -> None:
        """Keep from which row the changed values came, where it is not the row that created the person."""
        if not numbers:
            return
        if self.batch.folded:
            came = ", ".join(
                f"CASE WHEN {marker}{n} IS NOT NULL THEN {{'row': s{n}, 'number': {n}}} END" for n in numbers
            )
            entries = f"SELECT identity, unnest([{came}]) AS c, row FROM {table}"
            apart = " AND c.row <> row" if marker == "p" else ""
            grouped = f"SELECT identity, c.row AS row, list(c.number ORDER BY c.number) AS columns FROM ({entries}) WHERE c IS NOT NULL{apart} GROUP BY ALL"
        else:
            came = ", ".join(f"CASE WHEN {marker}{n} IS NOT NULL THEN {n} END" for n in numbers)
            grouped = f"SELECT identity, row, list_filter([{came}], lambda n: n IS NOT NULL) AS columns FROM {table}"
        self._run(
            f"INSERT INTO changes SELECT $upload, row, identity, columns FROM ({grouped}) WHERE len(columns) > 0",
            upload=self.origin.upload,
        )

    def _log(self, changed: str, channel: str) -> None:
        self._run(
            f"INSERT INTO consent_log SELECT $at, identity, $channel, before, after, 'upload', $actor, $upload, row, NULL "
            f"FROM ({changed}) WHERE after IS NOT NULL",
            at=self.origin.at,
            channel=channel,
            actor=self.origin.actor,
            upload=self.origin.upload,
        )

    def _create(self) -> Effect:
        created = self._count("unmatched")
        if not created:
            return Effect()
        fresh = (
            "batch" if created == self.batch.rows.num_rows else "(SELECT * FROM batch SEMI JOIN unmatched USING (row))"
        )
        values = {c.number: initial(c, self.batch.list_limit) for c in self.batch.columns} | self._address(
            values_of=self.batch
        )
        columns = ["identity", *(f"c{n}" for n in values), *(ch.column for ch in self.batch.channels)]
        selected = ["b.identity", *values.values(), *(f"b.{ch.column}" for ch in self.batch.channels)]
        self._run(
            f"INSERT INTO profiles ({', '.join(columns)}, first_seen, last_updated, created_upload, created_row) "
            f"SELECT {', '.join(selected)}, $at, $at, $upload, b.row FROM {fresh} b",
            at=self.origin.at,
            upload=self.origin.upload,
        )
        if self.batch.folded:
            self._record([c.number for c in self.batch.columns if not c.edits], f"{fresh} b", "p")
        return self._created(created, fresh)

    def _address(self, *, values_of: Batch) -> dict[int, str]:
        """An address that nobody had becomes the address of the person it creates."""
        if values_of.match == "identity":
            return {}
        number = registry.find(self.connection, PROPERTY_OF_MATCH[values_of.match]).number
        given = "b.identity" if values_of.match == "email" else "b.key"
        own = any(c.number == number for c in values_of.columns)
        return {number: f"coalesce(b.p{number}, {given})" if own else given}

    def _created(self, created: int, fresh: str) -> Effect:
        limit = self.batch.list_limit
        filled = [f"count({initial(c, limit)})" for c in self.batch.columns]
        filled += [f"count(*) FILTER (NOT b.{ch.column})" for ch in self.batch.channels]
        counts = iter(self._row(f"SELECT {', '.join(filled or ['0'])} FROM {fresh} b"))
        columns = {c.number: Changed(set=next(counts)) for c in self.batch.columns}
        consent = {ch: ConsentChanged(opted_out=next(counts)) for ch in self.batch.channels}
        for channel in self.batch.channels:
            row = f"s_{channel.value}" if self.batch.folded else "row"
            self._log(
                f"SELECT identity, {row} AS row, NULL::BOOLEAN AS before, {channel.column} AS after FROM {fresh}",
                channel.value,
            )
        effect = Effect(created, 0, 0, created, columns, consent)
        return effect if not self._edits() else _with_overlong(effect, self._overlong_of_new(fresh))

    def _edits(self) -> list[BatchColumn]:
        return [c for c in self.batch.columns if c.edits]

    def _overlong_of_known(self) -> pa.Table:
        joined = "matched m JOIN profiles p ON p.rowid = m.pid JOIN batch b ON b.row = m.row"
        return self._overlong(joined, "p.c{}")

    def _overlong_of_new(self, fresh: str) -> pa.Table:
        return self._overlong(f"{fresh} b", "NULL::VARCHAR[]")

    def _overlong(self, source: str, stored: str) -> pa.Table:
        limit = self.batch.list_limit
        asked = [
            f"SELECT b.row AS row, {c.number} AS number FROM {source} WHERE {overlong(c, stored.format(c.number), limit)}"
            for c in self._edits()
        ]
        return self.connection.sql(" UNION ALL ".join(asked)).to_arrow_table()

    def _table(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")

    def _run(self, sql: str, **parameters: object) -> None:
        self.connection.execute(sql, parameters)

    def _row(self, sql: str) -> tuple[int, ...]:
        return single_row(self.connection, sql)

    def _one(self, sql: str) -> int:
        return self._row(sql)[0]

    def _count(self, table: str) -> int:
        return self._one(f"SELECT count(*) FROM {table}")


def _with_overlong(effect: Effect, rows: pa.Table) -> Effect:
    fields = (effect.created, effect.updated, effect.unchanged, effect.touched, effect.columns, effect.consent)
    return Effect(*fields, overlong=rows if rows.num_rows else None)


def _sum(a: Effect, b: Effect) -> Effect:
    def columns(n: int) -> Changed:
        x, y = a.columns.get(n, Changed()), b.columns.get(n, Changed())
        return Changed(x.set + y.set, x.changed + y.changed, x.cleared + y.cleared)

    consent = {
        ch: ConsentChanged(**(Counter(_counts(a.consent.get(ch))) + Counter(_counts(b.consent.get(ch)))))
        for ch in a.consent.keys() | b.consent.keys()
    }
    tables = [t for t in (a.overlong, b.overlong) if t is not None]
    return Effect(
        a.created + b.created,
        a.updated + b.updated,
        a.unchanged + b.unchanged,
        a.touched + b.touched,
        {n: columns(n) for n in a.columns.keys() | b.columns.keys()},
        consent,
        pa.concat_tables(tables) if tables else None,
    )


def _counts(changed: ConsentChanged | None) -> dict[str, int]:
    return {} if changed is None else {"opted_out": changed.opted_out, "resubscribed": changed.resubscribed}
