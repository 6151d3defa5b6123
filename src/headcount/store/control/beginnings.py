"""The first account, administrator and passcode in the control plane."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, select

from headcount.accounts import Account
from headcount.audit import Entry
from headcount.auth.passcodes import Passcode
from headcount.auth.users import Member
from headcount.store.control.accounts import add_account
from headcount.store.control.engine import transaction
from headcount.store.control.models import UserRow
from headcount.store.control.passcodes import add_passcode
from headcount.store.control.users import add_member, add_user


class SqlBeginnings:
    """The port of the first start over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def is_first(self) -> bool:
        """Whether there is no user in any account yet."""
        with transaction(self._engine) as connection:
            return _is_first(connection)

    def make(self, account: Account, admin: Member, passcode: Passcode, entries: tuple[Entry, Entry]) -> bool:
        """Keep all of it, the account where there is none of that id; or keep nothing and give False, where there is a user."""
        with transaction(self._engine) as connection:
            if not _is_first(connection):
                return False
            add_account(connection, account)
            add_user(connection, admin.user)
            add_member(connection, admin, entries[0])
            add_passcode(connection, passcode, entries[1])
        return True


def _is_first(connection: Connection) -> bool:
    return connection.execute(select(UserRow.id).limit(1)).first() is None
