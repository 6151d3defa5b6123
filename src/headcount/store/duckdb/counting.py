"""Counting the values of a property: how many there are, which are frequent, and how numbers and dates are spread."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import duckdb

from headcount.profiles.histogram import date_edges, number_edges
from headcount.profiles.properties import Property
from headcount.profiles.report import shown_value
from headcount.profiles.tending import TOP, Bin, Statistics, Value
from headcount.single_row import single_row
from headcount.store.duckdb import people, statistics
from headcount.store.duckdb.statistics import AGE, BORN, Counted
from headcount.values.types import SQL_TYPES, Type

#: Up to about so many different values are told apart exactly; of more a sketch tells.
_EXACT = 50_000
#: People from whose values the edges of bins are found, and the share of them below and above the edges.
_SAMPLED, _TAIL = 20_000, 0.01
#: The calendar that Python has.
_FIRST, _LAST = "TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'"
_BINNED = frozenset({Type.INTEGER, Type.FLOAT, Type.DATE})


def count(connection: duckdb.DuckDBPyConnection, stored: Sequence[Property], wanted: Property) -> Counted:
    """Count a property; `stored` are those that have a column. Runs in the caller's snapshot."""
    began, at = time.monotonic(), statistics.writes(connection, wanted.number)
    found = _Values(connection, wanted.type, _source(stored, wanted)).statistics()
    return Counted(found, at, time.monotonic() - began)


def _source(stored: Sequence[Property], wanted: Property) -> str:
    """SELECT of the values `v` of a property, one row a person."""
    columns = {each.number: f"p.{each.column}" for each in stored}
    sql = columns.get(wanted.number, f"NULL::{SQL_TYPES[wanted.type]}")
    if wanted.number == AGE and BORN in columns:
        sql = people.age(columns[BORN], sql)
    if wanted.type is Type.DATE:
        sql = f"CASE WHEN {sql} IS NOT NULL THEN least(greatest({sql}, {_FIRST}), {_LAST}) END"
    return f"SELECT {sql} AS v FROM profiles p"


@dataclass(frozen=True, slots=True)
class _Values:
    """The values of one property."""

    connection: duckdb.DuckDBPyConnection
    type: Type
    source: str

    def statistics(self) -> Statistics:
        """All of it, in a few passes over one column."""
        bounds = "min(v), max(v)" if self.type in _BINNED else "NULL, NULL"
        filled, about, least, greatest = self._row(f"count(v), approx_count_distinct(v), {bounds}", self._each)
        if self.type is Type.LIST:
            (filled,) = self._row("count(v)", self.source)
        exact = about <= _EXACT
        distinct, top = self._all_values() if exact else (about, self._frequent())
        if distinct > TOP:
            # What one person has alone is not frequent.
            top = [each for each in top if each.people > 1]
        bins = self._bins() if self.type in _BINNED and distinct > TOP else ()
        return Statistics(filled, distinct, exact, shown_value(least), shown_value(greatest), tuple(top), tuple(bins))

    @property
    def _each(self) -> str:
        """SELECT of the values as they are told apart: of a list its texts."""
        return f"SELECT unnest(v) AS v FROM ({self.source})" if self.type is Type.LIST else self.source

    @property
    def _sql_type(self) -> str:
        return "VARCHAR" if self.type is Type.LIST else SQL_TYPES[self.type]

    def _row(self, selected: str, source: str, **given: object) -> tuple[Any, ...]:
        return self.connection.execute(f"SELECT {selected} FROM ({source})", given).fetchall()[0]

    def _all_values(self) -> tuple[int, list[Value]]:
        """How many values there are, and the most frequent, where they are few."""
        grouped = f"SELECT v, count(*) AS people FROM ({self._each}) WHERE v IS NOT NULL GROUP BY v"
        asked = f"SELECT v, people, count(*) OVER () FROM ({grouped}) ORDER BY people DESC, v LIMIT {TOP}"
        rows = self.connection.execute(asked).fetchall()
        return (rows[0][2] if rows else 0), [Value(shown_value(value), people) for value, people, _ in rows]

    def _frequent(self) -> list[Value]:
        """The most frequent values, where they are many: those that a sketch suggests, counted."""
        (suggested,) = self._row(f"approx_top_k(v, {TOP})", self._each)
        wanted = f"v IN (SELECT unnest($suggested::{self._sql_type}[]))"
        asked = f"SELECT v, count(*) AS people FROM ({self._each}) WHERE {wanted} GROUP BY v ORDER BY people DESC, v"
        rows = self.connection.execute(asked, {"suggested": suggested}).fetchall()
        return [Value(shown_value(value), people) for value, people in rows]

    def _bins(self) -> list[Bin]:
        """How many people are between edges around all but the outermost values, and below and above them."""
        sample = f"SELECT v FROM ({self.source}) WHERE v IS NOT NULL"
        quantiles = f"quantile_disc(v, [{_TAIL}, {1 - _TAIL}])"
        # Whoever is drawn, the edges are round numbers: they seldom move.
        drawn = f"SELECT {quantiles} FROM (SELECT v FROM ({sample}) USING SAMPLE reservoir({_SAMPLED} ROWS) REPEATABLE (1))"
        ((low, high),) = single_row(self.connection, drawn)
        edges = date_edges(low, high) if self.type is Type.DATE else number_edges(low, high, whole=self.type is Type.INTEGER)
        if not edges:
            return []
        below = ", ".join(f"count(*) FILTER (v < $e{place})" for place in range(len(edges)))
        counts = self._row(f"{below}, count(v)", self.source, **{f"e{place}": edge for place, edge in enumerate(edges)})
        return _bins_between([shown_value(edge) for edge in edges], counts)


def _bins_between(edges: Sequence[Any], below: Sequence[int]) -> list[Bin]:
    """The bins, of whose people `below` counts those under each edge and, at its end, all; without a bound those that have somebody."""
    bounds = [None, *edges, None]
    counted = [after - before for before, after in pairwise([0, *below])]
    found = [Bin(start, end, people) for (start, end), people in zip(pairwise(bounds), counted, strict=True)]
    return [each for each in found if each.people or (each.start is not None and each.end is not None)]
