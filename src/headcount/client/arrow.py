"""A table in Arrow as a CSV that an upload reads back as it was, and the mapping that says of which types its columns are."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from headcount.errors import WrongCall
from headcount.uploads.mapping import Column, ColumnRequest, Request, Role, requested, resolve
from headcount.values.dates import ISO
from headcount.values.types import Type

#: Rows that are written at once.
_ROWS = 65_536
#: The index of a data frame that has no name.
_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
#: A text that an upload would take an escape off.
_LOOKS_ESCAPED = r"^(\s*)('+[=+\-@\t\r])"
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NUMBERS = frozenset({Type.INTEGER, Type.FLOAT})
_CONTROLS = {chr(code): f"\\u{code:04x}" for code in range(0x20)} | _SHORT


@dataclass(frozen=True, slots=True)
class Writing:
    """How the values of an Arrow type become cells: the type of property that they are, and the array of what is written."""

    type: Type | None
    cells: Callable[[Any], Any]


def reader_of(table: Any) -> Any:  # noqa: ANN401 - whatever can be streamed as Arrow
    """The batches of a table, without the index of a data frame that has no name. Raises WrongCall `source_wrong`."""
    try:
        if isinstance(table, pa.RecordBatch):
            found = pa.Table.from_batches([table]).to_reader()
        elif hasattr(table, "__arrow_c_stream__"):
            found = pa.RecordBatchReader.from_stream(table)
        else:
            found = pa.Table.from_pandas(table).to_reader()
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise WrongCall("source_wrong", f"The table cannot be read as Arrow: {_first_line(error)}", "Give each column one type.") from error
    kept = [name for name in found.schema.names if not _UNNAMED_INDEX.fullmatch(name)]
    if len(kept) == len(found.schema.names):
        return found
    schema = pa.schema([field for field in found.schema if not _UNNAMED_INDEX.fullmatch(field.name)])
    return pa.RecordBatchReader.from_batches(schema, (batch.select(kept) for batch in found))


def for_records(reader: Any, names: Collection[str]) -> Iterator[Any]:  # noqa: ANN401 - a RecordBatchReader
    """The batches with values that Python has, too. Raises WrongCall `source_wrong` where a person would be named by a number."""
    for field in reader.schema:
        if field.name in names and pa.types.is_floating(_plain_type(field.type)):
            raise _unnameable(field)
    for batch in reader:
        columns = [_to_the_microsecond(_unpacked(column)) for column in batch.columns]
        yield pa.record_batch(columns, names=batch.schema.names)


def _to_the_microsecond(cells: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    return _moments(cells) if pa.types.is_timestamp(cells.type) else cells


def write(reader: Any, path: Path, request: Request, known: Mapping[str, Type]) -> Request:  # noqa: ANN401 - a RecordBatchReader
    """Write the batches to a file; the request with the types of the columns. `known` are the types that properties have already.

    Raises WrongCall `source_wrong`, before anything is written.
    """
    fields = list(reader.schema)
    resolved = resolve([field.name for field in fields], request).columns
    writings = [_writing(field, column) for field, column in zip(fields, resolved, strict=True)]
    schema = pa.schema([(field.name, _empty(writing, field).type) for field, writing in zip(fields, writings, strict=True)])
    # A header is text as well, and quoted as such.
    with csv.CSVWriter(path, schema, write_options=csv.WriteOptions(quoting_style="needed")) as out:
        for batch in _small(reader):
            cells = [writing.cells(_unpacked(column)) for writing, column in zip(writings, batch.columns, strict=True)]
            out.write_batch(pa.record_batch(cells, schema=schema))
    asked = requested([field.name for field in fields], request)
    if request.kind == "event":
        # Which types their properties have is known where they are stored: numbers are read as what they are there.
        known = {c.name: w.type for c, w in zip(resolved, writings, strict=True) if w.type is not None and w.type in _NUMBERS}
    columns = {
        f"#{column.letter}": _typed(column, writing, asked.get(column.index, ColumnRequest()), known)
        for column, writing in zip(resolved, writings, strict=True)
    }
    return replace(request, columns=columns, delimiter=",", encoding="utf-8", quote='"', escape='"')


def _small(reader: Any) -> Iterator[Any]:  # noqa: ANN401 - pyarrow has no types
    for batch in reader:
        for start in range(0, batch.num_rows, _ROWS):
            yield batch.slice(start, _ROWS)


def _typed(column: Column, writing: Writing, asked: ColumnRequest, known: Mapping[str, Type]) -> ColumnRequest:
    """What is asked of the column, with its type where nothing else says it: neither a person, nor the property that is there already."""
    if column.role not in {Role.PROPERTY, Role.TIME} or asked.type or asked.format or column.format:
        return asked
    if column.role is Role.TIME:
        return replace(asked, type=Type.DATE, format=ISO) if writing.type is Type.DATE else asked
    stored = known.get(column.name)
    if writing.type is Type.DATE and stored in {None, Type.DATE}:
        return replace(asked, type=Type.DATE, format=ISO)
    # A list that is no list would be its JSON; the upload asks instead.
    return replace(asked, type=writing.type) if stored is None or writing.type is Type.LIST else asked


def _writing(field: Any, column: Column) -> Writing:  # noqa: ANN401 - pyarrow has no types
    found = _writing_of(field.type)
    if found is None:
        raise WrongCall(
            "source_wrong",
            f"Column “{field.name}” is of the Arrow type {field.type}, which no property holds.",
            "Cast it, or leave it out.",
        )
    if column.role is Role.IDENTITY and found.type not in {Type.STRING, Type.INTEGER, None}:
        raise _unnameable(field)
    return found


def _unnameable(field: Any) -> WrongCall:  # noqa: ANN401 - pyarrow has no types
    return WrongCall(
        "source_wrong",
        f"The identity “{field.name}” is of the Arrow type {field.type}; identities are texts.",
        "Cast it to string before: a number with a decimal point is not the identity that it came from.",
    )


def _writing_of(kind: Any) -> Writing | None:  # noqa: ANN401 - pyarrow has no types
    plain = _plain_type(kind)
    if _is_list(plain):
        inner = _writing_of(plain.value_type)
        return _WRITINGS[_is_list] if inner and inner.type is not Type.LIST else None
    return next((writing for is_it, writing in _WRITINGS.items() if is_it(plain)), None)


def _plain_type(kind: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """The type of the values, however they are packed."""
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_type(kind.storage_type)
    packed = pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind)
    return _plain_type(kind.value_type) if packed else kind


def _unpacked(cells: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    if isinstance(cells.type, pa.BaseExtensionType):
        return _unpacked(cells.storage)
    if pa.types.is_dictionary(cells.type):
        # Views of texts cannot be taken one by one.
        values = cells.dictionary.cast(pa.large_string()) if _is_text(cells.type.value_type) else _unpacked(cells.dictionary)
        return values.take(cells.indices)
    return _unpacked(pc.run_end_decode(cells)) if pa.types.is_run_end_encoded(cells.type) else cells


def _empty(writing: Writing, field: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    return writing.cells(pa.nulls(0, _plain_type(field.type)))


def _texts(cells: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    return pc.replace_substring_regex(cells.cast(pa.large_string()), _LOOKS_ESCAPED, r"\1'\2")


def _numbers(cells: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Numbers as numbers; what is no number is nothing."""
    wide = cells.cast(pa.float32()) if pa.types.is_float16(cells.type) else cells
    return pc.if_else(pc.is_nan(wide), None, wide)


