"""How often a call is tried again, and after how long: where the server was not reached, is busy, or asks for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

import httpx

#: What is true of a call that failed: `refused` may be tried again where nothing was done, `always` also where nobody knows.
Repeat: TypeAlias = Literal["refused", "always"]
#: Opens an answer.
Open: TypeAlias = Callable[[], AbstractContextManager[httpx.Response]]

_NOTHING_DONE = frozenset({429, 503})
#: What a proxy says that has lost the server; the call may have arrived.
_NOBODY_KNOWS = frozenset({502, 504})
#: Seconds before the first repetition, the most between two, and the most that a server may ask for.
_FIRST, _MOST, _LONGEST = 0.5, 30.0, 300.0


@dataclass(frozen=True, slots=True)
class Patience:
    """So many repetitions, each after about twice the time of the one before. `pause` takes seconds; True where it was ended early."""

    retries: int = 0
    pause: Callable[[float], object] = time.sleep

    @contextmanager
    def answer(self, opening: Open, repeat: Repeat) -> Iterator[httpx.Response]:
        """The answer to a call: the first one that is worth having, else the last. Raises httpx.TransportError."""
        with ExitStack() as stack:
            attempt = 0
            while (found := self._tried(opening, stack, repeat, attempt)) is None:
                attempt += 1
            yield found

    def _tried(self, opening: Open, stack: ExitStack, repeat: Repeat, attempt: int) -> httpx.Response | None:
        """The answer; None after a pause where the call is to be tried again."""
        last = attempt >= self.retries
        try:
            response = stack.enter_context(opening())
        except httpx.TransportError as error:
            if last or not _may_follow_error(error, repeat) or self.pause(_backoff(attempt)):
                raise
            return None
        asked = _asked(response)
        if last or not _may_follow(response, repeat) or asked > _LONGEST:
            return response
        stack.close()
        if self.pause(asked + _backoff(attempt)):
            raise httpx.ReadError("The call was given up.")
        return None


def _may_follow_error(error: httpx.TransportError, repeat: Repeat) -> bool:
    unreached = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
    # An address that cannot be one does not become one.
    return not isinstance(error, httpx.UnsupportedProtocol) and (unreached or repeat == "always")


def _may_follow(response: httpx.Response, repeat: Repeat) -> bool:
    return response.status_code in (_NOTHING_DONE if repeat == "refused" else _NOTHING_DONE | _NOBODY_KNOWS)


def _backoff(attempt: int) -> float:
    # Callers who were refused together do not come back together.
    return min(_MOST, _FIRST * float(2**attempt)) * random.uniform(0.5, 1)  # noqa: S311 - no secret


def _asked(response: httpx.Response) -> float:
    """For how many seconds the server asks to wait: it says a number or a date."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
