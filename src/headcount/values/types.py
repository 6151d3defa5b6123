"""The types of a property: one `Reading` each, which decides and converts in the same expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from headcount.values.text import literal

INTEGER = r"[+-]?[0-9]+(\.0+)?"
NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
#: No leading zero or `+`, at most 15 digits: what a column of whole numbers looks like before it has a type.
PLAIN_INTEGER = r"-?(0|[1-9][0-9]{0,14})"
#: Likewise with a decimal point; an exponent alone (`12E5`) is more often an article number than a number.
PLAIN_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][+-]?[0-9]+)?)?|-?\.[0-9]+"
#: A float64 keeps every text of up to 17 significant digits apart; longer ones would be stored as another number.
FLOAT_DIGITS = 17
PLAIN_DIGITS = 15


class Type(StrEnum):
    """The type of a property."""

    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    #: A UTC instant, stored with microseconds.
    DATE = "date"
    #: Texts, each once, in the order they came.
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text is read as one type: SQL of the value (NULL where it does not fit) and SQL of the reason."""

    #: The type of a DuckDB column that holds it.
    sql_type: str
    #: text expression → value expression; NULL where the text does not fit.
    value: Callable[[str], str]
    #: text expression (known not to fit) → expression of the problem code.
    reason: Callable[[str], str]


def significant_digits(text: str) -> str:
    """How many significant digits a number's text has; leading zeros do not count."""
    mantissa = f"regexp_replace({text}, '[eE].*$', '')"
    return f"length(ltrim(regexp_replace({mantissa}, '[^0-9]', '', 'g'), '0'))"


def is_plainly_written(text: str) -> str:
    """SQL: whether a text is a whole number as it would be written again; cheaper than a regular expression, true for most numbers."""
    return f"coalesce(try_cast({text} AS BIGINT)::VARCHAR = {text}, false)"


def _integer(text: str) -> str:
    value = f"try_cast({text} AS BIGINT)"
    return f"CASE WHEN {is_plainly_written(text)} THEN {value} WHEN regexp_full_match({text}, {literal(INTEGER)}) THEN {value} END"


def _integer_reason(text: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, {literal(INTEGER)}) THEN 'number_out_of_range' ELSE 'number_invalid' END"


def _float(text: str) -> str:
    value = f"try_cast({text} AS DOUBLE)"
    short = f"strlen({text}) <= {FLOAT_DIGITS} OR {significant_digits(text)} <= {FLOAT_DIGITS}"
    digits = f"try_cast({text} AS HUGEINT)"
    whole = f"(NOT regexp_full_match({text}, '[+-]?[0-9]+') OR coalesce({digits}::DOUBLE::HUGEINT = {digits}, false))"
    usual = f"strlen({text}) <= {PLAIN_DIGITS} AND regexp_full_match({text}, '-?[0-9]+(\\.[0-9]+)?')"
    exact = f"regexp_full_match({text}, {literal(NUMBER)}) AND isfinite({value}) AND ({short}) AND {whole}"
    return f"CASE WHEN {usual} THEN {value} WHEN {exact} THEN {value} END"


def _float_reason(text: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, {literal(NUMBER)}) THEN 'number_out_of_range' ELSE 'number_invalid' END"


def _boolean(text: str) -> str:
    other = f"CASE WHEN lower({text}) IN ('true', '1', 'yes') THEN true WHEN lower({text}) IN ('false', '0', 'no') THEN false END"
    return _usual_words(text, other)


def _usual_words(text: str, other: str) -> str:
    # Asking for the words as they are mostly written costs a third of looking at every cell in lower case.
    return f"CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false ELSE {other} END"


def consent_value(text: str) -> str:
    """A consent cell: only the words true and false, in any case."""
    return _usual_words(text, f"CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END")


def _string(limit: int) -> Callable[[str], str]:
    # Counting bytes is cheaper than counting characters, and answers for nearly every cell.
    return lambda text: f"CASE WHEN strlen({text}) <= {limit} OR length({text}) <= {limit} THEN {text} END"


def distinct(items: str) -> str:
    """Each text of the list once, in the order of its first appearance."""
    return f"list_filter({items}, lambda x, i: x IS NOT NULL AND list_position({items}, x) = i)"


def _list(limit: int, items: int) -> Callable[[str], str]:
    def value(text: str) -> str:
        # A text that is a JSON array is a whole list (as an export writes it); anything else is a list of that one text.
        # The lambdas bind what is dear to compute, so that it is computed once. A short text holds neither a long one nor too many.
        fits = f"len(found) <= {items} AND len(list_filter(found, lambda x: length(x) > {limit})) = 0"
        whole = f"list_transform([{distinct('read')}], lambda found: CASE WHEN {fits} THEN found END)[1]"
        array = f"try_cast(try_cast({text} AS JSON) AS VARCHAR[])"
        one = f"CASE WHEN {_string(limit)(text)} IS NOT NULL THEN [{text}] END"
        short = f"strlen({text}) <= {min(limit, 2 * items)}"
        read = f"CASE WHEN read IS NULL THEN {one} WHEN {short} THEN {distinct('read')} ELSE {whole} END"
        many = f"list_transform([{array}], lambda read: {read})[1]"
        return f"CASE WHEN {text} LIKE '[%' THEN {many} WHEN {text} IS NOT NULL THEN {one} END"

    return value


def _list_reason(items: int) -> Callable[[str], str]:
    def reason(text: str) -> str:
        many = f"try_cast(try_cast({text} AS JSON) AS VARCHAR[])"
        return f"CASE WHEN {text} LIKE '[%' AND len({many}) > {items} THEN 'list_too_long' ELSE 'value_too_long' END"

    return reason


def _always(code: str) -> Callable[[str], str]:
    return lambda _: literal(code)


def readings(value_limit: int = 512, list_limit: int = 100) -> Mapping[Type, Reading]:
    """The reading of every type but `date`, whose format is decided per column (`dates.reading`). Limits in characters and items."""
    return {
        Type.STRING: Reading("VARCHAR", _string(value_limit), _always("value_too_long")),
        Type.INTEGER: Reading("BIGINT", _integer, _integer_reason),
        Type.FLOAT: Reading("DOUBLE", _float, _float_reason),
        Type.BOOLEAN: Reading("BOOLEAN", _boolean, _always("boolean_invalid")),
        Type.LIST: Reading("VARCHAR[]", _list(value_limit, list_limit), _list_reason(list_limit)),
    }


#: The type of the column that stores a property.
SQL_TYPES: Mapping[Type, str] = {
    Type.STRING: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.FLOAT: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "TIMESTAMP",
    Type.LIST: "VARCHAR[]",
}
