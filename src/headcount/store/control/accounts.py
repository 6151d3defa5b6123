"""The accounts in the control plane."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, Select, select
from sqlalchemy.dialects.sqlite import insert

from headcount.accounts import Account
from headcount.errors import WrongCall
from headcount.store.control.engine import snapshot, transaction
from headcount.store.control.models import AccountRow


class SqlAccounts:
    """The accounts port over a control engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ensure(self, account: Account) -> None:
        """Make the account where there is none of that id; one that exists stays as it is."""
        with transaction(self._engine) as connection:
            add_account(connection, account)

    def get(self, account_id: str) -> Account:
        """The account. Raises WrongCall `account_unknown`."""
        found = self._accounts(_ACCOUNTS.where(AccountRow.id == account_id))
        if not found:
            raise WrongCall("account_unknown", f"There is no account {account_id!r}.")
        return found[0]

    def list(self) -> Sequence[Account]:
        """All accounts by their ids."""
        return self._accounts(_ACCOUNTS.order_by(AccountRow.id))

    def _accounts(self, statement: Select[str, str, str]) -> Sequence[Account]:
        with snapshot(self._engine) as connection:
            return [Account(*row) for row in connection.execute(statement)]


_ACCOUNTS = select(AccountRow.id, AccountRow.name, AccountRow.time_zone)


def ensure_account(engine: Engine, account_id: str, time_zone: str) -> None:
    """Make the account, named by its id, where there is none."""
    SqlAccounts(engine).ensure(Account(account_id, account_id, time_zone))


def add_account(connection: Connection, account: Account) -> None:
    """Make the account inside the connection's transaction, where there is none."""
    statement = insert(AccountRow).values(id=account.id, name=account.name, time_zone=account.time_zone)
    connection.execute(statement.on_conflict_do_nothing())
