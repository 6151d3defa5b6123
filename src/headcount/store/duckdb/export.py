"""People on their way out: whom a condition matches, in one snapshot, as lines of a CSV file or as typed columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from headcount.errors import HeadcountError
from headcount.profiles import columns
from headcount.profiles.columns import Column
from headcount.profiles.consent import Channel
from headcount.profiles.properties import IDENTITY, Property
from headcount.single_row import single_row
from headcount.store.duckdb import registry
from headcount.store.duckdb.segment_sql import Compiled
from headcount.values.dates import iso_text
from headcount.values.text import escaped
from headcount.values.types import SQL_TYPES, Type

#: People in one batch: few as lines, which fit the processor's caches, many as rows, which make one row group of a Parquet file.
_LINES, _ROWS = 20_480, 122_880
#: Cells of one batch at most, so that wide accounts need no more memory than narrow ones.
_CELLS = 2_000_000
#: People that the engine works on at once; it makes no smaller batches.
_VECTOR = 2_048
#: How the engine begins to say that it has no memory left.
_OUT_OF_MEMORY = "Out of Memory"

_ARROW_TYPES: Mapping[Type, pa.DataType] = {
    Type.STRING: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.FLOAT: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.timestamp("us", "UTC"),
    Type.LIST: pa.list_(pa.string()),
}


@dataclass(frozen=True, slots=True)
class StoredPeople:
    """The people for whom the condition holds, read by a connection whose transaction is the snapshot. Implements `People`."""

    connection: duckdb.DuckDBPyConnection
    columns: tuple[Column, ...]
    #: SQL of each column over `p`, in the same order.
    sql: tuple[str, ...]
    condition: Compiled

    @property
    def schema(self) -> pa.Schema:
        """See People."""
        fields = [pa.field(columns.name(column), _ARROW_TYPES[_type(column)]) for column in self.columns]
        return pa.schema([pa.field(IDENTITY, pa.string(), nullable=False), *fields])

    def count(self) -> int:
        """See People."""
        (count,) = single_row(self.connection, f"SELECT count(*) {self._source}", self.condition.parameters)
        return int(count)

    def lines(self) -> Iterator[pa.Array]:
        """See People."""
        types = [Type.STRING, *map(_type, self.columns)]
        texts = [_text(f"v{i}", type_) for i, type_ in enumerate(types)]
        # Step by step, so that a text which is looked at several times is made once.
        cells = ", ".join(f"{text} AS t{i}" for i, text in enumerate(texts))
        line = ", ',', ".join(_quoted(f"t{i}") if type_ in _MAY_NEED_QUOTES else f"t{i}" for i, type_ in enumerate(types))
        for batch in self._batches(f"SELECT concat({line}, chr(10)) AS line FROM (SELECT {cells} FROM ({self._values}))", _LINES):
            yield batch.column(0)

    def rows(self) -> Iterator[pa.RecordBatch]:
        """See People."""
        for batch in self._batches(self._values, _ROWS):
            # The names of properties never were in the statement.
            cast = [given.cast(field.type) for given, field in zip(batch.columns, self.schema, strict=True)]
            yield pa.RecordBatch.from_arrays(cast, schema=self.schema)

    @property
    def _values(self) -> str:
        values = ", ".join(f"{sql} AS v{i}" for i, sql in enumerate(("p.identity", *self.sql)))
        return f"SELECT {values} {self._source}"

    @property
    def _source(self) -> str:
        return f"FROM profiles p WHERE {self.condition.sql}"

    def _batches(self, sql: str, most: int) -> Iterator[pa.RecordBatch]:
        size = max(_VECTOR, min(most, _CELLS // (len(self.columns) + 1)))
        try:
            yield from self.connection.sql(sql, params=self.condition.parameters).to_arrow_reader(size)
        except (duckdb.Error, OSError) as error:
            # Arrow makes OSError of every error of the engine; it is none of the file that is written.
            raise _broken_off(error) from error


def _broken_off(error: Exception) -> HeadcountError:
    said = str(error).splitlines()[0]
    if said.startswith(_OUT_OF_MEMORY):
        return HeadcountError("memory_short", "The memory limit is too low for so many columns.", "Raise HEADCOUNT_MEMORY_LIMIT_MB.")
    return HeadcountError("data_unreadable", "The people could not be read to the end.", said)


@contextmanager
def snapshot(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str] | None,
    compiled: Callable[[Sequence[Property], Sequence[Property]], Compiled],
) -> Iterator[StoredPeople]:
    """People as of now, with the columns named, else with all that hold a value. `compiled` is given all properties and the stored ones."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        known, stored = registry.properties(cursor), registry.stored(cursor)
        wanted = (*_filled(cursor, stored), *Channel) if names is None else columns.named(names, known)
        sql = tuple(_stored(column, stored) for column in wanted)
        yield StoredPeople(cursor, wanted, sql, compiled(known, stored))
        # Without a commit it ends with its connection, all the same.


def _filled(connection: duckdb.DuckDBPyConnection, stored: Sequence[Property]) -> tuple[Property, ...]:
    """The properties of which somebody has a value, but for those that are hidden."""
    seen = (p for p in stored if not p.hidden)
    return tuple(p for p in seen if single_row(connection, f"SELECT EXISTS (FROM profiles WHERE {p.column} IS NOT NULL)")[0])


def _stored(column: Column, stored: Sequence[Property]) -> str:
    if isinstance(column, Channel) or column in stored:
        return f"p.{column.column}"
    return f"NULL::{SQL_TYPES[column.type]}"


def _type(column: Column) -> Type:
    return Type.BOOLEAN if isinstance(column, Channel) else column.type


def _text(value: str, type_: Type) -> str:
    """SQL of the cell that an upload reads as the value, NULL where there is none."""
    if type_ is Type.STRING:
        return escaped(value)
    if type_ is Type.DATE:
        return f"CASE WHEN {value} IS NOT NULL THEN {iso_text(value)} END"
    if type_ is Type.LIST:
        return f"CASE WHEN {value} IS NOT NULL THEN to_json({value})::VARCHAR END"
    return f"{value}::VARCHAR"


_MAY_NEED_QUOTES = frozenset({Type.STRING, Type.LIST})


def _quoted(text: str) -> str:
    special = " OR ".join(f"contains({text}, {sign})" for sign in ("','", "'\"'", "chr(10)", "chr(13)"))
    return f"CASE WHEN {special} THEN concat('\"', replace({text}, '\"', '\"\"'), '\"') ELSE {text} END"
