"""The plan as SQL: from the text cells `c0 … cn` of the file to typed columns, and to the problems of the rows that have some.

Columns that leave here, by their index in the file: `identity`, `key` (what matches a profile), `p<index>` (value), `x<index>`
(clear), `a<index>` and `r<index>` (texts to add to and remove from a list), `consent_<channel>`, `fault` (why the row is
rejected), `raw` (its cells, where one is not applied), `hash` (of the key); of events also `event` (the name) and `happened_at`,
where columns have them. One expression serves inspection, apply and explanation.
"""

from __future__ import annotations

from collections.abc import Iterator

from headcount.profiles.events import EVENT_NAME_LIMIT, RESTRICTED
from headcount.profiles.properties import IDENTITY
from headcount.uploads.plan import Plan, PlannedColumn, PlannedEvents
from headcount.values import dates, system
from headcount.values.text import filled, literal
from headcount.values.types import Type, consent_value

#: Texts that some program wrote because it had no identity.
PLACEHOLDERS = (
    "undefined null na n/a 0 nil -1 infinity -infinity inf -inf nan -nan empty xxxxxx none".split()  # noqa: SIM905 - reads as the specification does
)
IDENTITY_LIMIT = 1024
_EMPTY_LIST = r"\[\s*(null\s*(,\s*null\s*)*)?\]"
_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))


def identity_text(plan: Plan) -> str:
    """SQL of the identity of a row, NULL where it is blank."""
    return filled(f"c{plan.identity}", white_space=plan.white_space, blanks=plan.blanks)


def identity_fault(plan: Plan, text: str) -> str:
    """SQL of the code of what is wrong with an identity, NULL where nothing is."""
    placeholder = _is_placeholder(text)
    addressed = {"identity": "", "email": f" WHEN NOT {system.is_email(text)} THEN 'identity_invalid'"}
    addressed["phone"] = f" WHEN ({system.phone(text)}) IS NULL THEN 'identity_invalid'" if plan.match == "phone" else ""
    plain = "" if plan.match == "identity" else " AND false"
    return (
        # Nearly every identity is plain; the first branch spares it the other questions.
        f"CASE WHEN strlen({text}) <= {IDENTITY_LIMIT} AND regexp_full_match({text}, '[!-~]+') AND NOT {placeholder}{plain} THEN NULL "
        f"WHEN {text} IS NULL THEN 'identity_blank' "
        f"WHEN {placeholder} THEN 'identity_invalid' "
        f"WHEN {_has_controls(text)} THEN 'identity_invalid' "
        f"WHEN strlen({text}) > {IDENTITY_LIMIT} AND length({text}) > {IDENTITY_LIMIT} THEN 'identity_too_long'{addressed[plan.match]} END"
    )


def _is_placeholder(text: str) -> str:
    words = ", ".join(map(literal, PLACEHOLDERS))
    return f"(strlen({text}) <= {_LONGEST_PLACEHOLDER} AND lower({text}) IN ({words}))"


def _has_controls(text: str) -> str:
    return f"regexp_matches({text}, '\\p{{Cc}}')"


def _identity_reason(plan: Plan, text: str) -> str:
    """SQL of why an identity names nobody, where its fault is `identity_invalid`."""
    kind = "a phone number with its country code" if plan.match == "phone" else "an e-mail address"
    return (
        f"CASE WHEN {_is_placeholder(text)} THEN 'is a word for nobody. Write who the person is' "
        f"WHEN {_has_controls(text)} THEN 'has control characters, such as a tab or a line break. Take them out' "
        f"ELSE 'is not {kind}, and --match {plan.match} matches by that. Mend it, or match by identity' END"
    )


def match_key(plan: Plan, text: str) -> str:
    """SQL of what rows and profiles are matched by: the identity as it is, the address in lower case, the number in E.164."""
    return {"identity": text, "email": f"lower({text})", "phone": system.phone(text) if plan.match == "phone" else ""}[plan.match]


def _texts(plan: Plan) -> Iterator[tuple[int, str]]:
    def cell(index: int, blanks: tuple[str, ...]) -> str:
        return filled(f"c{index}", white_space=plan.white_space, blanks=blanks)

    for column in plan.columns:
        text = cell(column.index, column.blanks)
        yield column.index, _unless_empty(text) if column.type is Type.LIST else text
        if column.operation is not None:
            yield column.operation, f"lower({cell(column.operation, ())})"
    for index in (*plan.consent.values(), *_event_columns(plan)):
        yield index, cell(index, plan.blanks)


def _unless_empty(text: str) -> str:
    """A list without texts is none: it says as little as a blank cell."""
    return f"CASE WHEN {text} LIKE '[%' AND regexp_full_match({text}, {literal(_EMPTY_LIST)}) THEN NULL ELSE {text} END"


def _event_columns(plan: Plan) -> Iterator[int]:
    """The columns that say what was done, and when."""
    if plan.events:
        yield from (index for index in (plan.events.names, plan.events.time) if index is not None)


