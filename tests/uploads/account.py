"""An account to try uploads on: send it texts, ask what it knows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headcount.bootstrap import Application, application
from headcount.config import load_settings
from headcount.segments.export import write_csv
from headcount.segments.grammar import parse
from headcount.uploads.mapping import Request

Document = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """The use cases of one account, with files given as texts."""

    app: Application

    def file(self, content: str | bytes, name: str = "people.csv") -> Path:
        """A file of this content."""
        path = self.app.settings.data / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def send(self, content: str | bytes, request: Request | None = None, *, name: str = "people.csv") -> Document:
        """Upload a file; the document of the upload."""
        return self.app.uploads.upload(self.file(content, name), request or Request(), name=None, door="cli")

    def inspect(self, content: str | bytes, request: Request | None = None, *, name: str = "people.csv") -> Document:
        """Look at a file; the document of the inspection."""
        return self.app.looking.document(self.file(content, name), request or Request())

    def answer(self, upload: Document, request: Request) -> Document:
        """Go on with an upload that waits."""
        return self.app.uploads.resume(upload["upload"]["id"], answers=request)

    def people(self) -> int:
        """How many profiles there are."""
        with self.app.store() as store:
            (count,) = store.connection.execute("SELECT count(*) FROM profiles").fetchall()[0]
            return int(count)

    def values(self, identity: str) -> dict[str, Any]:
        """The properties of a profile."""
        with self.app.store() as store:
            person = store.person(identity)
        assert person, f"nobody is called {identity!r}"
        return {v.property.name: v.value for v in person.values}

    def consent(self, identity: str) -> dict[str, bool]:
        """What is known of the consent of a profile: true subscribed, false unsubscribed."""
        return self.consents([identity])[identity]

    def consents(self, identities: Iterable[str]) -> dict[str, dict[str, bool]]:
        """The same of several."""
        found = dict[str, dict[str, bool]]()
        with self.app.store() as store:
            for identity in identities:
                person = store.person(identity)
                assert person, f"nobody is called {identity!r}"
                found[identity] = {ch.value: c.stored for ch, c in person.consent.items() if c.stored is not None}
        return found

    def types(self) -> dict[str, str]:
        """The types of the custom properties."""
        with self.app.store() as store:
            return {p.name: p.type.value for p in store.properties() if not p.system}

    def export(self, filter_text: str = "identity exists", *, names: Sequence[str] | None = None) -> bytes:
        """The CSV file of the people a filter finds."""
        out, zone = io.BytesIO(), self.app.settings.timezone
        with self.app.store() as store, store.people(parse(filter_text), zone, self.app.history.number, names) as people:
            write_csv(people, out, lambda _: None)
        return out.getvalue()

    def count(self, filter_text: str) -> int:
        """How many people a filter finds."""
        with self.app.store() as store:
            return store.count(parse(filter_text), self.app.settings.timezone, self.app.history.number)


@contextmanager
def account_in(folder: Path, **settings: object) -> Iterator[Account]:
    """An account on a directory, with these settings."""
    with application(load_settings(**{"data": folder / "data", "threads": 1, **settings})) as app:
        yield Account(app)


def ledger(document: Document) -> dict[str, int]:
    """The numbers of a ledger that are not zero, without consent."""
    return {name: n for name, n in document["ledger"].items() if name not in {"consent", "profiles_touched"} and n}


def problems(document: Document) -> dict[str, list[int]]:
    """The rows of each problem, notices left out."""
    return {p["code"]: p["rows"] for p in document["problems"] if p["severity"] != "notice"}


def answers(document: Document) -> dict[str, list[str]]:
    """What is open, and the flags that answer it."""
    return {q["code"]: q["answers"] for q in document["questions"]}


def rejects(document: Document) -> list[dict[str, str]]:
    """The lines of the rejects file; of columns with the same header the last."""
    with Path(document["rejects_file"]).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
