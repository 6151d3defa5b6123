"""What all rows of a column say about its type: counted in one pass over the file.

A first look at some rows rules out what cannot be any more (a type that one cell contradicts), so that the pass over all rows
asks only what is still open. What the pass finds is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
#: Columns that one query asks about.
_WIDTH = 16
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


@dataclass(frozen=True, slots=True)
class Look:
    """Counts the cells of one source of text columns `c0 … cn`."""

    connection: duckdb.DuckDBPyConnection
    white_space: WhiteSpace

    def count(self, source: str, subjects: Sequence[Subject], *, hints: bool = False) -> dict[int, Found]:
        """What is found of each subject in all rows of `source`, by column index."""
        found = dict[int, Found]()
        for start in range(0, len(subjects), _WIDTH):
            found |= self._count(source, subjects[start : start + _WIDTH], hints)
        return found

    def _count(self, source: str, subjects: Sequence[Subject], hints: bool) -> dict[int, Found]:  # noqa: FBT001 - passed on
        asked = [sql for s in subjects for sql in _aggregates(s, hints)]
        cells = ", ".join(f"{sql} AS t{i}" for i, sql in self._texts(subjects).items())
        row = single_row(self.connection, f"SELECT {', '.join(asked)} FROM (SELECT {cells} FROM {source})")
        counts = iter(row)
        return {s.index: _found(s, [next(counts) for _ in _aggregates(s, hints)], hints) for s in subjects}

    def _texts(self, subjects: Sequence[Subject]) -> dict[int, str]:
        texts = {s.index: self.text(s.column) for s in subjects}
        operations = {s.operation for s in subjects if s.operation is not None}
        return texts | {i: f"lower({filled(f'c{i}', white_space=self.white_space)})" for i in operations}

    def text(self, column: Column) -> str:
        """SQL of the filled cell of a column."""
        return filled(f"c{column.index}", white_space=self.white_space, blanks=column.blanks)

    def contradictions(self, source: str, lost: Sequence[tuple[Subject, Sequence[Candidate]]]) -> dict[int, dict[Candidate, str]]:
        """For each subject a cell that does not fit each of its lost candidates, by column index."""
        found = dict[int, dict[Candidate, str]]()
        for start in range(0, len(lost), _WIDTH):
            part = lost[start : start + _WIDTH]
            asked = [
                f"any_value(t{s.index}) FILTER (NOT coalesce({c.test(f't{s.index}')}, t{s.index} IS NULL))" for s, cs in part for c in cs
            ]
            cells = ", ".join(f"{self.text(s.column)} AS t{s.index}" for s, _ in part)
            row = iter(single_row(self.connection, f"SELECT {', '.join(asked)} FROM (SELECT {cells} FROM {source})"))
            found |= {s.index: {c: next(row) for c in cs} for s, cs in part}
        return found

    def disagreements(self, source: str, column: Column, formats: Sequence[Candidate]) -> tuple[int, list[str]]:
        """How many cells would be different instants in the formats, and three of them."""
        values = [f"({_instant(c)})" for c in formats]
        differs = " OR ".join(f"{value} IS DISTINCT FROM {values[0]}" for value in values[1:])
        t = f"(SELECT {self.text(column)} AS t FROM {source})"
        count, examples = single_row(self.connection, f"SELECT count(*), min(t, {_EXAMPLES}) FROM {t} WHERE {differs}")
        return count, examples or []


def _instant(candidate: Candidate) -> str:
    return dates.value("t", candidate.format or dates.RECOGNISED[0])


def _aggregates(subject: Subject, hints: bool) -> list[str]:  # noqa: FBT001 - passed on
    t = f"t{subject.index}"
    asked = [f"count({t})", *(f"count(*) FILTER ({c.test(t)})" for c in subject.candidates)]
    if subject.operation is not None:
        asked.append(f"count(*) FILTER (t{subject.operation} IN ('$add', '$remove'))")
    if hints:
        asked.append(f"count(*) FILTER (upper({t}) IN {_BLANK_WORDS})")
        asked.append(f"count(*) FILTER (regexp_full_match({t}, '{_UNIX_LIKE}'))")
    return asked


def _found(subject: Subject, counts: list[int], hints: bool) -> Found:  # noqa: FBT001 - passed on
    numbers = iter(counts)
    evidence = Evidence(next(numbers), {c: next(numbers) for c in subject.candidates})
    edits = next(numbers) if subject.operation is not None else 0
    return Found(evidence, edits, *(numbers if hints else ()))


def open_still(look: Look, source: str, subjects: Sequence[Subject], found: Mapping[int, Found]) -> list[Subject]:
    """The subjects without the candidates that a cell of the first look contradicts; with these cells."""
    lost = [(s, cs) for s in subjects if (cs := _lost(s, found[s.index]))]
    cells = look.contradictions(source, lost)
    return [
        replace(s, candidates=tuple(c for c in s.candidates if c not in cells[s.index]), ruled_out=cells[s.index])
        if s.index in cells
        else s
        for s in subjects
    ]


def _lost(subject: Subject, found: Found) -> tuple[Candidate, ...]:
    fits, cells = found.evidence.fits, found.evidence.filled
    return tuple(c for c in subject.candidates if fits[c] < cells)
