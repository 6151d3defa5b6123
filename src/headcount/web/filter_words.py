"""What the parts of a condition are called where somebody fills one in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from headcount.web.filter_rows import Join, What

WHATS: Mapping[What, str] = {
    "property": "Property",
    "consent": "Consent",
    "event": "Event",
    "upload": "Upload",
    "segment": "Segment",
}
JOINS: Mapping[Join, str] = {"all": "all of these hold", "any": "at least one of these holds", "none": "none of these holds"}
STATES: Sequence[tuple[str, str]] = (("subscribed", "subscribed"), ("unsubscribed", "unsubscribed"), ("not_set", "not set"))
TRUTHS: Sequence[tuple[str, str]] = (("true", "true"), ("false", "false"))

#: The tests of conditions that are about no property.
TESTS_OF: Mapping[What, Sequence[tuple[str, str]]] = {
    "consent": (("is", "is"), ("not is", "is not")),
    "event": (("did", "was done"), ("not did", "was not done")),
    "upload": (("touched", "created or changed them"), ("not touched", "did not touch them")),
    "segment": (("in", "has them"), ("not in", "does not have them")),
}

_EXIST: Final = (("exists", "has a value"), ("not exists", "has no value"))
_EQUAL: Final = (("=", "is"), ("!=", "is not"))
_ONE_OF: Final = (("in", "is one of"), ("not in", "is none of"))
_HOLD: Final = (("contains", "contains"), ("not contains", "does not contain"))
_ORDER: Final = ((">", "is more than"), (">=", "is at least"), ("<", "is less than"), ("<=", "is at most"))
_BETWEEN: Final = (("between", "is between"), ("not between", "is not between"))
_TESTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "string": (*_EQUAL, *_ONE_OF, *_HOLD, *_EXIST),
    "integer": (*_EQUAL, *_ORDER, *_BETWEEN, *_ONE_OF, *_EXIST),
    "float": (*_EQUAL, *_ORDER, *_BETWEEN, *_ONE_OF, *_EXIST),
    "boolean": (("=", "is"), *_EXIST),
    "date": (
        ("in last", "is in the last … days"),
        ("not in last", "is not in the last … days"),
        ("before", "is before"),
        ("after", "is after"),
        ("=", "is on"),
        *_BETWEEN,
        *_EXIST,
    ),
    "list": (*_HOLD, *_EXIST),
}
_OTHERS: Mapping[str, str] = {**dict(_ORDER), **dict(_EQUAL), **dict(_ONE_OF), **dict(_HOLD), **dict(_BETWEEN), **dict(_EXIST)}


def tests(what: What, kind: str | None, chosen: str) -> Sequence[tuple[str, str]]:
    """The tests of a condition with their words; of a property those of its type, and whichever is chosen already."""
    found = TESTS_OF.get(what) or _TESTS.get(kind or "string", _TESTS["string"])
    return found if not chosen or chosen in dict(found) else (*found, (chosen, _OTHERS.get(chosen, chosen)))
