"""Statements that are planned once and run many times, on small tables that lie ready for them under names.

Planning is most of what a statement on a few rows takes. Whoever prepares one that reads all people must be able to stand the plan for
a few rows where there are many: it stays as it is.
"""

from __future__ import annotations

from collections import OrderedDict

import duckdb
import pyarrow as pa

from headcount.single_row import small_table

#: Statements that are kept, and tables of different columns: those that were used last.
_STATEMENTS, _PLACES = 128, 128


class _Place:
    """Where tables with the same columns lie for an engine, one at a time: it asks for what is there with each run."""

    def __init__(self, name: str, table: pa.Table) -> None:
        self.name = name
        self.table = table

    def __arrow_c_schema__(self) -> object:
        return self.table.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class Prepared:
    """The statements of one connection, by their text. Not for several threads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._places = OrderedDict[tuple[str, pa.Schema], _Place]()
        self._given: dict[str, _Place] = {}
        self._names = OrderedDict[str, str]()
        self._count = 0

    def give(self, **tables: pa.Table) -> None:
        """Lay tables ready, in the place of those that had these names before."""
        for name, table in tables.items():
            self._given[name] = self._place(name, table)

    def run(self, sql: str) -> None:
        """Run a statement that answers nothing."""
        self._connection.execute(f"EXECUTE {self._name(sql)}")

    def table(self, sql: str) -> pa.Table:
        """The rows of a query that answers with few."""
        return small_table(self._connection, f"EXECUTE {self._name(sql)}")

    def _place(self, name: str, table: pa.Table) -> _Place:
        """The place of the tables with this name and these columns, with the table in it."""
        place = self._places.get((name, table.schema))
        if place is None:
            place = _Place(f"{name}_{self._number()}", table)
            self._places[name, table.schema] = place
            self._connection.register(place.name, place)
            if len(self._places) > _PLACES:
                self._connection.unregister(self._places.popitem(last=False)[1].name)
        place.table = table
        self._places.move_to_end((name, table.schema))
        return place

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _name(self, sql: str) -> str:
        """What the statement is called, prepared for the columns that its tables have now."""
        given = ", ".join(f"{name} AS NOT MATERIALIZED (FROM {place.name})" for name, place in self._given.items() if name in sql)
        whole = f"WITH {given} {sql}" if given else sql
        name = self._names.get(whole)
        if name is None:
            self._names[whole] = name = f"s{self._number()}"
            self._connection.execute(f"PREPARE {name} AS {whole}")
            if len(self._names) > _STATEMENTS:
                self._connection.execute(f"DEALLOCATE {self._names.popitem(last=False)[1]}")
        self._names.move_to_end(whole)
        return name
