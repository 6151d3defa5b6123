from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Headcount

FILE = "identity,Email,MSG-email\n1,ann@example.com,\n2,ANN@example.com,\n3,cem@example.com,false\n4,,\n"
ALL = "identity exists"


@pytest.fixture
def known(headcount: Headcount, tmp_path: Path) -> Headcount:
    (tmp_path / "known.csv").write_text(FILE)
    assert headcount("upload", "known.csv").code == 0
    return headcount


def test_one_channel_is_seven_numbers_that_add_up(known: Headcount) -> None:
    found = known("reach", "--channel", "email", ALL, "--json").json
    assert found == {
        "matched": 4,
        "no_address": 1,
        "opted_out": 1,
        "duplicate_address": 1,
        "frequency_cap": 0,
        "control_group": 0,
        "reach": 1,
    }
    assert list(found) == ["matched", "no_address", "opted_out", "duplicate_address", "frequency_cap", "control_group", "reach"]


def test_all_channels_are_told_by_their_names(known: Headcount) -> None:
    found = known("reach", ALL, "--json").json["channels"]
    assert {name: numbers["reach"] for name, numbers in found.items()} == {"push": 0, "sms": 0, "email": 1, "whatsapp": 0}
    assert list(known("reach", "--channel", "sms", "--channel", "email", ALL, "--json").json["channels"]) == ["sms", "email"]


def test_in_words_it_says_what_would_raise_it(known: Headcount) -> None:
    out = known("reach", "--channel", "email", ALL).out
    assert "duplicate address       1  " in out
    assert "1 person, no address: Upload a file with their identities and a column" in out


def test_every_place_opens_its_people(known: Headcount) -> None:
    asked = ("reach", "--channel", "email", ALL, "--people")
    assert known(*asked, "duplicate_address").out == "identity  address\n2         ANN@example.com\n"
    assert known(*asked, "opted_out", "--json").json == {"people": [{"identity": "3", "address": "cem@example.com"}]}
    assert known(*asked, "control_group").err == "There is nobody.\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--channel", "fax", ALL], "usage"),
        (["--people", "reach", ALL], "usage"),
        (["--channel", "email", "plan ="], "filter_invalid"),
        (["--channel", "email", "nope exists"], "property_unknown"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(known: Headcount, arguments: list[str], code: str) -> None:
    done = known("reach", *arguments, "--json")
    assert (done.code, done.json["error"]["code"]) == (2, code)
