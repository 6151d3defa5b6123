"""How a command ends: the exit codes, and an error as words or as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any

import structlog
import typer

from headcount.cli.output import print_json
from headcount.errors import FileRejected, HeadcountError, WrongCall


class Exit(IntEnum):
    """The exit codes."""

    DONE = 0
    ROWS_REJECTED = 1
    WRONG_CALL = 2
    WAITS = 3
    REJECTED = 4
    FAILED = 5


MEANINGS: Mapping[Exit, str] = {
    Exit.DONE: "done",
    Exit.ROWS_REJECTED: "done, but rows were rejected and --fail-on-rejects was given",
    Exit.WRONG_CALL: "the call is wrong; nothing was done",
    Exit.WAITS: "the upload waits for an answer",
    Exit.REJECTED: "the file cannot be used at all",
    Exit.FAILED: "anything else",
}

#: What the data engine says where it was stopped.
_INTERRUPTED = "Query interrupted"

_OF_STATUS: Mapping[str, Exit] = {
    "completed": Exit.DONE,
    "undone": Exit.DONE,
    "start_mapping": Exit.WAITS,
    "ready": Exit.WAITS,
    "rejected": Exit.REJECTED,
}


def of_upload(document: Mapping[str, Any], *, fail_on_rejects: bool) -> Exit:
    """The exit code of a command that worked on an upload."""
    return _of(document, _OF_STATUS.get(document["upload"]["status"], Exit.FAILED), fail_on_rejects=fail_on_rejects)


def of_check(document: Mapping[str, Any], *, fail_on_rejects: bool) -> Exit:
    """The exit code of a check; a file that could be applied is done."""
    status = document["upload"]["status"]
    exit_code = Exit.DONE if status == "ready" else _OF_STATUS[status]
    return _of(document, exit_code, fail_on_rejects=fail_on_rejects)


def _of(document: Mapping[str, Any], exit_code: Exit, *, fail_on_rejects: bool) -> Exit:
    if exit_code is Exit.DONE and fail_on_rejects and document["ledger"]["rejected"]:
        return Exit.ROWS_REJECTED
    return exit_code


def of_error(error: HeadcountError) -> Exit:
    """The exit code of an error."""
    if isinstance(error, WrongCall):
        return Exit.WRONG_CALL
    return Exit.REJECTED if isinstance(error, FileRejected) else Exit.FAILED


def finish(work: Callable[[], object], *, as_json: bool) -> int:
    """Do the work of one command, report what goes wrong, and return the exit code."""
    try:
        work()
        sys.stdout.flush()
    except typer.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        return _nobody_reads()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a command ends with a sentence, whatever happened
        explained = _explained(error)
        _report(explained, as_json=as_json)
        return of_error(explained)
    return Exit.DONE


def _explained(error: BaseException) -> HeadcountError:
    """The error as a sentence and the way out."""
    if isinstance(error, HeadcountError):
        return error
    if isinstance(error, typer.TyperException):
        return _wrong_usage(error)
    if was_stopped(error):
        return HeadcountError("stopped", "Stopped before it was done.")
    structlog.get_logger().debug("unexpected", exc_info=error)
    said = str(error).strip().splitlines() or [type(error).__name__]
    return HeadcountError("unexpected", f"Something went wrong: {said[0]}", "HEADCOUNT_LOG=debug shows where.")


def was_stopped(error: BaseException | None) -> bool:
    """Whether a person stopped the command; the data engine makes an error of its own of that."""
    while error and not isinstance(error, KeyboardInterrupt) and str(error) != _INTERRUPTED:
        error = error.__context__
    return error is not None


def _wrong_usage(error: typer.TyperException) -> WrongCall:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "headcount"
    return WrongCall("usage", error.format_message(), f"`{command} --help` shows how it is called.")


def _report(error: HeadcountError, *, as_json: bool) -> None:
    advice = error.advice if error.advice.startswith("\n") else f"\n{error.advice}"
    typer.echo(f"{error.message}{advice}".rstrip(), err=True)
    if as_json:
        print_json({"error": {"code": error.code, "message": error.message, "advice": error.advice.strip("\n")}})


def _nobody_reads() -> Exit:
    # What is still buffered would be written, and fail once more, when the interpreter ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.FAILED


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the call asks for JSON; known even where the rest of it cannot be parsed."""
    return "--json" in arguments
