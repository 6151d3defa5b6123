from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from headcount.audit import Entry
from headcount.store.control.accounts import ensure_account
from headcount.store.control.audit import SqlAuditLog

ENTRY = Entry(
    at=datetime(2026, 3, 1, 9, tzinfo=UTC),
    account_id="acme",
    who="u1",
    who_name="ann@acme.example",
    action="upload.undo",
    object="u7",
    details={"rows": 3, "kept": True},
    door="dashboard",
)


def test_an_entry_is_kept_and_numbered(engine: Engine) -> None:
    SqlAuditLog(engine).add(ENTRY)
    assert SqlAuditLog(engine).list("acme", 10) == [replace(ENTRY, number=1)]


def test_entries_are_listed_page_by_page_newest_first(engine: Engine) -> None:
    log = SqlAuditLog(engine)
    for number in range(5):
        log.add(replace(ENTRY, object=str(number)))
    first = log.list("acme", 2)
    second = log.list("acme", 2, before=first[-1].number)
    last = log.list("acme", 2, before=second[-1].number)
    assert [[entry.object for entry in page] for page in (first, second, last)] == [["4", "3"], ["2", "1"], ["0"]]


def test_an_account_reads_its_own_entries(engine: Engine) -> None:
    ensure_account(engine, "other", "UTC")
    SqlAuditLog(engine).add(ENTRY)
    assert SqlAuditLog(engine).list("other", 10) == []


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET who = 'nobody'", "DELETE FROM audit_entry"])
def test_nobody_changes_what_is_written(engine: Engine, change: str) -> None:
    SqlAuditLog(engine).add(ENTRY)
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change))
    assert SqlAuditLog(engine).list("acme", 10) == [replace(ENTRY, number=1)]
