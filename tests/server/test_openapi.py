"""Schemathesis draws calls from the OpenAPI document and holds the answers against it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ACCOUNT, PASSCODE = "acme", "a-passcode-of-the-test"
CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    given = {"DATA": str(tmp_path / "data"), "ACCOUNT_ID": ACCOUNT, "PASSCODE": PASSCODE, "PROPERTY_LIMIT": "10000"}
    environment = {**os.environ, **{f"HEADCOUNT_{key}": value for key, value in given.items()}}
    command = [sys.executable, "-m", "headcount", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0]
        process.terminate()
        assert process.wait(60) == 0


def test_every_answer_is_as_the_document_says(address: str, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("st")), f"--config-file={CONFIG}", "run", f"{address}/api/openapi.json"]
    headers = [f"--header=X-CleverTap-Account-Id: {ACCOUNT}", f"--header=X-CleverTap-Passcode: {PASSCODE}"]
    drawn = ["--max-examples=5", "--generation-deterministic", "--seed=4", "--workers=1", "--no-color"]
    done = subprocess.run([*command, *headers, *drawn], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-20_000:]
