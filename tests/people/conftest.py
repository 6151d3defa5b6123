from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from headcount.audit import Entry
from headcount.auth.rights import Principal, Right
from headcount.bootstrap import application
from headcount.config import load_settings
from headcount.people.desk import PeopleDesk
from headcount.segments.grammar import parse
from headcount.segments.saved import Resolved
from headcount.uploads.mapping import Request

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FILE = "identity,Name,Email,plan,MSG-email\n1,Ann Berg,ann@example.com,pro,\n2,Bob Chen,bob@example.com,free,false\n"


@dataclass
class Notes:
    """An audit log in a list."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)

    def list(self, account_id: str, limit: int, before: int | None = None) -> list[Entry]:
        assert account_id
        assert before is None
        return self.entries[:limit]


#: Reads filters that name no segment.
READ: Callable[[str], Resolved] = lambda text: Resolved(parse(text), ())  # noqa: E731 - a value

DeskOf: TypeAlias = Callable[..., PeopleDesk]


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def desk_of(tmp_path: Path, notes: Notes) -> Iterator[DeskOf]:
    """Makes the desk of a principal with the given rights, on an account of two people."""
    file = tmp_path / "people.csv"
    file.write_text(FILE)
    with application(load_settings(data=tmp_path / "data", threads=1)) as app:
        app.uploads.upload(file, Request(), name=None, door="cli")
        file.write_text("identity,Amount\n1,300\n")
        app.uploads.upload(file, Request(kind="event", event="Charged"), name=None, door="cli")

        def made(*rights: Right) -> PeopleDesk:
            principal = Principal(id="u1", name="Mia", account_id="default", rights=frozenset(rights), door="api")
            return PeopleDesk(principal, app.store, app.history.ids, app.history.number, READ, "UTC", notes, lambda: NOW)

        yield made


@contextmanager
def refused(right: Right) -> Iterator[None]:
    """What is done in it takes the right."""
    with pytest.raises(Exception, match=f"right {right}"):
        yield
