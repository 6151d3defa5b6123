from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx import Response
from tests.server.house import PEOPLE, Caller, Site, code, told
from tests.server.process import Server

TWICE = "identity,plan\n1,pro\n2,free\n1,team\n"


def ask(machine: Caller, what: str, content: str = TWICE, **headers: str) -> Response:
    return machine.call("POST", what, content=content, headers={"Content-Type": "text/csv", **headers})


def test_a_file_is_inspected_and_nothing_is_kept(machine: Caller, site: Site) -> None:
    found = told(ask(machine, "inspect?preview=1"))
    assert (found["rows"], found["header"], found["preview"]) == (3, ["identity", "plan"], [{"row": 2, "cells": ["1", "pro"]}])
    assert (site.left(), machine.get("uploads")["uploads"]) == ([], [])


def test_a_check_says_what_an_upload_would_do_and_does_nothing(machine: Caller) -> None:
    machine.upload(PEOPLE)
    found = told(ask(machine, "check?name=Spring", **{"X-File-Name": "spring.csv"}))
    assert (found["upload"]["name"], found["upload"]["file_name"], found["upload"]["status"]) == ("Spring", "spring.csv", "ready")
    assert (found["ledger"]["updated"], found["ledger"]["merged"]) == (1, 1)
    assert machine.post("segments/count", {"filter": 'plan = "team"'}) == {"count": 0}


@pytest.mark.parametrize("what", ["inspect", "check"])
def test_the_way_there_is_told_as_events(machine: Caller, what: str) -> None:
    answer = ask(machine, what, Accept="text/event-stream")
    assert answer.text.rpartition("event: ")[2].startswith("document\n")


def test_what_is_no_csv_is_an_error_among_the_events(machine: Caller) -> None:
    answer = ask(machine, "inspect", "", Accept="text/event-stream")
    assert '"code": "file_empty"' in answer.text
    assert code(ask(machine, "inspect", "")) == (422, "file_empty")


def test_many_at_once_wait_for_one_another_and_other_calls_go_on(server: Server) -> None:
    rows = "identity,note\n" + "".join(f"{n},text {n}\n" for n in range(1, 20_001))
    with server.http as http, ThreadPoolExecutor(8) as callers:
        asked = [callers.submit(http.post, "/check", content=rows, headers={"Content-Type": "text/csv"}) for _ in range(8)]
        assert http.get("/uploads").is_success
        assert {answer.result().json()["ledger"]["created"] for answer in asked} == {20_000}
    assert not any(path.name.startswith("inspect-") for path in server.left())
