"""Upload records in the control plane. A public method is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias, Unpack

from sqlalchemy import Connection, Engine, Insert, ScalarSelect, Select, Update, exists, func, insert, select, update
from sqlalchemy.exc import OperationalError

from headcount.errors import HeadcountError, WrongCall
from headcount.store.control.engine import snapshot
from headcount.store.control.models import UploadRow, now
from headcount.uploads.owner import Owner
from headcount.uploads.upload import (
    ENDED,
    EVERY,
    NEXT,
    WORKING,
    Document,
    Status,
    UploadChanges,
    UploadRecord,
    Wanted,
    new_upload_id,
)

# A statement that gives upload rows.
_Rows: TypeAlias = Select[UploadRow] | Insert | Update


class SqlUploads:
    """The uploads port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            advice = f"Free some disk space, then go on with `headcount uploads resume`. ({error.orig})"
            raise HeadcountError("data_not_written", "The control file could not be written.", advice) from error

    def create(  # noqa: PLR0913 - the facts every upload begins with
        self,
        account_id: str,
        *,
        name: str,
        file_name: str,
        door: str,
        actor: str = "",
        owner: Owner | None = None,
        source_path: str | None = None,
        request: Document | None = None,
        review: bool = False,
    ) -> UploadRecord:
        """A new upload in `receiving`, with the next number of its account."""
        statement = insert(UploadRow).values(
            id=new_upload_id(),
            number=_next_number(account_id),
            account_id=account_id,
            name=name,
            file_name=file_name,
            door=door,
            actor=actor,
            status=Status.RECEIVING,
            source_path=source_path,
            request=request or {},
            review=review,
            **_owned_by(owner),
        )
        return self._records(statement.returning(UploadRow))[0]

    def get(self, account_id: str, upload_id: str) -> UploadRecord:
        """One upload by its id or the beginning of it. Raises WrongCall `upload_unknown`, `upload_ambiguous`."""
        statement = _of_account(account_id).where(UploadRow.id.startswith(upload_id, autoescape=True)).limit(2)
        found = self._records(statement) if upload_id else []
        if not found:
            raise WrongCall("upload_unknown", f"There is no upload {upload_id!r}.", "`headcount uploads list` shows all.")
        if len(found) > 1:
            raise WrongCall("upload_ambiguous", f"More than one upload begins with {upload_id!r}.", "Give more of its id.")
        return found[0]

    def list(self, account_id: str, limit: int, wanted: Wanted = EVERY) -> Sequence[UploadRecord]:
        """The newest `limit` uploads of those wanted, newest first."""
        return self._records(_wanted(account_id, wanted).order_by(UploadRow.number.desc()).limit(limit))

    def ids(self, account_id: str) -> Mapping[int, str]:
        """The ids of all uploads by their numbers."""
        asked = select(UploadRow.number, UploadRow.id).where(UploadRow.account_id == account_id)
        with snapshot(self._engine) as connection:
            return dict(list(connection.execute(asked)))

    def working(self, account_id: str) -> Sequence[UploadRecord]:
        """The uploads in a status in which a process works on them, in the order of their turns."""
        statement = _of_account(account_id).where(UploadRow.status.in_(WORKING))
        return self._records(statement.order_by(UploadRow.turn_at, UploadRow.number))

    def is_any_working(self, account_id: str) -> bool:
        """Whether there is one; asked with each group of live calls, so it reads none."""
        statement = select(exists().where(UploadRow.account_id == account_id, UploadRow.status.in_(WORKING)))
        with snapshot(self._engine) as connection:
            return bool(connection.execute(statement).scalar())

    def finished_before(self, account_id: str, moment: datetime) -> Collection[int]:
        """The numbers of the uploads that were finished before a moment."""
        numbers = select(UploadRow.number).where(UploadRow.account_id == account_id, UploadRow.finished_at < moment)
        with snapshot(self._engine) as connection:
            return connection.execute(numbers).scalars().all()

    def completed(self, account_id: str, sha256: str, mapping_hash: str) -> Sequence[UploadRecord]:
        """The completed uploads of the same bytes with the same mapping, the last one first."""
        statement = _of_account(account_id).where(
            UploadRow.sha256 == sha256,
            UploadRow.mapping_hash == mapping_hash,
            UploadRow.status == Status.COMPLETED,
        )
        return self._records(statement.order_by(UploadRow.number.desc()))

    def change(self, upload_id: str, **fields: Unpack[UploadChanges]) -> UploadRecord:
        """Set fields, whatever the status."""
        return self._records(_upload(upload_id).values(**fields).returning(UploadRow))[0]

    def advance(self, upload_id: str, from_: Status, to: Status, *, in_line: bool = False, **fields: Unpack[UploadChanges]) -> bool:
        """Go from one status to another and set fields with it, its turn where it is put in line; False where it was no longer `from_`."""
        if to not in NEXT[from_]:
            message = f"an upload does not go from {from_} to {to}"
            raise ValueError(message)
        statement = _upload(upload_id).where(UploadRow.status == from_).values(status=to, **fields)
        if to not in WORKING:
            statement = statement.values(**_owned_by(None))
        if to in ENDED:
            statement = statement.values(finished_at=func.coalesce(UploadRow.finished_at, now()))
        return self._one(statement, in_line=in_line)

    def claim(self, upload_id: str, owner: Owner, *, instead_of: Owner | None) -> bool:
        """Make `owner` its owner; False where the owner was no longer `instead_of`, because another was faster."""
        return self._one(_upload_of(upload_id, instead_of).values(**_owned_by(owner)))

    def heartbeat(self, upload_id: str, owner: Owner) -> bool:
        """Say that `owner` still works on it; False where it is no longer the owner."""
        return self._one(_upload_of(upload_id, owner).values(heartbeat_at=now()))

    def release(self, upload_id: str, owner: Owner) -> bool:
        """Give it up; False where `owner` was not the owner."""
        return self._one(_upload_of(upload_id, owner).values(**_owned_by(None)))

    def _records(self, statement: _Rows) -> Sequence[UploadRecord]:
        with self._transaction() as connection:
            return [UploadRecord(**row) for row in connection.execute(statement).mappings()]

    def _one(self, statement: Update, *, in_line: bool = False) -> bool:
        with self._transaction() as connection:
            # Not before: others may have got in line while this one waited to write.
            return connection.execute(statement.values(turn_at=now()) if in_line else statement).rowcount == 1


