"""The only place that builds and wires: settings → engines → use cases."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy
import structlog

from headcount.accounts import Account
from headcount.audit import AuditLog
from headcount.auth.access import Access
from headcount.auth.first_start import Given, Made, first_start
from headcount.auth.passwords import Passwords
from headcount.auth.rights import Principal
from headcount.auth.sign_in import SignIn
from headcount.config import Settings
from headcount.desks import Desks
from headcount.errors import Busy, WrongCall
from headcount.house import House
from headcount.ingest.desk import LiveDesk
from headcount.ingest.journal import Journal
from headcount.ingest.queue import Ingest
from headcount.jobs import Worker
from headcount.people.counting import Counting, count_all
from headcount.profiles.uses import Uses
from headcount.segments.uses import SegmentUses
from headcount.store.control.accounts import SqlAccounts, ensure_account
from headcount.store.control.attempts import SqlAttempts
from headcount.store.control.audit import SqlAuditLog
from headcount.store.control.beginnings import SqlBeginnings
from headcount.store.control.cursors import SqlCursors
from headcount.store.control.deliveries import SqlDeliveries
from headcount.store.control.engine import compact, open_control
from headcount.store.control.mappings import SqlMappings
from headcount.store.control.passcodes import SqlPasscodes
from headcount.store.control.segments import SqlSegments
from headcount.store.control.sessions import SqlSessions
from headcount.store.control.uploads import SqlUploads
from headcount.store.control.users import SqlUsers
from headcount.store.duckdb.profiles import DuckDBProfiles, open_profiles
from headcount.store.duckdb.shared import SharedProfiles
from headcount.uploads.apart import ApartLooking
from headcount.uploads.checking import Checking
from headcount.uploads.desk import Desk, Means
from headcount.uploads.history import History
from headcount.uploads.looking import Looking
from headcount.uploads.plan import Limits
from headcount.uploads.process import Uploads
from headcount.uploads.reading import Engine
from headcount.uploads.rules import Rules
from headcount.uploads.scrubbing import Scrubbing
from headcount.uploads.turns import Turns
from headcount.uploads.undoing import Undoing
from headcount.uploads.uses import UploadUses

#: Share of the memory that the engine which reads files gets; the store has the rest.
_READING_SHARE = 0.4
#: Seconds that a command waits for another process to be done with the data file.
PATIENCE = 30.0
#: Seconds after which a server closes a data file that nobody uses, and between two looks for such, and for what is to be counted.
_IDLE, _ROUND = 300.0, 30.0
#: Seconds that a server waits, when it ends, for the chunk that is worked on.
_GRACE = 60.0


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
    desks: Desks

    def store(self) -> AbstractContextManager[DuckDBProfiles]:
        """The profiles, for as long as the context lasts. No file is read beside it, so it gets all of the memory. Raises Busy."""
        return _open_settled(self.settings, self.data_file, share=1.0)


@contextmanager
def _opened_control(settings: Settings) -> Iterator[sqlalchemy.Engine]:
    """The control file of the data directory, both made when they are missing."""
    make_directory(settings.data)
    control = open_control(settings.data / "control.sqlite")
    try:
        yield control
    finally:
        control.dispose()


@contextmanager
def application(settings: Settings) -> Iterator[Application]:
    """The application on the data directory of the settings, made when it is missing."""
    data_file = _data_file(settings)
    with _opened_control(settings) as control:
        ensure_account(control, settings.account, settings.timezone)
        records, saved, rules, log = SqlUploads(control), SqlSegments(control), _rules(settings), SqlAuditLog(control)
        open_store = partial(_open_settled, settings, data_file)
        whole = partial(open_store, share=1.0)
        looking = Looking(open_store, rules)
        undoing, history = Undoing(records, whole, rules), History(records, rules)
        uploads = Uploads(records, open_store, looking, undoing, rules)
        desks = Desks(
            open_store=whole,
            history=history,
            saved=saved,
            cursors=SqlCursors(control),
            deliveries=SqlDeliveries(control),
            scrubbing=Scrubbing(uploads, saved, partial(_renew, settings), partial(compact, control), settings.scrub_hours),
            refresh=partial(count_all, whole, _now),
            uses=_uses(control, settings.account),
            log=log,
            clock=_now,
        )
        yield Application(settings, uploads, history, looking, Checking(records, looking), undoing, data_file, log, desks)


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


def make_directory(path: Path) -> None:
    """The data directory, for nobody else on the machine. Raises WrongCall."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = f"The data directory {path} cannot be made: {error.strerror}."
        raise WrongCall("data_directory", reason, "Name another with --data or HEADCOUNT_DATA.") from error


