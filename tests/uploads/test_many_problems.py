"""Files of which most is wrong: every row is answered for, in no more memory than others take."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.uploads.account import account_in, ledger, rejects

ROWS = 120_000


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x", {"rejected": ROWS}),
        ('"a"b,x', {"rejected": ROWS}),
        (",x", {"rejected": ROWS}),
        ("u{n},not an address", {"created": ROWS, "cells_not_applied": ROWS}),
        ("u{n},x\nshort", {"created": ROWS, "cells_not_applied": ROWS, "rejected": ROWS}),
    ],
)
def test_every_row_may_be_wrong(line: str, expected: dict[str, int], tmp_path: Path) -> None:
    file = "identity,Email\n" + "\n".join(line.format(n=n) for n in range(ROWS)) + "\n"
    rows = expected.get("created", 0) + expected.get("rejected", 0)
    with account_in(tmp_path, memory_limit_mb=70) as account:
        document = account.send(file)
    assert ledger(document) == {"rows": rows, **expected}
    numbers = [int(found["row"]) for found in rejects(document)]
    assert numbers == list(range(2, rows + 2))


def test_a_long_quote_that_never_closes_costs_its_lines(tmp_path: Path) -> None:
    with account_in(tmp_path, memory_limit_mb=70) as account:
        document = account.send('identity,a\n1,"' + "x\n" * 600_000 + '"\n2,b\n')
        assert ledger(document) == {"rows": 600_002, "created": 1, "rejected": 600_001}
        assert account.values("2") == {"a": "b"}
