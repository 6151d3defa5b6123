"""The order in which things were accepted: an upload that is applied after a live call that came later leaves what the call said.

The call changed the person as they were before the upload. So what it set stays; what it added to a number, or to a list, is added to
what the upload sets.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from headcount.profiles.store import Batch, BatchColumn, Origin
from headcount.single_row import single_row
from headcount.values.types import SQL_TYPES, Type, distinct


def yielding(connection: duckdb.DuckDBPyConnection, batch: Batch, origin: Origin, rows: str) -> str:
    """SELECT of the rows of a batch (`rows` is SQL of them) without what later calls decided."""
    if origin.accepted is None or batch.match != "identity":
        return rows
    since = f"accepted_at > '{origin.accepted}'::TIMESTAMP"
    named = f"FROM later SEMI JOIN given USING (identity) WHERE {since}"
    if (
        not single_row(connection, f"SELECT EXISTS (FROM later WHERE {since})")[0]
        or not single_row(connection, f"SELECT EXISTS ({named})")[0]
    ):
        return rows
    found = connection.execute(f"SELECT DISTINCT number FROM later WHERE {since}").fetchall()
    numbers = {number for (number,) in found}
    replaced = [sql for column in batch.columns if column.number in numbers for sql in _values(column)]
    replaced += [
        f"CASE WHEN coalesce(l.e{_name(-channel.bit)}.whole, false) THEN NULL ELSE b.{channel.column} END AS {channel.column}"
        for channel in batch.channels
        if -channel.bit in numbers
    ]
    if not replaced:
        return rows
    pivoted = ", ".join(f"any_value(e) FILTER (number = {n}) AS e{_name(n)}" for n in sorted(numbers))
    later = f"SELECT identity, {pivoted} FROM ({_together(since)}) GROUP BY identity"
    return f"SELECT b.* REPLACE ({', '.join(replaced)}) FROM ({rows}) b LEFT JOIN ({later}) l ON l.identity = b.identity"


def _name(number: int) -> str:
    return f"_{-number}" if number < 0 else str(number)


def _together(since: str) -> str:
    """What several calls said of one value: whether one of them decided it, what was added in all, and the last word on each text."""
    said = f"SELECT identity, number, bool_or(whole) AS whole, sum(amount) AS amount FROM later WHERE {since} GROUP BY ALL"
    texts = (
        "SELECT identity, number, unnest(coalesce(added, removed)) AS t, added IS NOT NULL AS added, "
        "{'at': accepted_at, 'row': row} AS place "
        f"FROM later WHERE {since} AND coalesce(added, removed) IS NOT NULL"
    )
    last = f"SELECT identity, number, t, arg_max(added, place) AS added, min(place) AS place FROM ({texts}) GROUP BY identity, number, t"
    words = (
        "SELECT identity, number, list(t ORDER BY place) FILTER (added) AS added, list(t) FILTER (NOT added) AS removed "
        f"FROM ({last}) GROUP BY ALL"
    )
    together = "{'whole': whole, 'amount': amount, 'added': added, 'removed': removed}"
    return f"SELECT identity, number, {together} AS e FROM ({said}) LEFT JOIN ({words}) USING (identity, number)"


def _values(column: BatchColumn) -> Iterator[str]:
    n, e = column.number, f"l.e{_name(column.number)}"
    kept = f"coalesce({e}.whole, false)"
    yield f"CASE WHEN {kept} THEN NULL ELSE {_moved(column, e)} END AS p{n}"
    if column.clears:
        yield f"(b.x{n} AND NOT {kept}) AS x{n}"
    if column.edits:
        for name, against in (("a", "removed"), ("r", "added")):
            others = f"list_filter(b.{name}{n}, lambda t: NOT coalesce(list_contains({e}.{against}, t), false))"
            yield f"CASE WHEN NOT {kept} THEN nullif({others}, []) END AS {name}{n}"


def _moved(column: BatchColumn, e: str) -> str:
    """The value that the upload sets, with what calls added to it."""
    value = f"b.p{column.number}"
    if column.type in {Type.INTEGER, Type.FLOAT}:
        return f"coalesce(try_cast({value} + {e}.amount AS {SQL_TYPES[column.type]}), {value})"
    if column.type is Type.LIST:
        kept = f"list_filter({value}, lambda t: NOT coalesce(list_contains({e}.removed, t), false))"
        both = distinct(f"list_concat({kept}, coalesce({e}.added, []))")
        return f"CASE WHEN {value} IS NOT NULL THEN {both} END"
    return value
