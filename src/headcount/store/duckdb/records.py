"""People and events as records: one JSON object each, made by the engine. Names of properties are parameters like all other texts."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from headcount.profiles.properties import Property
from headcount.segments.store import Named, Page
from headcount.store.duckdb import registry
from headcount.store.duckdb.segment_sql import Compiled
from headcount.values.types import Type

#: The properties that have a place of their own in a record.
_OWN = {"Name": "name", "Email": "email", "Phone": "phone"}

#: Before the id of a device, in the identity of who came with nothing else.
_NAMELESS = "objectId:"

#: Before every event: its time, upload and row.
_BEGINNING = ("0001-01-01T00:00:00", "-1", "-1")

#: What a person did, and their devices, for the people in `page`.
_BESIDE = """
happened AS (
    SELECT e.identity, n.name, count(*) AS times, min(e.happened_at) AS first_seen, max(e.happened_at) AS last_seen
    FROM events e JOIN event_names n ON n.number = e.event WHERE e.identity IN (SELECT identity FROM page) GROUP BY ALL
),
did AS (
    SELECT identity, json_group_object(name, json_object(
        'count', times, 'first_seen', epoch(first_seen)::BIGINT, 'last_seen', epoch(last_seen)::BIGINT)) AS events
    FROM happened GROUP BY identity
),
owned AS (
    SELECT a.identity, min(a.value) AS object_id, json_group_array(json_merge_patch('{}', json_object(
        'platform', CASE d.type WHEN 'apns' THEN 'iOS' WHEN 'gcm' THEN 'Android' WHEN 'fcm' THEN 'Android' WHEN 'chrome' THEN 'Web'
            WHEN 'wns' THEN 'Windows' WHEN 'mpns' THEN 'Windows' END,
        'push_token', d.token, 'objectId', a.value))) AS devices
    FROM aliases a LEFT JOIN devices d ON d.object_id = a.value
    WHERE a.kind = 'objectId' AND a.identity IN (SELECT identity FROM page) GROUP BY a.identity
)
"""


def identities_of(connection: duckdb.DuckDBPyConnection, named: Named, values: Sequence[str]) -> Sequence[str]:
    """The identities of people, in no order; of several with an e-mail address of the one who was there first."""
    if not values:
        return ()
    email = f"lower({registry.find(connection, 'Email').column})"
    # Placeholders and not a list: looked for like this, one value takes as long as with `=`.
    each, folded, nameless = (", ".join([sql] * len(values)) for sql in ("?", "lower(?)", f"'{_NAMELESS}' || ?"))
    asked = {
        "identity": f"SELECT identity FROM profiles WHERE identity IN ({each})",
        "email": f"SELECT arg_min(identity, row(first_seen, identity)) FROM profiles WHERE {email} IN ({folded}) GROUP BY {email}",
        "objectId": f"SELECT any_value(identity) FROM (SELECT value, identity FROM aliases WHERE kind = 'objectId' AND value IN ({each}) "
        f"UNION ALL SELECT substr(identity, {len(_NAMELESS) + 1}), identity FROM profiles "
        f"WHERE identity IN ({nameless})) GROUP BY value",
    }[named]
    found = connection.execute(asked, [*values] * (2 if named == "objectId" else 1)).fetchall()
    return tuple(identity for (identity,) in found)


def profiles(connection: duckdb.DuckDBPyConnection, condition: Compiled, after: str | None, size: int) -> Page:
    """Records of the people for whom the condition holds, in the order of their identities, those behind `after`."""
    fields = _fields(registry.stored(connection))
    # The blank text is no identity.
    page = Compiled(
        f"SELECT p.* FROM profiles p WHERE ({condition.sql}) AND p.identity > ? ORDER BY p.identity LIMIT {size + 1}",
        [*condition.parameters, after or ""],
    )
    record = f"json_object({fields.sql}, 'events', coalesce(h.events, '{{}}'::JSON), 'platformInfo', coalesce(o.devices, '[]'::JSON))"
    return _page(
        connection,
        f"WITH page AS ({page.sql}), {_BESIDE} SELECT p.identity AS place, json_merge_patch('{{}}', {record})::VARCHAR AS record "
        "FROM page p LEFT JOIN did h USING (identity) LEFT JOIN owned o USING (identity) ORDER BY place",
        [*page.parameters, *fields.parameters],
        size,
    )


def events(connection: duckdb.DuckDBPyConnection, source: Compiled, zone: str, after: str | None, size: int) -> Page:
    """Records of the events of a source, in the order of their times, those behind `after`."""
    fields = _fields(registry.stored(connection))
    at, upload, row = after.split(" ") if after else _BEGINNING
    behind = "e.happened_at >= ?::TIMESTAMP AND (e.happened_at > ?::TIMESTAMP OR (e.upload, e.row) > (?::INTEGER, ?::BIGINT))"
    page = Compiled(
        f"SELECT e.identity, e.happened_at, e.properties, e.upload, e.row {source.sql} AND {behind} "
        f"ORDER BY e.happened_at, e.upload, e.row LIMIT {size + 1}",
        [*source.parameters, at, at, upload, row],
    )
    local = "strftime(timezone(?, timezone('UTC', e.happened_at)), '%Y%m%d%H%M%S')::BIGINT"
    who = f"json_merge_patch('{{}}', json_object('objectId', o.object_id, {fields.sql}))"
    return _page(
        connection,
        f"WITH page AS ({page.sql}), {_BESIDE} "
        "SELECT concat_ws(' ', strftime(e.happened_at, '%Y-%m-%dT%H:%M:%S.%f'), e.upload, e.row) AS place, "
        f"json_object('profile', {who}, 'ts', {local}, 'event_props', e.properties, 'session_props', '{{}}'::JSON)::VARCHAR AS record "
        "FROM page e LEFT JOIN profiles p USING (identity) LEFT JOIN owned o USING (identity) ORDER BY e.happened_at, e.upload, e.row",
        [*page.parameters, *fields.parameters, zone],
        size,
    )


def _fields(stored: Sequence[Property]) -> Compiled:
    """The fields of a person `p`, as arguments of json_object; those without a value are null."""
    own = ", ".join(f"'{_OWN[each.name]}', p.{each.column}" for each in stored if each.name in _OWN)
    others = [each for each in stored if each.name not in _OWN]
    data = ", ".join(f"?, {_value(each)}" for each in others)
    return Compiled(f"'identity', p.identity, {own}, 'profileData', json_object({data})", [each.name for each in others])


def _value(of: Property) -> str:
    """SQL of a value as an upload takes it back."""
    column = f"p.{of.column}"
    return f"CASE WHEN {column} IS NOT NULL THEN concat('$D_', epoch({column})::BIGINT) END" if of.type is Type.DATE else column


def _page(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object], size: int) -> Page:
    """One record more than the page has tells whether there is another one."""
    found = connection.sql(sql, params=parameters).to_arrow_table()
    whole = found.slice(0, size)
    end = str(whole.column("place")[-1]) if found.num_rows > size and size else None
    return Page(whole.column("record").to_pylist(), end)