def _open_store(settings: Settings, data_file: Path, share: float = 1 - _READING_SHARE) -> AbstractContextManager[DuckDBProfiles]:
    memory = round(settings.memory_limit_mb * share)
    return open_profiles(data_file, memory_mb=memory, threads=_threads(settings), patience=PATIENCE)


@contextmanager
def _open_settled(settings: Settings, data_file: Path, share: float = 1 - _READING_SHARE) -> Iterator[DuckDBProfiles]:
    """The store, with what a server that was ended had answered and not written yet."""
    open_store, journal = partial(_open_store, settings, data_file, share), _journal(data_file)
    if journal.is_there:
        ingest = Ingest(open_store, _rules(settings), lambda: False, journal)
        ingest.settle()
        ingest.stop(_GRACE)
    with open_store() as store:
        yield store


def _journal(data_file: Path) -> Journal:
    return Journal(data_file.with_suffix(".calls.sqlite"))


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


def _uses(control: sqlalchemy.Engine, account: str) -> Sequence[Uses]:
    """Everything that names properties of an account."""
    return UploadUses(SqlUploads(control), SqlMappings(control), account), SegmentUses(SqlSegments(control), account)


def _now() -> datetime:
    return datetime.now(UTC)


class _Accounts:
    """What a server has open of each account, made when it is first asked for."""

    def __init__(self, settings: Settings, control: sqlalchemy.Engine, wake: Callable[[str], None]) -> None:
        self._settings = settings
        self._control = control
        self._wake = wake
        self._accounts = SqlAccounts(control)
        self._guard = threading.Lock()
        self._means: dict[str, Means] = {}
        self._desks: dict[str, Desks] = {}
        self._stores: dict[str, SharedProfiles] = {}
        self._ingests: dict[str, Ingest] = {}
        #: When the next scrub of an account begins, where one has to.
        self._due: dict[str, datetime] = {}
        self._countings: dict[str, Counting] = {}

    def means(self, account_id: str) -> Means:
        """What its desk works with. Raises WrongCall `account_unknown`."""
        with self._guard:
            if account_id not in self._means:
                self._means[account_id] = self._made(self._accounts.get(account_id))
            return self._means[account_id]

    def desk(self, by: Principal) -> Desk:
        """The uploads of the principal's account."""
        return Desk(by, self.means(by.account_id))

    def desks(self, account_id: str) -> Desks:
        """The desks of an account. What is out of date of its properties is counted soon. Raises WrongCall `account_unknown`."""
        self.means(account_id)
        return self._desks[account_id]

    def live(self, by: Principal) -> LiveDesk:
        """The records that the principal sends."""
        self.means(by.account_id)
        return LiveDesk(by, self._ingests[by.account_id])

    def demand_room(self, account_id: str) -> None:
        """See House. Costs next to nothing, and asks nobody who it is that calls."""
        if account_id in self._ingests:
            self._ingests[account_id].demand_room()

    def stop(self, seconds: float) -> None:
        """Take no more live calls, and answer those in hand."""
        for ingest in list(self._ingests.values()):
            ingest.stop(seconds)

    def work(self, account_id: str, stopping: Callable[[], bool]) -> bool:
        """See Worker. Uploads come first; then traces are taken out, and properties are counted when nothing else waits."""
        turns, counting = self.means(account_id).turns, self._countings[account_id]
        if turns.next(stopping):
            counting.wanted = True
            return True
        self._scrub(account_id)
        return not stopping() and counting.next()

    def _scrub(self, account_id: str) -> None:
        """Scrub where it is due. Where somebody keeps a file, the next round tries it again."""
        try:
            due = self._desks[account_id].scrubbing.run_where_due(_now()).due
        except Busy:
            due = _now()
        self._due.pop(account_id, None)
        if due:
            self._due[account_id] = due

    def wake_due(self) -> None:
        """Wake the accounts with something to scrub."""
        now = _now()
        for account_id, due in list(self._due.items()):
            if due <= now:
                self._wake(account_id)

    def adopt(self) -> None:
        """Go on with what was interrupted, in every account."""
        for account in self._accounts.list():
            turns = self.means(account.id).turns
            self._ingests[account.id].settle()
            turns.adopt()

    def count_again(self) -> None:
        """Let what live calls wrote be counted where it is time for that."""
        for account_id, counting in list(self._countings.items()):
            if counting.wanted or self._stores[account_id].noted:
                self._count_soon(account_id)

    def _count_soon(self, account_id: str) -> None:
        self._countings[account_id].wanted = True
        self._wake(account_id)

    def close_idle(self, seconds: float) -> None:
        """Close the data files that nobody has used for so long."""
        for store in list(self._stores.values()):
            store.close_idle(seconds)

    def _made(self, account: Account) -> Means:
        settings = self._settings.model_copy(update={"account": account.id, "timezone": account.time_zone})
        records, rules, store = SqlUploads(self._control), _rules(settings), _shared(settings)
        ingest = Ingest(store.open, rules, partial(records.is_any_working, account.id), _journal(_data_file(settings)))
        open_store = partial(_settled, ingest, store)
        self._stores[account.id], self._ingests[account.id] = store, ingest
        self._countings[account.id] = Counting(store.open, _now)
        looking, undoing, history = ApartLooking(open_store, rules), Undoing(records, open_store, rules), History(records, rules)
        uploads = Uploads(records, open_store, looking, undoing, rules)
        saved, log, wake = SqlSegments(self._control), SqlAuditLog(self._control), partial(self._wake, account.id)
        self._desks[account.id] = Desks(
            open_store=open_store,
            history=history,
            saved=saved,
            cursors=SqlCursors(self._control),
            deliveries=SqlDeliveries(self._control),
            scrubbing=Scrubbing(uploads, saved, store.renew, partial(compact, self._control), settings.scrub_hours),
            refresh=partial(self._count_soon, account.id),
            uses=_uses(self._control, account.id),
            log=log,
            clock=_now,
            wake=wake,
        )
        return Means(Turns(uploads, wake), history, Checking(records, looking), undoing, SqlMappings(self._control), log, _now)


