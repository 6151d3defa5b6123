"""No text of a person is more than text: every string of a naughty-strings set as value, identity, property, filter and segment."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.naughty.strings import naughty_strings
from tests.server.house import ACME, Site, cheap_passwords, open_site, told

from headcount import bootstrap
from headcount.auth.rights import operator
from headcount.errors import WrongCall
from headcount.people.segments import SegmentDesk, Wish
from headcount.segments.filter import And, Comparison, Exists, InSegment
from headcount.segments.grammar import parse, render

STRINGS = naughty_strings()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bootstrap, "Passwords", cheap_passwords)
        with open_site(tmp_path_factory.mktemp("naughty") / "data", property_limit=2_000) as opened:
            out = io.StringIO()
            rows = [*((f"i{place}", text) for place, text in enumerate(STRINGS)), *((text, "named") for text in STRINGS)]
            csv.writer(out).writerows([("identity", "value"), *rows])
            ledger = told(opened.machine().send(out.getvalue()))["ledger"]
            assert ledger["rows"] == len(rows)
            yield opened


@pytest.fixture
def desk(site: Site) -> SegmentDesk:
    return site.house.segments(operator(ACME))


def equals(name: str, value: str) -> str:
    return render(Comparison(name, "=", value))


def test_as_a_value_and_an_identity(desk: SegmentDesk) -> None:
    people = desk.people("identity exists", 10_000)
    values = Counter(person["properties"]["value"]["value"] for person in people if "value" in person["properties"])
    assert len(values) > 400
    for value, count in values.items():
        assert desk.count(equals("value", value))["count"] == count
    for person in people:
        assert desk.count(equals("identity", person["identity"]))["count"] == 1
    assert desk.count("identity exists")["count"] == len(people)


def test_as_a_property(site: Site, desk: SegmentDesk) -> None:
    machine = site.machine()
    records = [{"type": "profile", "identity": f"p{place}", "profileData": {text: "x"}} for place, text in enumerate(STRINGS)]
    answer = machine.http.post("/1/upload", json={"d": records}, headers=dict(machine.headers)).json()
    names = [each["name"] for each in machine.get("properties")["properties"] if not each["system"] and each["name"] != "value"]
    assert len(names) > 150, answer
    for name in names:
        whom = render(And((Exists(name), Comparison(name, "=", "x"))))
        assert desk.count(whom)["count"] == desk.breakdown(whom, name, 3)["people"] >= 1


#: What may be said of a text that is no filter, or no name; None where it is one.
REFUSALS = {None, "filter_invalid", "property_unknown", "filter_type", "segment_invalid", "segment_exists"}


def tried(desk: SegmentDesk, place: str, text: str) -> str | None:
    """Why the text cannot be that."""
    try:
        if place == "filter":
            assert desk.count(text)["count"] == desk.count(render(parse(text)))["count"]
        else:
            made = desk.save(Wish(name=text, filter=equals("value", text)))
            assert desk.count(render(InSegment(made["name"])))["count"] == made["people"]
            desk.delete(made["id"])
    except WrongCall as error:
        return error.code
    return None


@pytest.mark.parametrize("place", ["filter", "segment"])
def test_as_a_filter_and_as_the_name_of_a_segment(desk: SegmentDesk, place: str) -> None:
    for text in STRINGS:
        assert tried(desk, place, text) in REFUSALS, text
    assert desk.count("identity exists")["count"] > len(STRINGS)
