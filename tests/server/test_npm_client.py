"""CleverTap's own client for Node, as it is published, against a server of ours: every call it has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.server.happened import enter
from tests.server.process import PASSCODE, WHO, Server, serving

from headcount.bootstrap import application
from headcount.config import load_settings
from headcount.uploads.mapping import Request

CLIENT = "clevertap@1.3.0"
DRIVER = Path(__file__).with_name("npm_client.js")
FILE = "identity,Name,Email,Phone,Customer Type\n1,Ann,ann@x.com,+4915112345678,Platinum\na+b@x.com,Bob,,,Gold\n3,Cem,cem@x.com,,Platinum\n"
CHARGED = {"event_name": "Charged", "from": 20240501, "to": 20240531}
CAMPAIGN = {
    "name": "My Webpush API campaign",
    "target_mode": "webpush",
    "where": {
        **CHARGED,
        "common_profile_properties": {"profile_fields": [{"name": "Customer Type", "operator": "equals", "value": "Platinum"}]},
    },
    "content": {"title": "Hi!", "body": "How are you doing today?"},
    "devices": ["web"],
    "when": "now",
}
#: What the client is told of a method and what it gives back; of a dictionary these fields are looked at.
CALLS: list[tuple[list[Any], Any]] = [
    (["profile", {"identity": "1"}], {"status": "success"}),
    (["profile", {"identity": "a+b@x.com"}], {"status": "success"}),
    (["profile", {"email": "ann@x.com"}], {"status": "success"}),
    (["profile", {"objectId": "dev1"}], {"status": "success"}),
    (["profile", {"identity": "nobody"}], {"status": "fail", "error": "There is no such person.", "code": 404}),
    (["getProfilesCount", CHARGED], {"status": "success", "count": 2}),
    (["getEventsCount", CHARGED], {"status": "success", "count": 3}),
    (["getEventsCount", {"event_name": 5}], {"status": "fail", "code": 400}),
    (
        [
            "topPropertyCounts",
            {
                **CHARGED,
                "groups": {
                    "foo": {"property_type": "event_properties", "name": "Amount"},
                    "bar": {"property_type": "profile_fields", "name": "Customer Type", "top_n": 2, "order": "asc"},
                },
            },
        ],
        {"status": "success", "foo": {"NUMBER": {"300": 2, "20": 1}}, "bar": {"STR": {"Gold": 1, "Platinum": 2}}},
    ),
    (
        ["trends", {**CHARGED, "unique": False, "sum_event_prop": "Amount", "groups": {"foo": {"trend_type": "daily"}}}],
        {"status": "success", "foo": {"20240501": 300, "20240502": 320}},
    ),
    (["realTimeCounts", {"user_type": True}], {"status": "success", "count": 0, "user_type": {"new": 0, "repeat": 0}}),
    (["getMessageReports", {"from": "20171101", "to": "20171225"}], {"status": "success", "messages": []}),
    (["targets", "estimate", {**CAMPAIGN}], {"status": "success", "estimates": {"chrome": 1}}),
    (["targets", "create", {**CAMPAIGN, "estimate_only": True}], {"status": "success", "estimates": {"chrome": 1}}),
    (["targets", "create", {**CAMPAIGN}], {"status": "fail", "code": 400}),
    (["targets", "list", {"from": 20230401, "to": 20230416}], {"status": "success", "targets": []}),
    (["targets", "result", {"id": 1646808734}], {"status": "fail", "code": 404}),
    (["targets", "stop", {"id": 1652101199}], {"status": "fail", "code": 404}),
    (
        [
            "subscribe",
            {
                "d": [
                    {"type": "phone", "value": "+4915112345678", "status": "Unsubscribe"},
                    {"type": "email", "value": "cem@x.com", "status": "Resubscribe"},
                ]
            },
        ],
        {"status": "success", "processed": 2, "unprocessed": []},
    ),
    (["disassociate", {"d": [{"type": "phone", "value": "+919213231415"}]}], {"status": "success", "processed": 1, "unprocessed": []}),
    (["demerge", {"identities": ["client-19827239", "abc@ct.com"]}], {"status": "success"}),
    (["delete", {"guid": "dev1"}], {"status": "success", "deleted": 1}),
    (["delete", {"identity": ["3", "nobody"]}], {"status": "success", "deleted": 1}),
    (["getProfilesCount", CHARGED], {"status": "success", "count": 1}),
]
PAGES: list[list[Any]] = [
    ["profiles", CHARGED, {"batchSize": 1}],
    ["events", CHARGED, {"batchSize": 2}],
    ["profiles", {"event_name": "never"}],
]
UPLOADS: list[tuple[list[Any], Any]] = [
    (
        [
            "upload",
            [
                {"objectId": "25b0", "type": "profile", "profileData": {"Name": "Jack Test"}},
                {
                    "FBID": "343",
                    "ts": 1468308340,
                    "type": "event",
                    "evtName": "Product viewed",
                    "evtData": {"Price": 59.99, "Currency": "USD"},
                },
            ],
            {"batchSize": 1000},
        ],
        {"status": "success", "processed": 2, "unprocessed": []},
    ),
    (
        ["uploadDeviceTokens", [{"type": "token", "tokenData": {"id": "tok2", "type": "fcm"}, "objectId": "25b0"}]],
        {"status": "success", "processed": 1, "unprocessed": []},
    ),
    (["profile", {"objectId": "25b0"}], {"status": "success"}),
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which the client is."""
    if not (shutil.which("node") and shutil.which("npm")):
        reason = "Node or npm is missing. On Debian and Ubuntu: apt-get install nodejs npm"
        pytest.fail(reason) if os.environ.get("REQUIRE_NODE") else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", CLIENT]
    # A registry that is slow to answer is none of ours.
    for pause in (2, 10, 30, None):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode == 0 or pause is None:
            break
        time.sleep(pause)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Server]:
    """A server with people and events."""
    data, file = tmp_path / "data", tmp_path / "people.csv"
    file.write_text(FILE)
    with application(load_settings(data=data, threads=1)) as app:
        app.uploads.upload(file, Request(), name=None, door="cli")
        with app.store() as store:
            enter(
                store.connection,
                *(
                    ("Charged", who, datetime(2024, 5, day, 10, tzinfo=UTC).replace(tzinfo=None), json.dumps({"Amount": amount}))
                    for who, day, amount in (("1", 1, 300), ("1", 2, 20), ("a+b@x.com", 2, 300))
                ),
                types={"Amount": "integer"},
            )
    with serving(data) as server:
        yield server


