"""What the benchmark found, beside what it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from headcount.bench.measure import Sample


@dataclass(frozen=True, slots=True)
class Timing:
    """One piece of work beside another that does the same, or as much."""

    name: str
    ours: Sample
    #: What it is compared with, and what that cost.
    against: str
    other: Sample
    #: The ratio of the seconds that is still good; None where only the numbers are wanted.
    target: float | None = None
    #: What was read, where a file was.
    rows: int | None = None
    bytes: int | None = None

    @property
    def ratio(self) -> float:
        """Our seconds, the other's being 1."""
        return self.ours.seconds / self.other.seconds

    @property
    def met(self) -> bool:
        """Whether the target is reached; without one it always is."""
        return self.target is None or self.ratio <= self.target

    def to_json(self) -> dict[str, Any]:
        """The timing as JSON; rates are per second."""
        seconds = self.ours.seconds
        return {
            "name": self.name,
            **asdict(self.ours),
            "rows": self.rows,
            "rows_per_second": None if self.rows is None else round(self.rows / seconds),
            "mb_per_second": None if self.bytes is None else round(self.bytes / 1e6 / seconds, 1),
            "against": {"name": self.against, **asdict(self.other)},
            "ratio": round(self.ratio, 3),
            "target": self.target,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that has to stay below another."""

    name: str
    value: float
    unit: str
    target: float

    @property
    def met(self) -> bool:
        """Whether it does."""
        return self.value <= self.target

    def to_json(self) -> dict[str, Any]:
        """The bound as JSON."""
        return {**asdict(self), "met": self.met}


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run."""

    rows: int
    bytes: int
    threads: int
    #: Names and versions of what was measured.
    versions: Mapping[str, str]
    timings: tuple[Timing, ...]
    bounds: tuple[Bound, ...]

    @property
    def met(self) -> bool:
        """Whether every target is reached."""
        return all(timing.met for timing in self.timings) and all(bound.met for bound in self.bounds)

    def to_json(self) -> dict[str, Any]:
        """The run as one JSON document."""
        return {
            "rows": self.rows,
            "bytes": self.bytes,
            "threads": self.threads,
            "versions": dict(self.versions),
            "timings": [timing.to_json() for timing in self.timings],
            "bounds": [bound.to_json() for bound in self.bounds],
            "met": self.met,
        }

    def lines(self) -> list[tuple[str, ...]]:
        """The rows of the table under `HEADINGS`."""
        return [*map(_timing, self.timings), *map(_bound, self.bounds)]


HEADINGS = ("", "seconds", "rows/s", "MB/s", "CPU s", "peak MB", "against", "seconds", "CPU s", "ratio", "target", "")


def _timing(timing: Timing) -> tuple[str, ...]:
    seconds = timing.ours.seconds
    return (
        timing.name,
        _seconds(seconds),
        "" if timing.rows is None else f"{timing.rows / seconds:,.0f}",
        "" if timing.bytes is None else f"{timing.bytes / 1e6 / seconds:.0f}",
        _seconds(timing.ours.cpu_seconds),
        f"{timing.ours.peak_mb:.0f}",
        timing.against,
        _seconds(timing.other.seconds),
        _seconds(timing.other.cpu_seconds),
        f"{timing.ratio:.2f}×",
        "" if timing.target is None else f"≤ {timing.target:g}×",
        _verdict(met=timing.met) if timing.target else "",
    )


def _bound(bound: Bound) -> tuple[str, ...]:
    value = f"{bound.value:.0f} {bound.unit}" if bound.unit in {"MB", "ms"} else f"{bound.value:.2f}{bound.unit}"
    space = "" if bound.unit == "×" else " "
    blank = [""] * (len(HEADINGS) - 4)
    return (bound.name, *blank, value, f"≤ {bound.target:,g}{space}{bound.unit}", _verdict(met=bound.met))


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds >= 1 else f"{seconds:.4f}"


def _verdict(*, met: bool) -> str:
    return "ok" if met else "MISSED"
