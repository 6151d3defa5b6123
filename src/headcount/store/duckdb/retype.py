"""Stored values as another type, when a person asks for it."""

from __future__ import annotations

from headcount.values import dates
from headcount.values.text import WHITE_SPACE, literal
from headcount.values.types import SQL_TYPES, Type, readings

#: What a stored date looks like as a text; the ISO reading takes it back.
_DATE_TEXT = "'%Y-%m-%dT%H:%M:%SZ'"


def as_type(column: str, stored: Type, wanted: Type) -> str:
    """SQL of a value that is `stored` as `wanted`, NULL where it cannot be one. Texts are read as an upload would read them."""
    text = _as_text(column, stored)
    if wanted is Type.STRING:
        return _as_cell(text) if stored is Type.LIST else text
    if wanted is Type.LIST:
        return f"CASE WHEN {column} IS NOT NULL THEN [{text}] END"
    if wanted is Type.DATE:
        formats = (dates.ISO, dates.UNIX, *dates.RECOGNISED)
        return f"coalesce({', '.join(dates.value(f'({text})', name) for name in formats)})"
    if (stored, wanted) == (Type.FLOAT, Type.BOOLEAN):
        # Among fractions the numbers that stand for true and false are written 1.0 and 0.0.
        return f"CASE WHEN {column} IN (0, 1) THEN {column} = 1 END"
    return f"({readings()[wanted].value(f'({text})')})::{SQL_TYPES[wanted]}"


def _as_text(column: str, stored: Type) -> str:
    if stored is Type.DATE:
        return f"strftime({column}, {_DATE_TEXT})"
    if stored is Type.LIST:
        return f"CASE WHEN len({column}) = 1 THEN {column}[1] ELSE to_json({column})::VARCHAR END"
    return f"{column}::VARCHAR"


def _as_cell(text: str) -> str:
    """What a cell could say of the text: a list may hold blanks at the ends of a text, and NUL, which no file has."""
    return f"CASE WHEN NOT contains({text}, chr(0)) THEN nullif(trim({text}, {literal(WHITE_SPACE)}), '') END"
