from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from headcount.observability import start_logging


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_messages_are_json_lines_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("info")
    structlog.get_logger().info("applied", rows=7)
    written = capsys.readouterr()
    assert written.out == ""
    assert json.loads(written.err).items() >= {"event": "applied", "rows": 7, "level": "info"}.items()


def test_less_severe_messages_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("warning")
    structlog.get_logger().info("applied")
    assert capsys.readouterr().err == ""


def test_an_error_is_told_by_its_kind_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("warning")
    address = "ada@example.com"
    try:
        int(address)
    except ValueError as error:
        structlog.get_logger().error("failed", exc_info=error)
        logging.getLogger("a.library").exception("Failed\n%s", error)  # noqa: TRY401 - as a library does
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], theirs["name"], theirs["said"]) == ("failed", "a.library", "Failed")
    for line in (ours, theirs):
        assert "test_observability.py" in line["exception"]
        assert line["exception"].endswith("ValueError\n")
        assert "ada@" not in str(line)


def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("warning")
    address = "ada@example.com"
    try:
        _ = [][len(address)]
    except IndexError:
        structlog.get_logger().exception("failed")
    assert "IndexError" in (written := capsys.readouterr().err)
    assert address not in written
