"""The running sums of a survey, and the files it writes: the copy, the broken records, the row numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from headcount.csvfile.broken import BrokenFile
from headcount.csvfile.description import CsvFile
from headcount.csvfile.encoding import Encoding, fragment
from headcount.csvfile.ends import Ends
from headcount.csvfile.examine import Findings
from headcount.csvfile.marks import Bytes
from headcount.csvfile.numbers import Steps
from headcount.csvfile.opening import Opening


class Ledger:
    """Takes the findings of a file's blocks in order."""

    def __init__(self, workdir: Path, opening: Opening, *, copy: bool) -> None:
        self.sample: str | None = None
        self._blank = 0
        self._longest = opening.length
        self._newlines = {opening.dialect.newline}
        self._ends = Ends.PLAIN
        self._awkward = False
        self._steps = Steps(workdir / "rows.i64", opening.header_row + 1)
        self._broken = BrokenFile(workdir / "broken.arrows")
        self._copy = (workdir / "records.csv").open("wb") if copy else None
        if self._copy:
            names = (f"c{index}" for index in range(len(opening.header)))
            self._copy.write(opening.dialect.delimiter.join(names).encode() + b"\n")

    def __enter__(self) -> Self:
        """Return the ledger; its files are closed on the way out."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the files."""
        self._steps.close()
        self._broken.close()
        if self._copy:
            self._copy.close()

    @property
    def clean(self) -> bool:
        """Return whether the file can be read in place so far."""
        flaws = self._awkward or self._blank or self._broken.count
        return not flaws and self._newlines in ({"\n"}, {"\r\n"})

    def append(self, data: Bytes, found: Findings) -> None:
        """Add the findings of the next block."""
        self.sample = self.sample or fragment(data)
        self._blank += found.blank
        self._longest = max(self._longest, found.longest)
        self._newlines |= found.newlines
        self._ends = max(self._ends, found.ends)
        self._awkward |= found.awkward
        if found.broken is not None:
            self._broken.append(found.broken, self._steps.row)
        self._steps.append(found.good)
        if self._copy:
            found.text.tofile(self._copy)

    def describe(self, source: Path, opening: Opening, encoding: Encoding, size: int) -> CsvFile:
        """Return what the file turned out to be; `source` is read where nothing was copied."""
        newline = self._newlines.copy().pop() if len(self._newlines) == 1 else "mixed"
        return CsvFile(
            path=Path(self._copy.name) if self._copy else source,
            header=opening.header,
            header_row=opening.header_row,
            encoding=replace(encoding, sample=self.sample),
            dialect=replace(opening.dialect, newline=newline),
            records=self._steps.ordinal,
            blank_lines=self._blank + opening.header_row - 1,
            broken=self._broken.count,
            broken_path=self._broken.path if self._broken.count else None,
            broken_codes=dict(self._broken.codes),
            longest_record=self._longest,
            size=size,
            ends=self._ends,
            copied=self._copy is not None,
            steps_path=self._steps.path,
        )
