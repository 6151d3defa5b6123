"""SQL of the difference between a batch `b` and the stored people `p`: per column the value after it, and what happened to it.

`people` is the table of profiles as the batch finds it: with a column for each property of the batch, and `rowid`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from headcount.profiles.consent import Channel
from headcount.profiles.store import Batch, BatchColumn, Kind
from headcount.values.types import SQL_TYPES, Type, distinct

#: What happens to a value, as `k<number>` says it.
SET, CHANGED, CLEARED = 1, 2, 3
KINDS: Mapping[Kind, int] = {"set": SET, "changed": CHANGED, "cleared": CLEARED}

#: In which type a number is added to another, and SQL of the sum as it is stored, NULL where it cannot be.
_EXACT: Mapping[Type, str] = {Type.INTEGER: "HUGEINT", Type.FLOAT: "DOUBLE"}
_STORED: Mapping[Type, str] = {Type.INTEGER: "try_cast({0} AS BIGINT)", Type.FLOAT: "CASE WHEN isfinite({0}) THEN {0} END"}


def edited(column: BatchColumn, stored: str) -> str:
    """The value after what the batch adds to it and takes from it; NULL where no text is left of a list, or the number cannot be stored."""
    n = column.number
    base = f"CASE WHEN b.x{n} THEN NULL WHEN b.p{n} IS NOT NULL THEN b.p{n} ELSE {stored} END"
    if column.counts:
        exact = f"coalesce({base}, 0)::{_EXACT[column.type]} + b.i{n}"
        return f"CASE WHEN b.i{n} IS NULL THEN {base} ELSE {_STORED[column.type].format(exact)} END"
    kept = f"list_filter({base}, lambda t: NOT coalesce(list_contains(b.r{n}, t), false))"
    joined = f"list_concat(coalesce({kept}, []), coalesce(b.a{n}, []))"
    return f"nullif({distinct(joined)}, [])"


def overlong(column: BatchColumn, stored: str, limit: int) -> str:
    """Whether the edited list would hold too many texts, or the number could not be stored."""
    if column.counts:
        return f"coalesce(b.i{column.number} IS NOT NULL AND ({edited(column, stored)}) IS NULL, false)"
    return f"coalesce(len({edited(column, stored)}) > {limit}, false)"


def _after(column: BatchColumn, limit: int) -> str:
    n, stored = column.number, f"p.c{column.number}"
    if column.relative:
        return f"CASE WHEN {overlong(column, stored, limit)} THEN {stored} ELSE {edited(column, stored)} END"
    if column.clears:
        return f"CASE WHEN b.x{n} THEN NULL ELSE coalesce(b.p{n}, {stored}) END"
    return f"coalesce(b.p{n}, {stored})"


def after(column: BatchColumn, limit: int) -> str:
    """The value of a known person after the batch."""
    stored = f"p.c{column.number}"
    value = _after(column, limit)
    return f"CASE WHEN {stored} IS NOT NULL THEN {stored} ELSE {value} END" if column.write == "fill" else value


def initial(column: BatchColumn, limit: int) -> str:
    """The value of a person whom the batch creates."""
    if not column.relative:
        return f"b.p{column.number}"
    nothing = f"NULL::{SQL_TYPES[column.type]}"
    return f"CASE WHEN NOT {overlong(column, nothing, limit)} THEN {edited(column, nothing)} END"


def differs(column: BatchColumn, limit: int) -> str:
    """Whether the stored value differs after the batch."""
    n, stored = column.number, f"p.c{column.number}"
    if column.write == "fill":
        return f"({stored} IS NULL AND {after(column, limit)} IS NOT NULL)"
    if column.relative:
        return f"({after(column, limit)} IS DISTINCT FROM {stored})"
    cleared = f" OR (b.x{n} AND {stored} IS NOT NULL)" if column.clears else ""
    return f"((b.p{n} IS NOT NULL AND b.p{n} IS DISTINCT FROM {stored}){cleared})"


def kind(column: BatchColumn, limit: int) -> str:
    """SET, CHANGED or CLEARED where the value differs after the batch, else NULL."""
    new, stored = after(column, limit), f"p.c{column.number}"
    happened = f"CASE WHEN {stored} IS NULL THEN {SET} WHEN {new} IS NULL THEN {CLEARED} ELSE {CHANGED} END"
    return f"CASE WHEN {differs(column, limit)} THEN ({happened})::TINYINT END"


def held(channel: Channel) -> str:
    """Whether the batch would re-subscribe somebody who opted out themselves."""
    return f"(b.{channel.column} AND NOT p.{channel.column} AND (p.declined & {channel.bit}) <> 0)"


def consent_differs(channel: Channel, *, gate: bool) -> str:
    """Whether a consent differs after the batch; behind the gate those that are held do not."""
    differs = f"b.{channel.column} IS NOT NULL AND b.{channel.column} IS DISTINCT FROM p.{channel.column}"
    return f"({differs} AND NOT coalesce({held(channel)}, false))" if gate else f"({differs})"


def matched(batch: Batch, named: str, *, gate: bool) -> str:
    """SELECT of who is named (row, pid) and whether the batch changes them (differs); `named` is SQL of when a row names a person."""
    limit = batch.list_limit
    changes = [differs(c, limit) for c in batch.columns] + [consent_differs(ch, gate=gate) for ch in batch.channels]
    return f"SELECT b.row AS row, p.rowid AS pid, {' OR '.join(changes) or 'false'} AS differs FROM people p JOIN batch b ON {named}"


def repeated(named: str, uploads: Sequence[int]) -> str:
    """The same without looking at a value: whom the same row of one of the `uploads` created, and nobody changed since, does not differ."""
    numbers = ", ".join(map(str, uploads))
    created = f"p.created_upload IN ({numbers}) AND p.created_row = b.row AND p.last_updated = p.first_seen"
    return f"SELECT b.row AS row, p.rowid AS pid, NOT ({created}) AS differs FROM people p JOIN batch b ON {named}"


def delta(batch: Batch, before: Collection[int], *, gate: bool) -> str:
    """SELECT of the people in `matched` whom the batch changes, with the values they had of the properties `before`."""
    limit = batch.list_limit
    # A value that stays is not carried along: most do, and texts are dear to copy.
    outputs = [
        f"CASE WHEN {differs(c, limit)} THEN {after(c, limit)} END AS n{c.number}, {kind(c, limit)} AS k{c.number}" for c in batch.columns
    ]
    outputs += [
        f"p.{ch.column} AS was_{ch.value}, CASE WHEN {consent_differs(ch, gate=gate)} THEN b.{ch.column} END AS new_{ch.value}"
        for ch in batch.channels
    ]
    outputs += [f"CASE WHEN {differs(c, limit)} THEN p.c{c.number} END AS o{c.number}" for c in batch.columns if c.number in before]
    outputs += sources(batch)
    selected = ", ".join(
        [
            "b.row AS row",
            "p.rowid AS pid",
            "p.identity AS identity",
            "p.first_seen AS first_seen",
            "p.last_updated AS last_updated",
            *outputs,
        ]
    )
    changed = "(SELECT row, pid FROM matched WHERE differs) m"
    return f"SELECT {selected} FROM people p JOIN {changed} ON p.rowid = m.pid JOIN batch b ON b.row = m.row"


def held_back(batch: Batch) -> str:
    """SELECT of the consents that the gate holds for the people in `matched`: row, identity, channel."""
    each = (
        f"SELECT b.{said_by(ch, batch)} AS row, p.identity AS identity, '{ch.value}' AS channel "
        f"FROM matched m JOIN people p ON p.rowid = m.pid JOIN batch b ON b.row = m.row WHERE p.declined <> 0 AND {held(ch)}"
        for ch in batch.channels
    )
    return " UNION ALL ".join(each)


def said_by(channel: Channel, batch: Batch) -> str:
    """The column with the row that a consent came from."""
    return f"s_{channel.value}" if batch.folded else "row"


def sources(batch: Batch) -> list[str]:
    """The columns that say from which row a folded value came."""
    if not batch.folded:
        return []
    return [f"b.s{c.number}" for c in batch.columns] + [f"b.s_{ch.value}" for ch in batch.channels]
