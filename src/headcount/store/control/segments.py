"""Saved segments in the control plane. A public method is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from headcount.errors import WrongCall
from headcount.segments.saved import SavedSegment, folded, no_segment
from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import SegmentRow


class SqlSegments:
    """The port of saved segments over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self, account_id: str) -> Sequence[SavedSegment]:
        """See SegmentRecords."""
        asked = select(SegmentRow).where(SegmentRow.account_id == account_id).order_by(SegmentRow.folded_name)
        with snapshot(self._engine) as connection:
            rows = connection.execute(asked).mappings().all()
        return [SavedSegment(**{str(key): value for key, value in row.items() if key != "folded_name"}) for row in rows]

    def add(self, segment: SavedSegment) -> None:
        """See SegmentRecords."""
        try:
            with transaction(self._engine) as connection:
                connection.execute(insert(SegmentRow).values(**_fields(segment)))
        except IntegrityError:
            raise _taken(segment) from None

    def change(self, segments: Sequence[SavedSegment]) -> None:
        """See SegmentRecords."""
        with transaction(self._engine) as connection:
            for each in segments:
                its = (SegmentRow.account_id == each.account_id, SegmentRow.id == each.id)
                try:
                    found = connection.execute(update(SegmentRow).where(*its).values(**_fields(each)))
                except IntegrityError:
                    raise _taken(each) from None
                _assert_there(found.rowcount, each.id)

    def delete(self, account_id: str, segment_id: str) -> None:
        """See SegmentRecords."""
        its = (SegmentRow.account_id == account_id, SegmentRow.id == segment_id)
        with transaction(self._engine) as connection:
            _assert_there(connection.execute(delete(SegmentRow).where(*its)).rowcount, segment_id)


def _fields(segment: SavedSegment) -> dict[str, Any]:
    return {**asdict(segment), "folded_name": folded(segment.name)}


def _taken(segment: SavedSegment) -> WrongCall:
    return WrongCall("segment_exists", f"There is a segment called “{segment.name}” already.", "Choose another name, or change that one.")


def _assert_there(rows: int, segment_id: str) -> None:
    if not rows:
        raise no_segment(segment_id)
