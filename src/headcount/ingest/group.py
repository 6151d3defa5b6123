"""Some calls together: from what they send to what the store is handed, and what each is answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headcount.ingest.cells import WHO, folded, folded_rows, happened, typed
from headcount.ingest.keys import Entry, Keys
from headcount.ingest.records import NAMES, Cell, Record, Sent
from headcount.ingest.rows import Rows, with_whose
from headcount.prepared import Prepared
from headcount.profiles.consent import Channel
from headcount.profiles.live import LIVE, ROWS, Call, LiveBatch, LiveEffect, LiveStore
from headcount.profiles.properties import Property
from headcount.profiles.store import Batch, BatchColumn
from headcount.single_row import small_table
from headcount.uploads.reading import Engine
from headcount.uploads.rules import Rules
from headcount.values import system
from headcount.values.text import UNTIDY
from headcount.values.types import Type

#: Cells that one thread looks at at once.
_TOGETHER = 16_384
#: Numbers of properties that a call would make, and does not, begin here.
_UNMADE = 1_000_000
#: The system properties for whose sake a record is refused, in the order in which the compared platform looks at them.
STRICT = ("Email", "Phone", "Gender", "Employed", "Education", "Married", "Age")


@dataclass(slots=True)
class Outcome:
    """What became of the records of one call."""

    processed: int = 0
    #: Records that were refused: `place` (from 0), `code`, `property` where a value of it is why, the `record`, and its `phone` as stored.
    failed: list[dict[str, Any]] = field(default_factory=list)
    #: What was not applied of records that were: `place`, `property`, `code`.
    notices: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The outcome as a JSON object."""
        return {"processed": self.processed, "failed": self.failed, "notices": self.notices}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Outcome:
        """The outcome that `to_json` gave."""
        return cls(document["processed"], document["failed"], document["notices"])


