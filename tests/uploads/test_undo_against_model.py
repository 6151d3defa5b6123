"""Uploads, words of people, undos and redos in any order, against a model in which every write lies on top of those before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model import spec_model as spec
from tests.model.spec_model import Profile, State
from tests.uploads.account import Account, Document, account_in

from headcount.profiles.consent import Channel, Source, Wish
from headcount.store.duckdb.profiles import DuckDBProfiles
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

PEOPLE = "12"
HEADER = ("identity", "plan", "visits", "tags", "tags.operation", "MSG-email")
CELLS = {
    "plan": ["", "pro", "free", "team"],
    "visits": ["", "1", "2", "77"],
    "tags": ["", "a", "b"],
    "tags.operation": ["", "$add", "$remove", "$delete"],
    "MSG-email": ["", "true", "false"],
}

Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class File:
    """A file with some of the columns."""

    columns: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def header(self) -> Row:
        return tuple(HEADER[i] for i in self.columns)

    def text(self) -> str:
        return "\n".join(",".join(row) for row in (self.header, *self.rows)) + "\n"


@dataclass(frozen=True)
class Said:
    """A person's own word."""

    identity: str
    subscribed: bool


@dataclass(frozen=True)
class Turn:
    """An undo or redo of one of the uploads so far."""

    job: str
    which: int


@st.composite
def files(draw: st.DrawFn) -> File:
    optional = draw(st.sets(st.sampled_from(["plan", "visits", "tags", "MSG-email"]), min_size=1))
    names = [name for name in HEADER if name == "identity" or name in optional or (name == "tags.operation" and "tags" in optional)]
    row = st.tuples(*(st.sampled_from(PEOPLE if name == "identity" else CELLS[name]) for name in names))
    return File(tuple(HEADER.index(name) for name in names), tuple(draw(st.lists(row, min_size=1, max_size=5))))


saids = st.builds(Said, st.sampled_from(PEOPLE), st.booleans())
turns = st.builds(Turn, st.sampled_from(["undo", "undo", "redo"]), st.integers(0, 9))


@dataclass
class Write:
    """What one upload, or a person, did to one profile; `upload` 0 is the person."""

    upload: int
    identity: str
    life: int
    #: property → value after it (None where it was cleared), with the row it came from.
    values: dict[str, tuple[Any, int]] = field(default_factory=dict)
    consent: dict[str, bool] = field(default_factory=dict)
    #: The person was created anew since; only consent counts.
    dropped: bool = False


@dataclass
class Model:
    """All writes in their order, and which uploads are undone."""

    types: dict[str, Any] = field(default_factory=lambda: State().types)
    writes: list[Write] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)
    #: identity → which life of it is there now.
    lives: dict[str, int] = field(default_factory=dict)
    born: int = 0

    def standing(self, identity: str, *, without: int = -1) -> Iterator[Write]:
        return (w for w in self.writes if w.identity == identity and w.upload not in self.undone and w.upload != without)

    def state(self) -> State:
        state = State(types=self.types)
        for identity in self.lives:
            profile = Profile()
            for w in self.standing(identity):
                for name, (value, row) in ({} if w.dropped else w.values).items():
                    profile.values[name], profile.came[name] = value, (w.upload, row)
                    if value is None:
                        del profile.values[name]
                profile.consent |= w.consent
            state.profiles[identity] = profile
        return state

    def declined(self, identity: str) -> bool:
        left = False
        for w in self.standing(identity):
            if "email" in w.consent:
                left = (left or w.upload == 0) and not w.consent["email"]
        return left

    def upload(self, file: File, number: int) -> None:
        before, after = self.state(), self.state()
        expected = spec.upload(file.header, file.rows, after, spec.Wish(rules=RULES if "tags" in file.header else {}), number=number)
        assert not expected.questions
        self.types = after.types
        for identity, profile in after.profiles.items():
            old = before.profiles.get(identity)
            known = old or Profile()
            names = known.values.keys() | profile.values.keys()
            values = {
                name: (profile.values.get(name), profile.came.get(name, (0, 0))[1])
                for name in names
                if profile.values.get(name) != known.values.get(name)
            }
            consent = {ch: c for ch, c in profile.consent.items() if c != known.consent.get(ch)}
            if old is None:
                self.born += 1
                self.lives[identity] = self.born
            if old is None or values or consent:
                self.writes.append(Write(number, identity, self.lives[identity], values, consent))

    def say(self, said: Said) -> None:
        if said.identity not in self.lives:
            return
        now = self.state().profiles[said.identity].consent.get("email")
        if now != said.subscribed or self.declined(said.identity) == said.subscribed:
            self.writes.append(Write(0, said.identity, self.lives[said.identity], {}, {"email": said.subscribed}))

    def undo(self, number: int) -> dict[str, int]:
        counted = dict.fromkeys(("touched", "restored", "removed", "kept"), 0)
        for w in [w for w in self.writes if w.upload == number and not w.dropped]:
            others = [o for o in self.standing(w.identity, without=number) if o.life == w.life and not o.dropped]
            first = min(self.writes.index(o) for o in [*others, w])
            if not others:
                del self.lives[w.identity]
            created = self.writes[first] is w
            counted["touched"] += 1
            counted["removed" if not others else "kept" if created or self._overtaken(w) else "restored"] += 1
        self.undone.add(number)
        return counted

    def redo(self, number: int) -> dict[str, int]:
        counted = dict.fromkeys(("touched", "restored", "removed", "kept"), 0)
        self.undone.discard(number)
        for w in [w for w in self.writes if w.upload == number and not w.dropped]:
            counted["touched"] += 1
            w.dropped = self.lives.get(w.identity, w.life) != w.life
            overtaken = w.identity in self.lives and self._overtaken(w)
            counted["kept" if w.dropped or overtaken else "restored"] += 1
            self.lives.setdefault(w.identity, w.life)
        return counted

    def _overtaken(self, w: Write) -> bool:
        later = [o for o in self.writes[self.writes.index(w) + 1 :] if o.identity == w.identity and o.upload not in self.undone]
        return any(not o.dropped and o.values.keys() & w.values.keys() for o in later) or any(
            o.consent.keys() & w.consent.keys() for o in later
        )


