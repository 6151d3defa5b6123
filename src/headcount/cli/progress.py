"""Progress on standard error: the phase, how much of it is done, how fast, and how long it will take. Nothing when nobody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from headcount.uploads.rules import OnProgress, no_progress

_BYTES: Final = "bytes"
#: The bar is short so that all stands on one line of 80 signs.
_BAR: Final = 16
#: What is counted in each phase.
_UNITS: Mapping[str, str] = {
    "receiving": _BYTES,
    "reading": _BYTES,
    "inspecting": "rows",
    "applying": "rows",
    "checking": "rows",
    "undoing": "rows",
    "redoing": "rows",
    "exporting": "people",
}


@contextmanager
def progress() -> Iterator[OnProgress]:
    """Bars for as long as the context lasts, where standard error is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield no_progress
        return
    columns = (TextColumn("{task.description:<10}"), BarColumn(_BAR), _Done(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        yield _Phases(bars)


@dataclass(slots=True)
class _Phases:
    """One bar a phase."""

    bars: Progress
    _tasks: dict[str, TaskID] = field(default_factory=dict)

    def __call__(self, phase: str, done: int, total: int) -> None:
        if phase not in self._tasks:
            self._tasks[phase] = self.bars.add_task(phase)
        self.bars.update(self._tasks[phase], completed=done, total=total or None)


class _Done(ProgressColumn):
    """How much is done."""

    def render(self, task: Task) -> Text:
        """Such as `3,000 of 10,000 rows`."""
        unit = _UNITS.get(task.description, "")
        if not task.total or not unit:
            return Text("")
        noun = "" if unit == _BYTES else f" {unit}"
        return Text(f"{_amount(task.completed, unit)} of {_amount(task.total, unit)}{noun}")


class _Rate(ProgressColumn):
    """How fast it goes."""

    def render(self, task: Task) -> Text:
        """Such as `600,000/s`."""
        unit = _UNITS.get(task.description, "")
        if not task.speed or not unit:
            return Text("")
        return Text(f"{_amount(task.speed, unit)}/s")


def _amount(number: float, unit: str) -> str:
    return decimal(int(number)) if unit == _BYTES else f"{number:,.0f}"