def _lists(cells: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Each list as a JSON array of texts, without what in it is nothing."""
    rows = cells.cast(pa.large_list(cells.type.value_type))
    # Not by what flattens lists: a row that is nothing may have values all the same.
    ends = rows.offsets.to_numpy()
    texts = rows.values.slice(ends[0], ends[-1] - ends[0]).cast(pa.large_string())
    there = np.concatenate([[0], np.cumsum(texts.is_valid().to_numpy(zero_copy_only=False))])
    offsets = pa.array(there[ends - ends[0]], pa.int64())
    texts = texts.drop_null()
    joined = pc.binary_join(pa.LargeListArray.from_arrays(offsets, _json_texts(texts)), pa.scalar(",", pa.large_string()))
    return pc.if_else(rows.is_valid(), _between("[", joined, "]"), None)


def _json_texts(texts: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    for sign, instead in {"\\": "\\\\", '"': '\\"'}.items():
        texts = pc.replace_substring(texts, sign, instead)
    if pc.any(pc.match_substring_regex(texts, r"[\x00-\x1f]")).as_py():
        for sign, instead in _CONTROLS.items():
            texts = pc.replace_substring(texts, sign, instead)
    return _between('"', texts, '"')


def _between(before: str, texts: Any, after: str) -> Any:  # noqa: ANN401 - pyarrow has no types
    opening, closing, nothing = (pa.scalar(text, pa.large_string()) for text in (before, after, ""))
    return pc.binary_join_element_wise(opening, texts, closing, nothing)


def _moments(cells: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """A zone is kept as what it comes to in UTC; without one, the zone of the account is meant."""
    return cells.cast(pa.timestamp("us", "UTC" if cells.type.tz else None), safe=False)


def _as_they_are(cells: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    return cells


def _as(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - pyarrow has no types
    return lambda cells: cells.cast(kind)


def _is_text(kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_list(kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


_WRITINGS: Mapping[Callable[[Any], bool], Writing] = {
    _is_text: Writing(Type.STRING, _texts),
    pa.types.is_null: Writing(None, _as(pa.string())),
    pa.types.is_boolean: Writing(Type.BOOLEAN, _as_they_are),
    pa.types.is_integer: Writing(Type.INTEGER, _as_they_are),
    pa.types.is_floating: Writing(Type.FLOAT, _numbers),
    pa.types.is_decimal: Writing(Type.FLOAT, _as(pa.string())),
    pa.types.is_date: Writing(Type.DATE, _as(pa.date32())),
    pa.types.is_timestamp: Writing(Type.DATE, _moments),
    _is_list: Writing(Type.LIST, _lists),
}


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