def _fault(plan: Plan) -> str:
    """SQL of the code of what a row is rejected for, NULL where it is not."""
    found = [identity_fault(plan, IDENTITY)]
    if plan.events and plan.events.names is not None:
        name = f"t{plan.events.names}"
        plain = f"lower(replace({name}, ' ', ''))"
        found.append(
            f"CASE WHEN {name} IS NULL THEN 'event_name_blank' WHEN length({name}) > {EVENT_NAME_LIMIT} THEN 'event_name_too_long' "
            f"WHEN {plain} IN ({', '.join(map(literal, sorted(RESTRICTED)))}) THEN 'event_restricted' END"
        )
    if plan.events and plan.events.time is not None:
        text = f"t{plan.events.time}"
        found.append(f"CASE WHEN {text} IS NOT NULL AND ({_time(plan, plan.events)}) IS NULL THEN 'event_time_invalid' END")
    return f"coalesce({', '.join(f'({fault})' for fault in found)})"


def _time(plan: Plan, events: PlannedEvents) -> str:
    return dates.value(f"t{events.time}", events.format, plan.zone)


def _of_events(plan: Plan) -> Iterator[str]:
    """What the rows of a file of events have beside the properties."""
    if plan.events and plan.events.names is not None:
        yield f"t{plan.events.names} AS event"
    if plan.events and plan.events.time is not None:
        yield f"{_time(plan, plan.events)} AS happened_at"


def _values(plan: Plan) -> Iterator[str]:
    for column in plan.columns:
        text = f"t{column.index}"
        yield f"{column.reading(plan.limits, plan.zone).value(text)} AS v{column.index}"
    for index in plan.consent.values():
        yield f"{consent_value(f't{index}')} AS v{index}"


def _read(plan: Plan, source: str, keep: str) -> str:
    """The cells as trimmed texts `t…` and values `v…`, with the columns `keep` of the source carried along."""
    texts = ", ".join(f"{sql} AS t{index}" for index, sql in _texts(plan))
    values = ", ".join(_values(plan))
    fault = _fault(plan)
    inner = f"SELECT {keep}, {identity_text(plan)} AS {IDENTITY}{', ' if texts else ''}{texts} FROM {source}"
    return f"SELECT *, {fault} AS fault{', ' if values else ''}{values} FROM ({inner})"


def _operation(column: PlannedColumn, *names: str) -> str:
    text = f"t{column.operation}"
    asked = f"{text} IN ({', '.join(literal(name) for name in names)})"
    return f"({text} IS NULL OR {asked})" if "$set" in names else asked


def _outputs(column: PlannedColumn) -> Iterator[str]:
    text, value, n = f"t{column.index}", f"v{column.index}", column.index
    if column.operation is None:
        yield f"{value} AS p{n}"
        if column.clears:
            yield f"{text} IS NULL AS x{n}"
        return
    sets, deletes = _operation(column, "$set"), _operation(column, "$delete")
    blank = f" OR ({sets} AND {text} IS NULL)" if column.blank == "clear" else ""
    yield f"CASE WHEN {sets} THEN {value} END AS p{n}"
    yield f"coalesce({deletes}, false){blank} AS x{n}"
    if column.edits:
        yield f"CASE WHEN {_operation(column, '$add')} THEN {value} END AS a{n}"
        yield f"CASE WHEN {_operation(column, '$remove')} THEN {value} END AS r{n}"


def _wrong_operation(column: PlannedColumn) -> str:
    known = ("$set", "$delete", "$add", "$remove") if column.edits else ("$set", "$delete")
    return f"NOT {_operation(column, *known)}"


def _wrong(plan: Plan) -> Iterator[str]:
    """SQL of each way a cell may not be applied: whether it is so."""
    for column in plan.columns:
        wrong = f"t{column.index} IS NOT NULL AND v{column.index} IS NULL"
        if column.operation is not None:
            yield _wrong_operation(column)
            wrong += f" AND NOT coalesce({_operation(column, '$delete')}, false)"
        yield wrong
    for index in plan.consent.values():
        yield f"t{index} IS NOT NULL AND v{index} IS NULL"


def typed(plan: Plan, source: str) -> str:
    """SELECT of the typed rows of `source`, in its order. `raw` holds the cells as they came, only where a row has a problem."""
    cells = ", ".join(f"c{i}" for i in range(len(plan.headers)))
    outputs = [sql for column in plan.columns for sql in _outputs(column)]
    outputs += [f"v{index} AS {channel.column}" for channel, index in plan.consent.items()]
    outputs += _of_events(plan)
    key = [f"{match_key(plan, IDENTITY)} AS key"] if plan.match != "identity" else []
    bad = " OR ".join(f"({wrong})" for wrong in _wrong(plan)) or "false"
    raw = f"CASE WHEN fault IS NOT NULL OR bad THEN [{cells}] END AS raw"
    # A list may turn out too long only when it meets the stored one; then its row is wanted for the rejects file.
    kept = [f"[{cells}] AS cells"] if any(c.edits for c in plan.columns) else []
    rows = f"SELECT *, coalesce({bad}, false) AS bad FROM ({_read(plan, source, cells)})"
    return f"SELECT {', '.join([IDENTITY, *key, *outputs, *kept, 'fault', raw, f'hash({plan.key}) AS hash'])} FROM ({rows})"


