from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from tests.uploads.account import Account, ledger

from headcount.uploads.mapping import ColumnRequest, Request
from headcount.uploads.masking import masked
from headcount.uploads.owner import Owner
from headcount.uploads.upload import NEXT, Status, UploadRecord, is_interrupted, new_upload_id
from headcount.values.types import Type

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def record(status: Status, owner: Owner | None) -> UploadRecord:
    return UploadRecord(
        id="u1",
        number=1,
        account_id="acme",
        name="Spring",
        file_name="spring.csv",
        door="cli",
        actor="ann",
        status=status,
        created_at=NOW,
        updated_at=NOW,
        turn_at=NOW,
        finished_at=None,
        sha256=None,
        size_bytes=None,
        source_path=None,
        request={},
        plan=None,
        mapping_hash=None,
        duplicate_of=None,
        report=None,
        owner_pid=owner.pid if owner else None,
        owner_started=owner.started if owner else None,
        heartbeat_at=None,
        error=None,
    )


def test_ids_sort_by_time() -> None:
    first = new_upload_id()
    time.sleep(0.002)
    assert first < new_upload_id()


def test_an_id_is_short_and_plain() -> None:
    assert len(new_upload_id()) == 18
    assert new_upload_id().isalnum()


def test_every_status_can_be_reached() -> None:
    assert {Status.RECEIVING}.union(*NEXT.values()) == set(Status) == set(NEXT)


@pytest.mark.parametrize(
    ("status", "owner", "alive", "interrupted"),
    [
        (Status.PROCESSING, Owner(7, "boot 1"), False, True),
        (Status.PROCESSING, Owner(7, "boot 1"), True, False),
        (Status.RECEIVING, None, True, True),
        (Status.READY, Owner(7, "boot 1"), False, False),
        (Status.COMPLETED, None, False, False),
    ],
)
def test_an_upload_is_interrupted_when_nobody_works_on_it(status: Status, owner: Owner | None, alive: bool, interrupted: bool) -> None:
    assert is_interrupted(record(status, owner), lambda _: alive) is interrupted


def test_a_list_of_nothing_says_as_little_as_a_blank_cell(account: Account) -> None:
    account.send("identity,tags\n1,x\n", Request(columns={"tags": ColumnRequest(type=Type.LIST)}))
    document = account.send('identity,tags\n1,[]\n2," [null, null] "\n3,[\n', name="more.csv")
    assert ledger(document) == {"rows": 3, "unchanged": 1, "created": 2}
    assert [account.values(each) for each in "123"] == [{"tags": ["x"]}, {}, {"tags": ["["]}]


@pytest.mark.parametrize("cell", ["secret {detail} street", "{value}", "a", "secret" * 30])
def test_nothing_of_a_cell_is_filled_in_and_all_of_it_is_covered(account: Account, cell: str) -> None:
    account.send("identity,num\n1,5\n")
    document = account.send(f"identity,num\n1,{cell}\n", name="more.csv")
    (problem,) = (each for each in document["problems"] if each["code"] == "number_invalid")
    assert problem["advice"] == f"num: “{cell[:80]}” is not a number this property can hold. Write digits, with a point before decimals."
    (hidden,) = (each for each in masked(document)["problems"] if each["code"] == "number_invalid")
    assert hidden["advice"] == "num: “•••” is not a number this property can hold. Write digits, with a point before decimals."


def test_a_property_may_be_called_like_a_channel(account: Account) -> None:
    document = account.send("identity,email,MSG-email\n1,a@example.com,false\n")
    assert (document["upload"]["status"], [c["property"] for c in document["columns"]]) == ("completed", ["identity", "email", "MSG-email"])
