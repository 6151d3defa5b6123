"""Users and members in the control plane. A public method is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Unpack

from sqlalchemy import Connection, Engine, Select, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from headcount.audit import Entry
from headcount.auth.users import Member, MemberChanges, User
from headcount.store.control.audit import append
from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import MemberRow, SessionRow, UserRow

#: The columns of a user, and beside them those of a member.
USER = (UserRow.id, UserRow.email, UserRow.name, UserRow.password_hash, UserRow.created_at)
MEMBER = (MemberRow.account_id, MemberRow.role, MemberRow.may_see_personal_data, MemberRow.disabled)


class SqlUsers:
    """The users' port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_email(self, email: str) -> User | None:
        """The user with the folded address."""
        with snapshot(self._engine) as connection:
            row = connection.execute(select(*USER).where(UserRow.email == email)).mappings().first()
            return User(**row) if row else None

    def memberships(self, user_id: str) -> Sequence[Member]:
        """What the user is in each account, disabled ones too, by the accounts' ids."""
        return self._members(_members().where(UserRow.id == user_id).order_by(MemberRow.account_id))

    def members(self, account_id: str) -> Sequence[Member]:
        """The members of the account, disabled ones too, by e-mail address."""
        return self._members(_members().where(MemberRow.account_id == account_id).order_by(UserRow.email))

    def add(self, member: Member, entry: Entry) -> bool:
        """Keep a new user as a member; False where one with the address exists."""
        with transaction(self._engine) as connection:
            return add_user(connection, member.user) and add_member(connection, member, entry)

    def admit(self, member: Member, entry: Entry) -> bool:
        """Make a user who exists a member; False where they are one already."""
        with transaction(self._engine) as connection:
            return add_member(connection, member, entry)

    def change(self, account_id: str, user_id: str, entry: Entry, **fields: Unpack[MemberChanges]) -> Member | None:
        """Set fields, and end the sessions in the account of one that is disabled.

        None where there is no such member, or where it was the last administrator who could sign in.
        """
        with transaction(self._engine) as connection:
            before = _member(connection, account_id, user_id)
            after = before and replace(before, **fields)
            if before is None or after is None or _was_the_last(connection, before, after):
                return None
            _set(connection, after)
            append(connection, entry)
        return after

    def set_password(self, user_id: str, password_hash: str, entry: Entry) -> None:
        """Keep another password, and end all sessions of the user, in every account."""
        with transaction(self._engine) as connection:
            connection.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))
            connection.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
            append(connection, entry)

    def rehash(self, user: User, password_hash: str) -> None:
        """Keep another hash of the same password, unless the password has been changed since the user was read."""
        same = update(UserRow).where(UserRow.id == user.id, UserRow.password_hash == user.password_hash)
        with transaction(self._engine) as connection:
            connection.execute(same.values(password_hash=password_hash))

    def _members(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Member]:
        with snapshot(self._engine) as connection:
            return [member_of(row) for row in connection.execute(statement).mappings()]


def member_of(row: Mapping[Any, Any]) -> Member:
    """The member of a row that has the columns of both."""
    user = User(**{column.key: row[column.key] for column in USER})
    return Member(user=user, **{column.key: row[column.key] for column in MEMBER})


def add_user(connection: Connection, user: User) -> bool:
    """Keep the user inside the connection's transaction; False where one with the address exists."""
    return connection.execute(insert(UserRow).values(**asdict(user)).on_conflict_do_nothing()).rowcount == 1


def add_member(connection: Connection, member: Member, entry: Entry) -> bool:
    """Keep the member inside the connection's transaction; False where they are one already."""
    statement = insert(MemberRow).values(account_id=member.account_id, user_id=member.user.id, **_changeable(member))
    if connection.execute(statement.on_conflict_do_nothing()).rowcount != 1:
        return False
    append(connection, entry)
    return True


def _members() -> Select[*tuple[Any, ...]]:
    return select(*USER, *MEMBER).join_from(MemberRow, UserRow, MemberRow.user_id == UserRow.id)


def _changeable(member: Member) -> dict[str, Any]:
    return {"role": member.role, "may_see_personal_data": member.may_see_personal_data, "disabled": member.disabled}


def _member(connection: Connection, account_id: str, user_id: str) -> Member | None:
    statement = _members().where(MemberRow.account_id == account_id, MemberRow.user_id == user_id)
    row = connection.execute(statement).mappings().first()
    return member_of(row) if row else None


def _was_the_last(connection: Connection, before: Member, after: Member) -> bool:
    """Whether the account loses its last administrator."""
    if not before.is_admin or after.is_admin:
        return False
    rows = connection.execute(_members().where(MemberRow.account_id == before.account_id)).mappings()
    return sum(member_of(row).is_admin for row in rows) == 1


def _set(connection: Connection, member: Member) -> None:
    its = (MemberRow.account_id == member.account_id, MemberRow.user_id == member.user.id)
    connection.execute(update(MemberRow).where(*its).values(**_changeable(member)))
    if member.disabled:
        connection.execute(delete(SessionRow).where(SessionRow.account_id == member.account_id, SessionRow.user_id == member.user.id))
