"""The errors a caller can act on. Each carries a stable code, one clear sentence and the way out."""

from __future__ import annotations


class HeadcountError(Exception):
    """Something went wrong that a person can understand: `code` is stable, `advice` is the way out."""

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        """It is the same in another process."""
        return _again, (type(self), self.__dict__)


class WrongCall(HeadcountError):
    """The request itself is wrong (a missing file, a broken filter, a bad manifest); nothing was done."""


class FileRejected(HeadcountError):
    """The file cannot be used at all; nothing was stored in a profile."""

    #: The id of the upload that was begun with it, where one was.
    upload: str | None = None


class Busy(HeadcountError):
    """Another process holds what is needed; trying again later can succeed."""


class Throttled(WrongCall):
    """Too many attempts; nothing was tried. After `seconds` the next one is."""

    def __init__(self, code: str, message: str, *, seconds: int) -> None:
        super().__init__(code, message, f"Wait {seconds} seconds, then try again.")
        self.seconds = seconds


def _again(kind: type[HeadcountError], said: dict[str, object]) -> HeadcountError:
    error = kind.__new__(kind, said["message"])
    error.__dict__.update(said)
    return error
