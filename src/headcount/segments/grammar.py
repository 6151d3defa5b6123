"""The filter language: text to tree (`parse`) and tree to text (`render`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from headcount.errors import WrongCall
from headcount.segments.filter import (
    CHANNELS,
    COMPARISONS,
    CONSENT_STATES,
    MAX_DAYS,
    MAX_DEPTH,
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
    PropertyTest,
    UploadIs,
    Value,
    asks_of_properties,
)
from headcount.segments.tokens import (
    END,
    NAME,
    NUMBER,
    STRING,
    WORD,
    Token,
    complaint,
    is_word,
    quoted,
    tokens,
)

#: Words that begin a condition or are a value. A property of such a name stands in backticks.
RESERVED: Final = frozenset({"and", "or", "not", "consent", "upload", "did", "true", "false"})

#: A date that somebody forgot to put into quotes, and which would otherwise be read as numbers.
_DATE: Final = re.compile(
    r"(?P<iso>\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)|\d{1,4}([-/.])\d\d?\6\d{1,4}", re.ASCII
)


def parse(text: str) -> Filter:
    """Return the filter that the text says.

    Raises:
        WrongCall: `filter_invalid`, with the character, what stands there and what was expected.
    """
    return _Parser(text).filter()


def render(node: Filter) -> str:
    """Return the text of a filter; `parse` makes the same filter of it."""
    match node:
        case Or(filters):
            return " or ".join(_operand(each, Or) for each in filters)
        case And(filters):
            return " and ".join(_operand(each, And, Or) for each in filters)
        case Not(inner):
            return f"not {_operand(inner, And, Or)}"
        case _:
            return _render_condition(node)


def _operand(node: Filter, *bracketed: type[Filter]) -> str:
    return f"({render(node)})" if isinstance(node, bracketed) else render(node)


def _render_condition(node: Condition) -> str:
    match node:
        case ConsentIs(channel, state):
            return f"consent {channel} is {state}"
        case UploadIs(upload_id):
            return f"upload {quoted(upload_id)}"
        case InSegment(name):
            return f"in segment {quoted(name)}"
        case Did():
            return " ".join(_render_did(node))
        case _:
            return f"{_render_name(node.property)} {_render_test(node)}"


def _render_did(node: Did) -> Iterator[str]:
    yield f"did {quoted(node.event)}"
    if node.at_least != 1:
        yield f"at least {node.at_least} times"
    if node.in_last_days is not None:
        yield f"in last {node.in_last_days} days"
    for word, day in (("since", node.since), ("until", node.until)):
        if day is not None:
            yield f"{word} {quoted(day)}"
    if node.where is not None:
        yield f"where ({render(node.where)})"


def _render_test(node: PropertyTest) -> str:
    match node:
        case Comparison(_, operator, value):
            return f"{operator} {_render_value(value)}"
        case Exists():
            return "exists"
        case Contains(_, value):
            return f"contains {_render_value(value)}"
        case In(_, values):
            return f"in ({', '.join(map(_render_value, values))})"
        case Between(_, low, high):
            return f"between {_render_value(low)} and {_render_value(high)}"
        case InLast(_, days):
            return f"in last {days} days"


def _render_name(name: str) -> str:
    bare = is_word(name) and name.lower() not in RESERVED
    return name if bare else "`" + name.replace("`", "``") + "`"


def _render_value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else repr(value)


class _Parser:
    """Recursive descent with one token of lookahead.

    filter     = any END
    any        = all { "or" all }
    all        = unit { "and" unit }
    unit       = "not" unit | "(" any ")" | condition
    condition  = "consent" CHANNEL "is" ["not"] STATE
               | "upload" STRING
               | "in" "segment" STRING
               | "did" STRING ["at" "least" COUNT "times"] ["in" "last" COUNT "days"]
                 ["since" STRING] ["until" STRING] ["where" "(" any ")"]
               | property ["not"] test
    test       = "exists"
               | ("=" | "!=" | ">" | ">=" | "<" | "<=" | "before" | "after") value
               | "contains" value
               | "in" "(" value { "," value } ")"
               | "in" "last" COUNT "days"
               | "between" value "and" value
    property   = WORD | `NAME`
    value      = STRING | NUMBER | "true" | "false"

    CHANNEL is push, sms, email or whatsapp; STATE is subscribed, unsubscribed, not_set or `not set`.
    A comparison takes no "not" before it. Behind "where" stand tests of the event's properties only. Keywords are read in any case.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: Iterator[Token] = tokens(text)
        self._token = next(self._tokens)
        self._depth = 0

    def filter(self) -> Filter:
        found = self._any()
        if self._token.kind != END:
            raise self._expected("`and`, `or` or the end of the filter")
        return found

    def _any(self) -> Filter:
        return self._chain("or", self._all, Or)

    def _all(self) -> Filter:
        return self._chain("and", self._unit, And)

    def _chain(self, word: str, operand: Callable[[], Filter], node: Callable[[tuple[Filter, ...]], Filter]) -> Filter:
        operands = [operand()]
        while self._accept(word):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else node(tuple(operands))

    def _unit(self) -> Filter:
        if self._accept("not"):
            return Not(self._inside(self._unit))
        if self._accept("("):
            found = self._inside(self._any)
            self._expect(")")
            return found
        return self._condition()

    def _inside(self, part: Callable[[], Filter]) -> Filter:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._expected(f"no more than {MAX_DEPTH} brackets and `not` inside one another")
        found = part()
        self._depth -= 1
        return found

    def _condition(self) -> Filter:
        if self._accept("consent"):
            return self._consent()
        if self._accept("upload"):
            return UploadIs(self._string("the ID of an upload in quotes"))
        if self._accept("did"):
            return self._did()
        asks_of_people = self._token.word == "in"
        name = self._property()
        # A property may be called `in`, too; no test of it begins with this word.
        if asks_of_people and self._accept("segment"):
            return InSegment(self._string("the name of a segment in quotes"))
        return self._test_of(name)

    def _consent(self) -> Filter:
        channel = self._one_of(CHANNELS)
        self._expect("is")
        negated = self._accept("not")
        if negated and self._accept("set"):
            return ConsentIs(channel, "not_set")
        consent = ConsentIs(channel, self._one_of(CONSENT_STATES))
        return Not(consent) if negated else consent

    def _did(self) -> Filter:
        event = self._string("the name of an event in quotes")
        at_least = self._at_least() if self._accept("at") else 1
        days = self._last_days() if self._accept("in") else None
        since, until = (self._string("a date in quotes") if self._accept(word) else None for word in ("since", "until"))
        return Did(event, at_least, days, since, until, self._where() if self._accept("where") else None)

    def _where(self) -> Filter:
        opening = self._token
        self._expect("(")
        found = self._inside(self._any)
        self._expect(")")
        if not asks_of_properties(found):
            raise complaint(self._text, opening.position, "what stands here can ask for properties of the event only.")
        return found

    def _at_least(self) -> int:
        self._expect("least")
        times = self._count()
        self._expect("times", "time")
        return times

    def _last_days(self) -> int:
        self._expect("last")
        days = self._count(MAX_DAYS)
        self._expect("days", "day")
        return days

    def _test_of(self, name: str) -> Filter:
        if self._accept("not"):
            return Not(self._word_test(name))
        if self._token.word in COMPARISONS:
            return Comparison(name, self._take().word, self._value())
        return self._word_test(name)

    def _word_test(self, name: str) -> Filter:
        if self._accept("exists"):
            return Exists(name)
        if self._accept("contains"):
            return Contains(name, self._value())
        if self._accept("between"):
            return self._between(name)
        if self._accept("in"):
            return self._in(name)
        raise self._expected(
            "a test such as `=`, `exists`, `contains` or `in`",
            "A name with other characters than letters, digits and _ stands in `backticks`.",
        )

    def _between(self, name: str) -> Filter:
        low = self._value()
        self._expect("and")
        return Between(name, low, self._value())

    def _in(self, name: str) -> Filter:
        if self._token.word == "last":
            return InLast(name, self._last_days())
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return In(name, tuple(values))

    def _property(self) -> str:
        named = self._token.kind in (WORD, NAME) or self._token.text.isalnum()
        if not named or self._token.word in RESERVED:
            raise self._expected('a condition, such as `plan = "pro"`', "`identity exists` is everyone.")
        token = self._take()
        return token.text[1:-1].replace("``", "`") if token.kind == NAME else token.text

    def _value(self) -> Value:
        if self._token.kind == STRING:
            return self._take().string(self._text)
        if self._token.kind == NUMBER:
            self._assert_no_date()
            return self._take().number(self._text)
        if self._token.word in ("true", "false"):
            return self._take().word == "true"
        raise self._expected("a value", 'A text or a date stands in quotes, such as "pro".')

    def _assert_no_date(self) -> None:
        found = _DATE.match(self._text, self._token.position)
        if found:
            example = found[0] if found["iso"] else "2024-05-01"
            advice = f'A date stands in quotes, such as "{example}".'
            raise complaint(self._text, found.start(), f"expected a value, found the date `{found[0]}` without quotes.", advice)

    def _string(self, expected: str) -> str:
        if self._token.kind != STRING:
            raise self._expected(expected)
        return self._take().string(self._text)

    def _count(self, highest: int | None = None) -> int:
        token = self._token
        count = token.number(self._text) if token.kind == NUMBER else 0
        if not isinstance(count, int) or count < 1 or (highest and count > highest):
            limit = f" up to {highest}" if highest else ""
            raise self._expected(f"a whole number from 1{limit}")
        self._take()
        return count

    def _one_of(self, words: tuple[str, ...]) -> str:
        if self._token.word not in words:
            raise self._expected(" or ".join(words))
        return self._take().word

    def _expect(self, *words: str) -> None:
        if not any(self._accept(word) for word in words):
            raise self._expected(f"`{words[0]}`")

    def _accept(self, word: str) -> bool:
        accepted = self._token.word == word
        if accepted:
            self._take()
        return accepted

    def _take(self) -> Token:
        taken, self._token = self._token, next(self._tokens, self._token)
        return taken

    def _expected(self, expected: str, advice: str = "") -> WrongCall:
        found = self._token
        return complaint(self._text, found.position, f"expected {expected}, found {found}.", advice)
