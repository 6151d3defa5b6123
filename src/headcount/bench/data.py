"""The files of the benchmark: dirty like real ones, and the same bytes on every machine.

Every cell is plain arithmetic on four numbers: `r`, the place of the row in its file; `s`, from which its values come;
`k`, whose row it is (NULL: nobody's); and `e`, 0 in the first file and 1 in the one that changes it. Every second column of the
corrections takes its values from `t` instead of `s`.
"""

# ruff: noqa: S608 - SQL is made of our own texts only
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

#: One identity in so many rows comes twice, and one row in so many has none.
_TWICE, _NOBODY = 500, 10_000
#: Of 1,000 rows one is wrong in each of these places: an address, a number, a date.
_WRONG_EMAIL, _WRONG_PHONE, _WRONG_DATE = 3, 5, 9
#: One row in so many of the first file is changed by the second, which also brings as many new people.
CHANGED = 10
#: Whom the corrections are about, among so many: somebody who comes once and whom the second file leaves alone.
_CORRECTED = 5

_FIRST = "Ada Ben Chloé Dan Eve Finn Gül Hana Ivo José Kim Lea Mia Noé Ola 玲".split()  # noqa: SIM905 - reads as names
_LAST = "Lovelace Müller Nguyen Okafor Smith García Ivanova Ó-Briain Park Quist Rossi Sato Tanaka Ueda Vega".split()  # noqa: SIM905 - reads as names
_TAGS = ("new", "gold", "press", "beta", "partner", "vip", "lapsed", "trial")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file."""

    header: str
    #: SQL of its cell as it stands in the file.
    cell: str
    #: Its name in the bare table, and SQL of its value there from the text `{c}`.
    name: str = ""
    value: str = "{c}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ledger of an upload has to say."""

    rows: int
    created: int
    updated: int
    unchanged: int
    merged: int
    rejected: int
    cells_not_applied: int


def _one_of(words: tuple[str, ...] | list[str], place: str) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"[{listed}][1 + ({place}) % {len(words)}]"


def _blank(place: int, cell: str) -> str:
    """A cell that is blank in one row of a hundred."""
    return f"CASE WHEN r % 100 = {place} THEN '' ELSE {cell} END"


def _wrong(place: int, text: str, cell: str) -> str:
    return f"CASE WHEN r % 1000 = {place} THEN '{text}' ELSE {cell} END"


_GIVEN, _FAMILY = _one_of(_FIRST, "s * 11"), _one_of(_LAST, "s * 17")
_NAME = (
    f"CASE WHEN s % 1000 = 501 THEN concat('\"', {_GIVEN}, chr(10), {_FAMILY}, '\"') "
    f"WHEN s % 101 = 0 THEN concat('\"', {_GIVEN}, ' \"\"', {_GIVEN}, '\"\" ', {_FAMILY}, '\"') "
    f"WHEN s % 7 = 0 THEN concat('\"', {_FAMILY}, ', ', {_GIVEN}, '\"') ELSE concat({_GIVEN}, ' ', {_FAMILY}) END"
)
_EMAIL = "concat(CASE WHEN r % 5000 = 21 THEN 'jürgen' ELSE concat('u', s) END, '@example', s % 17, '.com')"
_PHONE = "concat(CASE WHEN r % 5 = 0 THEN '+49 30 ' ELSE '+4930' END, 1000000 + (s * 7919) % 8999999)"
_CENTS = "(s * 104729 + e * (s % 20) * 13) % 1000000"
_BALANCE = f"concat({_CENTS} // 100, '.', lpad(({_CENTS} % 100)::VARCHAR, 2, '0'))"
_SIGNUP = "strftime(make_timestamp((1500000000 + (s * 104723911) % 240000000) * 1000000), '%d/%m/%Y %H:%M:%S')"
_LAST_SEEN = "(1600000000 + (s * 86028121) % 160000000 + e * 86400)::VARCHAR"
_TAG, _OTHER_TAG = _one_of(_TAGS, "s * 13"), _one_of(_TAGS, "s * 13 + 3")
_LISTED = f'CASE WHEN s % 4 = 0 THEN concat(\'"[""\', {_TAG}, \'"",""\', {_OTHER_TAG}, \'""]"\') ELSE {_TAG} END'

