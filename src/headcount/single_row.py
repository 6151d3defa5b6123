"""Queries that answer with one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb


def single_row(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
) -> tuple[Any, ...]:
    """The only row of an aggregate query. Fetches all of it: a result that is not read to its end keeps its connection busy."""
    (row,) = connection.execute(sql, parameters).fetchall()
    return tuple(row)
