"""Server-sent events, as a server tells how far it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from headcount.client.failures import error_of

#: Called with a phase, how much of it is done and how much there is.
OnProgress = Callable[[str, int, int], None]


def events(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Each event with its data, which is JSON. Comments, which keep the connection alive, are left out."""
    name, data = "message", list[str]()
    for line in lines:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            yield name, json.loads("\n".join(data))
            name, data = "message", []


def last_of(told: Iterable[tuple[str, Any]], on_progress: OnProgress) -> Any:  # noqa: ANN401 - whatever was asked for
    """What the last event says; None where the stream ended before. Those before it are progress. Raises the error that it tells."""
    for name, data in told:
        if name == "error":
            raise error_of(data.get("error", data))
        if name in {"document", "end"}:
            return data
        # How much is received the sender knows better.
        if name == "progress" and data.get("phase") not in {None, "receiving"}:
            on_progress(data["phase"], data.get("done") or 0, data.get("total") or 0)
    return None
