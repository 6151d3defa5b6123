"""What all rows of a column say about its type: counted in one pass over the file.

A first look at some rows rules out what cannot be any more (a type that one cell contradicts), so that the pass over all rows
asks only what is still open. What the pass finds is exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import duckdb

from headcount.single_row import single_row
from headcount.uploads.mapping import Column
from headcount.values import dates
from headcount.values.infer import Candidate, Evidence
from headcount.values.text import WhiteSpace, filled

#: Rows of the first look.
SAMPLE_ROWS = 20_000
#: ... and its cells, for wide files.
SAMPLE_CELLS = 600_000
_BLANK_WORDS = "('NULL', 'N/A', 'NA', '#N/A', 'NONE', 'NIL', '-', '--', '?')"
_UNIX_LIKE = r"1[0-9]{9}"
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """A column and the types it might have."""

    column: Column
    candidates: tuple[Candidate, ...] = ()
    #: Candidates that a cell contradicted in the first look, with that cell.
    ruled_out: Mapping[Candidate, str] = field(default_factory=dict)
    #: The column of operations that goes with it.
    operation: int | None = None

    @property
    def index(self) -> int:
        """The place of the column in the file."""
        return self.column.index


@dataclass(frozen=True, slots=True)
class Found:
    """What was counted of one column."""

    evidence: Evidence
    #: Operations that work on lists.
    edits: int = 0
    #: Cells that look like a word for nothing, and like Unix time; of the first look.
    blank_words: int = 0
    unix_like: int = 0
    #: A cell that does not fit, for each candidate that has one; of the first look.
    against: Mapping[Candidate, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """Counts the cells of one source of text columns `c0 … cn`."""

    connection: duckdb.DuckDBPyConnection
    white_space: WhiteSpace

    def count(self, source: str, subjects: Sequence[Subject], *, first: bool = False) -> dict[int, Found]:
        """What is found of each subject in all rows of `source`, by column index; in a `first` look also hints and counterexamples."""
        alike = defaultdict[tuple[object, ...], list[Subject]](list)
        for subject in subjects:
            alike[subject.candidates, subject.column.blanks, subject.operation].append(subject)
        found = dict[int, Found]()
        for group in alike.values():
            asked = _Asked(group[0], first=first)
            found |= {s.index: asked.found(counts) for s, counts in zip(group, self._counts(source, group, asked), strict=True)}
        return found

    def _counts(self, source: str, subjects: Sequence[Subject], asked: _Asked) -> Iterator[tuple[Any, ...]]:
        """The answers for each of some subjects of which the same is asked."""
        if len(subjects) == 1:
            cells = [f"{self.text(subjects[0].column)} AS t", *self._operation(subjects[0])]
            yield single_row(self.connection, f"SELECT {asked.sql} FROM (SELECT {', '.join(cells)} FROM {source})")
            return
        # One statement for all of them, with the cells below each other: planning one for each column takes longer than counting.
        columns, places = ", ".join(f"c{s.index}" for s in subjects), ", ".join(str(s.index) for s in subjects)
        below = f"SELECT unnest([{columns}]) AS c, unnest([{places}]) AS place FROM {source}"
        text = filled("c", white_space=self.white_space, blanks=subjects[0].column.blanks)
        rows = self.connection.execute(
            f"SELECT place, {asked.sql} FROM (SELECT place, {text} AS t FROM ({below})) GROUP BY place"
        ).fetchall()
        counted = {place: tuple(counts) for place, *counts in rows}
        nothing = single_row(self.connection, f"SELECT {asked.sql} FROM (SELECT NULL::VARCHAR AS t LIMIT 0)")
        yield from (counted.get(s.index, nothing) for s in subjects)

    def _operation(self, subject: Subject) -> Iterator[str]:
        if subject.operation is not None:
            yield f"lower({filled(f'c{subject.operation}', white_space=self.white_space)}) AS operation"

    def text(self, column: Column) -> str:
        """SQL of the filled cell of a column."""
        return filled(f"c{column.index}", white_space=self.white_space, blanks=column.blanks)

    def disagreements(self, source: str, column: Column, formats: Sequence[Candidate]) -> tuple[int, list[str]]:
        """How many cells fit several of the formats and would be different instants in them, and three of these cells."""
        values = [f"({_instant(c)})" for c in formats]
        differs = " OR ".join(f"{one} <> {other}" for one, other in combinations(values, 2))
        t = f"(SELECT {self.text(column)} AS t FROM {source})"
        count, examples = single_row(self.connection, f"SELECT count(*), min(t, {_EXAMPLES}) FROM {t} WHERE {differs}")
        return count, examples or []


def _instant(candidate: Candidate) -> str:
    return dates.value("t", candidate.format or dates.RECOGNISED[0])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of the texts `t` of a column like `subject`."""

    subject: Subject
    first: bool

    @property
    def sql(self) -> str:
        """The aggregates, in the order in which `found` takes the answers."""
        tests = [c.test("t") for c in self.subject.candidates]
        asked = ["count(t)", *(f"count(*) FILTER ({test})" for test in tests)]
        if self.subject.operation is not None:
            asked.append("count(*) FILTER (operation IN ('$add', '$remove'))")
        if self.first:
            asked.append(f"count(*) FILTER (upper(t) IN {_BLANK_WORDS})")
            asked.append(f"count(*) FILTER (regexp_full_match(t, '{_UNIX_LIKE}'))")
            asked += [f"any_value(t) FILTER (NOT coalesce({test}, t IS NULL))" for test in tests]
        return ", ".join(asked)

    def found(self, answers: Sequence[Any]) -> Found:
        """The answers with their names."""
        given, candidates = iter(answers), self.subject.candidates
        evidence = Evidence(next(given), {c: next(given) for c in candidates})
        edits = next(given) if self.subject.operation is not None else 0
        if not self.first:
            return Found(evidence, edits)
        blank_words, unix_like = next(given), next(given)
        against = {c: cell for c in candidates if (cell := next(given)) is not None}
        return Found(evidence, edits, blank_words, unix_like, against)


def open_still(subject: Subject, first: Found) -> Subject:
    """The subject without the candidates that a cell of the first look contradicts; with these cells."""
    still = tuple(c for c in subject.candidates if c not in first.against)
    return replace(subject, candidates=still, ruled_out=first.against)
