"""Numbers about events, and about who did them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb

from headcount.profiles.properties import Property
from headcount.segments.store import Step, Top, Trend, Wanted
from headcount.single_row import single_row
from headcount.store.duckdb.segment_sql import Compiled, pointer
from headcount.values.types import Type

_FORMATS: Mapping[Step, str] = {"daily": "%Y%m%d", "weekly": "%G%V", "monthly": "%Y%m"}
_NUMBERS = {Type.INTEGER, Type.FLOAT}


def of_people(source: Compiled, people: Compiled | None) -> Compiled:
    """The events of a source that are of these people."""
    if people is None:
        return source
    of_whom = f"{source.sql} AND e.identity IN (SELECT p.identity FROM profiles p WHERE {people.sql})"
    return Compiled(of_whom, [*source.parameters, *people.parameters])


def count(connection: duckdb.DuckDBPyConnection, source: Compiled) -> int:
    """How many events there are."""
    return int(single_row(connection, f"SELECT count(*) {source.sql}", source.parameters)[0])


def top_of_events(connection: duckdb.DuckDBPyConnection, source: Compiled, wanted: Wanted, type_: Type | None) -> Top:
    """The values of a property of the events."""
    given = f"SELECT json_extract(e.properties, ?) AS value {source.sql}"
    texts = "unnest(CASE json_type(value) WHEN 'ARRAY' THEN value::VARCHAR[] ELSE [value ->> '$'] END)"
    return _top(connection, Compiled(f"SELECT {texts} AS value FROM ({given})", [pointer(wanted.name), *source.parameters]), wanted, type_)


def top_of_people(connection: duckdb.DuckDBPyConnection, source: Compiled, wanted: Wanted, stored: Property | None) -> Top:
    """The values of a property of who did the events, once for each event."""
    if stored is None:
        return Top({}, numbers=False)
    column = f"p.{stored.column}"
    value = f"unnest({column})" if stored.type is Type.LIST else f"{column}::VARCHAR"
    joined = f"SELECT {value} AS value FROM (SELECT e.identity {source.sql}) JOIN profiles p USING (identity)"
    return _top(connection, Compiled(joined, source.parameters), wanted, stored.type)


def _top(connection: duckdb.DuckDBPyConnection, values: Compiled, wanted: Wanted, type_: Type | None) -> Top:
    order = "ASC" if wanted.rarest else "DESC"
    asked = f"SELECT value, count(*) AS times FROM ({values.sql}) WHERE value IS NOT NULL GROUP BY value ORDER BY times {order}, value"
    found = connection.execute(f"{asked} LIMIT {wanted.most}", values.parameters).fetchall()
    return Top(dict(found), numbers=type_ in _NUMBERS)


def trend(connection: duckdb.DuckDBPyConnection, source: Compiled, zone: str, wanted: Trend) -> Mapping[str, int | float]:
    """What is counted, by periods in the time zone."""
    period = f"strftime(timezone(?, timezone('UTC', e.happened_at)), '{_FORMATS[wanted.step]}')"
    counted, parameters = ("count(DISTINCT e.identity)" if wanted.people else "count(*)"), list[str]()
    if wanted.sum_of is not None:
        counted, parameters = "coalesce(sum(try_cast(json_extract(e.properties, ?) AS DOUBLE)), 0)", [pointer(wanted.sum_of)]
    found = connection.execute(
        f"SELECT {period} AS period, {counted} {source.sql} GROUP BY period ORDER BY period", [zone, *parameters, *source.parameters]
    )
    return dict(found.fetchall())


def active(connection: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> tuple[int, int]:
    """How many people did something in the time, and how many of them were not known before it."""
    did = "SELECT DISTINCT identity FROM events WHERE happened_at > $since AND happened_at <= $until"
    asked = f"SELECT count(*), count(*) FILTER (first_seen > $since) FROM ({did}) LEFT JOIN profiles USING (identity)"
    people, new = connection.execute(asked, {"since": since, "until": until}).fetchall()[0]
    return int(people), int(new)
