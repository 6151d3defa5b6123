"""Writing people into a file, batch by batch."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import BinaryIO, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headcount.profiles import columns
from headcount.profiles.properties import IDENTITY
from headcount.segments.store import People

Format: TypeAlias = Literal["csv", "parquet"]
#: Is told how many people are written.
OnWritten: TypeAlias = Callable[[int], None]


def write_csv(people: People, out: BinaryIO, on_written: OnWritten) -> int:
    """Write a CSV file that an upload takes back unchanged; returns how many people it has."""
    out.write(_header(people))
    written = 0
    for lines in people.lines():
        out.write(_bytes(lines))
        written += len(lines)
        on_written(written)
    return written


def headers(people: People, file_format: Format) -> list[str]:
    """What the columns are called in a file of the format."""
    return list(people.schema.names) if file_format == "parquet" else [IDENTITY, *map(columns.header, people.columns)]


def _header(people: People) -> bytes:
    # Its quotes say how the file is written, whatever stands in the cells.
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(headers(people, "csv"))
    return line.getvalue().encode()


def _bytes(texts: pa.Array) -> pa.Buffer:
    """The bytes of all texts, which Arrow keeps one behind the other."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)
    start, stop = int(ends[texts.offset]), int(ends[texts.offset + len(texts)])
    return data.slice(start, stop - start)


def write_parquet(people: People, out: BinaryIO, on_written: OnWritten) -> int:
    """Write a Parquet file with a column of its own type for each of the people's; returns how many people it has."""
    written = 0
    with pq.ParquetWriter(out, people.schema) as writer:
        for batch in people.rows():
            writer.write_batch(batch)
            written += batch.num_rows
            on_written(written)
    return written


WRITERS: Mapping[Format, Callable[[People, BinaryIO, OnWritten], int]] = {"csv": write_csv, "parquet": write_parquet}
