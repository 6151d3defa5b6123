"""What is kept so that an upload can be taken back, and brought back after that.

Of an upload that stands, `before_<upload>` holds the values that it replaced, as they were under it. Of one that was taken
back, `after_<upload>` holds the values that it had given, `removed_<upload>` the profiles that it had created and that went with
it, and `events_<upload>` its events. A property `n` is `k<n>`, whether the upload changed it, and `o<n>`, the value; in
`removed_<upload>` it is `c<n>`, as in `profiles`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import duckdb

from headcount.profiles.store import Origin
from headcount.single_row import single_row

Kind: TypeAlias = Literal["before", "after"]

#: Of tables in the data file, and those that a reversal makes for itself: while it is renewed, there are the same in its successor.
_HERE = "database_name IN (current_database(), 'temp')"


#: SELECT of the number of the write that is made by the statement in which it stands.
STEP = "SELECT nextval('steps') AS step"


def next_step(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of the write that is made now."""
    return int(single_row(connection, "SELECT nextval('steps')")[0])


def enter(connection: duckdb.DuckDBPyConnection, origin: Origin, step: int) -> None:
    """Note that an upload writes; the first time counts."""
    connection.execute("INSERT OR IGNORE INTO uploads VALUES (?, ?, ?, false, ?)", [origin.upload, origin.at, step, origin.undoable])


def image(kind: Kind, upload: int) -> str:
    """The table of the values that an upload replaced, or had given."""
    return f"{kind}_{upload}"


def removed(upload: int) -> str:
    """The table of the profiles that went with an upload."""
    return f"removed_{upload}"


def events(upload: int) -> str:
    """The table of the events that went with an upload."""
    return f"events_{upload}"


def make(connection: duckdb.DuckDBPyConnection, table: str, types: Mapping[int, str]) -> None:
    """Make the table of an image where there is none, with the properties of these numbers and SQL types."""
    values = "".join(f", k{n} BOOLEAN, o{n} {type_}" for n, type_ in types.items())
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (identity VARCHAR USING COMPRESSION uncompressed NOT NULL, row BIGINT NOT NULL, "
        f"step BIGINT NOT NULL, first_seen TIMESTAMP NOT NULL, last_updated TIMESTAMP NOT NULL{values})"
    )


def widen(connection: duckdb.DuckDBPyConnection, table: str, types: Mapping[int, str]) -> None:
    """Add what an image does not have of these properties."""
    for n in types.keys() - numbers(connection, table).keys():
        connection.execute(f"ALTER TABLE {table} ADD COLUMN k{n} BOOLEAN")
        connection.execute(f"ALTER TABLE {table} ADD COLUMN o{n} {types[n]}")


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> Mapping[str, str]:
    """The SQL types of the columns of a table by their names; empty where there is no such table."""
    asked = f"SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? AND NOT internal AND {_HERE} ORDER BY column_index"
    return dict(connection.execute(asked, [table]).fetchall())


def numbers(connection: duckdb.DuckDBPyConnection, table: str) -> Mapping[int, str]:
    """The properties of an image: their SQL types by their numbers."""
    return {int(name[1:]): type_ for name, type_ in columns(connection, table).items() if name[0] == "o"}


def keep(  # noqa: PLR0913 - what is kept, of whom, and when
    connection: duckdb.DuckDBPyConnection, upload: int, step: int, types: Mapping[int, str], touched: Sequence[int], *, known: bool
) -> None:
    """Keep what the people in `delta` had of the `touched` properties. Where they may be `known` the oldest value of each counts."""
    table = image("before", upload)
    make(connection, table, types)
    marks = ", ".join(f"d.k{n} IS NOT NULL AS k{n}, d.o{n}" for n in touched)
    unknown = f"WHERE identity NOT IN (SELECT identity FROM {table})" if known else ""
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT identity, row, $step AS step, first_seen, last_updated{', ' * bool(touched)}{marks} "
        f"FROM delta d {unknown}",
        {"step": step},
    )
    if known and touched:
        older = ", ".join(
            f"k{n} = {table}.k{n} OR d.k{n} IS NOT NULL, o{n} = CASE WHEN {table}.k{n} THEN {table}.o{n} ELSE d.o{n} END" for n in touched
        )
        connection.execute(
            f"UPDATE {table} SET {older} FROM delta d WHERE d.identity = {table}.identity AND {table}.step < $step", {"step": step}
        )


def standing(connection: duckdb.DuckDBPyConnection, upload: int) -> Sequence[int]:
    """The other uploads that stand and hold the values under them, in the order in which they began."""
    asked = (
        "SELECT upload FROM uploads JOIN duckdb_tables() t ON t.table_name = concat('before_', upload) "
        f"WHERE upload <> ? AND NOT undone AND undoable AND {_HERE} ORDER BY first_step"
    )
    return [number for (number,) in connection.execute(asked, [upload]).fetchall()]


def holding(connection: duckdb.DuckDBPyConnection, number: int) -> Iterator[tuple[str, str]]:
    """The tables and columns, beside the profiles, that hold values of a property."""
    asked = (
        "SELECT table_name, column_name FROM duckdb_columns() WHERE column_name IN (?, ?) "
        f"AND {_HERE} AND regexp_full_match(table_name, '(before|after|removed)_[0-9]+') ORDER BY ALL"
    )
    yield from connection.execute(asked, [f"o{number}", f"c{number}"]).fetchall()


def marking(connection: duckdb.DuckDBPyConnection, number: int) -> Sequence[str]:
    """The images that say of whom an upload changed a property."""
    asked = (
        f"SELECT table_name FROM duckdb_columns() WHERE column_name = ? AND {_HERE} "
        "AND regexp_full_match(table_name, '(before|after)_[0-9]+')"
    )
    return [table for (table,) in connection.execute(asked, [f"k{number}"]).fetchall()]


def undoable(connection: duckdb.DuckDBPyConnection) -> Sequence[int]:
    """The uploads that can be taken back, or brought back."""
    return [number for (number,) in connection.execute("SELECT upload FROM uploads WHERE undoable").fetchall()]


def forget(connection: duckdb.DuckDBPyConnection, uploads: Collection[int]) -> None:
    """Remove what was kept of some uploads; they stay as they are for good. Runs in the caller's transaction."""
    for number in uploads:
        connection.execute("UPDATE uploads SET undoable = false WHERE upload = ?", [number])
        for table in (image("before", number), image("after", number), removed(number), events(number)):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
