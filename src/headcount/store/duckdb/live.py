"""Applying records of the live API: few rows at a time, of which each may be anywhere in the account.

Whoever changes is written anew as a whole. Changing values in place, as an upload does, would touch a block of every column for each
person, and from time to time a checkpoint would have to write all of these blocks while everybody waits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headcount.prepared import Prepared
from headcount.profiles.consent import Source
from headcount.profiles.live import LIVE, ROWS, Answer, LiveBatch, LiveEffect
from headcount.profiles.store import Batch, BatchColumn
from headcount.store.duckdb import events, images
from headcount.store.duckdb.difference import after, consent_differs, differs, held, initial, overlong


@dataclass(frozen=True, slots=True)
class LiveApplication:
    """Some records on their way into the store, inside the caller's transaction."""

    statements: Prepared
    live: LiveBatch
    #: Whether anybody has opted out themselves.
    declined: bool

    @property
    def _batch(self) -> Batch:
        return self.live.batch

    def run(self) -> LiveEffect:
        """Write what the records say; returns what that did."""
        made = _made(self.live)
        self.statements.give(spoken=_with_times(self._batch.rows, made), made=made)
        met = self._met()
        self.statements.give(met=met)
        if pc.any(met.column("changes")).as_py():
            self._renew(met.column_names[: met.column_names.index("pid")])
        if met.num_rows < self._batch.rows.num_rows:
            self._create()
        if self._batch.channels:
            self._log_consents()
        effect = LiveEffect(self._held() if met.num_rows else None, self._overlong())
        self._run("INSERT INTO calls SELECT call, made_at, actor, door FROM made")
        if self.live.edits is not None:
            self.statements.give(edits=self.live.edits)
            said = "e.identity, e.number, e.whole, e.amount, e.added, e.removed, m.made_at, e.row"
            self._run(f"INSERT INTO later SELECT {said} FROM edits e JOIN made m ON m.call = e.row // {ROWS}")
        self._others()
        return effect

    def _met(self) -> pa.Table:
        """Those of the people who are known, as they are stored, and what becomes of them."""
        limit, gate = self._batch.list_limit, self.declined
        outputs = [sql for column in self._batch.columns for sql in _becomes(column, limit)]
        for ch in self._batch.channels:
            outputs.append(f"CASE WHEN {consent_differs(ch, gate=gate)} THEN b.{ch.column} END AS new_{ch.value}")
            outputs.append(f"coalesce({held(ch)}, false) AS held_{ch.value}")
        changed = [f"k{c.number}" for c in self._batch.columns] + [f"new_{ch.value} IS NOT NULL" for ch in self._batch.channels]
        selected = ", ".join(["p.*", "b.pid", "b.row AS row", "b.made_at AS made_at", *outputs])
        # First who they are, which takes one column of all people; then the rest of them alone.
        named = "SELECT b.*, p.rowid AS pid FROM profiles p JOIN spoken b ON p.identity = b.identity"
        met = f"SELECT {selected} FROM profiles p JOIN ({named}) b ON p.rowid = b.pid"
        return self.statements.table(f"SELECT *, {' OR '.join(changed) or 'false'} AS changes FROM ({met})")

    def _renew(self, stored: Sequence[str]) -> None:
        """Write those who change anew, with all that is stored of them, and keep which of their values came from which record."""
        ours = {f"c{c.number}": f"n{c.number}" for c in self._batch.columns}
        ours |= {ch.column: f"coalesce(new_{ch.value}, {ch.column})" for ch in self._batch.channels}
        ours["last_updated"] = "made_at"
        values = ", ".join(ours.get(name, name) for name in stored)
        self._run("DELETE FROM profiles WHERE rowid IN (SELECT pid FROM met WHERE changes)")
        self._run(f"INSERT INTO profiles ({', '.join(stored)}) SELECT {values} FROM met WHERE changes")
        if self._batch.columns:
            came = ", ".join(f"CASE WHEN k{c.number} THEN {c.number} END" for c in self._batch.columns)
            changed = f"SELECT row, identity, list_filter([{came}], lambda n: n IS NOT NULL) AS columns FROM met WHERE changes"
            written = f"step, {LIVE}, row, identity, columns"
            self._run(f"INSERT INTO changes SELECT {written} FROM ({changed}), ({images.STEP}) WHERE len(columns) > 0")

    @property
    def _fresh(self) -> str:
        return "(SELECT * FROM spoken ANTI JOIN met USING (row)) b"

    def _create(self) -> None:
        values = {f"c{c.number}": initial(c, self._batch.list_limit) for c in self._batch.columns}
        values |= {ch.column: f"b.{ch.column}" for ch in self._batch.channels}
        fixed = {
            "identity": "b.identity",
            "first_seen": "b.made_at",
            "last_updated": "b.made_at",
            "created_upload": str(LIVE),
            "created_row": "b.row",
        }
        columns = fixed | values
        self._run(f"INSERT INTO profiles ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {self._fresh}")

    def _log_consents(self) -> None:
        """Log each consent that changed, on the occasion that its call is."""
        said = [
            f"SELECT identity, '{ch.value}' AS channel, {ch.column} AS before, new_{ch.value} AS after, row FROM met"
            for ch in self._batch.channels
        ]
        said += [f"SELECT identity, '{ch.value}', NULL, b.{ch.column}, row FROM {self._fresh}" for ch in self._batch.channels]
        changed = self.statements.table(f"SELECT * FROM ({' UNION ALL '.join(said)}) WHERE after IS NOT NULL")
        if not changed.num_rows:
            return
        self.statements.give(said=changed)
        call = f"row // {ROWS}"
        occasions = f"SELECT * FROM made WHERE call IN (SELECT {call} FROM said)"
        first = "SELECT coalesce(max(act), 0) FROM consent_acts"
        numbered = f"SELECT *, ({first}) + row_number() OVER (ORDER BY call) AS act FROM ({occasions})"
        self.statements.give(occasions=self.statements.table(numbered))
        self._run(
            "INSERT INTO consent_acts (act, logged_at, source, actor, door) "
            f"SELECT act, made_at, '{Source.API.value}', actor, door FROM occasions"
        )
        entered = "step, o.act, s.identity, s.channel::channel, s.before, s.after, NULL"
        self._run(f"INSERT INTO consent_entries SELECT {entered} FROM said s JOIN occasions o ON o.call = s.{call}, ({images.STEP})")

    def _held(self) -> pa.Table | None:
        if not self.declined or not self._batch.channels:
            return None
        return self._found(f"SELECT row, '{ch.value}' AS channel FROM met WHERE held_{ch.value}" for ch in self._batch.channels)

    def _overlong(self) -> pa.Table | None:
        return self._found(self._too_much(c) for c in self._batch.columns if c.relative)

    def _too_much(self, column: BatchColumn) -> str:
        n = column.number
        fresh = f"SELECT b.row, {n} FROM {self._fresh} WHERE ({initial(column, self._batch.list_limit)}) IS NULL AND NOT b.x{n}"
        moved = f"b.i{n} IS NOT NULL" if column.counts else f"len(b.a{n}) > 0"
        return f"SELECT row, {n} AS number FROM met WHERE o{n} UNION ALL {fresh} AND {moved}"

    def _found(self, selects: Iterator[str]) -> pa.Table | None:
        sql = " UNION ALL ".join(selects)
        found = self.statements.table(sql) if sql else None
        return found if found is not None and found.num_rows else None

    def _others(self) -> None:
        """What the records say beside values and consents."""
        if self.live.events is not None:
            self.statements.give(happened=self.live.events)
            events.add(self._run, "happened")
        if self.live.event_types is not None:
            self.statements.give(described=self.live.event_types)
            events.add_types(self._run, "described")
        if self.live.aliases is not None:
            self.statements.give(called=self.live.aliases)
            self._run("DELETE FROM aliases WHERE (kind, value) IN (SELECT (kind, value) FROM called)")
            self._run("INSERT INTO aliases SELECT kind, value, identity FROM called")
        if self.live.devices is not None:
            self.statements.give(owned=self.live.devices)
            # A device has one token, and a token one device.
            self._run("DELETE FROM devices WHERE object_id IN (SELECT object_id FROM owned) OR token IN (SELECT token FROM owned)")
            self._run("INSERT INTO devices SELECT object_id, type, token, keys, added_at FROM owned")

    def _run(self, sql: str) -> None:
        self.statements.run(sql)


