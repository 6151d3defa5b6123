"""Turns a filter into the condition of an SQL query over the profile table `p`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from headcount.errors import WrongCall
from headcount.profiles.consent import channel_of, near_miss
from headcount.profiles.names import no_property
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
    InSegment,
    Not,
    Or,
    PropertyTest,
    UploadIs,
    Value,
    properties_of,
)
from headcount.segments.literal import check_operator, read_date, read_scalar
from headcount.segments.period import Period
from headcount.segments.saved import no_segment
from headcount.store.duckdb.events import FOLDED
from headcount.values.instants import in_utc

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

#: How a property of an event, which is JSON, is read as its type, and as which type it compares.
_EVENT_VALUES: Final = MappingProxyType(
    {
        "string": ("string", "(e.v{0} ->> '$')"),
        # The first value may have been a whole number, and others fractions.
        "integer": ("float", "try_cast(e.v{0} as double)"),
        "float": ("float", "try_cast(e.v{0} as double)"),
        "boolean": ("boolean", "try_cast(e.v{0} as boolean)"),
        "date": ("date", "try_cast((e.v{0} ->> '$') as timestamp)"),
        "list": ("list", "try_cast(e.v{0} as varchar[])"),
    }
)
#: More events than anybody has.
_MOST: Final = 2**62

_BY_UPLOAD: Final = (
    "(p.created_upload = ? or p.identity in (select identity from standing_changes where upload = ? "
    "union all select identity from standing_consent where upload = ? union all select identity from events where upload = ?))"
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


#: From the name of an event to the types of its properties.
EventTypes: TypeAlias = Callable[[str], Mapping[str, str]]


def no_types(_: str) -> Mapping[str, str]:
    """Where no events are kept."""
    return {}


def in_order(between: str, parts: Iterable[Compiled]) -> Compiled:
    """Pieces of SQL, one after another, with their values."""
    pieces = list(parts)
    return Compiled(between.join(piece.sql for piece in pieces), [value for piece in pieces for value in piece.parameters])


def compile_filter(  # noqa: PLR0913 - what is asked, of which columns, and what words of it mean
    node: Filter,
    properties: Mapping[str, PropertyColumn],
    *,
    zone: str = "UTC",
    upload_numbers: Callable[[str], int | None],
    event_types: EventTypes = no_types,
    now: datetime | None = None,
) -> Compiled:
    """Return the condition of a filter. `now` is the present time unless given; it needs a zone.

    Raises:
        WrongCall: `property_unknown`, `filter_type` or `upload_unknown`.
    """
    return _Compiler(properties, ZoneInfo(zone), upload_numbers, in_utc(now or datetime.now(UTC)), event_types).condition(node)


def compile_events(node: Did, *, zone: str = "UTC", event_types: EventTypes = no_types, now: datetime | None = None) -> Compiled:
    """Return the `FROM … WHERE …` of the events that count for a condition, `e`, however many a person did. Raises WrongCall."""
    return _Compiler({}, ZoneInfo(zone), lambda _: None, in_utc(now or datetime.now(UTC)), event_types).events(node)


def pointer(name: str) -> str:
    """The JSON pointer to a property of an event."""
    return f"/{name.replace('~', '~0').replace('/', '~1')}"


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
    event_types: EventTypes
    #: Whether the properties are those of an event; one that is not known then has no value.
    of_event: bool = False

    def condition(self, node: Filter) -> Compiled:
        match node:
            case And(filters) | Or(filters):
                return _joined(" and " if isinstance(node, And) else " or ", map(self.condition, filters))
            case Not(inner):
                return _negated(self.condition(inner))
            case ConsentIs() | UploadIs() | Did() | InSegment():
                return self._of_person(node)
            case _:
                return self._property_test(node)

    def _of_person(self, node: ConsentIs | UploadIs | Did | InSegment) -> Compiled:
        match node:
            case ConsentIs(channel, state):
                return Compiled(f"{_CONSENT[channel]} {_STATES[state]}")
            case UploadIs(upload_id):
                return self._upload(upload_id)
            case Did():
                return self._did(node)
            case InSegment():
                return _listed(node)

    def _did(self, node: Did) -> Compiled:
        found = self.events(node)
        often = " group by e.identity having count(*) >= ?" if node.at_least > 1 else ""
        times = [min(node.at_least, _MOST)] if often else []
        return Compiled(f"p.identity in (select e.identity {found.sql}{often})", [*found.parameters, *times])

    def events(self, node: Did) -> Compiled:
        """What stands behind SELECT where the events that count are `e`. The values that are tested are taken out of them first."""
        types = self.event_types(node.event) if node.where else {}
        names = [name for name in properties_of(node.where) if name in types] if node.where else []
        values = "".join(f", json_extract(e.properties, ?) as v{place}" for place in range(len(names)))
        window = _joined(" and ", self._window(node))
        known = f"(select e.*{values} from events e where {window.sql}) e"
        columns = {name: _Column(name, *_event_value(types[name], place)) for place, name in enumerate(names)}
        tested = replace(self, properties=columns, of_event=True).condition(node.where) if node.where else Compiled("true")
        return Compiled(f"from {known} where {tested.sql}", [*map(pointer, names), *window.parameters, *tested.parameters])

    def _window(self, node: Did) -> Iterable[Compiled]:
        name = read_scalar("event", "string", "=", node.event)
        yield Compiled(f"e.event = (select number from event_names where folded = {FOLDED.format('?')})", [name])
        if node.in_last_days is not None:
            yield Compiled("e.happened_at > ? and e.happened_at <= ?", [self.now - timedelta(days=node.in_last_days), self.now])
        if node.since is not None:
            yield Compiled("e.happened_at >= ?", [read_date("since", node.since, self.zone).start])
        if node.until is not None:
            yield Compiled("e.happened_at < ?", [read_date("until", node.until, self.zone).end])

    def _upload(self, upload_id: str) -> Compiled:
        number = self.upload_numbers(upload_id)
        if number is None:
            advice = "`headcount uploads list` shows the uploads there are."
            raise WrongCall("upload_unknown", f"There is no upload {upload_id!r}.", advice)
        return Compiled(_BY_UPLOAD, [number] * _BY_UPLOAD.count("?"))

    def _property_test(self, node: PropertyTest) -> Compiled:
        if self.of_event and node.property not in self.properties:
            return Compiled("true" if isinstance(node, Comparison) and node.operator == "!=" else "false")
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


def _listed(node: InSegment) -> Compiled:
    """Somebody on the list of a segment. Segments without one were resolved before: their filters stand in their place."""
    if node.list_number is None:
        raise no_segment(node.name)
    if not node.list_number:
        return Compiled("false")
    return Compiled("p.identity in (select identity from listed where list = ?)", [node.list_number])


def _event_value(kind: str, place: int) -> tuple[str, str]:
    compared, sql = _EVENT_VALUES[kind]
    return compared, sql.format(place)


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
    found = in_order(word, conditions)
    return Compiled(f"({found.sql})", found.parameters)


def _negated(condition: Compiled) -> Compiled:
    return Compiled(f"(({condition.sql}) is not true)", condition.parameters)


def _unknown(name: str, properties: Iterable[str]) -> WrongCall:
    channel = channel_of(name) or near_miss(name)
    return no_property(name, properties, f"Consent is asked for by `consent {channel} is subscribed`. " if channel else "")
