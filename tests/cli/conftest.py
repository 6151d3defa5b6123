from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from headcount.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the document holds
        return json.loads(self.out)


Headcount: TypeAlias = Callable[..., Outcome]


@pytest.fixture
def headcount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Headcount:
    """Runs a command in an empty directory; tells how it ended and what it wrote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADCOUNT_THREADS", "1")
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main(arguments)
        written = capfd.readouterr()
        assert isinstance(end.value.code, int)
        return Outcome(int(end.value.code), written.out, written.err)

    return run


@pytest.fixture
def people(tmp_path: Path) -> str:
    """The file of the examples: a blank line, a row without an identity, an address that is none, and one person twice."""
    lines = [
        "identity,Name,Email,plan,signup,MSG-email",
        "00123,Ann Berg,ann@example.com,pro,25/03/2026 10:00:00,",
        "00124,Bob Chen,bob@example,free,04/04/2026 08:30:00,false",
        "",
        ",Dana Eich,dana@example.com,free,02/04/2026 09:15:00,",
        "00123,,,team,,false",
    ]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)
