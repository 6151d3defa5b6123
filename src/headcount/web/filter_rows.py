"""A filter as groups of conditions that somebody fills in: from a tree to rows, where rows can show it, and from rows to a tree."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, cast, get_args

from headcount.segments.filter import (
    COMPARISONS,
    MAX_DAYS,
    And,
    Between,
    Comparison,
    Condition,
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
    UploadIs,
    Value,
)

What: TypeAlias = Literal["property", "consent", "event", "upload", "segment"]
Join: TypeAlias = Literal["all", "any", "none"]
WHATS: Final = cast("tuple[What, ...]", get_args(What))
JOINS: Final = cast("tuple[Join, ...]", get_args(Join))

#: What stands before a test that is turned round.
_NOT: Final = "not "
#: What is a number when a property of numbers is compared with it.
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,400})(\.[0-9]{1,400})?(e[+-]?[0-9]{1,3})?", re.ASCII)
#: Tests of a property that take no value, and those that take two.
NO_VALUE, TWO_VALUES = frozenset({"exists"}), frozenset({"between"})


@dataclass(frozen=True, slots=True)
class Row:
    """One condition, each part as somebody typed or chose it."""

    what: What = "property"
    #: The property, the channel, the event, the id of the upload or the name of the segment.
    name: str = ""
    #: The operator, with `not ` before it where it is turned round.
    test: str = ""
    #: What it is compared with; of an event, how often at least.
    value: str = ""
    #: The other end of `between`; of an event, in how many last days.
    more: str = ""

    @property
    def negated(self) -> bool:
        """Whether the test is turned round."""
        return self.test.startswith(_NOT)

    @property
    def operator(self) -> str:
        """The test as it is when it is not turned round."""
        return self.test.removeprefix(_NOT)


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all, at least one, or none hold."""

    join: Join
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Groups of which all, or at least one, hold."""

    join: Join
    groups: tuple[Group, ...]


#: From the name of a property to its type; None where there is no such.
TypeOf: TypeAlias = Callable[[str], str | None]


def rows_of(node: Filter | None) -> Rows | None:
    """The rows that say the same as the filter; None where no rows do. Without a filter, one that is still to be filled in."""
    if node is None:
        return Rows("all", (Group("all", (Row(),)),))
    join: Join = "any" if isinstance(node, Or) else "all"
    groups = list[Group]()
    for each in node.filters if isinstance(node, And | Or) else (node,):
        row = _row(each)
        if row and groups and groups[-1].join == join:
            groups[-1] = Group(join, (*groups[-1].rows, row))
            continue
        group = Group(join, (row,)) if row else _group(each)
        if group is None:
            return None
        groups.append(group)
    return Rows(join, tuple(groups))


def filter_of(rows: Rows, type_of: TypeOf) -> Filter | None:
    """The filter that the rows say, without those that are not filled in yet; None where none is."""
    node = And if rows.join == "all" else Or
    parts = list[Filter]()
    for group in rows.groups:
        found = [condition for row in group.rows if (condition := condition_of(row, type_of(row.name))) is not None]
        if group.join == "none" and found:
            parts.append(Not(found[0] if len(found) == 1 else Or(tuple(found))))
        elif group.join == rows.join or len(found) < 2:  # noqa: PLR2004 - what needs no joining
            parts += found
        else:
            parts.append((And if group.join == "all" else Or)(tuple(found)))
    return None if not parts else parts[0] if len(parts) == 1 else node(tuple(parts))


def unfinished(rows: Rows, type_of: TypeOf) -> int:
    """How many rows somebody has begun and not filled in, so that they do not count."""
    begun = (row for group in rows.groups for row in group.rows if row.name or row.value or row.what != "property")
    return sum(condition_of(row, type_of(row.name)) is None for row in begun)


def condition_of(row: Row, kind: str | None) -> Filter | None:
    """The condition that a row says of a property of a type; None where it is not filled in yet."""
    found = _READERS[row.what](row, kind) if row.name and row.test else None
    return Not(found) if found is not None and row.negated else found


def _property(row: Row, kind: str | None) -> Condition | None:
    if row.operator == "exists":
        return Exists(row.name)
    return _compared(row, kind) if row.value.strip() else None


def _compared(row: Row, kind: str | None) -> Condition | None:
    match row.operator:
        case "in last":
            return InLast(row.name, int(row.value)) if _is_count(row.value, MAX_DAYS) else None
        case "in":
            values = tuple(_value(each, kind) for each in _listed(row.value))
            return In(row.name, values) if values else None
        case "between":
            return Between(row.name, _value(row.value, kind), _value(row.more, kind)) if row.more.strip() else None
        case "contains":
            return Contains(row.name, row.value)
        case operator:
            return Comparison(row.name, operator, _value(row.value, kind)) if operator in COMPARISONS else None


def _consent(row: Row, _: str | None) -> Condition | None:
    return ConsentIs(row.name, row.value) if row.value else None


def _event(row: Row, _: str | None) -> Condition | None:
    at_least = int(row.value) if _is_count(row.value) else 1
    return Did(row.name, at_least, int(row.more) if _is_count(row.more, MAX_DAYS) else None)


def _upload(row: Row, _: str | None) -> Condition | None:
    return UploadIs(row.name)


def _segment(row: Row, _: str | None) -> Condition | None:
    return InSegment(row.name)


_READERS: Final[Mapping[What, Callable[[Row, str | None], Condition | None]]] = {
    "property": _property,
    "consent": _consent,
    "event": _event,
    "upload": _upload,
    "segment": _segment,
}


def _group(node: Filter) -> Group | None:
    """The group that says the same as a filter which no row can say."""
    inner = node.filter if isinstance(node, Not) else node
    if isinstance(node, Not) and isinstance(inner, And):
        return None
    join: Join = "none" if isinstance(node, Not) else "any" if isinstance(node, Or) else "all"
    rows = [_row(each) for each in (inner.filters if isinstance(inner, And | Or) else (inner,))]
    found = [row for row in rows if row is not None]
    return Group(join, tuple(found)) if len(found) == len(rows) else None


def _row(node: Filter) -> Row | None:
    """The row that says the same as a filter."""
    if isinstance(node, Not):
        inner = None if isinstance(node.filter, Not | Comparison) else _row(node.filter)
        return inner and replace(inner, test=_NOT + inner.test)
    if isinstance(node, And | Or):
        return None
    found = _row_of_person(node) if isinstance(node, ConsentIs | UploadIs | InSegment | Did) else _row_of_property(node)
    return found if found and found.name else None


def _row_of_person(node: ConsentIs | UploadIs | InSegment | Did) -> Row | None:
    match node:
        case ConsentIs(channel, state):
            return Row("consent", channel, "is", state)
        case UploadIs(upload_id):
            return Row("upload", upload_id, "touched")
        case InSegment(name):
            return Row("segment", name, "in")
        case Did(event, at_least, days, None, None, None):
            return Row("event", event, "did", str(at_least), "" if days is None else str(days))
        case _:
            return None


def _row_of_property(node: Comparison | Exists | Contains | In | Between | InLast) -> Row | None:
    match node:
        case Exists(name):
            return Row("property", name, "exists")
        case InLast(name, days):
            return Row("property", name, "in last", str(days))
        case In(name, values):
            return _filled(name, "in", _as_list(values)) if all(_typed(value) for value in values) else None
        case Between(name, low, high):
            return Row("property", name, "between", _typed(low), _typed(high)) if _typed(low) and _typed(high) else None
        case Comparison(name, operator, value):
            return _filled(name, operator, _typed(value))
        case Contains(name, value):
            return _filled(name, "contains", _typed(value))


def _filled(name: str, test: str, value: str) -> Row | None:
    return Row("property", name, test, value) if value else None


def _typed(value: Value) -> str:
    """The value as somebody types it; blank where a field cannot hold it."""
    text = str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else repr(value)
    # A field has one line, and takes off nothing.
    return text if text == text.strip() and not set(text) & set("\r\n\x00") else ""


def _value(text: str, kind: str | None) -> Value:
    """What was typed, as a property of the type compares with it; what does not fit stays a text, of which the store complains."""
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind not in {"integer", "float"} or not _NUMBER.fullmatch(text):
        return text
    if text.lstrip("-").isdigit():
        return int(text)
    return float(text) if math.isfinite(float(text)) else text


def _as_list(values: Sequence[Value]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([_typed(value) for value in values])
    return line.getvalue()


def _listed(text: str) -> list[str]:
    """The values of a list, which commas part; one with a comma stands in quotation marks."""
    try:
        fields = [each.strip() for line in csv.reader(text.splitlines(), skipinitialspace=True) for each in line]
    except csv.Error:
        return [text]
    return [each for each in fields if each]


def _is_count(text: str, most: int = 2**31) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:10]) <= most and len(text) < 11  # noqa: PLR2004 - digits of `most`
