"""A file of 300 columns: 250 new properties, everything the system knows, and columns that nobody wants."""

from __future__ import annotations

from pathlib import Path

from headcount.bench.data import COLUMNS, Column, Expected, write, wrong_addresses

NEW, SKIPPED = 250, 35
_SYSTEM = (
    Column("Gender", "['M', 'F', 'O', 'U'][1 + s % 4]"),
    Column("DOB", "strftime(make_timestamp((s * 104723911) % 1000000000 * 1000000), '%d/%m/%Y 00:00:00')"),
    Column("Age", "(18 + s % 70)::VARCHAR"),
    Column("Education", "['School', 'College', 'Graduate'][1 + s % 3]"),
    Column("Employed", "['Y', 'N'][1 + s % 2]"),
    Column("Married", "['Y', 'N', ''][1 + s % 3]"),
    Column("Timezone", "['Europe/Berlin', 'Asia/Kolkata', 'America/New_York'][1 + s % 3]"),
    Column("MSG-push", "['true', 'false', '', ''][1 + s % 4]"),
    Column("MSG-sms", "['', 'true', '', ''][1 + s % 4]"),
    Column("MSG-whatsapp", "['', '', 'true', ''][1 + s % 4]"),
)
#: One cell a type, in turn; `{n}` is the place of the column.
_CELLS = (
    "['north', 'south', 'east', 'west'][1 + (s + {n}) % 4]",
    "((s * 31 + {n}) % 1000)::VARCHAR",
    "concat((s * 17 + {n}) % 5000, '.', 10 + s % 90)",
    "((s + {n}) % 3 = 0)::VARCHAR",
    "strftime(make_timestamp((1500000000 + (s * 104723911 + {n} * 86400) % 240000000) * 1000000), '%d/%m/%Y %H:%M:%S')",
)


def _trait(n: int) -> str:
    return f"CASE WHEN (r + {n}) % 50 = 0 THEN '' ELSE {_CELLS[n % len(_CELLS)].format(n=n)} END"


_KNOWN = (*(c for c in COLUMNS if c.name in {"name", "email", "phone", "msg_email"}), *_SYSTEM)
SKIPPED_NAMES = tuple(f"unwanted_{n}" for n in range(SKIPPED))
_COLUMNS = (
    Column("identity", "format('u{:08d}', k)"),
    *_KNOWN,
    *(Column(f"trait_{n}", _trait(n)) for n in range(NEW)),
    *(Column(name, f"'{name}'") for name in SKIPPED_NAMES),
)
#: Cells of a row that anybody wants; those of skipped columns are not counted as work.
WANTED = len(_COLUMNS) - SKIPPED


def rows_of(rows: int) -> int:
    """How many wide rows have as many cells as `rows` rows of the first file."""
    return max(1, rows * len(COLUMNS) // WANTED)


def write_wide(path: Path, rows: int) -> None:
    """A file with as many cells as the first file of `rows` rows."""
    write(path, rows_of(rows), _COLUMNS, "r, r AS s, r AS k, 0 AS e")


def of_wide(rows: int) -> Expected:
    """What becomes of its rows."""
    wide = rows_of(rows)
    return Expected(wide, wide, 0, 0, 0, 0, wrong_addresses(wide))