def _becomes(column: BatchColumn, limit: int) -> Iterator[str]:
    """What becomes of a value (`n`), whether it changes (`k`) and, where it may, whether it would be too much (`o`)."""
    n = column.number
    if not column.clears:
        # The same in fewer words: planning is most of what few rows take.
        yield f"coalesce(b.p{n}, p.c{n}) AS n{n}"
        yield f"(b.p{n} IS NOT NULL AND b.p{n} IS DISTINCT FROM p.c{n}) AS k{n}"
        return
    yield f"{after(column, limit)} AS n{n}"
    yield f"{differs(column, limit)} AS k{n}"
    if column.relative:
        yield f"{overlong(column, f'p.c{n}', limit)} AS o{n}"


def _made(live: LiveBatch) -> pa.Table:
    calls = live.calls
    return pa.table(
        {
            "call": pa.array([c.number for c in calls], pa.int64()),
            "made_at": pa.array([c.at for c in calls], pa.timestamp("us")),
            "actor": [c.actor for c in calls],
            "door": [c.door for c in calls],
        }
    )


def _with_times(rows: pa.Table, made: pa.Table) -> pa.Table:
    """The rows of a batch, each with the time of its call."""
    place = pc.index_in(pc.divide(rows.column("row"), ROWS), value_set=made.column("call").combine_chunks())
    return rows.append_column("made_at", made.column("made_at").take(place))


def keep_answers(connection: duckdb.DuckDBPyConnection, answers: Sequence[Answer]) -> None:
    """Keep what is answered to calls that must not count twice. Runs in the caller's transaction."""
    for each in answers:
        connection.execute("INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?)", [each.key, each.sha256, each.at, json.dumps(each.answer)])


def answer(connection: duckdb.DuckDBPyConnection, key: str) -> Answer | None:
    """What was answered to the call with this key."""
    found = connection.execute("SELECT key, sha256, answered_at, answer FROM answered WHERE key = ?", [key]).fetchall()
    return next((Answer(key, sha256, at, json.loads(said)) for key, sha256, at, said in found), None)


def forget_answers(connection: duckdb.DuckDBPyConnection, before: datetime) -> None:
    """Remove answers that were given before a moment. Runs in the caller's transaction."""
    connection.execute("DELETE FROM answered WHERE answered_at < ?", [before])
