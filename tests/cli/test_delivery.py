from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Headcount

NONE = {"messages": 0, "days": 1, "gap_hours": 0}


@pytest.fixture
def known(headcount: Headcount, tmp_path: Path) -> Headcount:
    (tmp_path / "known.csv").write_text("identity,Email\n1,ann@example.com\n2,bob@example.com\n")
    assert headcount("upload", "known.csv").code == 0
    return headcount


def test_what_is_not_said_stays(known: Headcount) -> None:
    known("delivery", "set", "--channel", "email", "--messages", "3", "--days", "7")
    found = known("delivery", "set", "--channel", "email", "--channel", "sms", "--gap-hours", "12", "--control-percent", "5", "--json").json
    email = {"messages": 3, "days": 7, "gap_hours": 12}
    assert found == {"caps": {"push": NONE, "sms": {**NONE, "gap_hours": 12}, "email": email, "whatsapp": NONE}, "control_percent": 5}
    assert known("delivery", "show", "--json").json == found
    assert "email     3 in 7 days  12 hours" in known("delivery", "show").out


@pytest.mark.parametrize("arguments", [[], ["--messages", "3"], ["--channel", "fax"]])
def test_a_wrong_call_says_so(known: Headcount, arguments: list[str]) -> None:
    assert known("delivery", "set", *arguments).code == 2


@pytest.mark.parametrize(
    "content",
    [
        "identity,channel,at\n1,email,\n2,email,2026-06-01T12:00:00Z\n3,email,\n",
        '{"identity": "1", "channel": "email"}\n\n{"identity": "2", "channel": "email"}\n{"identity": "3", "channel": "email"}\n',
    ],
)
def test_a_file_of_messages_is_kept_once(known: Headcount, tmp_path: Path, content: str) -> None:
    (tmp_path / "sent").write_text(content)
    for _ in range(2):
        found = known("messages", "log", "sent", "--key", "k", "--json").json
        assert (found["stored"], [each["index"] for each in found["failed"]]) == (2, [2])
    known("delivery", "set", "--channel", "email", "--messages", "2", "--days", "365")
    assert known("reach", "--channel", "email", "identity exists", "--json").json["frequency_cap"] == 0


@pytest.mark.parametrize(
    "content",
    [
        'identity,channel\n\n"1",email\n1,sms,,\n"1\n",email\n2,email\n',
        '{"identity": "1", "channel": "email"}\n\n\n[1]\n{"identity": "9", "channel": "email"}\n{"identity": "2", "channel": "email"}\n',
    ],
)
def test_what_one_row_says_wrong_costs_that_row(known: Headcount, tmp_path: Path, content: str) -> None:
    (tmp_path / "sent").write_text(content)
    found = known("messages", "log", "sent", "--json").json
    assert (found["stored"], [(each["index"], each["row"]) for each in found["failed"]]) == (2, [(1, 4), (2, 5)])
    assert "  row 4: The " in known("messages", "log", "sent").out


@pytest.mark.parametrize(
    "content", ["identity,name\n1,x\n", "[1]\n{}\n", 'identity,channel\n"1"x,sms\n', "identity,channel,Käse\n", '{"identity": "Käse"}\n']
)
def test_what_are_no_records_is_refused(known: Headcount, tmp_path: Path, content: str) -> None:
    (tmp_path / "sent").write_text(content, "latin-1")
    done = known("messages", "log", "sent", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "messages_invalid")
