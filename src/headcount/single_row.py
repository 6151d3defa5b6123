"""Small answers of the engine: one row, or a small table, without planning the query twice."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

# It does, but `sql()` plans a query a second time, which takes longer than copying a few rows.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy of the rows")


def single_row(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
) -> tuple[Any, ...]:
    """The only row of an aggregate query. Fetches all of it: a result that is not read to its end keeps its connection busy."""
    (row,) = connection.execute(sql, parameters).fetchall()
    return tuple(row)


def small_table(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The rows of a query that answers with few."""
    return connection.execute(sql).to_arrow_table()
