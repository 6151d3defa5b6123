"""The uploads of an account as documents: what each is called, where it stands, what it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headcount.profiles.properties import IDENTITY
from headcount.uploads.mapping import Request
from headcount.uploads.owner import is_alive
from headcount.uploads.plan import Plan
from headcount.uploads.requests import request_from_json
from headcount.uploads.rules import Rules
from headcount.uploads.undoing import undo_until
from headcount.uploads.upload import EVERY, Status, UploadRecord, UploadRecords, Wanted, is_interrupted

#: What a document says of an upload that has not got so far.
NOTHING_YET: Mapping[str, Any] = {
    "ledger": None,
    "columns": [],
    "problems": [],
    "questions": [],
    "held": [],
    "rejects_file": None,
    "seconds": None,
    "rows_per_second": None,
}

#: Of a report, what is not for the document: a job that goes on, the answers before these, what the file is.
_INNER = frozenset({"reversal", "before", "inspection", "notices"})


@dataclass(frozen=True, slots=True)
class History:
    """Reads the records of the uploads of one account."""

    records: UploadRecords
    rules: Rules

    def show(self, upload_id: str) -> dict[str, Any]:
        """The public document of one upload, by its id or the beginning of it. Raises WrongCall."""
        return document(self.records.get(self.rules.account, upload_id), self.rules)

    def described(self, record: UploadRecord) -> dict[str, Any]:
        """The upload object."""
        return described(record, self.rules)

    def list(self, limit: int = 100, wanted: Wanted = EVERY) -> list[dict[str, Any]]:
        """The newest of the uploads that are wanted as upload objects, newest first."""
        return [described(record, self.rules) for record in self.records.list(self.rules.account, limit, wanted)]

    def rejects(self, upload_id: str) -> Path | None:
        """The rejects file of an upload, where it has one. Raises WrongCall."""
        record = self.records.get(self.rules.account, upload_id)
        path = self.rules.folder / record.id / "rejects" / "rejects.csv"
        return path if path.exists() else None

    def request(self, upload_id: str) -> Request:
        """The mapping as it was asked for. Raises WrongCall."""
        return request_from_json(self.records.get(self.rules.account, upload_id).request)

    def running(self) -> dict[str, frozenset[str] | None]:
        """By the ids of uploads that are worked on what each sets: properties, consent columns, `identity`; None while nobody knows."""
        return {record.id: _names(record) for record in self.records.working(self.rules.account)}

    def busy_with(self, name: str) -> str | None:
        """The id of an upload that is worked on and sets the property, or may: nobody knows while it is read."""
        working = (record for record in self.records.working(self.rules.account) if record.status is not Status.RECEIVING)
        return next((record.id for record in working if (sets := _names(record)) is None or name in sets), None)

    def number(self, upload_id: str) -> int | None:
        """The number that names an upload inside the store. Raises WrongCall."""
        return self.records.get(self.rules.account, upload_id).number

    def ids(self) -> dict[int, str]:
        """The ids of the uploads by their numbers."""
        return dict(self.records.ids(self.rules.account))


def _names(record: UploadRecord) -> frozenset[str] | None:
    if record.plan is None:
        return None
    plan = Plan.from_json(record.plan)
    return frozenset({IDENTITY, *(name for name, _ in plan.properties), *(channel.header for channel in plan.consent)})


def repeated(before: Iterable[UploadRecord], plan: Plan) -> tuple[int, ...]:
    """The numbers of those uploads of the same bytes with the same mapping that were read as `plan` reads them."""
    return tuple(record.number for record in before if (record.plan or {}).get("version") == plan.version)


def described(record: UploadRecord, rules: Rules) -> dict[str, Any]:
    """The upload object: what an upload is called and where it stands."""
    ledger, until = (record.report or {}).get("ledger") or {}, undo_until(record, rules)
    return {
        "id": record.id,
        "name": record.name,
        "status": "interrupted" if is_interrupted(record, is_alive) else record.status.value,
        "door": record.door,
        "review": record.review,
        "by": record.actor or None,
        "duplicate_of": record.duplicate_of,
        "file_name": record.file_name,
        "size_bytes": record.size_bytes,
        "created_at": record.created_at.isoformat(),
        "finished_at": record.finished_at.isoformat() if record.finished_at else None,
        "undo_until": until.isoformat() if until else None,
        "rows": ledger.get("rows"),
        # Of a check the numbers say what would be.
        "processed": ledger["rows"] - ledger["rejected"] if ledger and record.finished_at else None,
        "rejected": ledger.get("rejected"),
        "error": record.error,
    }


def document(record: UploadRecord, rules: Rules) -> dict[str, Any]:
    """The public document of an upload."""
    known = {key: value for key, value in (record.report or {}).items() if key not in _INNER}
    return {"upload": described(record, rules), **NOTHING_YET, **known}
