"""Broken records: why a record cannot be read, as Arrow batches, and the file that keeps them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headcount.csvfile import carry
from headcount.csvfile.carry import Widths
from headcount.csvfile.marks import Bytes, Mask, Positions, spans
from headcount.csvfile.rows import STRAY, UNCLOSED, Rows

SCHEMA = pa.schema([("row", pa.int64()), ("code", pa.string()), ("detail", pa.string()), ("raw", pa.binary())])

_QUOTING = {
    UNCLOSED: ("quote_unclosed", "a quote opens and is never closed"),
    STRAY: ("quote_stray", "text follows a closing quote, or a quote stands where none can"),
}
_HEX = pa.array([f"{byte:02X}" for byte in range(256)])


class BrokenFile:
    """Appends batches of broken records to an Arrow stream, in row order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.codes: Counter[str] = Counter()
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    @property
    def count(self) -> int:
        """Return the number of records written so far."""
        return self.codes.total()

    def append(self, batch: pa.RecordBatch, first_row: int) -> None:
        """Write a batch whose `row` counts from 0, so that it counts from `first_row`."""
        if self._writer is None:
            self._writer = pa.ipc.new_stream(str(self.path), SCHEMA)
        for pair in pc.value_counts(batch["code"]).to_pylist():
            self.codes[pair["values"]] += pair["counts"]
        rows = pc.add(batch["row"], pa.scalar(first_row, pa.int64()))
        self._writer.write_batch(pa.record_batch([rows, *batch.columns[1:]], schema=SCHEMA))

    def close(self) -> None:
        """Finish the stream."""
        if self._writer is not None:
            self._writer.close()


def describe(  # noqa: PLR0913, PLR0917  a block, what was found in it, and what that is judged by
    data: Bytes, rows: Rows, wrong: Positions, broken: Positions, columns: int, widths: Widths
) -> pa.RecordBatch:
    """Describe the `broken` rows of a block; `wrong` are the undecodable bytes.

    Of several reasons the first counts: quoting, bytes, number of fields.
    """
    code = np.full(broken.size, "field_count", object)
    detail = np.empty(broken.size, object)
    plain = _field_counts(rows.fields[broken], columns)
    detail[:] = plain
    culprit = np.searchsorted(wrong, rows.start[broken])
    found = np.flatnonzero(np.append(wrong, data.size)[culprit] < rows.stop[broken])
    at = wrong[culprit[found]]
    code[found] = "bytes_undecodable"
    offset = carry.original(data, rows.start[broken[found]], at, widths)
    detail[found] = _byte_details(carry.values(data, at, widths), data[at] == 0, offset)
    for fault, (name, text) in _QUOTING.items():
        here = rows.fault[broken] == fault
        code[here], detail[here] = name, text
    raw = _cut(data, rows.start[broken], rows.stop[broken], wrong, widths)
    return pa.record_batch([pa.array(broken), pa.array(code, pa.string()), pa.array(detail, pa.string()), raw], schema=SCHEMA)


def too_long(head: Bytes, wrong: Positions, length: int, longest: int, widths: Widths) -> pa.RecordBatch:
    """Describe a line that is too long to be a record; only its head is kept."""
    detail = f"has {length} bytes, a row can have {longest}; only its beginning is kept"
    text, _ = carry.shown(head, wrong, widths)
    return pa.record_batch([[0], ["record_too_long"], [detail], [text.tobytes()]], schema=SCHEMA)


def _field_counts(fields: Positions, columns: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    counts, which = np.unique(fields, return_inverse=True)
    words = [f"has {count} {'field' if count == 1 else 'fields'}, the header has {columns}" for count in counts]
    return np.array(words, object)[which]


def _byte_details(byte: Bytes, nul: Mask, offset: Positions) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    name = pc.binary_join_element_wise("byte 0x", _HEX.take(pa.array(byte)), "")
    name = pc.if_else(pa.array(nul), pc.binary_join_element_wise(name, " (NUL)", ""), name)
    at = pa.array(offset).cast(pa.string())
    joined = pc.binary_join_element_wise(name, " at offset ", at, " of the row", "")
    return np.asarray(joined.to_numpy(zero_copy_only=False), object)


def _cut(data: Bytes, start: Positions, stop: Positions, wrong: Positions, widths: Widths) -> pa.BinaryArray:
    """The text of rows, its undecodable bytes written out."""
    within, ends = spans(start, stop, data.size), np.concatenate(([0], np.cumsum(stop - start)))
    text = data[within]
    if wrong.size:
        marked = np.zeros(data.size, np.bool_)
        marked[wrong] = True
        text, became = carry.shown(text, np.flatnonzero(marked[within]), widths)
        ends = np.concatenate(([0], np.cumsum(became)))[ends]
    return pa.Array.from_buffers(pa.binary(), start.size, [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(text)])
