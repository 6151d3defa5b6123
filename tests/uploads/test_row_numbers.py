"""Row numbers of a file over 100 MB whose rows are broken in every way, in every order, on both sides of every edge of reading."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from random import Random

from tests.uploads.account import account_in, ledger, rejects

from headcount.uploads.mapping import Request

#: What a row is made of, how many rows a spreadsheet shows it as, and why it is rejected.
KINDS = {
    "blank": ("", 1, None),
    "joined": ('j{n},"two\nlines",{pad}', 1, None),
    "short": ("s{n},x", 1, "field_count"),
    "long": ("l{n},x,y,z", 1, "field_count"),
    "stray": ('q{n},"a"b,{pad}', 1, "quote_stray"),
    "unclosed": ('u{n},"open,{pad}', 1, "quote_unclosed"),
}
BYTES = 105_000_000


def write(path: Path) -> tuple[int, int, list[tuple[str, str]]]:
    """Write the file; returns how many good rows and blank lines it has, and the row and code of each that is rejected."""
    draw, orders = Random(11), list(permutations(KINDS))
    row, good, blank, expected, written = 2, 0, 0, list[tuple[str, str]](), 0
    plain = "\n".join(f"p{{n}}-{i},value,{{pad}}" for i in range(400))
    with path.open("w") as file:
        file.write("identity,note,pad\n")
        while written < BYTES:
            for n, kind in enumerate(orders[draw.randrange(len(orders))]):
                text, rows, code = KINDS[kind]
                written += file.write(text.format(n=f"{row}-{n}", pad="." * draw.randrange(200)) + "\n")
                good, blank = good + (kind == "joined"), blank + (kind == "blank")
                expected += [(str(row), code)] if code else []
                row += rows
            written += file.write(plain.format(n=row, pad="." * 150) + "\n")
            row, good = row + 400, good + 400
    return good, blank, expected


def test_the_numbers_are_those_of_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    good, blank, expected = write(file)
    assert file.stat().st_size > 100_000_000
    with account_in(tmp_path, threads=3, chunk_rows=70_001) as account:
        document = account.app.uploads.upload(file, Request(), name=None, door="cli")
        rows = good + len(expected)
        assert ledger(document) == {"rows": rows, "created": good, "rejected": len(expected), "blank_lines": blank}
        assert [(line["row"], line["Failure Code"]) for line in rejects(document)] == expected
        with account.app.store() as store:
            # An identity tells in which row it stands: `j17-…` in row 17, `p17-3` three rows further on.
            further = "CASE WHEN identity[1] = 'p' THEN split_part(identity, '-', 2)::BIGINT ELSE 0 END"
            came = f"substr(split_part(identity, '-', 1), 2)::BIGINT + {further}"
            assert store.connection.execute(f"SELECT count(*) FROM profiles WHERE created_row <> {came}").fetchall() == [(0,)]