@dataclass(frozen=True, slots=True)
class Read:
    """What some calls say: for the store, and for whoever sent them. None where there is nothing to write."""

    live: LiveBatch | None
    outcomes: Mapping[int, Outcome]
    #: The properties by their numbers.
    properties: Mapping[int, Property]

    def note(self, effect: LiveEffect) -> None:
        """Tell the calls what the store did not apply."""
        for row, channel in _pairs(effect.held):
            self._note(row, f"MSG-{channel}", "consent_held")
        for row, number in _pairs(effect.overlong):
            found = self.properties[number]
            self._note(row, found.name, "list_too_long" if found.type is Type.LIST else "number_out_of_range")

    def _note(self, row: int, name: str, code: str) -> None:
        self.outcomes[row // ROWS].notices.append({"place": row % ROWS, "property": name, "code": code})


@dataclass(frozen=True, slots=True)
class _Findings:
    """What the values of some records say."""

    #: Why records are refused, and the property on whose account, by their rows.
    refused: Mapping[int, tuple[str, str | None]]
    notices: Sequence[tuple[int, str, str]]
    #: The phone numbers of refused records as they would have been stored.
    phones: Mapping[int, str]


class Reading:
    """Reads what calls send, in an engine of its own."""

    def __init__(self, store: LiveStore, rules: Rules) -> None:
        self._store = store
        self._rules = rules
        self._connection = _engine(rules.engine)
        self._statements = Prepared(self._connection)
        self._known: tuple[Mapping[str, Property], Collection[str]] = {}, ()
        self._version: int | None = None

    def close(self) -> None:
        """Give the engine back."""
        self._connection.close()

    def read(self, calls: Mapping[int, Call], sent: Sequence[Sent], *, keep: bool = True, ordered: bool = False) -> Read:
        """What the calls say, all together. Without `keep` no property is made; `ordered` as in LiveBatch."""
        looked = self._look(sent, keep=keep)
        worth = with_whose(looked.worth, looked.findings.refused)
        live = self._batch(calls, looked.keys, looked.well, worth, ordered=ordered)
        outcomes = _outcomes(calls, looked.records, looked.findings)
        properties = {p.number: p for p in looked.properties.values()}
        return Read(replace(live, aliases=looked.named.aliases(looked.well)) if live else None, outcomes, properties)

    def foretell(self, calls: Mapping[int, Call], sent: Sequence[Sent]) -> Mapping[int, Outcome]:
        """What will become of calls, but for those where that depends on what is stored when they are written."""
        looked = self._look(sent, keep=False)
        pending = looked.keys.pending()
        unsure = {row // ROWS for each in sent for row, scope, key, *_ in each.cells if (scope, key) in pending}
        outcomes = _outcomes(calls, looked.records, looked.findings)
        return {number: outcome for number, outcome in outcomes.items() if number not in unsure}

    def _look(self, sent: Sequence[Sent], *, keep: bool) -> _Looked:
        records = [record for each in sent for record in each.records]
        cells = [cell for each in sent for cell in each.cells]
        well = [record for record in records if record.fault is None]
        named = _Names.of([record for record in well if record.type != "token"], self._store.aliased)
        keys = self._keys(cells)
        properties = self._properties(keys, keep=keep)
        worth = self._type(keys, named.rows, cells)
        findings = _found(worth, keys)
        well = [record for record in well if record.row not in findings.refused]
        return _Looked(records, well, named, keys, properties, worth, findings)

    def _keys(self, cells: Sequence[Cell]) -> Keys:
        came = {(scope, key, kind, operation) for _, scope, key, operation, kind, _ in cells}
        types = self._store.event_property_types() if any(scope for scope, *_ in came) else {}
        if self._version != self._store.version:
            self._known = {p.name: p for p in self._store.properties()}, self._store.stored()
            self._version = self._store.version
        keys = Keys(*self._known, types, self._rules.property_limit)
        keys.read(came)
        return keys

    def _properties(self, keys: Keys, *, keep: bool) -> Mapping[str, Property]:
        """The properties by name, with those that had to be made."""
        made = dict[str, Property]()
        if keys.wanted and keep:
            made.update(self._store.register(LIVE, keys.wanted))
        elif keys.wanted:
            numbers = {name: _UNMADE + i for i, (name, _) in enumerate(keys.wanted)} | {p.name: p.number for p in keys.known.values()}
            made.update({name: Property(numbers[name], name, type_) for name, type_ in keys.wanted})
        properties = {**keys.known, **made}
        keys.number(properties)
        return properties

    def _type(self, keys: Keys, named: Sequence[tuple[int, str, str]], cells: Sequence[Cell]) -> pa.Table:
        """What cells are worth, and whose records they are: row, type and identity of each record."""
        of_key = {place: entry.k for place, entry in keys.entries.items()}
        people, said = list(zip(*named, strict=True)) or [()] * 3, list(zip(*cells, strict=True)) or [()] * 6
        k = [WHO] * len(named) + [of_key[place] for place in zip(said[1], said[2], strict=True)]
        given = {
            "row": pa.array([*people[0], *said[0]], pa.int64()),
            "k": pa.array(k, pa.int32()),
            "operation": pa.array([*people[1], *said[3]], pa.string()),
            "kind": pa.array(["text"] * len(named) + list(said[4]), pa.string()),
            "text": pa.array([*people[2], *said[5]], pa.string()),
        }
        described = keys.described(k)
        table = pa.table({**given, **{name: described.column(name) for name in described.column_names}})
        applied = {entry.key for entry in keys.of_people()}
        unusual = "Email" in applied and self._approve(table, of_key["", "Email"])
        checked = sorted(system.readings().keys() & applied)
        # In several batches, so that several threads read them.
        self._statements.give(cells=pa.Table.from_batches(table.to_batches(_TOGETHER), table.schema))
        tidy = not pc.any(pc.match_substring_regex(table.column("text"), UNTIDY)).as_py()
        select = typed(self._rules.limits, self._rules.zone, sorted(keys.types()), checked, tidy=tidy)
        # The variable with the approved addresses is read when a statement is planned.
        return small_table(self._connection, select) if unusual else self._statements.table(select)

    def _approve(self, cells: pa.Table, email: int) -> bool:
        """Ask the library about the addresses that only it can judge. Whether it approves of any."""
        addresses = pc.unique(cells.filter(pc.equal(cells.column("k"), email)).column("text"))
        unusual = addresses.filter(pc.match_substring_regex(addresses, r'[^!-~]|["\[]'))
        approved = system.approve(address.strip() for address in unusual.to_pylist() if address)
        if approved:
            self._connection.execute(f"SET VARIABLE {system.APPROVED_EMAILS} = ?", [approved])
        return bool(approved)

    def _batch(self, calls: Mapping[int, Call], keys: Keys, well: Sequence[Record], cells: pa.Table, *, ordered: bool) -> LiveBatch | None:
        if not well:
            return None
        tokens, events = [r for r in well if r.type == "token"], [r for r in well if r.type == "event"]
        columns = {entry.k: _column(entry) for entry in keys.of_people()}
        people, edits = self._people(cells, columns, keys.channels, ordered=ordered)
        return LiveBatch(
            list(calls.values()),
            Batch(people, tuple(columns.values()), tuple(keys.channels), list_limit=self._rules.limits.items),
            edits,
            events=self._events(calls, cells, events) if events else None,
            event_types=_event_types(keys.new_event_types),
            devices=_devices(calls, tokens) if tokens else None,
        )

    def _people(
        self, cells: pa.Table, columns: Mapping[int, BatchColumn], channels: Mapping[Channel, Collection[int]], *, ordered: bool
    ) -> tuple[pa.Table, pa.Table | None]:
        """One row a person; and, where uploads have to leave it, what was said of whom."""
        rows, repeated = Rows(cells), _repeated(cells)
        people = rows.people
        again = pc.is_in(people.column("identity"), value_set=repeated)
        once = rows.batch(people.filter(pc.invert(again)), columns, channels)
        said = rows.said() if ordered else None
        if not len(repeated):
            return once, said
        self._statements.give(well=cells, repeated=pa.table({"identity": repeated}), several=people.filter(again))
        self._statements.give(folded=self._statements.table(folded()))
        several = self._statements.table(folded_rows(columns.values(), channels)).select(once.column_names).cast(once.schema)
        return pa.concat_tables([once, several]), said

    def _events(self, calls: Mapping[int, Call], cells: pa.Table, events: Sequence[Record]) -> pa.Table:
        at = (datetime.fromtimestamp(r.second, UTC).replace(tzinfo=None) if r.second else calls[r.row // ROWS].at for r in events)
        given = {
            "row": pa.array([r.row for r in events], pa.int64()),
            "name": [r.event for r in events],
            "happened_at": pa.array(at, pa.timestamp("us")),
        }
        self._statements.give(well=cells, given=pa.table(given))
        return self._statements.table(happened())


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found out about some calls before anything is made of it."""

    records: Sequence[Record]
    #: Those that are not refused.
    well: Sequence[Record]
    named: _Names
    keys: Keys
    properties: Mapping[str, Property]
    #: What the cells are worth.
    worth: pa.Table
    findings: _Findings


@dataclass(frozen=True, slots=True)
class _Names:
    """Whose records are: row, type and identity of each; and what other names were said of whom."""

    rows: Sequence[tuple[int, str, str]]
    #: By kind and value: the identity now, and the one that was known.
    others: Mapping[tuple[str, str], tuple[str, str | None]]

    @classmethod
    def of(cls, records: Sequence[Record], aliased: Callable[[Collection[str], Collection[str]], pa.Table]) -> Self:
        """Look up the other names that the records have."""
        with_others = [record for record in records if set(record.names) - {"identity"}]
        pairs = {(kind, value) for record in with_others for kind, value in record.names.items() if kind != "identity"}
        known = dict[tuple[str, str], str]()
        if pairs:
            found = aliased({kind for kind, _ in pairs}, {value for _, value in pairs}).to_pydict()
            known = {(kind, value): who for kind, value, who in zip(found["kind"], found["value"], found["identity"], strict=True)}
        now = dict(known)
        for record in with_others:
            who = _whose(record, now)
            now |= {(kind, value): who for kind, value in record.names.items() if kind != "identity"}
        rows = [(r.row, r.type, _whose(r, now)) for r in records]
        return cls(rows, {pair: (now[pair], known.get(pair)) for pair in pairs})

    def aliases(self, well: Sequence[Record]) -> pa.Table | None:
        """The names that are new, or another's now, of records that are well."""
        said = {pair for record in well for pair in record.names.items()}
        new = [(kind, value, who) for (kind, value), (who, before) in self.others.items() if who != before and (kind, value) in said]
        return pa.table(dict(zip(("kind", "value", "identity"), map(list, zip(*new, strict=True)), strict=True))) if new else None


def _whose(record: Record, known: Mapping[tuple[str, str], str]) -> str:
    """The identity of the person whom a record is about."""
    name = next(name for name in NAMES if name in record.names)
    said = record.names[name]
    return said if name == "identity" else known.get((name, said), f"{name}:{said}")


def _repeated(cells: pa.Table) -> pa.Array:
    """Who is named by several records with values."""
    named = cells.filter(pc.and_(pc.equal(cells.column("k"), WHO), pc.equal(cells.column("operation"), "profile"))).column("identity")
    counted = pc.value_counts(named)
    return counted.field("values").filter(pc.greater(counted.field("counts"), 1))


def _found(typed: pa.Table, keys: Keys) -> _Findings:
    names = {entry.k: entry for entry in keys.entries.values()}
    unfit = typed.filter(pc.is_valid(typed.column("code"))).select(["row", "k", "code"])
    found = zip(*(column.to_pylist() for column in unfit.columns), strict=True)
    refused = dict[int, tuple[str, str | None]]()
    notices = list[tuple[int, str, str]]()
    for row, k, code in sorted(found, key=lambda each: _rank(names.get(each[1]))):
        entry = names.get(k)
        if entry is None or (entry.key in STRICT and not entry.scope):
            refused.setdefault(row, (code, entry.key if entry else None))
        else:
            notices.append((row, entry.key, code))
    return _Findings(refused, sorted(notices), _phones(typed, refused) if refused else {})


def _phones(typed: pa.Table, rows: Collection[int]) -> Mapping[int, str]:
    """The phone numbers of some records as they would have been stored."""
    mine = pc.and_(pc.equal(typed.column("key"), "Phone"), pc.is_in(typed.column("row"), value_set=pa.array(sorted(rows), pa.int64())))
    found = typed.filter(pc.and_(mine, pc.is_valid(typed.column("s"))))
    return dict(zip(found.column("row").to_pylist(), found.column("s").to_pylist(), strict=True))


def _rank(entry: Entry | None) -> int:
    """Whose fault a record has where it has several."""
    if entry is None:
        return 0
    return 1 + STRICT.index(entry.key) if entry.key in STRICT and not entry.scope else len(STRICT) + 1


def _outcomes(calls: Mapping[int, Call], records: Sequence[Record], findings: _Findings) -> Mapping[int, Outcome]:
    outcomes = {number: Outcome() for number in calls}
    for record in records:
        outcome = outcomes[record.row // ROWS]
        code, name = findings.refused.get(record.row, (record.fault, None))
        if code is None:
            outcome.processed += 1
            continue
        failed = {
            "place": record.row % ROWS,
            "code": code,
            "property": name,
            "record": record.given,
            "phone": findings.phones.get(record.row),
        }
        outcome.failed.append(failed)
    for row, name, code in findings.notices:
        if row not in findings.refused:
            outcomes[row // ROWS].notices.append({"place": row % ROWS, "property": name, "code": code})
    return outcomes


def _pairs(table: pa.Table | None) -> Iterator[tuple[int, Any]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True) if table is not None else iter(())


def _column(entry: Entry) -> BatchColumn:
    type_, asked = entry.type or Type.STRING, entry.operations
    edits = type_ is Type.LIST and bool(asked & {"add", "remove"})
    counts = type_ in {Type.INTEGER, Type.FLOAT} and bool(asked & {"incr", "decr"})
    # What changes a value by the stored one also says whether that is cleared before.
    return BatchColumn(entry.number, type_, clears="delete" in asked or edits or counts, edits=edits, counts=counts)


def _devices(calls: Mapping[int, Call], tokens: Sequence[Record]) -> pa.Table:
    """The tokens, of each device and of each token the last one."""
    last = {r.names["objectId"]: r for r in tokens}
    last = {r.given["tokenData"]["id"]: r for r in last.values()}
    owned = [(r.names["objectId"], r.given["tokenData"], calls[r.row // ROWS].at) for r in last.values()]
    return pa.table(
        {
            "object_id": [object_id for object_id, _, _ in owned],
            "type": [data["type"].lower() for _, data, _ in owned],
            "token": [data["id"] for _, data, _ in owned],
            "keys": pa.array([json.dumps(data["keys"]) if data.get("keys") else None for _, data, _ in owned], pa.string()),
            "added_at": pa.array([at for _, _, at in owned], pa.timestamp("us")),
        }
    )


def _event_types(types: Sequence[tuple[str, str, Type]]) -> pa.Table | None:
    if not types:
        return None
    events, names, kinds = zip(*types, strict=True)
    return pa.table({"event": list(events), "name": list(names), "type": [kind.value for kind in kinds]})


def _engine(engine: Engine) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{engine.memory_mb}MB",
        "threads": engine.threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "enable_external_access": False,
    }
    connection = duckdb.connect(":memory:", config=settings)
    # Optimising a statement takes longer than running it on a few rows, and on many it gains nothing here.
    optimizers = ", ".join(name for (name,) in connection.execute("SELECT name FROM duckdb_optimizers()").fetchall())
    connection.execute(f"SET disabled_optimizers = '{optimizers}'")
    return connection
