"""Row numbers of files that several threads read at once, with a column for every way in which a cell can be read."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from tests.uploads.account import account_in, ledger

from headcount.uploads.mapping import Request
from headcount.uploads.staging import Staged

ROWS = 400_000
MAPS = Path("/proc/self/maps")
CELLS = {
    "identity": "format('u{:07d}', r)",
    "Name": "concat('Person ', r)",
    "Email": "concat('u', r, '@example.com')",
    "Phone": "concat('+4930', 1000000 + r)",
    "Gender": "['M', 'f', 'O'][1 + r % 3]",
    "Timezone": "['Europe/Berlin', 'Asia/Kolkata', 'Mars/Base'][1 + r % 3]",
    "Education": "['School', 'College'][1 + r % 2]",
    "visits": "r::VARCHAR",
    "balance": "concat(r, '.25')",
    "vip": "(r % 2 = 0)::VARCHAR",
    "joined": "strftime(make_timestamp(r * 1000000000), '%d/%m/%Y %H:%M:%S')",
    "tags": "concat('tag ', r % 7)",
    "tags.operation": "['$add', '$set'][1 + r % 2]",
    "MSG-email": "['true', 'false', ''][1 + r % 3]",
}


def test_every_row_keeps_its_number_when_several_threads_read(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    cells = ", ".join(f'{cell} AS "{header}"' for header, cell in CELLS.items())
    duckdb.execute(f"COPY (SELECT {cells} FROM range({ROWS}) AS t(r)) TO '{file}' (FORMAT csv, HEADER true)")
    with account_in(tmp_path, threads=4, chunk_rows=150_000) as account:
        document = account.app.uploads.upload(file, Request(), name=None, door="cli")
        assert ledger(document) == {"rows": ROWS, "created": ROWS, "cells_not_applied": ROWS // 3}
        with account.app.store() as store:
            wrong = "SELECT count(*) FROM profiles WHERE created_row <> substr(identity, 2)::BIGINT + 2"
            assert store.connection.execute(wrong).fetchall() == [(0,)]


@pytest.mark.skipif(not MAPS.exists(), reason="only Linux says what a process has mapped")
def test_a_chunk_is_let_go_before_the_next_one_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, mapped, read = tmp_path / "people.csv", list[str](), Staged.rows
    file.write_text("identity\n" + "".join(f"u{n}\n" for n in range(5_000)))

    def look(staged: Staged, chunk: int) -> pa.Table:
        mapped.extend(re.findall(r"\S+\.arrow", MAPS.read_text()))
        return read(staged, chunk)

    monkeypatch.setattr(Staged, "rows", look)
    with account_in(tmp_path, chunk_rows=1_000) as account:
        assert ledger(account.app.uploads.upload(file, Request(), name=None, door="cli")) == {"rows": 5_000, "created": 5_000}
    assert mapped == []