def keys(plan: Plan, source: str) -> str:
    """SELECT of `key`, one for each row that is not rejected, in any order."""
    inner = f"SELECT {identity_text(plan)} AS {IDENTITY} FROM {source}"
    return f"SELECT {match_key(plan, IDENTITY)} AS key FROM ({inner}) WHERE ({identity_fault(plan, IDENTITY)}) IS NULL"


def _finding(column: str, code: str, value: str, detail: str) -> str:
    return _finding_of(column, code, value, literal(detail))


def _finding_of(column: str, code: str, value: str, detail: str) -> str:
    return f"{{'column': {literal(column)}, 'code': {code}, 'value': {value}, 'detail': {detail}}}"


def _findings(plan: Plan) -> Iterator[str]:
    for column in plan.columns:
        text, value = f"t{column.index}", f"v{column.index}"
        reason = column.reading(plan.limits, plan.zone).reason(text)
        wrong = f"{text} IS NOT NULL AND {value} IS NULL"
        if column.operation is not None:
            found = _finding(plan.headers[column.operation], "'operation_invalid'", f"t{column.operation}", "")
            yield f"CASE WHEN {_wrong_operation(column)} THEN {found} END"
            wrong += f" AND NOT coalesce({_operation(column, '$delete')}, false)"
        said = _finding(column.header, reason, text, detail(column, plan))
        if column.type is Type.LIST:
            said = (
                f"CASE WHEN {reason} = 'list_too_long' THEN {_finding(column.header, reason, text, str(plan.limits.items))} ELSE {said} END"
            )
        yield f"CASE WHEN {wrong} THEN {said} END"
    for index in plan.consent.values():
        found = _finding(plan.headers[index], "'consent_invalid'", f"t{index}", "")
        yield f"CASE WHEN t{index} IS NOT NULL AND v{index} IS NULL THEN {found} END"


def detail(column: PlannedColumn, plan: Plan) -> str:
    """What the advice of a cell problem in this column must say: the format, the choices or the limit."""
    if column.format:
        return column.format
    if column.of_event:
        return str(plan.limits.value)
    if column.name in system.CHOICES:
        return ", ".join(system.CHOICES[column.name])
    if column.name == "Timezone":
        return "IANA names such as Europe/Berlin"
    return str(plan.limits.value)


def unfit(plan: Plan, source: str) -> str:
    """SELECT of how many cells of the rejected rows in `source` do not fit, a number for each property column."""
    counted = ", ".join(f"count(*) FILTER (t{c.index} IS NOT NULL AND v{c.index} IS NULL)" for c in plan.columns)
    return f"SELECT {counted} FROM ({_read(plan, _cells(plan, source), 'row')}) WHERE fault IS NOT NULL"


def _cells(plan: Plan, source: str) -> str:
    cells = ", ".join(f"raw[{i + 1}] AS c{i}" for i in range(len(plan.headers)))
    return f"(SELECT row, {cells} FROM {source})"


def findings(plan: Plan, source: str) -> str:
    """SELECT `row, column, code, value, detail` of every problem in `source`, a table of `row` and `raw` cells."""
    row = _row_finding(plan)
    cell = ", ".join(_findings(plan))
    found = f"CASE WHEN fault IS NOT NULL THEN [{row}] ELSE list_filter([{cell}], lambda f: f IS NOT NULL) END"
    if not cell:
        found = f"CASE WHEN fault IS NOT NULL THEN [{row}] END"
    unnested = f"SELECT row, unnest({found}) AS f FROM ({_read(plan, _cells(plan, source), 'row')})"
    return f'SELECT row, f."column" AS "column", f.code AS code, f.value AS "value", f.detail AS detail FROM ({unnested})'


def _row_finding(plan: Plan) -> str:
    """SQL of why a row is rejected."""
    said = _finding_of(plan.headers[plan.identity], "fault", "coalesce(identity, '')", _identity_reason(plan, IDENTITY))
    if plan.events and plan.events.time is not None:
        other = _finding(plan.headers[plan.events.time], "fault", f"t{plan.events.time}", plan.events.format)
        said = f"CASE WHEN fault = 'event_time_invalid' THEN {other} ELSE {said} END"
    if plan.events and plan.events.names is not None:
        other = _finding(plan.headers[plan.events.names], "fault", f"t{plan.events.names}", str(EVENT_NAME_LIMIT))
        said = f"CASE WHEN fault IN ('event_name_blank', 'event_name_too_long', 'event_restricted') THEN {other} ELSE {said} END"
    return said
