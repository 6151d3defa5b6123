"""The benchmark from beginning to end: every piece of work in turn with its limit, each in a fresh process."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from headcount import __version__
from headcount.bench import data
from headcount.bench.data import Expected
from headcount.bench.measure import Outcome, Sample, run_step
from headcount.bench.product import settings
from headcount.bench.questions import FIND_NOBODY, LOOKS, LOOKUP, QUESTIONS, REACH_LIMIT, REACHES, all_found
from headcount.bench.report import Bound, Report, Timing
from headcount.bench.wide import of_wide, rows_of
from headcount.errors import HeadcountError, WrongCall

BARE = "bare DuckDB"
#: The size whose peak memory larger ones may exceed by a fifth.
USUAL_ROWS = 1_000_000
FRESH, AGAIN, UPDATE = "fresh import", "same file again", "update, half new"
CORRECT, FOR_GOOD, CHECK, UNDO = "corrections, half of the values", "corrections for good", "check of them", "undo of them"
SERVED = "fresh import through the server"
_LEAST_ROWS = 100


def run(  # noqa: PLR0913 - what is measured, and how often
    rows: int, workdir: Path, say: Callable[[str], None], *, wide: bool = False, served: bool = False, rounds: int = 2
) -> Report:
    """Measure with files of `rows` rows in `workdir`; the quickest of the rounds counts.

    Raises:
        WrongCall: too few rows.
        HeadcountError: `bench_wrong` when a ledger or a count is not what it has to be, `bench_failed`.
    """
    if rows < _LEAST_ROWS:
        raise WrongCall("bench_rows", f"{rows} rows are too few to measure.", f"Give at least {_LEAST_ROWS}.")
    workdir.mkdir(parents=True, exist_ok=True)
    bench = _Bench(rows, workdir, say)
    try:
        return bench.run(rounds, wide=wide, served=served)
    finally:
        bench.forget()


@dataclass(slots=True)
class _Bench:
    """One run, and the samples it has taken so far by the name of the work."""

    rows: int
    workdir: Path
    say: Callable[[str], None]
    ours: dict[str, list[Sample]] = field(default_factory=dict)
    limits: dict[str, list[Sample]] = field(default_factory=dict)

    def run(self, rounds: int, *, wide: bool, served: bool) -> Report:
        people, changes, corrections = self._file("people"), self._file("changes"), self._file("corrections")
        for number in range(rounds):
            self.say(f"round {number + 1} of {rounds}")
            self.forget()
            self._round(people, changes)
            if number + 1 == rounds:
                self._ask()
            self._back_and_forth(corrections)
        timings = [*self._imports(people, changes), *self._corrections(corrections), *self._answers()]
        bounds = [Bound("peak memory", _peak([sample for samples in self.ours.values() for sample in samples]), "MB", 1500)]
        limits = {**dict.fromkeys(REACHES, REACH_LIMIT), **LOOKS}
        bounds += [Bound(name, _best(self.ours[name]).seconds * 1000, "ms", limit) for name, limit in limits.items()]
        self.forget()
        if self.rows > USUAL_ROWS:
            bounds.append(self._growth())
        if served:
            timings.append(self._served(people, bounds))
        if wide:
            timings.append(self._wide())
        return Report(self.rows, people.stat().st_size, self._threads, versions(), tuple(timings), tuple(bounds))

    def forget(self) -> None:
        """Remove what the last round stored."""
        shutil.rmtree(self._data, ignore_errors=True)
        self._bare.unlink(missing_ok=True)

    @property
    def _data(self) -> Path:
        return self.workdir / "bench-data"

    @property
    def _bare(self) -> Path:
        return self.workdir / "bench-bare.duckdb"

    @property
    def _threads(self) -> int:
        return settings(self._data).threads or os.cpu_count() or 1

    def _file(self, kind: str, rows: int | None = None) -> Path:
        """A file of the benchmark; one that an earlier run left is the same."""
        rows = rows or self.rows
        path = self.workdir / f"{kind}-{rows}.csv"
        if not path.exists():
            self.say(f"writing {path.name}")
            part = path.with_suffix(".part")
            run_step("write", kind, part, rows)
            part.rename(path)
        return path

    def _round(self, people: Path, changes: Path) -> None:
        self._limit(FRESH, "bare_create", people)
        self._upload(FRESH, people, data.of_people(self.rows))
        self._upload(AGAIN, people, data.of_same_people(self.rows))
        self._limit(UPDATE, "bare_merge", changes)
        self._upload(UPDATE, changes, data.of_changes(self.rows))

    def _back_and_forth(self, corrections: Path) -> None:
        expected = data.of_corrections(self.rows)
        self._upload(CHECK, corrections, expected, "check")
        self._upload(CORRECT, corrections, expected)
        self.say(f"{UNDO}: headcount")
        outcome = run_step("undo", self._data)
        _check(UNDO, outcome, {"touched": expected.updated, "restored": expected.updated, "removed": 0, "kept": 0})
        self.ours.setdefault(UNDO, []).extend(outcome.samples.values())
        self._upload(FOR_GOOD, corrections, expected, "upload_for_good")

    def _limit(self, name: str, step: str, file: Path) -> None:
        self.say(f"{name}: {BARE}")
        (sample,) = run_step(step, self._bare, self._threads, file).samples.values()
        self.limits.setdefault(name, []).append(sample)

    def _upload(self, name: str, file: Path, expected: Expected, step: str = "upload") -> None:
        self.say(f"{name}: headcount")
        outcome = run_step(step, self._data, file)
        _check(name, outcome, asdict(expected))
        self.ours.setdefault(name, []).extend(outcome.samples.values())

    def _ask(self) -> None:
        self.say("counts and lookups")
        limit, ours = run_step("bare_count", self._bare, self._threads), run_step("count", self._data)
        _check_counts(ours, limit, data.of_people(self.rows))
        limit_found = run_step("bare_look_up", self._bare, self._threads, self.rows)
        found = run_step("look_up", self._data, self.rows)
        if not all_found(limit_found) or not all_found(found):
            raise HeadcountError("bench_wrong", "Not everybody who was looked up was found.")
        reached = run_step("reach", self._data)
        if not all(reached.facts.values()):
            raise HeadcountError("bench_wrong", f"A reach is about nobody: {reached.facts}.")
        looked = run_step("look", self._data, self.rows)
        if [name for name, number in looked.facts.items() if not number] != [FIND_NOBODY]:
            raise HeadcountError("bench_wrong", f"Not what was looked for is found: {looked.facts}.")
        for samples, outcomes in ((self.limits, (limit, limit_found)), (self.ours, (ours, found, reached, looked))):
            samples.update({name: [sample] for outcome in outcomes for name, sample in outcome.samples.items()})

    def _imports(self, people: Path, changes: Path) -> Iterator[Timing]:
        for name, against, other, target, file in (
            (FRESH, BARE, self.limits[FRESH], 2.2, people),
            (UPDATE, BARE, self.limits[UPDATE], 2.2, changes),
            (AGAIN, FRESH, self.ours[FRESH], 0.8, people),
        ):
            rows = data.of_changes(self.rows).rows if file == changes else self.rows
            ours = _best(self.ours[name])
            yield Timing(name, ours, against, _best(other), target, rows, file.stat().st_size)

    def _corrections(self, file: Path) -> Iterator[Timing]:
        rows, size = self.rows // data.CHANGED, file.stat().st_size
        for name, against, target in ((CORRECT, FOR_GOOD, 1.4), (CHECK, CORRECT, 1.1), (UNDO, CORRECT, 1.5)):
            yield Timing(name, _best(self.ours[name]), against, _best(self.ours[against]), target, rows, size)

    def _answers(self) -> Iterator[Timing]:
        for name, target in (*((question.name, 2.0) for question in QUESTIONS), (LOOKUP, None)):
            yield Timing(name, _best(self.ours[name]), BARE, _best(self.limits[name]), target)

    def _growth(self) -> Bound:
        name = f"fresh import of {USUAL_ROWS:,} rows"
        self._upload(name, self._file("people", USUAL_ROWS), data.of_people(USUAL_ROWS))
        return Bound("memory_growth", _peak(self.ours[FRESH]) / _peak(self.ours[name]), "×", 1.2)

    def _served(self, people: Path, bounds: list[Bound]) -> Timing:
        self.say(f"{SERVED}: headcount")
        self.forget()
        outcome = run_step("through_server", self._data, people)
        _check(SERVED, outcome, asdict(data.of_people(self.rows)))
        receive, ours, page = (outcome.samples[name] for name in ("receive", "upload", "page"))
        alone = _best(self.ours[FRESH])
        bounds += [Bound("memory of the server", ours.peak_mb, "MB", 1500), Bound("page meanwhile, median", page.seconds * 1000, "ms", 200)]
        both = Sample(receive.seconds + alone.seconds, alone.cpu_seconds, alone.peak_mb)
        return Timing(SERVED, ours, f"receiving, {FRESH}", both, 1.3, self.rows, people.stat().st_size)

    def _wide(self) -> Timing:
        name, file = "300 columns, as many cells", self._file("wide")
        for _ in self.ours[FRESH]:
            self.forget()
            self._upload(name, file, of_wide(self.rows), "upload_wide")
        rows, size = rows_of(self.rows), file.stat().st_size
        return Timing(name, _best(self.ours[name]), FRESH, _best(self.ours[FRESH]), 2.0, rows, size)


def _best(samples: list[Sample]) -> Sample:
    """The quickest, with the highest peak of them all."""
    quickest = min(samples, key=lambda sample: sample.seconds)
    return Sample(quickest.seconds, quickest.cpu_seconds, _peak(samples))


def _peak(samples: list[Sample]) -> float:
    return max(sample.peak_mb for sample in samples)


def _check(name: str, outcome: Outcome, wanted: Mapping[str, int]) -> None:
    found = {key: outcome.facts.get(key) for key in wanted}
    if found != wanted:
        raise HeadcountError("bench_wrong", f"The ledger of “{name}” is wrong: {found}.", f"It should be {wanted}.")


def _check_counts(ours: Outcome, limit: Outcome, expected: Expected) -> None:
    """The bare table still has the rows that were merged and rejected; by no more may the counts differ."""
    surplus = expected.merged + expected.rejected
    for name, bare in limit.facts.items():
        if ours.facts[name] == 0 or abs(ours.facts[name] - bare) > surplus:
            raise HeadcountError("bench_wrong", f"“{name}” finds {ours.facts[name]} people, the bare table has {bare}.")


def versions() -> dict[str, str]:
    """Names and versions of what is measured."""
    return {"headcount": __version__, "duckdb": duckdb.__version__, "python": platform.python_version()}
