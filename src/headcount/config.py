"""The settings of one process: `HEADCOUNT_*` in the environment, else `headcount.toml`, else the default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from headcount.errors import WrongCall

FILE = "headcount.toml"
PREFIX = "HEADCOUNT_"
#: What the id of an account may be. It names the data file, so it must lead to no other path.
ACCOUNT_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(name) from None
    return name


def address(url: str) -> str:
    """The address of a server, as it is kept. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(url)
    return url.rstrip("/")


class Settings(BaseSettings):
    """Every setting. A field's description names the values it takes, and is what a wrong value is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, toml_file=FILE, frozen=True, extra="forbid")

    #: Where everything is kept: one data file per account, the control file, received files and rejects.
    data: Path = Field(Path("headcount-data"), description="the path of a directory")
    #: The account that commands work on.
    account: str = Field(
        "default",
        pattern=ACCOUNT_ID,
        description="1 to 64 letters, digits, '-' and '_', beginning with a letter or digit",
    )
    #: The address of a server on which commands work, instead of a data directory.
    url: Annotated[str, AfterValidator(address)] | None = Field(
        None, description="an address such as https://headcount.example.com, without a name or passcode in it"
    )
    #: The same, for the account that the first start of a server makes; wins over `account`.
    account_id: str | None = Field(
        None, pattern=ACCOUNT_ID, description="1 to 64 letters, digits, '-' and '_', beginning with a letter or digit"
    )
    #: The passcode of the account: with `url` the one to call with; at the first start its own, made and shown once where unset.
    passcode: SecretStr | None = Field(None, description="16 or more letters, digits and signs, without blanks")
    #: Of the first start: the e-mail address of the administrator.
    admin_email: str | None = Field(None, description="an e-mail address")
    #: Of the first start: the password of the administrator; unset, one is made and shown once.
    admin_password: SecretStr | None = Field(None, description="10 to 1,000 characters")
    #: Reverse proxies in front of the server, whose word on where a call came from, and whether through TLS, is taken.
    proxies: str | None = Field(None, description="network addresses with commas between them")
    #: Uploads of different accounts that a server works on at once; those of one account take turns.
    workers: PositiveInt = Field(2, description="a whole number, at least 1")
    #: The largest file that is accepted, in bytes after decompression.
    file_limit_bytes: PositiveInt = Field(1_000_000_000, description="a whole number of bytes, at least 1")
    #: How many custom properties an account may have.
    property_limit: PositiveInt = Field(256, description="a whole number, at least 1")
    #: The longest text value, in characters.
    value_limit: PositiveInt = Field(512, description="a whole number of characters, at least 1")
    #: How many texts a value of type list may hold.
    list_limit: PositiveInt = Field(100, description="a whole number, at least 1")
    #: The time zone in which local times are read.
    timezone: Annotated[str, AfterValidator(_time_zone)] = Field("UTC", description="an IANA time zone such as UTC or Europe/Berlin")
    #: Answers ahead whether 01/02/2026 is the first of February; unset, an ambiguous column waits for a person.
    day_first: bool | None = Field(None, description="true or false")
    #: Rows applied in one transaction; four row groups of the data file. Fewer let live writes in between sooner.
    chunk_rows: PositiveInt = Field(491_520, description="a whole number of rows, at least 1")
    #: Memory the data engine may use, in MB; beyond it the engine spills to the data directory.
    memory_limit_mb: int = Field(280, ge=64, description="a whole number of MB, at least 64")
    #: Threads of the data engine; unset, one per core.
    threads: PositiveInt | None = Field(None, description="a whole number, at least 1")
    #: Keep a received file after its upload has finished.
    keep_files: bool = Field(default=False, description="true or false")
    #: For how many days after its end an upload can be taken back; what that needs is removed after. 0 keeps nothing.
    undo_days: NonNegativeInt = Field(30, description="a whole number of days; 0 keeps nothing")
    #: So many hours after a person was erased their traces are taken out of all files as well, at the latest. 0: at once, each time.
    scrub_hours: NonNegativeInt = Field(24, description="a whole number of hours; 0 does it at once")
    #: The least severe message that is written to standard error.
    log: Literal["debug", "info", "warning", "error"] = Field("warning", description="debug, info, warning or error")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, and the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**given: object) -> Settings:
    """The settings, those `given` by the caller first. Raises WrongCall, which names the wrong one."""
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise _wrong_setting(error.errors()[0]) from None
    except OSError as error:
        reason = f"{FILE} cannot be looked for in the working directory: {error.strerror}."
        raise WrongCall("setting_invalid", reason, "Change to a directory that you may enter.") from error
    if settings.account_id and "account" not in given:
        return settings.model_copy(update={"account": settings.account_id})
    return settings


def _wrong_setting(error: ErrorDetails) -> WrongCall:
    if not error["loc"]:
        return WrongCall("setting_invalid", f"{FILE} is not TOML in UTF-8: {error['ctx']['error']}.")
    name = str(error["loc"][0])
    if name not in Settings.model_fields:
        known = ", ".join(Settings.model_fields)
        return WrongCall("setting_invalid", f"There is no setting {name}.", f"The settings are {known}.")
    allowed = Settings.model_fields[name].description
    return WrongCall(
        "setting_invalid",
        f"The setting {name} is {_shown(name, error['input'])}, but takes {allowed}.",
        f"Set {PREFIX}{name.upper()}, or {name} in {FILE}.",
    )


def _shown(name: str, value: object) -> str:
    return "wrong" if name in {"passcode", "admin_password", "url"} else repr(value)
