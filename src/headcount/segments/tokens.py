"""Cuts filter text into tokens, and says where in the text something is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from headcount.errors import WrongCall

STRING: Final = "string"
NAME: Final = "name"
NUMBER: Final = "number"
WORD: Final = "word"
SYMBOL: Final = "symbol"
END: Final = "end"

_PATTERN: Final = re.compile(
    rf"""
    (?P<{STRING}> "[^"\\]*(?:\\.[^"\\]*)*" | '[^'\\]*(?:\\.[^'\\]*)*' )
  | (?P<{NAME}>   `(?:[^`]|``)*` )
  | (?P<{NUMBER}> -?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?!\w) )
  | (?P<{WORD}>   \w+ )
  | (?P<{SYMBOL}> != | >= | <= | [=<>(),] )
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE: Final = re.compile(r"\s*")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPES: Final = {ord(character): f"\\{letter}" for letter, character in _ESCAPED.items() if letter != "'"}

#: How much of a long filter is shown on each side of a fault.
_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text as it is written; `position` counts characters from 0."""

    kind: str
    text: str
    position: int

    def __str__(self) -> str:
        if self.kind == END:
            return "the end of the filter"
        return f"`{self.text[:_SHOWN]}…`" if len(self.text) > _SHOWN else f"`{self.text}`"

    @property
    def word(self) -> str:
        """The keyword or symbol in lower case; blank for what can be neither."""
        return self.text.lower() if self.kind in (WORD, SYMBOL) else ""

    def string(self, source: str) -> str:
        """Return what stands between the quotes, escapes resolved; `source` is for complaints."""

        def resolved(escape: re.Match[str]) -> str:
            if escape[1] not in _ESCAPED:
                position = self.position + 1 + escape.start()
                raise complaint(source, position, f"`{escape[0]}` means nothing.", r"A backslash is written \\.")
            return _ESCAPED[escape[1]]

        return _ESCAPE.sub(resolved, self.text[1:-1])

    def number(self, source: str) -> int | float:
        """Return the number; a leading zero or a size that cannot be kept is a complaint."""
        if re.match(r"-?0[0-9]", self.text):
            advice = f'In quotes it is a text: "{self.text}".'
            raise complaint(source, self.position, f"{self} starts with a zero.", advice)
        try:
            value = int(self.text) if self.text.lstrip("-").isdigit() else float(self.text)
        except ValueError:  # Python turns no more than 4,300 digits into a whole number.
            value = math.inf
        if value in (math.inf, -math.inf):
            raise complaint(source, self.position, f"{self} is too large a number.")
        return value


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of the text, lastly one END; a character that begins none is a complaint."""
    position = _after_space(text, 0)
    while position < len(text):
        found = _PATTERN.match(text, position)
        if found is None or found.lastgroup is None:
            raise _no_token(text, position)
        yield Token(found.lastgroup, found[0], position)
        position = _after_space(text, found.end())
    yield Token(END, "", position)


def quoted(text: str) -> str:
    """Return the text as a STRING."""
    return f'"{text.translate(_ESCAPES)}"'


def is_word(text: str) -> bool:
    """Tell whether the text can stand as a WORD, without backticks."""
    return re.fullmatch(r"\w+", text) is not None


def complaint(text: str, position: int, fault: str, advice: str = "") -> WrongCall:
    """Return the error for a fault at a position of the text, with a caret under the character."""
    start = max(text.rfind("\n", 0, position) + 1, position - _SHOWN)
    end = text.find("\n", position) if "\n" in text[position:] else len(text)
    line = text[start : min(end, position + _SHOWN)].replace("\t", " ")
    excerpt = f"\n    {line}\n    {' ' * (position - start)}^"
    return WrongCall("filter_invalid", f"Character {position + 1}: {fault}", advice + excerpt)


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _no_token(text: str, position: int) -> WrongCall:
    character = text[position]
    if character in "\"'`":
        return complaint(text, position, f"the {character} that opens here is never closed.")
    advice = 'A name with such a character stands in `backticks`, a text in "quotes".'
    return complaint(text, position, f"`{character}` is not part of the language.", advice)