RULES = {"tags": spec.Rule(type="list")}
#: Every property has its type from here on.
FIRST = File(tuple(range(6)), (("9", "pro", "1", "a", "", ""),))


def check(store: DuckDBProfiles, model: Model) -> None:
    state = model.state()
    identities = {identity for (identity,) in store.connection.execute("SELECT identity FROM profiles").fetchall()}
    assert identities == state.profiles.keys()
    for identity, profile in state.profiles.items():
        person = store.person(identity)
        assert person
        assert {v.property.name: tuple(v.value) if isinstance(v.value, list) else v.value for v in person.values} == profile.values
        came = {v.property.name: (v.upload, v.row) for v in person.values if v.property.name != "tags"}
        assert came == {name: profile.came[name] for name in profile.values if name != "tags"}
        assert {ch.value: c.stored for ch, c in person.consent.items() if c.stored is not None} == profile.consent
        assert set(person.uploads) - {-1} == {w.upload for w in model.standing(identity) if w.upload and (not w.dropped or w.consent)}
        (declined,) = store.connection.execute("SELECT declined FROM profiles WHERE identity = ?", [identity]).fetchall()[0]
        assert bool(declined & Channel.EMAIL.bit) == model.declined(identity)


def everything(store: DuckDBProfiles) -> list[tuple[Any, ...]]:
    columns = [p.column for p in store.properties() if p.name in {"plan", "visits", "tags"}]
    fixed = "identity, consent_email, declined, first_seen, last_updated, created_upload, created_row"
    return sorted(store.connection.execute(f"SELECT {', '.join([fixed, *columns])} FROM profiles").fetchall())


@dataclass
class Story:
    """An account and its model side by side."""

    account: Account
    model: Model = field(default_factory=Model)
    uploads: list[str] = field(default_factory=list)
    #: What the profiles were when the same writes stood.
    seen: dict[Any, list[tuple[Any, ...]]] = field(default_factory=dict)

    def act(self, step: File | Said | Turn) -> None:
        if isinstance(step, File):
            self._upload(step)
        elif isinstance(step, Said):
            self._say(step)
        elif self.uploads:
            self._turn(step.job, step.which % len(self.uploads))
        with self.account.app.store() as store:
            check(store, self.model)
            key = (len(self.model.writes), sum(w.dropped for w in self.model.writes), frozenset(self.model.undone))
            assert self.seen.setdefault(key, everything(store)) == everything(store)

    def _upload(self, file: File) -> None:
        columns = {"tags": ColumnRequest(type=Type.LIST)} if "tags" in file.header else {}
        document = self.account.send(file.text(), Request(columns, confirm_resubscribe="asked us to"))
        assert document["upload"]["status"] == "completed", document
        self.uploads.append(document["upload"]["id"])
        self.model.upload(file, len(self.uploads))

    def _say(self, said: Said) -> None:
        with self.account.app.store() as store:
            if store.person(said.identity):
                wish = Wish(Channel.EMAIL, said.subscribed, Source.PERSON, datetime.now(UTC).replace(tzinfo=None))
                store.set_consent(said.identity, wish)
        self.model.say(said)

    def _turn(self, job: str, which: int) -> None:
        undone = which + 1 in self.model.undone
        if undone == (job == "undo"):
            return
        uploads = self.account.app.uploads
        document = uploads.reverse(self.uploads[which], "redo" if undone else "undo", door="cli")
        expected = self.model.redo(which + 1) if undone else self.model.undo(which + 1)
        assert numbers(document["redo" if undone else "undo"]) == expected


def numbers(done: Document) -> dict[str, int]:
    return {part: done["ledger"][part] for part in ("touched", "restored", "removed", "kept")}


@st.composite
def stories(draw: st.DrawFn) -> list[File | Said | Turn]:
    """A few uploads of the same people, and then mostly undos and redos."""
    uploads = draw(st.lists(files(), min_size=2, max_size=4))
    return [*uploads, *draw(st.lists(st.one_of(turns, turns, turns, saids, files()), min_size=2, max_size=7))]


@given(stories(), st.sampled_from([1, 2, 1000]))
@settings(max_examples=10)
def test_any_order_of_uploads_undos_and_redos(steps: list[File | Said | Turn], chunk_rows: int) -> None:
    with TemporaryDirectory() as folder, account_in(Path(folder), chunk_rows=chunk_rows) as account:
        story = Story(account)
        story.act(FIRST)
        for step in steps:
            story.act(step)
