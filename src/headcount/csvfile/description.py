"""What is known about a CSV file once it was read through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from headcount.csvfile.dialect import Dialect
from headcount.csvfile.encoding import Encoding
from headcount.csvfile.ends import Ends
from headcount.csvfile.marks import Positions
from headcount.csvfile.numbers import row_numbers

_BUFFER = 8 << 20
_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file whose every row was judged, and the text of its good records as DuckDB reads it."""

    #: what DuckDB reads: the original where it is clean, else a copy of the good records
    path: Path
    #: raw header cells, unquoted but not trimmed
    header: tuple[str, ...]
    #: spreadsheet row of the header
    header_row: int
    encoding: Encoding
    #: the dialect of the original
    dialect: Dialect
    #: good data records
    records: int
    blank_lines: int
    broken: int
    #: Arrow stream of the broken records: row, code, detail, raw
    broken_path: Path | None
    broken_codes: Mapping[str, int]
    #: bytes of the longest row
    longest_record: int
    #: bytes of the file, unpacked
    size: int
    #: what cells may begin or end with
    ends: Ends
    #: `path` is a copy: its records end in line feeds, its quotes are doubled
    copied: bool
    #: where ordinals and row numbers drift apart
    steps_path: Path | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names that `source_sql` gives the columns."""
        return tuple(f"c{index}" for index in range(len(self.header)))

    def row_numbers(self, first: int, count: int) -> Positions:
        """Return the spreadsheet rows of the good records with the ordinals `first` to `first + count - 1`."""
        return row_numbers(self.steps_path, self.header_row + 1, first, count)

    def source_sql(self) -> str:
        """Return a `read_csv(…)` call: the good records, in order, as the text columns `c0`, `c1` and so on."""
        quote = _literal(self.dialect.quote)
        line = max(_LINE, self.longest_record + 4096)
        options = {
            "columns": "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in self.columns) + "}",
            "auto_detect": "false",
            "header": "true",
            "delim": _literal(self.dialect.delimiter),
            "quote": quote,
            "escape": quote,
            "nullstr": "''",
            "compression": "'none'",
            "max_line_size": str(line),
            "buffer_size": str(max(_BUFFER, 4 * line)),
            **self._line_ends(),
        }
        return f"read_csv({_literal(str(self.path))}, {', '.join(f'{k}={v}' for k, v in options.items())})"

    def broken_batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the broken records in row order: row, code, detail, raw."""
        if self.broken_path is None:
            return
        with pa.memory_map(str(self.broken_path)) as source, pa.ipc.open_stream(source) as stream:
            yield from stream

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON values, so that another process can go on without reading the file again."""
        paths = {name: str(path) if (path := getattr(self, name)) else None for name in _PATHS}
        return asdict(self) | paths | {"header": list(self.header), "broken_codes": dict(self.broken_codes)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CsvFile:
        """Return the description that `to_dict` gave; the files it names must still be there."""
        rest = {
            "header": tuple(values["header"]),
            "encoding": Encoding(**values["encoding"]),
            "dialect": Dialect(**values["dialect"]),
            "ends": Ends(values["ends"]),
        }
        paths = {name: Path(values[name]) if values[name] else None for name in _PATHS}
        return cls(**{**values, **rest, **paths})

    def _line_ends(self) -> dict[str, str]:
        # DuckDB 2.0 finds no line end at all when it is given both strict_mode and CRLF; strict is its default.
        if not self.copied and self.dialect.newline == "\r\n":
            return {"new_line": r"'\r\n'"}
        return {"new_line": r"'\n'", "strict_mode": "true"}


_PATHS = ("path", "broken_path", "steps_path")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
