"""Measuring: seconds, processor seconds and peak memory, each step in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from headcount.errors import HeadcountError

_BLOCK = 1 << 22
_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What one piece of work cost."""

    seconds: float
    #: Of all processors together.
    cpu_seconds: float
    #: The most memory that the process has had so far.
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step measured, and what it found, both by name."""

    samples: Mapping[str, Sample]
    facts: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """The outcome as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """The outcome that `to_json` wrote."""
        document = json.loads(text)
        return cls({name: Sample(**sample) for name, sample in document["samples"].items()}, document["facts"])


def measured(work: Callable[[], object]) -> Sample:
    """What the work costs."""
    started, before = time.perf_counter(), time.process_time()
    work()
    return Sample(time.perf_counter() - started, time.process_time() - before, _peak_mb())


def best(work: Callable[[], object], times: int) -> Sample:
    """What the quickest of several goes costs."""
    return min((measured(work) for _ in range(times)), key=lambda sample: sample.seconds)


def _peak_mb() -> float:
    # macOS counts bytes, everybody else KiB.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def warm(path: Path) -> None:
    """Read a file once, so that whoever reads it next finds it in the page cache."""
    with path.open("rb") as file:
        while file.read(_BLOCK):
            pass


def run_step(name: str, *given: object) -> Outcome:
    """Run a step in a fresh process. Raises HeadcountError with what it complained about."""
    command = [sys.executable, "-m", "headcount.bench.step", name, *map(str, given)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        raise HeadcountError("bench_failed", f"The step {name} of the benchmark failed.", done.stderr[-_SHOWN:])
    return Outcome.from_json(done.stdout.splitlines()[-1])
