"""The only place that builds and wires: settings → engines → use cases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from headcount.audit import AuditLog
from headcount.auth.rights import Principal
from headcount.config import Settings
from headcount.errors import WrongCall
from headcount.people.desk import PeopleDesk
from headcount.store.control.accounts import ensure_account
from headcount.store.control.audit import SqlAuditLog
from headcount.store.control.engine import open_control
from headcount.store.control.uploads import SqlUploads
from headcount.store.duckdb.profiles import DuckDBProfiles, open_profiles
from headcount.uploads.checking import Checking
from headcount.uploads.history import History
from headcount.uploads.looking import Looking
from headcount.uploads.plan import Limits
from headcount.uploads.process import Uploads
from headcount.uploads.reading import Engine
from headcount.uploads.rules import Rules
from headcount.uploads.undoing import Undoing

#: Share of the memory that the engine which reads files gets; the store has the rest.
_READING_SHARE = 0.4
#: Seconds that a command waits for another process to be done with the data file.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Application:
    """The use cases of one account on one data directory."""

    settings: Settings
    uploads: Uploads
    history: History
    looking: Looking
    checking: Checking
    undoing: Undoing
    data_file: Path
    log: AuditLog
    patience: float = PATIENCE

    def store(self) -> AbstractContextManager[DuckDBProfiles]:
        """The profiles, for as long as the context lasts. No file is read beside it, so it gets all of the memory. Raises Busy."""
        return _open_store(self.settings, self.data_file, share=1.0)

    def people(self, by: Principal) -> PeopleDesk:
        """The people of the account, as somebody asks for them."""
        ids, number = self.history.ids, self.history.number
        return PeopleDesk(by, self.store, ids, number, self.settings.timezone, self.log, partial(datetime.now, UTC))


@contextmanager
def application(settings: Settings) -> Iterator[Application]:
    """The application on the data directory of the settings, made when it is missing."""
    _make_directory(settings.data)
    data_file = _data_file(settings)
    control = open_control(settings.data / "control.sqlite")
    try:
        ensure_account(control, settings.account, settings.timezone)
        records, rules = SqlUploads(control), _rules(settings)
        open_store = partial(_open_store, settings, data_file)
        looking = Looking(open_store, rules)
        undoing = Undoing(records, partial(open_store, share=1.0), rules)
        yield Application(
            settings,
            Uploads(records, open_store, undoing, rules),
            History(records, rules),
            looking,
            Checking(records, looking),
            undoing,
            data_file,
            SqlAuditLog(control),
        )
    finally:
        control.dispose()


@contextmanager
def onlooker(settings: Settings) -> Iterator[Application]:
    """The application for a command that stores nothing: on a directory that goes away again where the account has no data yet."""
    if _data_file(settings).exists():
        with application(settings) as app:
            yield app
        return
    with TemporaryDirectory(prefix="headcount-") as made, application(settings.model_copy(update={"data": Path(made)})) as app:
        yield app


def _data_file(settings: Settings) -> Path:
    return settings.data / "accounts" / f"{settings.account}.duckdb"


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"The data directory {path} cannot be made: {error.strerror}."
        raise WrongCall("data_directory", reason, "Name another with --data or HEADCOUNT_DATA.") from error


def _open_store(settings: Settings, data_file: Path, share: float = 1 - _READING_SHARE) -> AbstractContextManager[DuckDBProfiles]:
    memory = round(settings.memory_limit_mb * share)
    return open_profiles(data_file, memory_mb=memory, threads=_threads(settings), patience=PATIENCE)


def _threads(settings: Settings) -> int:
    return settings.threads or os.cpu_count() or 1


def _rules(settings: Settings) -> Rules:
    return Rules(
        account=settings.account,
        folder=settings.data.resolve() / "uploads",
        zone=settings.timezone,
        day_first=settings.day_first,
        file_limit=settings.file_limit_bytes,
        property_limit=settings.property_limit,
        limits=Limits(settings.value_limit, settings.list_limit),
        chunk_rows=settings.chunk_rows,
        engine=Engine(_threads(settings), round(settings.memory_limit_mb * _READING_SHARE)),
        keep_files=settings.keep_files,
        undo_days=settings.undo_days,
    )
