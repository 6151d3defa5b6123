from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from headcount.profiles.consent import Channel, State
from headcount.segments.filter import (
    CHANNELS,
    COMPARISONS,
    CONSENT_STATES,
    MAX_DAYS,
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
    UploadIs,
)
from headcount.segments.filter_json import from_json, to_json
from headcount.segments.grammar import parse, render

_names = st.text() | st.sampled_from(["plan", "Wallet Balance", "not", "TRUE", "1e5", "007", "`", "größe"])
_values = st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
_days = st.integers(1, MAX_DAYS)

_tests: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Comparison, _names, st.sampled_from(COMPARISONS), _values),
    st.builds(Exists, _names),
    st.builds(Contains, _names, _values),
    st.builds(In, _names, st.lists(_values, min_size=1, max_size=3).map(tuple)),
    st.builds(Between, _names, _values, _values),
    st.builds(InLast, _names, _days),
)
_of_events = st.none() | _tests | st.builds(Not, _tests) | st.builds(Or, st.lists(_tests, min_size=2, max_size=3).map(tuple))
_conditions: st.SearchStrategy[Filter] = st.one_of(
    _tests,
    st.builds(ConsentIs, st.sampled_from(CHANNELS), st.sampled_from(CONSENT_STATES)),
    st.builds(UploadIs, st.text()),
    st.builds(InSegment, st.text()),
    st.builds(Did, st.text(), st.integers(1), st.none() | _days, st.none() | st.text(), st.none() | st.text(), _of_events),
)


filters: st.SearchStrategy[Filter] = st.recursive(
    _conditions,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=8,
)


@given(filters)
def test_text_and_back(node: Filter) -> None:
    assert repr(parse(render(node))) == repr(node)


@given(filters)
def test_json_and_back(node: Filter) -> None:
    assert repr(from_json(json.loads(json.dumps(to_json(node))))) == repr(node)


def test_the_words_are_those_of_consent() -> None:
    assert tuple(Channel) == CHANNELS
    assert tuple(State) == CONSENT_STATES
