"""An export that the engine breaks off."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.uploads.account import account_in

from headcount.errors import HeadcountError
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type


def test_an_engine_without_memory_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with account_in(tmp_path, memory_limit_mb=64) as account:
        account.send("identity,x\n1,a\n", Request(columns={"x": ColumnRequest(type=Type.STRING)}))
        huge = "length(array_to_string(list(repeat(v0, 1000000) || i), ''))::VARCHAR"
        monkeypatch.setattr("headcount.store.duckdb.export._text", lambda *_: f"(SELECT {huge} FROM range(1000) r(i))")
        with pytest.raises(HeadcountError, match="memory limit") as told:
            account.export()
        assert told.value.code == "memory_short"