COLUMNS = (
    Column("identity", "coalesce(format('u{:08d}', k), '')", "identity"),
    Column("Name", _NAME, "name"),
    Column("Email", _wrong(_WRONG_EMAIL, "not an address", _blank(11, _EMAIL)), "email"),
    Column("Phone", _wrong(_WRONG_PHONE, "call me", _blank(13, _PHONE)), "phone"),
    Column("plan", _one_of(("free", "pro", "team", "enterprise"), "s * 7 + e"), "plan"),
    Column("visits", _blank(17, "((s * 31 + e * 3) % 500)::VARCHAR"), "visits", "try_cast({c} AS BIGINT)"),
    Column("balance", _blank(19, _BALANCE), "balance", "try_cast({c} AS DOUBLE)"),
    Column("vip", _blank(23, "((s * 7) % 5 < 2)::VARCHAR"), "vip", "try_cast({c} AS BOOLEAN)"),
    Column("signup", _SIGNUP, "signup", "try_strptime({c}, '%d/%m/%Y %H:%M:%S')"),
    Column(
        "last_seen<UNIX>",
        _wrong(_WRONG_DATE, "yesterday", _blank(29, _LAST_SEEN)),
        "last_seen",
        "make_timestamp(try_cast({c} AS BIGINT) * 1000000)",
    ),
    Column(
        "tags",
        _blank(31, _LISTED),
        "tags",
        "CASE WHEN starts_with({c}, '[') THEN try_cast({c} AS VARCHAR[]) WHEN {c} IS NOT NULL THEN [{c}] END",
    ),
    Column(
        "MSG-email",
        "CASE s % 13 WHEN 0 THEN 'false' WHEN 1 THEN 'true' WHEN 2 THEN 'true' ELSE '' END",
        "msg_email",
        "try_cast({c} AS BOOLEAN)",
    ),
)


def write_people(path: Path, rows: int) -> None:
    """The first file: `rows` rows of new people."""
    key = f"CASE WHEN r % {_TWICE} = {_TWICE - 1} THEN r - {_TWICE // 2} WHEN r % {_NOBODY} <> 7777 THEN r END"
    write(path, rows, COLUMNS, f"r, r AS s, {key} AS k, 0 AS e")


def write_newcomers(path: Path, rows: int) -> None:
    """As many rows of people who are not in the first file of `rows` rows."""
    write(path, rows, COLUMNS, f"r, r + {rows} AS s, r + {rows} AS k, 0 AS e")


def write_changes(path: Path, rows: int) -> None:
    """The second file: in turn a person of the first file of `rows` rows, with a few other values, and a new one."""
    key = f"CASE WHEN r % 2 = 0 THEN r // 2 * {CHANGED} ELSE {rows} + r // 2 END"
    write(path, rows // CHANGED * 2, COLUMNS, f"r, {key} AS s, s AS k, 1 AS e")


def write_corrections(path: Path, rows: int) -> None:
    """The third file: one of ten people of the first file of `rows` rows, every second value another one."""
    columns = [replace(c, cell=re.sub(r"\bs\b", "t", c.cell)) if number % 2 else c for number, c in enumerate(COLUMNS)]
    place = f"r * {CHANGED} + {_CORRECTED}"
    write(path, rows // CHANGED, columns, f"{place} AS r, {place} AS s, {place} + 1 AS t, {place} AS k, 0 AS e")


def of_people(rows: int) -> Expected:
    """What becomes of the rows of the first file."""
    twice, nobody = _having(rows, _TWICE - 1, _TWICE), _having(rows, 7777, _NOBODY)
    return Expected(rows, rows - twice - nobody, 0, 0, twice, nobody, _wrong_cells(rows))


def of_same_people(rows: int) -> Expected:
    """What becomes of them when the same file comes once more."""
    first = of_people(rows)
    return Expected(rows, 0, 0, first.created, first.merged, first.rejected, first.cells_not_applied)


def of_changes(rows: int) -> Expected:
    """What becomes of the rows of the second file."""
    half = rows // CHANGED
    return Expected(half * 2, half, half, 0, 0, 0, _wrong_cells(half * 2))


def of_corrections(rows: int) -> Expected:
    """What becomes of the rows of the third file."""
    corrected = rows // CHANGED
    return Expected(corrected, 0, corrected, 0, 0, 0, _having(corrected, _WRONG_PHONE // CHANGED, 1000 // CHANGED))


def wrong_addresses(rows: int) -> int:
    """How many cells of Email and Phone are wrong."""
    return _having(rows, _WRONG_EMAIL, 1000) + _having(rows, _WRONG_PHONE, 1000)


def identities(rows: int, count: int) -> tuple[str, ...]:
    """`count` people of the first file, from all over it."""
    return tuple(f"u{rows * i // count // CHANGED * CHANGED:08}" for i in range(count))


def write(path: Path, rows: int, columns: Sequence[Column], numbers: str) -> None:
    """Write a file of `columns`, whose cells are made of the selected `numbers`."""
    # The numbers stand in a table because a table is scanned by all threads, and keeps its order.
    cells = ", ".join(column.cell for column in columns)
    header = ",".join(column.header for column in columns)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE places AS SELECT range AS r FROM range({rows})")
        connection.execute(
            f"COPY (SELECT concat_ws(',', {cells}) AS \"{header}\" FROM (SELECT {numbers} FROM places)) "
            f"TO '{path}' (FORMAT csv, HEADER true, QUOTE '', ESCAPE '', DELIMITER '\x02')"
        )


def _having(rows: int, place: int, every: int) -> int:
    """How many of the rows 0 … stand in that place of `every` rows."""
    return (rows + every - 1 - place) // every


def _wrong_cells(rows: int) -> int:
    return wrong_addresses(rows) + _having(rows, _WRONG_DATE, 1000)
