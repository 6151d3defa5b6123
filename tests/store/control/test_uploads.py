from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import Engine

from headcount.errors import WrongCall
from headcount.store.control.accounts import ensure_account
from headcount.store.control.uploads import SqlUploads
from headcount.uploads.owner import Owner
from headcount.uploads.upload import Status, UploadRecord, UploadRecords

ME = Owner(7, "boot 100")
OTHER = Owner(8, "boot 200")


def new(uploads: UploadRecords, account: str = "acme", owner: Owner | None = None) -> UploadRecord:
    return uploads.create(account, name="Spring", file_name="spring.csv", door="cli", owner=owner)


def complete(uploads: UploadRecords, record: UploadRecord) -> None:
    road = [Status.RECEIVING, Status.INSPECTING, Status.READY, Status.PROCESSING, Status.COMPLETED]
    for from_, to in pairwise(road):
        assert uploads.advance(record.id, from_, to)


def test_a_new_upload_is_kept(uploads: SqlUploads) -> None:
    record = uploads.create(
        "acme",
        name="Spring",
        file_name="spring.csv",
        door="cli",
        owner=ME,
        source_path="spring.csv",
        request={"match": "email"},
    )
    assert record.status is Status.RECEIVING
    assert record.number == 1
    assert record.owner == ME
    assert abs(datetime.now(UTC) - record.created_at).total_seconds() < 10
    assert uploads.get("acme", record.id) == record


def test_an_upload_on_which_nobody_works_has_no_owner(uploads: SqlUploads) -> None:
    record = new(uploads, owner=ME)
    uploads.advance(record.id, Status.RECEIVING, Status.INSPECTING)
    assert uploads.get("acme", record.id).owner == ME
    uploads.advance(record.id, Status.INSPECTING, Status.READY)
    assert uploads.get("acme", record.id).owner is None


def test_numbers_count_per_account(engine: Engine, uploads: SqlUploads) -> None:
    ensure_account(engine, "other", "UTC")
    assert [new(uploads, account).number for account in ("acme", "acme", "other")] == [1, 2, 1]


def test_numbers_are_unique_when_many_create_at_once(uploads: SqlUploads) -> None:
    with ThreadPoolExecutor(4) as pool:
        records = pool.map(lambda _: new(uploads), range(20))
    assert sorted(record.number for record in records) == list(range(1, 21))


def test_an_upload_is_found_by_the_beginning_of_its_id(uploads: SqlUploads) -> None:
    record = new(uploads)
    assert uploads.get("acme", record.id[:6]).id == record.id


@pytest.mark.parametrize("wrong", ["", "nothing", "%", "_", "u%"])
def test_an_unknown_upload_is_a_wrong_call(uploads: SqlUploads, wrong: str) -> None:
    new(uploads)
    with pytest.raises(WrongCall) as caught:
        uploads.get("acme", wrong)
    assert caught.value.code == "upload_unknown"


def test_a_beginning_shared_by_two_uploads_is_a_wrong_call(uploads: SqlUploads) -> None:
    new(uploads)
    new(uploads)
    with pytest.raises(WrongCall) as caught:
        uploads.get("acme", "u")
    assert caught.value.code == "upload_ambiguous"


def test_an_account_does_not_see_the_uploads_of_another(engine: Engine, uploads: SqlUploads) -> None:
    ensure_account(engine, "other", "UTC")
    record = new(uploads)
    assert uploads.list("other", 10) == []
    assert uploads.working("other") == []
    with pytest.raises(WrongCall):
        uploads.get("other", record.id)


def test_the_newest_uploads_are_listed_first(uploads: SqlUploads) -> None:
    _, second, third = new(uploads), new(uploads), new(uploads)
    assert [record.id for record in uploads.list("acme", 2)] == [third.id, second.id]


def test_uploads_under_work_are_listed_in_the_order_they_were_accepted(uploads: SqlUploads) -> None:
    first, done, last = new(uploads), new(uploads), new(uploads)
    complete(uploads, done)
    assert [record.id for record in uploads.working("acme")] == [first.id, last.id]


