"""The tables of the control plane."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    UniqueConstraint,
    event,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from headcount.auth.rights import Role
from headcount.uploads.upload import Document, Status


class UtcTime(TypeDecorator[datetime]):
    """An instant. Takes times with a zone only, and gives them back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """In UTC, because SQLite stores a time without its zone."""
        if value is not None and value.tzinfo is None:
            message = f"a time without a zone: {value}"
            raise ValueError(message)
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """With the zone that SQLite does not store."""
        return value and value.replace(tzinfo=UTC)


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The tables together; constraints have names so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime, Document: JSON(none_as_null=True)}  # noqa: RUF012 - SQLAlchemy reads it


class AccountRow(Base):
    """A workspace: all data belongs to one."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class UploadRow(Base):
    """An upload, field by field as `headcount.uploads.upload.UploadRecord`."""

    __tablename__ = "upload"
    __table_args__ = (
        UniqueConstraint("account_id", "number"),
        Index(None, "account_id", "sha256", "mapping_hash"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str]
    file_name: Mapped[str]
    door: Mapped[str]
    actor: Mapped[str]
    status: Mapped[Status] = mapped_column(
        # Its words, not its names; a new status needs no migration.
        Enum(Status, native_enum=False, length=20, values_callable=lambda states: [s.value for s in states])
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    turn_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    sha256: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    source_path: Mapped[str | None]
    request: Mapped[Document]
    plan: Mapped[Document | None]
    mapping_hash: Mapped[str | None]
    duplicate_of: Mapped[str | None] = mapped_column(ForeignKey("upload.id"))
    report: Mapped[Document | None]
    owner_pid: Mapped[int | None]
    owner_started: Mapped[str | None]
    heartbeat_at: Mapped[datetime | None]
    error: Mapped[str | None]
    review: Mapped[bool] = mapped_column(default=False, server_default=false())


class MappingRow(Base):
    """What somebody last said of files with certain headers."""

    __tablename__ = "remembered_mapping"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    #: A hash of the headers in their order.
    headers: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[Document]
    upload: Mapped[str] = mapped_column(ForeignKey("upload.id"))
    by: Mapped[str]
    at: Mapped[datetime]


class UserRow(Base):
    """Somebody who signs in."""

    # `user` alone is a word of SQL.
    __tablename__ = "app_user"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class MemberRow(Base):
    """What a user is in an account."""

    __tablename__ = "member"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(Enum(Role, native_enum=False, length=20, values_callable=lambda roles: [r.value for r in roles]))
    may_see_personal_data: Mapped[bool]
    disabled: Mapped[bool]


class SessionRow(Base):
    """A sign-in."""

    __tablename__ = "session"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "user_id"], ["member.account_id", "member.user_id"]),
        Index(None, "user_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    account_id: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class PasscodeRow(Base):
    """A machine's way into an account."""

    __tablename__ = "passcode"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str]
    secret_hash: Mapped[str]
    scope: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AttemptRow(Base):
    """How often signing in failed, by the hash of an address."""

    __tablename__ = "sign_in_attempt"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)


class SegmentRow(Base):
    """A saved segment, field by field as `headcount.segments.saved.SavedSegment`."""

    __tablename__ = "segment"
    __table_args__ = (UniqueConstraint("account_id", "folded_name"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str]
    #: The name as it is compared.
    folded_name: Mapped[str]
    description: Mapped[str]
    kind: Mapped[str]
    filter: Mapped[Document | None]
    #: The number of its list in the data file.
    list_number: Mapped[int | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class CursorRow(Base):
    """Where a program that takes out people or events page by page goes on."""

    __tablename__ = "page_cursor"

    #: A hash of what the program calls it.
    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    query: Mapped[Document]
    size: Mapped[int]
    after: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class DeliveryRow(Base):
    """What holds for every message of an account."""

    __tablename__ = "delivery"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    #: By channel the fields of `headcount.campaigns.reach.Cap`.
    caps: Mapped[Document]
    control_percent: Mapped[int]
    salt: Mapped[str]


class AuditRow(Base):
    """One thing that somebody did."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "account_id", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    who: Mapped[str]
    who_name: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    details: Mapped[Document]
    door: Mapped[str]


@event.listens_for(AuditRow.__table__, "after_create")
def _append_only(_table: object, connection: Connection, **_: object) -> None:
    """Nobody changes or removes an entry of the audit log, whatever the program does."""
    for change in ("UPDATE", "DELETE"):
        refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        connection.exec_driver_sql(f"CREATE TRIGGER audit_entry_no_{change.lower()} BEFORE {change} ON audit_entry {refuse}")
