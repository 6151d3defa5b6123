"""Turns a filter into the condition of an SQL query over the profile table `p`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from typing import Final, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from headcount.errors import WrongCall
from headcount.profiles.consent import channel_of, near_miss
from headcount.segments.filter import (
    And,
    Between,
    Comparison,
    ConsentIs,
    Contains,
    Did,
    Exists,
    Filter,
    In,
    InLast,
    Not,
    Or,
    PropertyTest,
    UploadIs,
    Value,
)
from headcount.segments.literal import check_operator, read_date, read_scalar
from headcount.segments.period import Period

Parameter: TypeAlias = str | int | float | bool | datetime

#: What an operator of the tree is in SQL; nothing else of the tree becomes SQL.
_OPERATORS: Final = {"=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}

#: Operators that compare a date with the start of a period.
_STARTS: Final = {"<": "<", "before": "<", ">=": ">="}

_CONSENT: Final = {
    "push": "p.consent_push",
    "sms": "p.consent_sms",
    "email": "p.consent_email",
    "whatsapp": "p.consent_whatsapp",
}
_STATES: Final = {"subscribed": "= true", "unsubscribed": "= false", "not_set": "is null"}

_BY_UPLOAD: Final = (
    "(p.created_upload = ? or p.identity in (select identity from standing_changes where upload = ? "
    "union all select identity from standing_consent where upload = ?))"
)


class PropertyColumn(Protocol):
    """Where the store keeps a property."""

    @property
    def type(self) -> str:
        """One of string, integer, float, boolean, date and list."""

    @property
    def sql(self) -> str:
        """An SQL expression over `p` that holds no text of a person, such as `p.c17`."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An SQL condition and the values of its `?` in order.

    It is true for the people of the filter, and false or null for all others.
    """

    sql: str
    parameters: list[Parameter] = field(default_factory=list)


def compile_filter(
    node: Filter,
    properties: Mapping[str, PropertyColumn],
    *,
    zone: str = "UTC",
    upload_numbers: Callable[[str], int | None],
    now: datetime | None = None,
) -> Compiled:
    """Return the condition of a filter. `now` is the present time unless given; it needs a zone.

    Raises:
        WrongCall: `property_unknown`, `filter_type`, `upload_unknown` or `filter_events_unavailable`.
    """
    present = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    return _Compiler(properties, ZoneInfo(zone), upload_numbers, present).condition(node)


@dataclass(frozen=True, slots=True)
class _Column:
    """A property of the filter and where the store keeps it."""

    name: str
    type: str
    sql: str


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Null stands for false up to the next `not`, which ends it by `is not true`.

    So `plan = "pro"` stays `p.c1 = ?`, which the store answers from its block statistics.
    """

    properties: Mapping[str, PropertyColumn]
    zone: tzinfo
    upload_numbers: Callable[[str], int | None]
    now: datetime

    def condition(self, node: Filter) -> Compiled:
        match node:
            case And(filters):
                return _joined(" and ", map(self.condition, filters))
            case Or(filters):
                return _joined(" or ", map(self.condition, filters))
            case Not(inner):
                return _negated(self.condition(inner))
            case ConsentIs(channel, state):
                return Compiled(f"{_CONSENT[channel]} {_STATES[state]}")
            case UploadIs(upload_id):
                return self._upload(upload_id)
            case Did(event):
                raise _no_events(event)
            case _:
                return self._property_test(node)

    def _upload(self, upload_id: str) -> Compiled:
        number = self.upload_numbers(upload_id)
        if number is None:
            advice = "`headcount uploads list` shows the uploads there are."
            raise WrongCall("upload_unknown", f"There is no upload {upload_id!r}.", advice)
        return Compiled(_BY_UPLOAD, [number] * 3)

    def _property_test(self, node: PropertyTest) -> Compiled:
        match node:
            case Exists(name):
                return _exists(self._column(name, "exists"))
            case Contains(name, value):
                return _contains(self._column(name, "contains"), value)
            case InLast(name, days):
                return self._in_last(self._column(name, "in last"), days)
            case _:
                return self._comparison(node)

    def _comparison(self, node: Comparison | In | Between) -> Compiled:
        match node:
            case Comparison(name, "!=", value):
                return _negated(self._compared(self._column(name, "!="), "=", value))
            case Comparison(name, operator, value):
                return self._compared(self._column(name, operator), operator, value)
            case In(name, values):
                return self._in(self._column(name, "in"), values)
            case Between(name, low, high):
                column = self._column(name, "between")
                ends = self._compared(column, ">=", low), self._compared(column, "<=", high)
                return _joined(" and ", ends)

    def _compared(self, column: _Column, operator: str, value: Value) -> Compiled:
        if column.type == "date":
            return _in_period(column.sql, operator, read_date(column.name, value, self.zone))
        literal = read_scalar(column.name, column.type, operator, value)
        return Compiled(f"{column.sql} {_OPERATORS[operator]} ?", [literal])

    def _in(self, column: _Column, values: tuple[Value, ...]) -> Compiled:
        if column.type == "date":
            return _joined(" or ", [self._compared(column, "=", each) for each in values])
        literals = [read_scalar(column.name, column.type, "in", each) for each in values]
        if column.type == "integer":
            # A single fraction would have all of them, and the column, compared as inexact floats.
            literals = [each for each in literals if isinstance(each, int)]
        marks = ", ".join("?" for _ in literals)
        return Compiled(f"{column.sql} in ({marks})", [*literals]) if literals else Compiled("false")

    def _in_last(self, column: _Column, days: int) -> Compiled:
        since = self.now - timedelta(days=days)
        return Compiled(f"({column.sql} > ? and {column.sql} <= ?)", [since, self.now])

    def _column(self, name: str, operator: str) -> _Column:
        if name not in self.properties:
            raise _unknown(name, self.properties)
        found = self.properties[name]
        check_operator(name, found.type, operator)
        return _Column(name, found.type, found.sql)