@contextmanager
def open_house(settings: Settings) -> Iterator[House]:
    """The use cases of all accounts for a server, with the worker at work for as long as the context lasts."""
    with _opened_control(settings) as control:
        worker = Worker(settings.workers)
        accounts = _Accounts(settings, control, worker.wake)
        passwords, users = Passwords(), SqlUsers(control)
        sign_in = SignIn(users, SqlSessions(control), SqlAttempts(control), passwords, _now)
        access = Access(users, SqlPasscodes(control), SqlAuditLog(control), passwords, _now)
        ended = threading.Event()
        try:
            worker.start(accounts.work)
            accounts.adopt()
            threading.Thread(target=_rounds, args=(accounts, ended), name="rounds", daemon=True).start()
            desks, desk, live = accounts.desks, accounts.desk, accounts.live
            yield House(settings, SqlAccounts(control), sign_in, access, worker, desks, desk, live, accounts.demand_room)
        finally:
            ended.set()
            accounts.stop(_GRACE)
            worker.stop(_GRACE)
            accounts.close_idle(0)


@contextmanager
def open_access(settings: Settings) -> Iterator[tuple[SqlAccounts, Access]]:
    """The accounts, and who may enter them. Beside a running server, too: it asks anew with each call."""
    with _opened_control(settings) as control:
        yield SqlAccounts(control), Access(SqlUsers(control), SqlPasscodes(control), SqlAuditLog(control), Passwords(), _now)


def begin(settings: Settings) -> Made | None:
    """The first account, its passcode and an administrator; None where there is a user already. Raises WrongCall."""
    with _opened_control(settings) as control:
        return first_start(SqlBeginnings(control), Passwords(), _given(settings), _now())


def _given(settings: Settings) -> Given:
    account = Account(settings.account, settings.account, settings.timezone)
    passcode, password = (None if secret is None else secret.get_secret_value() for secret in (settings.passcode, settings.admin_password))
    return Given(account=account, passcode=passcode, admin_email=settings.admin_email, admin_password=password)


def _rounds(accounts: _Accounts, ended: threading.Event) -> None:
    while not ended.wait(_ROUND):
        for step in (accounts.count_again, partial(accounts.close_idle, _IDLE), accounts.wake_due):
            try:
                step()
            except Exception:  # noqa: BLE001 - the next round tries it again
                structlog.get_logger().exception("round_failed")


def _renew(settings: Settings, done: Sequence[int]) -> None:
    """Renew a data file that nobody else in this process has open."""
    store = _shared(settings)
    store.renew(done)
    store.close_idle(0)


@contextmanager
def _settled(ingest: Ingest, store: SharedProfiles) -> Iterator[DuckDBProfiles]:
    """The store, with every call that was answered."""
    ingest.settle()
    with store.open() as opened:
        yield opened


def _shared(settings: Settings) -> SharedProfiles:
    return SharedProfiles(
        _data_file(settings),
        memory_mb=settings.memory_limit_mb,
        threads=_threads(settings),
        patience=PATIENCE,
        columns=settings.property_limit,
    )
