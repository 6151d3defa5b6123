"""Headcount: a self-hosted home for customer profiles."""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from headcount.client.client import Client
    from headcount.client.documents import Ledger, Problem, Question, RowsRejected, Upload, UploadWaits
    from headcount.client.sending import Failed, Notice, RecordsFailed, Result, SendingStopped
    from headcount.errors import Busy, FileRejected, HeadcountError, WrongCall

__all__ = [
    "Busy",
    "Client",
    "Failed",
    "FileRejected",
    "HeadcountError",
    "Ledger",
    "Notice",
    "Problem",
    "Question",
    "RecordsFailed",
    "Result",
    "RowsRejected",
    "SendingStopped",
    "Upload",
    "UploadWaits",
    "WrongCall",
]

_HOMES = {
    "headcount.client.client": {"Client"},
    "headcount.client.documents": {"Ledger", "Problem", "Question", "RowsRejected", "Upload", "UploadWaits"},
    "headcount.client.sending": {"Failed", "Notice", "RecordsFailed", "Result", "SendingStopped"},
    "headcount.errors": {"Busy", "FileRejected", "HeadcountError", "WrongCall"},
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What the client is made of, loaded when it is asked for: the program itself does not need it."""
        from importlib import import_module  # noqa: PLC0415 - nor this

        home = next((module for module, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(home), name)
