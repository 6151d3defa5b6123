"""What the program says about itself, on standard error: events and numbers, never a person's data."""

from __future__ import annotations

import logging
import sys
import traceback

import structlog
from structlog.typing import EventDict, WrappedLogger


def start_logging(level: str) -> None:
    """Write messages of `level` (debug, info, warning, error) and above: readable on a terminal, else JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _places,
            structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Standard error as it is when something is said: whoever called may have put another in its place since.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )

    if not any(isinstance(handler, _FromLibraries) for handler in logging.getLogger().handlers):
        logging.getLogger().addHandler(_FromLibraries(logging.WARNING))


def _places(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Where an error was raised and of what kind it is; what it says is left out, since that may be a cell of somebody's file."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given is True else (given or (None, None))[1]
    return event if error is None else {**event, "exception": "".join(_told(error))}


def _told(error: BaseException) -> list[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [*_told(cause), "followed by\n"] if cause else []
    return [*before, *traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n"]


class _FromLibraries(logging.Handler):
    """What libraries log, in the same form. Where there is an error, only the first line: it may be repeated in the others."""

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage().partition("\n")[0] if record.exc_info else record.getMessage()
        structlog.get_logger().log(record.levelno, "library", name=record.name, said=said, exc_info=record.exc_info)