def _exists(column: _Column) -> Compiled:
    # A list that has lost its last element is as good as none.
    return Compiled(f"len({column.sql}) > 0" if column.type == "list" else f"{column.sql} is not null")


def _contains(column: _Column, value: Value) -> Compiled:
    literal = read_scalar(column.name, column.type, "contains", value)
    if column.type == "list":
        return Compiled(f"list_contains({column.sql}, ?)", [literal])
    return Compiled(f"contains(lower({column.sql}), lower(?))", [literal])


def _in_period(sql: str, operator: str, period: Period) -> Compiled:
    match operator:
        case "=":
            return Compiled(f"({sql} >= ? and {sql} < ?)", [period.start, period.end])
        case ">" | "after":
            return Compiled(f"{sql} >= ?", [period.end])
        case "<=":
            return Compiled(f"{sql} < ?", [period.end])
        case _:
            return Compiled(f"{sql} {_STARTS[operator]} ?", [period.start])


def _joined(word: str, conditions: Iterable[Compiled]) -> Compiled:
    parts = list(conditions)
    parameters = [each for part in parts for each in part.parameters]
    return Compiled(f"({word.join(part.sql for part in parts)})", parameters)


def _negated(condition: Compiled) -> Compiled:
    return Compiled(f"(({condition.sql}) is not true)", condition.parameters)


def _unknown(name: str, properties: Iterable[str]) -> WrongCall:
    spellings = {each.casefold(): each for each in properties}
    close = [spellings[each] for each in get_close_matches(name.casefold(), spellings)]
    hint = f"Did you mean {', '.join(close)}? " if close else ""
    if channel := channel_of(name) or near_miss(name):
        hint = f"Consent is asked for by `consent {channel} is subscribed`. "
    return WrongCall("property_unknown", f"There is no property called “{name}”.", f"{hint}`headcount properties list` shows all of them.")


def _no_events(event: str) -> WrongCall:
    message = f'Events are not kept here yet, so nobody can be found by `did "{event}"`.'
    return WrongCall("filter_events_unavailable", message, "Take the condition out of the filter.")
