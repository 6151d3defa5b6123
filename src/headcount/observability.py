"""What the program says about itself, on standard error: events and numbers, never a person's data."""

from __future__ import annotations

import sys

import structlog
from structlog.typing import Processor


def start_logging(level: str) -> None:
    """Write messages of `level` (debug, info, warning, error) and above: readable on a terminal, else JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def _renderers() -> list[Processor]:
    if sys.stderr.isatty():
        # Tracebacks with the values of local variables would show people's data.
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