def _of_account(account_id: str) -> Select[UploadRow]:
    return select(UploadRow).where(UploadRow.account_id == account_id)


def _wanted(account_id: str, wanted: Wanted) -> Select[UploadRow]:
    statement = _of_account(account_id)
    if wanted.statuses:
        statement = statement.where(UploadRow.status.in_(wanted.statuses))
    if wanted.since:
        statement = statement.where(UploadRow.created_at >= wanted.since)
    return statement.where(UploadRow.created_at < wanted.before) if wanted.before else statement


def _next_number(account_id: str) -> ScalarSelect[int]:
    largest = func.coalesce(func.max(UploadRow.number), 0)
    return select(largest + 1).where(UploadRow.account_id == account_id).scalar_subquery()


def _upload(upload_id: str) -> Update:
    return update(UploadRow).where(UploadRow.id == upload_id)


def _upload_of(upload_id: str, owner: Owner | None) -> Update:
    pid, started = (owner.pid, owner.started) if owner else (None, None)
    return _upload(upload_id).where(UploadRow.owner_pid.is_not_distinct_from(pid), UploadRow.owner_started.is_not_distinct_from(started))


def _owned_by(owner: Owner | None) -> dict[str, object]:
    if owner is None:
        return {"owner_pid": None, "owner_started": None, "heartbeat_at": None}
    return {"owner_pid": owner.pid, "owner_started": owner.started, "heartbeat_at": now()}