def test_what_is_put_in_line_again_is_behind_the_others(uploads: SqlUploads) -> None:
    first, last = new(uploads), new(uploads)
    assert uploads.advance(first.id, Status.RECEIVING, Status.INSPECTING, in_line=True)
    assert [record.id for record in uploads.working("acme")] == [last.id, first.id]
    assert uploads.advance(last.id, Status.RECEIVING, Status.INSPECTING)
    assert [record.id for record in uploads.working("acme")] == [last.id, first.id]


def test_fields_change_and_the_others_stay(uploads: SqlUploads) -> None:
    record = new(uploads)
    changed = uploads.change(record.id, sha256="ab", size_bytes=5_000_000_000, report={"ledger": {"rows": 7}})
    assert (changed.sha256, changed.size_bytes) == ("ab", 5_000_000_000)
    assert changed.report == {"ledger": {"rows": 7}}
    assert changed.name == record.name
    assert changed.updated_at > record.updated_at


def test_a_document_can_be_taken_back(uploads: SqlUploads) -> None:
    record = new(uploads)
    uploads.change(record.id, plan={"columns": []})
    assert uploads.change(record.id, plan=None).plan is None


def test_a_status_is_left_only_once(uploads: SqlUploads) -> None:
    record = new(uploads)
    assert uploads.advance(record.id, Status.RECEIVING, Status.INSPECTING, sha256="ab")
    assert not uploads.advance(record.id, Status.RECEIVING, Status.CANCELLED, sha256="cd")
    after = uploads.get("acme", record.id)
    assert (after.status, after.sha256, after.finished_at) == (Status.INSPECTING, "ab", None)


def test_a_step_that_does_not_exist_is_refused(uploads: SqlUploads) -> None:
    with pytest.raises(ValueError, match="from receiving to completed"):
        uploads.advance(new(uploads).id, Status.RECEIVING, Status.COMPLETED)


def test_undo_keeps_the_time_of_the_end(uploads: SqlUploads) -> None:
    record = new(uploads)
    complete(uploads, record)
    finished = uploads.get("acme", record.id).finished_at
    assert finished is not None
    for before, after in pairwise((Status.COMPLETED, Status.UNDOING, Status.UNDONE, Status.REDOING, Status.COMPLETED)):
        assert uploads.advance(record.id, before, after)
        assert uploads.get("acme", record.id).finished_at == finished


def test_the_completed_uploads_of_the_same_file_and_mapping_are_found(uploads: SqlUploads) -> None:
    first, second, third = new(uploads), new(uploads), new(uploads)
    for record, mapping in ((first, "m1"), (second, "m1"), (third, "m2")):
        uploads.change(record.id, sha256="ab", mapping_hash=mapping)
        complete(uploads, record)
    found = uploads.completed("acme", "ab", "m1")
    assert [record.id for record in found] == [second.id, first.id]


def test_an_unfinished_upload_of_the_same_file_is_not_found(uploads: SqlUploads) -> None:
    uploads.change(new(uploads).id, sha256="ab", mapping_hash="m1")
    assert uploads.completed("acme", "ab", "m1") == []


def test_an_upload_without_an_owner_is_claimed_by_one(uploads: SqlUploads) -> None:
    record = new(uploads)
    assert uploads.claim(record.id, ME, instead_of=None)
    assert not uploads.claim(record.id, OTHER, instead_of=None)
    assert uploads.get("acme", record.id).owner == ME


def test_a_dead_owner_is_replaced_by_one(uploads: SqlUploads) -> None:
    record = new(uploads, owner=Owner(7, "boot 1"))
    assert uploads.claim(record.id, ME, instead_of=record.owner)
    assert not uploads.claim(record.id, OTHER, instead_of=record.owner)


def test_only_the_owner_beats_and_releases(uploads: SqlUploads) -> None:
    record = new(uploads, owner=ME)
    assert not uploads.heartbeat(record.id, OTHER)
    assert not uploads.release(record.id, OTHER)
    assert uploads.heartbeat(record.id, ME)
    assert uploads.release(record.id, ME)
    assert uploads.get("acme", record.id).owner is None
