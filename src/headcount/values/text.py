"""Cells as text: quoting, trimming, blanks and the spreadsheet escape; and which texts there are at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Literal, TypeAlias

#: White space that a cell loses at both ends when the file has any of it beside the plain blank.
WHITE_SPACE = (
    " \t\n\r\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)

#: White space of any kind and escapes, only blanks and escapes, or neither.
WhiteSpace: TypeAlias = Literal["any", "blanks", "none"]

#: What keeps a spreadsheet from running a formula.
ESCAPE = "'"
#: A text that a spreadsheet would run as a formula ...
FORMULA = r"[=+\-@\t\r](?s:.*)"
#: ... unless it is a plain number or a phone number.
PLAIN_NUMBER = r"[+\-]?[(.]?[0-9][0-9 .,()\-]*([eE][+\-]?[0-9]+)?"

#: A text that `filled` may take something off, as a pattern: white space at an end, or the escape; or an empty one.
UNTIDY = rf"^[{re.escape(WHITE_SPACE)}{ESCAPE}]|[{re.escape(WHITE_SPACE)}]$|^$"


def of_whole_signs(document: object) -> bool:
    """Whether all texts of a JSON document can be stored: JSON can name halves of signs (lone surrogates)."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def literal(text: str) -> str:
    """A SQL string literal of `text`."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A SQL identifier of `name`."""
    return '"' + name.replace('"', '""') + '"'


def filled(column: str, *, white_space: WhiteSpace = "blanks", blanks: Iterable[str] = ()) -> str:
    """The cell without white space at its ends and without the spreadsheet escape; NULL where it is blank or a further blank word.

    `white_space` says what the cells of the file begin or end with at most: the less, the cheaper. An empty cell is NULL already.
    """
    trimmed = f"trim({column}, {literal(WHITE_SPACE)})"
    plain = f"nullif(trim({unescaped(trimmed)}, {literal(WHITE_SPACE)}), '')"
    if white_space == "none":
        text = column
    elif white_space == "any":
        text = f"CASE WHEN contains({column}, {literal(ESCAPE)}) THEN {plain} ELSE nullif({trimmed}, '') END"
    else:
        # A blank or an escape in front sorts before `(`; asking so costs half of asking for each, a quarter of trimming every cell.
        text = f"CASE WHEN {column} < '(' OR suffix({column}, ' ') THEN {plain} ELSE {column} END"
    for word in blanks:
        text = f"nullif({text}, {literal(word)})"
    return text


def is_formula(column: str) -> str:
    """Whether a spreadsheet would run the text."""
    return f"(regexp_full_match({column}, {literal(FORMULA)}) AND NOT regexp_full_match({column}, {literal(PLAIN_NUMBER)}))"


def is_escaped(column: str) -> str:
    """Whether the text has an escape: also one that is no longer needed, since the rest was mended to a number."""
    return f"regexp_full_match({column}, {literal(ESCAPE + '+' + FORMULA)})"


def guarded(column: str) -> str:
    """A cell as it is written for a spreadsheet: as it came, unless that would run; then escaped."""
    return f"CASE WHEN {is_formula(column)} THEN concat({literal(ESCAPE)}, {column}) ELSE {column} END"


def unescaped(column: str) -> str:
    """The text without the escape that `guarded` or `escaped` put there."""
    return f"CASE WHEN {is_escaped(column)} THEN substr({column}, 2) ELSE {column} END"


def escaped(column: str) -> str:
    """A stored text as it is written for a spreadsheet: escaped where it would run, and where `unescaped` would take something off."""
    # Few texts begin with a sign; where its first character stands in the alphabet spares all others the patterns.
    sign = f"({column} < '.' OR ({column} >= '=' AND {column} < 'A'))"
    return f"CASE WHEN {sign} AND ({is_formula(column)} OR {is_escaped(column)}) THEN concat({literal(ESCAPE)}, {column}) ELSE {column} END"


def escaped_header(name: str) -> str:
    """A header as it is written for a spreadsheet."""
    return f"{ESCAPE}{name}" if re.fullmatch(FORMULA, name) and not re.fullmatch(PLAIN_NUMBER, name) else name


def unescaped_header(header: str) -> str:
    """The header without the escape that `escaped_header` put there."""
    return header[1:] if re.fullmatch(f"{ESCAPE}{FORMULA}", header) else header
