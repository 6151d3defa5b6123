"""Nonsense that is nearly what clients of CleverTap send: it never is a fault of the program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.server.happened import enter
from tests.server.house import ACME, PEOPLE, Caller, cheap_passwords, open_site
from tests.server.routes import VENDOR, filled, routes

from headcount import bootstrap
from headcount.auth.rights import operator
from headcount.store.duckdb.profiles import DuckDBProfiles

#: Words of the queries and records, and of what is stored.
WORDS = re.findall(
    r"\S+",
    """
    event_name from to event_properties common_profile_properties profile_fields demographics reachability
    advanced_query did_all did_any did_none any_events name operator value groups property_type top_n order trend_type
    unique sum_event_prop d type status identity guid identities estimate_only where segment all target_mode devices
    equals not_equals contains exists between greater_than less_than Charged Amount plan Name has_token True phone email
    Unsubscribe Resubscribe daily push $D_1 $D_-9999999999 20240101 20241301 +4915112345678 objectId FBID profile event
    token profileData evtName evtData tokenData ts id keys fcm chrome Email Phone Age DOB MSG-email $add $remove $set
    $delete $incr $decr
    """,
)
_texts = st.sampled_from(WORDS) | st.text(max_size=5)
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts | st.just(20240101)
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)
_tests = st.lists(st.fixed_dictionaries({"name": _texts}, optional={"operator": _texts, "value": _json}), max_size=2)
_event = st.fixed_dictionaries(
    {"event_name": st.just("Charged") | _texts}, optional={"from": _scalars, "to": _scalars, "event_properties": _tests}
)
_named = {"identity": _scalars, "objectId": _texts, "FBID": _texts, "type": st.sampled_from(["profile", "event", "token"]) | _scalars}
_data = st.dictionaries(_texts, _json, max_size=3)
_record = st.fixed_dictionaries(
    {},
    optional={
        **_named,
        "profileData": _data | _json,
        "evtName": _texts,
        "evtData": _data | _json,
        "ts": _scalars,
        "tokenData": _data | _json,
    },
)
_groups = st.dictionaries(
    _texts, st.dictionaries(st.sampled_from(["property_type", "name", "top_n", "order", "trend_type"]), _json), max_size=2
)
_bodies: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.dictionaries(_texts, _json, max_size=5),
    st.fixed_dictionaries(
        {"event_name": _texts},
        optional={"from": _scalars, "common_profile_properties": st.fixed_dictionaries({"profile_fields": _tests}), "groups": _groups},
    ),
    st.fixed_dictionaries({"advanced_query": st.fixed_dictionaries({}, optional={"did_all": st.lists(_event, max_size=2)})}),
    st.fixed_dictionaries({"d": st.lists(st.dictionaries(st.sampled_from(["type", "value", "status"]), _json), max_size=3)}),
    st.fixed_dictionaries({"d": st.lists(_record, max_size=4)}),
    st.fixed_dictionaries({"estimate_only": st.just(value=True)}, optional={"where": _event, "segment": _texts, "target_mode": _texts}),
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "Passwords", cheap_passwords)
        with open_site(tmp_path_factory.mktemp("site") / "data") as site:
            caller = site.machine()
            caller.upload(PEOPLE)
            with site.house.records(operator(ACME)).open_store() as store:
                assert isinstance(store, DuckDBProfiles)
                enter(
                    store.connection,
                    ("Charged", "1", datetime(2024, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None), '{"Amount": 3, "plan": "pro"}'),
                )
            yield caller


@settings(max_examples=25)
@given(body=_bodies)
def test_nonsense_is_refused_or_answered(machine: Caller, body: dict[str, Any]) -> None:
    for method, path in routes(machine.http.app):  # type: ignore[arg-type]  # the app as it was given
        if path.startswith(VENDOR) and method == "POST":
            answer = machine.http.request(method, filled(path), headers=machine.headers, content=json.dumps(body))
            assert answer.status_code in {200, 400, 404}, (path, answer.text)
            assert answer.json()["status"] in {"success", "partial", "fail"}