def made(installed: Path, server: Server, calls: list[list[Any]]) -> tuple[set[str], list[Any]]:
    """The methods of the client, and what the calls gave."""
    asked = {"url": f"http://127.0.0.1:{server.port}/1", "account": WHO["X-CleverTap-Account-Id"], "passcode": PASSCODE, "calls": calls}
    environment = {**os.environ, "NODE_PATH": str(installed / "node_modules")}
    done = subprocess.run(["node", str(DRIVER)], input=json.dumps(asked), capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return set(said["methods"]), said["answers"]


def test_every_call_of_the_client_is_answered(installed: Path, people: Server) -> None:
    methods, answers = made(installed, people, [*PAGES, *(call for call, _ in CALLS)])
    profiles, events, none = answers[: len(PAGES)]
    assert [each["identity"] for each in profiles] == ["1", "a+b@x.com"]
    assert [(each["ts"], each["event_props"]["Amount"]) for each in events] == [
        (20240501100000, 300),
        (20240502100000, 20),
        (20240502100000, 300),
    ]
    assert none == []
    for (call, expected), answer in zip(CALLS, answers[len(PAGES) :], strict=True):
        assert {name: answer.get(name) for name in expected} == expected, call
    by_name = [answer["record"] for (call, _), answer in zip(CALLS, answers[len(PAGES) :], strict=True) if "record" in answer]
    assert [(each["identity"], each["profileData"]["Customer Type"]) for each in by_name] == [
        ("1", "Platinum"),
        ("a+b@x.com", "Gold"),
        ("1", "Platinum"),
        ("1", "Platinum"),
    ]
    assert methods == {call[0] for call in (*PAGES, *(call for call, _ in (*CALLS, *UPLOADS)))}


def test_what_the_client_sends_is_stored(installed: Path, people: Server) -> None:
    _, answers = made(installed, people, [call for call, _ in UPLOADS])
    for (call, expected), answer in zip(UPLOADS, answers, strict=True):
        assert {name: answer.get(name) for name in expected} == expected, call
    assert answers[-1]["record"]["platformInfo"] == [{"platform": "Android", "push_token": "tok2", "objectId": "25b0"}]
