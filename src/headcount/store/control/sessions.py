"""Sessions in the control plane. A public method is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Delete, Engine, and_, delete, insert, or_, select, update

from headcount.audit import Entry
from headcount.auth.sessions import IDLE, LONGEST, Session
from headcount.auth.users import Member
from headcount.store.control.audit import append
from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import MemberRow, SessionRow, UserRow
from headcount.store.control.users import MEMBER, USER, member_of

# Named, because a user has an id as well.
_SESSION = tuple(column.label(f"session_{column.key}") for column in SessionRow.__table__.columns)


class SqlSessions:
    """The sessions' port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, session: Session, entry: Entry) -> None:
        """Keep a new session with its entry of the audit log, and forget those that ended by themselves."""
        ended = or_(SessionRow.created_at <= session.created_at - LONGEST, SessionRow.seen_at <= session.created_at - IDLE)
        with transaction(self._engine) as connection:
            connection.execute(delete(SessionRow).where(ended))
            connection.execute(insert(SessionRow).values(**asdict(session)))
            append(connection, entry)

    def find(self, token_hash: str) -> tuple[Session, Member] | None:
        """The session with the token of that hash, and who signed in."""
        member = and_(MemberRow.account_id == SessionRow.account_id, MemberRow.user_id == SessionRow.user_id)
        joined = select(*_SESSION, *USER, *MEMBER).join_from(SessionRow, MemberRow, member).join(UserRow, UserRow.id == MemberRow.user_id)
        with snapshot(self._engine) as connection:
            row = connection.execute(joined.where(SessionRow.token_hash == token_hash)).mappings().first()
        if row is None:
            return None
        return Session(**{column.name.removeprefix("session_"): row[column.name] for column in _SESSION}), member_of(row)

    def of_user(self, user_id: str) -> Sequence[Session]:
        """The sessions of the user in all accounts, newest first."""
        statement = select(SessionRow).where(SessionRow.user_id == user_id).order_by(SessionRow.created_at.desc(), SessionRow.id)
        with snapshot(self._engine) as connection:
            return [Session(**row) for row in connection.execute(statement).mappings()]

    def note_use(self, session_id: str, at: datetime) -> None:
        """Say that it was used."""
        with transaction(self._engine) as connection:
            connection.execute(update(SessionRow).where(SessionRow.id == session_id).values(seen_at=at))

    def end(self, user_id: str, session_id: str) -> bool:
        """Forget the session; False where the user has no such."""
        return self._forget(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.id == session_id)) == 1

    def end_all(self, user_id: str) -> None:
        """Forget all sessions of the user."""
        self._forget(delete(SessionRow).where(SessionRow.user_id == user_id))

    def _forget(self, statement: Delete) -> int:
        with transaction(self._engine) as connection:
            return connection.execute(statement).rowcount
