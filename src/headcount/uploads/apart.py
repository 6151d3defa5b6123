"""Reading a large file in a process of its own: the one that answers calls has its interpreter, and a core, to itself meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeAlias, cast

import pyarrow as pa

from headcount.csvfile import CsvFile
from headcount.errors import HeadcountError
from headcount.jobs import step_back
from headcount.profiles.properties import Property
from headcount.profiles.store import Known
from headcount.uploads.event_columns import EventTypes
from headcount.uploads.inspection import Inspection
from headcount.uploads.looking import Looking
from headcount.uploads.mapping import Request
from headcount.uploads.rules import OnProgress, OpenStore, Rules

#: Bytes from which on a file is read apart: starting a process takes about a second.
LARGE = 16 << 20
#: What a reading finds: see `Looking.stage`.
Found: TypeAlias = tuple[CsvFile, Inspection, dict[str, Any]]
#: The file, the working directory, where rejects go, and what was asked for.
_What: TypeAlias = tuple[Path, Path, Path, Request]


@dataclass(frozen=True, slots=True)
class ApartLooking(Looking):
    """The same, with the large files read in a process of their own."""

    def stage(self, path: Path, workdir: Path, rejects: Path, request: Request, on_progress: OnProgress) -> Found:
        """See Looking. Raises HeadcountError `reading_ended` where something ends the process."""
        if path.stat().st_size < LARGE:
            return Looking.stage(self, path, workdir, rejects, request, on_progress)
        spawning = multiprocessing.get_context("spawn")
        ours, theirs = spawning.Pipe()
        reader = spawning.Process(target=_read, args=(theirs, self.rules, path, workdir, rejects, request), name="reader", daemon=True)
        reader.start()
        theirs.close()
        try:
            return self._answer(ours, on_progress)
        except EOFError:
            advice = "Go on with `headcount uploads resume`; if it happens again, the machine may be short of memory."
            raise HeadcountError("reading_ended", "The process that read the file was ended; nothing was changed.", advice) from None
        finally:
            reader.kill()
            reader.join()
            ours.close()

    def _answer(self, reader: Connection, on_progress: OnProgress) -> Found:
        """Answer what the reader asks of the account, until it says what it found."""
        while True:
            said, *given = reader.recv()
            if said == "found":
                return cast(Found, given[0])
            if said == "failed":
                raise given[0]
            if said == "progress":
                on_progress(*given)
            else:
                with self.open_store() as store:
                    reader.send(getattr(store, said)(*given))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What of the account a reading wants to know, asked of the process that has its store."""

    ask: Callable[..., Any]

    def properties(self) -> tuple[Property, ...]:
        """See ProfileStore."""
        return cast("tuple[Property, ...]", self.ask("properties"))

    def event_property_types(self) -> EventTypes:
        """See ProfileStore."""
        return cast(EventTypes, self.ask("event_property_types"))

    def fits_float(self, name: str) -> bool:
        """See ProfileStore."""
        return bool(self.ask("fits_float", name))

    def known(self, addresses: pa.Table) -> Known:
        """See ProfileStore."""
        return cast(Known, self.ask("known", addresses))


def _read(server: Connection, rules: Rules, *what: *_What) -> None:
    """The work of the process."""
    step_back()
    threading.Thread(target=_end_with_server, daemon=True).start()

    def ask(*what: object) -> object:
        server.send(what)
        return server.recv()

    @contextmanager
    def facts() -> Iterator[_Facts]:
        yield _Facts(ask)

    try:
        found = Looking(cast(OpenStore, facts), rules).stage(*what, lambda *done: server.send(("progress", *done)))
    except Exception as error:  # noqa: BLE001 - raised again in the process that asked
        server.send(("failed", error))
    else:
        server.send(("found", found))


def _end_with_server() -> None:
    """A reader that nobody waits for would write where the next one does."""
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(1)
