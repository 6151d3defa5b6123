"""The command `doctor`: whether Headcount can work here, and what to do where it cannot."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import typer

from headcount import __version__
from headcount.bootstrap import application, make_directory
from headcount.cli.call import Call, JsonFlag, call_of, connected
from headcount.cli.exits import Exit
from headcount.cli.local import Local
from headcount.cli.output import data, paragraph, plain, print_json
from headcount.cli.remote import Remote
from headcount.cli.work import Work
from headcount.config import Settings
from headcount.errors import HeadcountError
from headcount.local_socket import answers, local_socket

#: An upload needs room for the file, its typed rows and the profiles it makes.
_LEAST_FREE = 2_000_000_000
_INDENT = 11


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    message: str
    #: The way out, where it is not well.
    advice: str = ""


def doctor(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Check that everything is in order: the data directory, its files, the disk, interrupted uploads, settings."""
    checks = list(_checks(call_of(context)))
    ok = all(check.ok for check in checks)
    if as_json:
        print_json({"ok": ok, "checks": [asdict(check) for check in checks]})
    else:
        _show(checks)
    raise typer.Exit(Exit.DONE if ok else Exit.FAILED)


def _show(checks: list[Check]) -> None:
    out = data()
    for check in checks:
        mark = "ok" if check.ok else "attention"
        paragraph(out, plain(f"{check.name}: {check.message} {check.advice}"), _INDENT, mark)


def _checks(call: Call) -> Iterator[Check]:
    yield Check("program", ok=True, message=f"Headcount {__version__}, Python {platform.python_version()}, DuckDB {duckdb.__version__}")
    try:
        settings = call.settings()
    except HeadcountError as error:
        yield Check("settings", ok=False, message=error.message, advice=error.advice)
        return
    yield Check("settings", ok=True, message=_in_force(settings))
    if settings.url:
        yield from _through_server(call, settings, settings.url)
    else:
        yield from _of_directory(call, settings)


def _of_directory(call: Call, settings: Settings) -> Iterator[Check]:
    directory = _directory(settings.data)
    yield directory
    if directory.ok:
        yield _disk(settings.data)
        yield from _inside(call, settings)


def _in_force(settings: Settings) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.model_dump(mode="json").items() if value is not None)


def _directory(path: Path) -> Check:
    try:
        make_directory(path)
    except HeadcountError as error:
        return _failed("data directory", error)
    if not os.access(path, os.W_OK | os.X_OK):
        advice = "Change its owner, or name another with --data."
        return Check("data directory", ok=False, message=f"{path} may not be written.", advice=advice)
    return Check("data directory", ok=True, message=str(path.absolute()))


def _disk(path: Path) -> Check:
    free = shutil.disk_usage(path).free
    enough = free >= _LEAST_FREE
    advice = "" if enough else "Free some space: an upload needs several times the size of its file."
    return Check("disk", ok=enough, message=f"{free / 1e9:,.1f} GB free", advice=advice)


def _inside(call: Call, settings: Settings) -> Iterator[Check]:
    """What is in the data directory, and who works on it."""
    try:
        runs = answers(local_socket(settings.data))
    except HeadcountError as error:
        yield _failed("server", error)
        return
    if runs:
        yield from _through_server(call, settings, "runs on the data directory; commands go through it")
        return
    yield Check("server", ok=True, message="none runs; commands work on the data directory themselves")
    try:
        with application(settings) as app:
            yield Check("control file", ok=True, message="opens")
            yield from _of_account(Local.on(app, call.program))
    except (HeadcountError, OSError) as error:
        yield Check("control file", ok=False, message=str(error), advice="Restore the data directory from a backup.")


def _through_server(call: Call, settings: Settings, message: str) -> Iterator[Check]:
    yield Check("server", ok=True, message=message)
    try:
        with connected(settings) as connection:
            yield from _of_account(Remote.over(connection, call.program))
    except HeadcountError as error:
        yield _failed("server", error)


def _of_account(work: Work) -> Iterator[Check]:
    yield _tried("data file", lambda: f"opens; {len(work.properties.names())} properties")
    yield _interrupted(work)


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, message=look())
    except HeadcountError as error:
        return _failed(name, error)


def _failed(name: str, error: HeadcountError) -> Check:
    return Check(name, ok=False, message=error.message, advice=error.advice)


def _interrupted(work: Work) -> Check:
    ids = work.uploads.interrupted()
    if not ids:
        return Check("uploads", ok=True, message="none was interrupted")
    return Check("uploads", ok=False, message=f"interrupted: {', '.join(ids)}.", advice="Go on with `headcount uploads resume`.")
