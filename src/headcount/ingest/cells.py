"""What cells are worth: which property each is for, whether it fits, and what remains of several for one person. All SQL.

`cells` has `row`, `k` (its key), `operation`, `kind`, `text`, and of its key `role`, `number`, `type`, `inverse`, `refused`, `key`, `scope`
(see `keys`). The key 0 is whose record it is, with the type of the record as its operation. `typed` is made of them; `well` has those of
it that are applied, with the `identity` of the person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from headcount.profiles.consent import Channel
from headcount.profiles.live import LIVE
from headcount.profiles.store import BatchColumn
from headcount.uploads.plan import Limits, Plan
from headcount.uploads.projection import identity_fault
from headcount.values import dates, system
from headcount.values.text import filled, literal
from headcount.values.types import SQL_TYPES, Reading, Type, consent_value, distinct, readings

#: The value of each type has a column of its own.
VALUES = {Type.STRING: "s", Type.INTEGER: "n", Type.FLOAT: "f", Type.BOOLEAN: "b", Type.DATE: "m", Type.LIST: "l"}
#: The key of whose record it is.
WHO = 0
_WHOLE = "operation IN ('set', 'delete')"
_EDITS = "('add', 'remove')"
_COUNTS = "('incr', 'decr')"


def typed(limits: Limits, zone: str, types: Collection[Type], named: Collection[str], *, tidy: bool) -> str:
    """SELECT of the cells with what they are worth, one column a type (`VALUES`), and `code`, why one is not applied.

    Only these types, and of the system properties with a check of their own those `named`, may come; `tidy` texts have nothing at their
    ends to be taken off. Planning what is not needed takes longer than all the rest.
    """
    checked = {name: reading for name, reading in system.readings().items() if name in named}
    by_type = {type_: reading for type_, reading in _readings(limits, zone).items() if type_ in types}
    absent = {type_: f"NULL::{SQL_TYPES[type_]}" for type_ in VALUES}
    found = absent | {type_: _value(type_, reading, checked) for type_, reading in by_type.items()}
    values = ", ".join(f"{found[type_]} AS {name}" for type_, name in VALUES.items() if type_ is not Type.STRING)
    text = found[Type.STRING]
    values += f", CASE WHEN k = {WHO} THEN text ELSE {text} END AS s"
    trimmed = "text" if tidy else f"CASE WHEN kind IN ('list', 'nested') THEN text ELSE {filled('text', white_space='any')} END"
    read = f"SELECT *, {values} FROM (SELECT * REPLACE ({trimmed} AS text) FROM cells)"
    code = (
        f"CASE WHEN k = {WHO} THEN ({identity_fault(Plan(('identity',), 0), 's')}) WHEN refused IS NOT NULL THEN refused "
        "WHEN operation = 'delete' OR role = 'raw' OR text IS NULL THEN NULL "
        "WHEN role = 'consent' THEN CASE WHEN operation <> 'set' OR b IS NULL THEN 'consent_invalid' END "
        f"WHEN operation IN {_EDITS} AND type <> 'list' OR operation IN {_COUNTS} AND type NOT IN ('integer', 'float') "
        "THEN 'operation_invalid' WHEN kind = 'nested' OR kind = 'list' AND type <> 'list' THEN 'value_nested'"
        f"{_misfits(by_type, checked)} END"
    )
    return f"SELECT * EXCLUDE (refused, inverse, kind), {code} AS code FROM ({read})"


def _readings(limits: Limits, zone: str) -> Mapping[Type, Reading]:
    formats = [dates.reading(name, zone) for name in (dates.EPOCH, dates.UNIX, dates.ISO)]
    date = Reading("TIMESTAMP", lambda t: f"coalesce({', '.join(f.value(t) for f in formats)})", formats[0].reason)
    return {**readings(limits.value, limits.items), Type.DATE: date}


def _misfits(by_type: Mapping[Type, Reading], checked: Mapping[str, Reading]) -> str:
    return "".join(
        f" WHEN type = {literal(type_.value)} AND {VALUES[type_]} IS NULL THEN {_reason(type_, reading, checked)}"
        for type_, reading in by_type.items()
    )


def _value(type_: Type, reading: Reading, checked: Mapping[str, Reading]) -> str:
    if type_ is Type.BOOLEAN:
        consent = f"{consent_value('text')} <> inverse"
        return f"CASE WHEN role = 'consent' THEN {consent} WHEN type = 'boolean' THEN {reading.value('text')} END"
    value = _by_name({name: each.value("text") for name, each in checked.items()}, reading.value("text"), type_)
    return f"CASE WHEN type = {literal(type_.value)} THEN {value} END"


def _reason(type_: Type, reading: Reading, checked: Mapping[str, Reading]) -> str:
    return _by_name({name: each.reason("text") for name, each in checked.items()}, reading.reason("text"), type_)


def _by_name(checked: Mapping[str, str], other: str, type_: Type) -> str:
    """SQL of what is said of a text, where system properties have a word of their own."""
    if type_ is not Type.STRING or not checked:
        return other
    branches = " ".join(f"WHEN {literal(name)} THEN {sql}" for name, sql in checked.items())
    return f"CASE CASE scope WHEN '' THEN key END {branches} ELSE {other} END"


def folded_rows(columns: Collection[BatchColumn], channels: Mapping[Channel, Collection[int]]) -> str:
    """SELECT of one row a person, as a batch has it, of those who are named `several` times; `folded` has what their cells come to."""
    values = [sql for column in columns for sql in _folded_outputs(column)]
    values += [f"any_value(b) FILTER (number = {-channel.bit}) AS {channel.column}" for channel in channels]
    cleared = ", ".join(f"coalesce(x{c.number}, false) AS x{c.number}" for c in columns if c.clears)
    replaced = f"* REPLACE ({cleared})" if cleared else "*"
    pivoted = f"SELECT {', '.join(['identity', *values])} FROM folded GROUP BY identity"
    return f"SELECT {replaced} FROM several LEFT JOIN ({pivoted}) USING (identity)"


def _folded_outputs(column: BatchColumn) -> Iterator[str]:
    n, value = column.number, VALUES[column.type]
    mine = f"FILTER (number = {n})"
    yield f"any_value({value}) {mine} AS p{n}"
    if column.clears:
        yield f"bool_or(x) {mine} AS x{n}"
    if column.edits:
        yield f"any_value(a) {mine} AS a{n}"
        yield f"any_value(r) {mine} AS r{n}"
    if column.counts:
        yield f"any_value(added_{value}) {mine} AS i{n}"


#: In which types numbers are added up.
_WIDE = {Type.INTEGER: "HUGEINT", Type.FLOAT: "DOUBLE"}


def folded() -> str:
    """SELECT of what the cells of each person come to, per property, where the last whole value wins and what came after it still counts.

    `identity`, `number` (minus the bit of a channel for a consent), `whole` (whether there was a whole value), `x` (it was cleared), the
    value by type, `added_n` and `added_f` (what is added to a number), `a` and `r` (texts that a list gains and loses). It is made
    for who is `repeated`.
    """
    # Where one record says both of a consent, it is an opt-out.
    last = {name: "{'row': row, 'out': NOT b}" if name == VALUES[Type.BOOLEAN] else "row" for name in VALUES.values()}
    values = ", ".join(f"(arg_max({{'v': {name}}}, {at}) FILTER ({_WHOLE})).v AS {name}" for name, at in last.items())
    counted = ", ".join(f"{_total(VALUES[type_], type_)} AS added_{VALUES[type_]}" for type_ in _WIDE)
    gathered = (
        f"SELECT identity, number, max(row) FILTER ({_WHOLE}) AS last_whole, {values}, "
        f"coalesce(arg_max(operation, row) FILTER ({_WHOLE}) = 'delete', false) AS x, {counted} "
        f"FROM {_SINCE} GROUP BY identity, number"
    )
    joined = f"({gathered}) g LEFT JOIN ({_edited()}) e USING (identity, number)"
    return f"SELECT g.* EXCLUDE (last_whole), last_whole IS NOT NULL AS whole, e.a, e.r FROM {joined}"


#: The cells with the row of the last whole value of their property; what came before that does not count.
_SINCE = (
    f"(SELECT * FROM (SELECT *, max(row) FILTER ({_WHOLE}) OVER (PARTITION BY identity, number) AS since FROM well "
    f"WHERE scope = '' AND k <> {WHO} AND identity IN (FROM repeated)) WHERE row >= coalesce(since, 0))"
)


def _total(value: str, type_: Type) -> str:
    signed = f"CASE operation WHEN 'decr' THEN -{value}::{_WIDE[type_]} ELSE {value}::{_WIDE[type_]} END"
    return f"try_cast(sum({signed}) FILTER (operation IN {_COUNTS}) AS {SQL_TYPES[type_]})"


def _edited() -> str:
    """SELECT of the texts that lists gain and lose: of each text the last word counts."""
    texts = f"SELECT identity, number, row, operation, unnest({distinct('l')}) AS t FROM {_SINCE} WHERE operation IN {_EDITS}"
    last = f"SELECT identity, number, t, arg_max(operation, row) AS operation, min(row) AS row FROM ({texts}) GROUP BY ALL"
    return (
        "SELECT identity, number, list(t ORDER BY row) FILTER (operation = 'add') AS a, list(t) FILTER (operation = 'remove') AS r "
        f"FROM ({last}) GROUP BY ALL"
    )


def happened() -> str:
    """SELECT of the events (`given`: `row`, `name`, `happened_at`) with whose they are and their properties as one JSON object."""
    date = f"CASE WHEN m IS NOT NULL THEN to_json({dates.iso_text('m')}) END"
    value = f"coalesce(to_json(s), to_json(n), to_json(f), to_json(b), {date}, to_json(l), CASE WHEN role = 'raw' THEN text::JSON END)"
    described = f"SELECT row, json_group_object(key, {value}) AS properties FROM well WHERE scope <> '' GROUP BY row"
    whose = f"SELECT row, identity FROM well WHERE k = {WHO}"
    return (
        f"SELECT g.name, w.identity, g.happened_at, coalesce(d.properties, '{{}}'::JSON) AS properties, {LIVE} AS upload, g.row "
        f"FROM given g JOIN ({whose}) w USING (row) LEFT JOIN ({described}) d USING (row)"
    )
