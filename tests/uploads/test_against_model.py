"""Small files of everything that has a meaning of its own, uploaded one after the other, against the model of the specification."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model import spec_model as spec
from tests.model.spec_model import Broken, Line, Outcome, Rule, State, Wish

from headcount.bootstrap import Application, application
from headcount.config import load_settings
from headcount.profiles import consent
from headcount.profiles.consent import Channel, Source
from headcount.store.duckdb.profiles import DuckDBProfiles
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.uploads.rules import no_progress
from headcount.values.types import Type

IDENTITIES = ["1", "2", "3", "00123", "1e5", "ada@example.com", "Ada", "ada", "x" * 1025, "9007199254740993123"]
IDENTITIES += ["", "  ", "null", "N/A", "0", "Inf", "a\tb", " 1 ", "\u00a02", "'=1", "=1", "Zoë", "😀", "missing"]
INTEGERS = ["1", "2", "-5", "0", "007", "+5", "5.0", "1e5", "123456789012345", "1234567890123456", " 12 "]
INTEGERS += ["9223372036854775807", "9223372036854775808", "1767225600", "-0"]
FLOATS = ["1.5", "-.5", ".5", "0.1", "1.5e3", "2", "1e400", "1e-400", "0.30000000000000004", "5.", "1,5", "-2.50"]
FLOATS += ["9007199254740993", "9007199254740993.0", "123456789.123456789", "00.5"]
BOOLEANS = ["true", "FALSE", "True", "yes", "No", "1", "0", "t", "on"]
DATES = ["01/02/2026 10:00:00", "13/02/2026 10:00:00", "02/13/2026 10:00:00", "05/05/2026 23:59:59"]
DATES += ["2026/01/02 10:00:00", "2026/13/02 00:00:00", "2026/02/13 00:00:00", "05 Mar 2026 00:00:00"]
DATES += ["31 feb 2026 10:00:00", "1/2/2026 10:00:00", "01/02/2026", "29/02/2024 12:00:00", "29/02/2026 12:00:00"]
DATES += ["1767225600", "01/02/2026 24:00:00", "0", "-1"]
TEXTS = ["a", "b", "A", " a ", "\u00a0a\u3000", "NULL", "N/A", "-", "missing", "a,b", 'say "hi"', "line\nbreak", "Zoë"]
TEXTS += ["😀" * 8, "😀" * 9, "long text", "'=1+1", "=1+1", "''=1", "+49 30", "-x", "@x", "'tis", "\tx", "true", "{}"]
LISTS = ["a", "b", "c", '["c","a"]', '["a","a"]', "[1,2]", "[a", " b ", "long texts too long"]
OPERATIONS = ["", "$set", "$add", "$remove", "$delete", "$ADD", "add", " $add ", "$unset"]
CONSENTS = ["true", "false", "TRUE", "False", "", " true ", "yes", "1", "missing", "subscribed"]
EMAILS = ["ada@example.com", "Ada@Example.com", "eve@example.org", "ada", "a@b", "+ada@example.com", "'+ada@example.com"]
PHONES = ["+49 30 1234567", "0049301234567", "+1 (201) 555-0123", "12015550123", "12", "+49301234567", "phone"]
GENDERS = ["M", "f", "male", "O"]

PROPERTIES = {
    "a": [INTEGERS, FLOATS, TEXTS],
    "b": [DATES, INTEGERS],
    "c": [BOOLEANS, TEXTS],
    "d": [FLOATS, INTEGERS],
    "e": [TEXTS, LISTS],
    "DOB": [DATES],
    "Email": [EMAILS],
    "Phone": [PHONES],
    "Gender": [GENDERS],
    "Age": [INTEGERS],
}
BROKEN = {"quote_stray": b'"x"y', "bytes_undecodable": b"\xff", "field_count": b""}


@dataclass(frozen=True)
class File:
    """A file and what a person says of it."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    wish: Wish
    quoted: bool
    newline: str

    def to_bytes(self) -> bytes:
        """The file as it is uploaded."""
        header = ",".join(f'"{name}"' for name in self.header).encode()
        return self.newline.encode().join([header, *map(self._line, self.lines), b""])

    def _line(self, line: Line) -> bytes:
        if line is None:
            return b""
        if isinstance(line, Broken):
            surplus = len(self.header) + (line.code == "field_count")
            return b",".join([BROKEN[line.code], *[b""] * (surplus - 1)])
        return ",".join(map(self._cell, line)).encode()

    def _cell(self, cell: str) -> str:
        special = set(cell) & set(',"\r\n') or (len(self.header) == 1 and not spec.trim(cell))
        return '"' + cell.replace('"', '""') + '"' if self.quoted or special else cell


@st.composite
def palettes(draw: st.DrawFn, alphabets: Sequence[Sequence[str]]) -> list[str]:
    """A few cells of mostly one kind, so that many columns have a type."""
    alphabet = draw(st.sampled_from(alphabets))
    return draw(st.lists(st.sampled_from([*alphabet, "", "missing"]), min_size=1, max_size=4))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    return Rule(
        blank=draw(st.sampled_from(["keep", "keep", "clear"])),
        write=draw(st.sampled_from(["overwrite", "overwrite", "fill"])),
        blanks=draw(st.sampled_from([(), (), ("NULL", "-"), ("a",)])),
    )


@st.composite
def files(draw: st.DrawFn, zone: str, limit: int) -> File:
    names = draw(st.lists(st.sampled_from([*PROPERTIES]), max_size=4, unique=True))
    columns = {name: draw(palettes(PROPERTIES[name])) for name in names}
    if draw(st.integers(0, 2)) == 0:
        columns |= {"Tags": draw(palettes([LISTS])), "Tags.operation": draw(palettes([OPERATIONS]))}
    if "e" in columns and draw(st.integers(0, 3)) == 0:
        columns["e.operation"] = draw(palettes([OPERATIONS]))
    channels = draw(st.lists(st.sampled_from(["MSG-email", "msg-SMS", "MSG-push"]), max_size=2, unique=True))
    columns |= {name: draw(palettes([CONSENTS])) for name in channels}
    columns = {"identity": draw(st.lists(st.sampled_from(IDENTITIES), min_size=1, max_size=5))} | columns
    header = tuple(draw(st.permutations([*columns])) if draw(st.integers(0, 4)) == 0 else columns)
    row = st.tuples(*(st.sampled_from(columns[name]) for name in header))
    odd = st.sampled_from([None, *map(Broken, BROKEN), ("short",) * (len(header) - 1) or None])
    lines = draw(st.lists(st.one_of(row, row, row, row, odd), max_size=9))
    wish = Wish(
        rules={name: draw(rules()) for name in names if draw(st.integers(0, 2)) == 0},
        day_first=draw(st.sampled_from([None, True, False])),
        blanks=draw(st.sampled_from([(), ("missing",)])),
        zone=zone,
        value_limit=limit,
    )
    return File(header, tuple(lines), wish, draw(st.booleans()), draw(st.sampled_from(["\n", "\r\n"])))


@st.composite
def edits(draw: st.DrawFn, zone: str, limit: int) -> File:
    """A file that adds texts to lists and takes them away, with many rows of few people."""
    row = st.tuples(st.sampled_from("12"), st.sampled_from([*LISTS[:6], ""]), st.sampled_from(OPERATIONS))
    wish = Wish({"Tags": draw(rules())}, zone=zone, value_limit=limit)
    lines = (("3", "a", "$add"), *draw(st.lists(row, min_size=1, max_size=9)))
    return File(("identity", "Tags", "Tags.operation"), lines, wish, quoted=True, newline="\n")


@st.composite
def matches(draw: st.DrawFn, zone: str, limit: int) -> File:
    """A file that names people by their addresses, or gives them some."""
    by = draw(st.sampled_from(["Email", "Phone"]))
    texts = {"Email": EMAILS, "Phone": PHONES}[by]
    if draw(st.booleans()):
        header: tuple[str, ...] = ("identity", by, "a")
        row = st.tuples(st.sampled_from("1234"), st.sampled_from([*texts, ""]), st.sampled_from(TEXTS[:3]))
        match: spec.Match | None = "identity"
    else:
        header = ("identity", "a", "MSG-email")
        row = st.tuples(st.sampled_from([*texts, "1"]), st.sampled_from([*TEXTS[:3], ""]), st.sampled_from(CONSENTS[:5]))
        match = draw(st.sampled_from([None, "email", "phone"]))
    wish = Wish(match=match, zone=zone, value_limit=limit)
    return File(header, tuple(draw(st.lists(row, min_size=1, max_size=7))), wish, quoted=True, newline="\n")


@dataclass(frozen=True)
class Story:
    """An account, how it is worked on, and its files in the order in which they come."""

    zone: str
    value_limit: int
    chunk_rows: int
    sample_rows: int
    files: tuple[File, ...]


@st.composite
def stories(draw: st.DrawFn, files: Callable[[str, int], st.SearchStrategy[File]], *, sampled: bool = True) -> Story:
    zone, limit = draw(st.sampled_from(["UTC", "America/New_York"])), draw(st.sampled_from([512, 8]))
    return Story(
        zone,
        limit,
        draw(st.sampled_from([1, 2, 3, 1000])),
        draw(st.sampled_from([1, 2, 1000])) if sampled else 1000,
        tuple(draw(st.lists(files(zone, limit), min_size=1, max_size=3))),
    )


def request(wish: Wish) -> Request:
    """The wish in the words of the program."""
    columns = {
        header: ColumnRequest(
            property=rule.name,
            type=Type(rule.type) if rule.type else None,
            format=rule.format,
            skip=rule.skip,
            blank=rule.blank,
            write=rule.write,
            blanks=rule.blanks,
        )
        for header, rule in wish.rules.items()
    }
    return Request(columns, None, wish.match, wish.day_first, wish.blanks, delimiter=",", encoding="utf-8")


@contextmanager
def account(story: Story) -> Iterator[Application]:
    given_settings = {"timezone": story.zone, "value_limit": story.value_limit, "chunk_rows": story.chunk_rows}
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("headcount.uploads.evidence.SAMPLE_ROWS", story.sample_rows),
        patch("headcount.uploads.inspection._LEAST_FIRST_ROWS", 1),
        application(load_settings(data=Path(folder), threads=1, **given_settings)) as app,
    ):
        yield app


def send(app: Application, file: File) -> dict[str, Any]:
    path = app.settings.data / "people.csv"
    path.write_bytes(file.to_bytes())
    return app.uploads.upload(path, request(file.wish), name=None, door="cli")


def check_report(document: dict[str, Any], expected: Outcome) -> None:
    """The report says what the model says, number by number."""
    assert {(q["code"], q["column"]) for q in document["questions"]} == expected.questions
    assert (document["upload"]["status"] == "start_mapping") is bool(expected.questions)
    if expected.questions:
        return
    counted = dict(document["ledger"])
    channels = counted.pop("consent")
    counted["touched"] = counted.pop("profiles_touched")
    assert Counter(counted) == expected.ledger
    parts = ("created", "updated", "unchanged", "merged", "rejected")
    assert counted["rows"] == sum(counted[part] for part in parts)
    for channel, numbers in channels.items():
        assert Counter(numbers) == expected.consent[channel]
    columns = {c["header"]: c for c in document["columns"]}
    for header, described in expected.columns.items():
        shown = columns[header]
        assert (shown["property"], shown["type"], shown["format"], shown["new"]) == described
        assert Counter({k: shown[k] for k in ("set", "changed", "cleared")}) == expected.changes[header]
    problems = {(p["code"], p["column"]): p for p in document["problems"] if p["severity"] != "notice"}
    assert {key: problem["rows"] for key, problem in problems.items()} == {k: sorted(rows) for k, rows in expected.problems.items()}
    assert all(problem["count"] == len(problem["rows"]) for problem in problems.values())
    assert {d["identity"]: d["rows"] for d in document["duplicates"]["listed"]} == expected.duplicates


def check_rejects(document: dict[str, Any], file: File, expected: Outcome) -> None:
    """Each row with a problem is in the rejects file once, with its cells as they came."""
    wanted = sorted({row for rows in expected.problems.values() for row in rows})
    if not wanted:
        assert document["rejects_file"] is None
        return
    with Path(document["rejects_file"]).open(newline="", encoding="utf-8") as source:
        header, *rows = csv.reader(source)
    assert header == ["row", *file.header, "Failure Code", "Failure Description"]
    assert [int(row[0]) for row in rows] == wanted
    for number, *cells, codes, _ in rows:
        line = file.lines[int(number) - 2]
        assert set(codes.split("; ")) == {code for (code, _), rows in expected.problems.items() if int(number) in rows}
        if isinstance(line, tuple) and len(line) == len(file.header):
            assert cells == [spec.for_a_spreadsheet(cell) for cell in line]


def check_profiles(store: DuckDBProfiles, state: State) -> None:
    """The store holds what the model holds, with the row that each value came from."""
    numbers = {p.name: p.column for p in store.properties()}
    assert {p.name: p.type.value for p in store.properties()} == state.types
    identities = store.connection.execute("SELECT identity FROM profiles").fetchall()
    assert sorted(identity for (identity,) in identities) == sorted(state.profiles)
    for identity, profile in state.profiles.items():
        person = store.person(identity)
        assert person
        values = {v.property.name: tuple(v.value) if isinstance(v.value, list) else v.value for v in person.values}
        assert values == profile.values
        assert {name: type(value) for name, value in values.items()} == {n: type(v) for n, v in profile.values.items()}
        came = {v.property.name: (v.upload, v.row) for v in person.values if v.property.type is not Type.LIST}
        assert came == {name: place for name, place in profile.came.items() if state.types[name] != "list"}
        assert {ch.value: c.stored for ch, c in person.consent.items() if c.stored is not None} == profile.consent
    log = "SELECT upload, row, identity, channel, before, after FROM consent_log"
    assert Counter(store.connection.execute(log).fetchall()) == Counter(state.consent_log)
    assert set(numbers) == set(state.types)


def contents(store: DuckDBProfiles) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is known of people."""
    # Which upload had values of a property last is about uploads.
    tables = {"properties": "EXCLUDE (last_upload)", "profiles": "", "changes": "", "consent_log": ""}
    return {name: sorted(store.connection.execute(f"SELECT * {but} FROM {name}").fetchall(), key=repr) for name, but in tables.items()}


@given(st.one_of(stories(files), stories(edits), stories(matches, sampled=False)))
@settings(max_examples=13)
def test_uploads_do_what_the_specification_says(story: Story) -> None:
    with account(story) as app:
        state = State()
        for number, file in enumerate(story.files, 1):
            document = send(app, file)
            expected = spec.upload(file.header, file.lines, state, file.wish, number=number)
            check_report(document, expected)
            if not expected.questions:
                check_rejects(document, file, expected)
            with app.store() as store:
                check_profiles(store, state)
                before = contents(store)
        again = send(app, story.files[-1])
        if again["upload"]["status"] == "completed":
            ledger = again["ledger"]
            assert ledger["rows"] == ledger["unchanged"] + ledger["merged"] + ledger["rejected"]
            assert again["upload"]["duplicate_of"] == document["upload"]["id"]
        with app.store() as store:
            assert contents(store) == before


LONG_AGO = datetime(2026, 1, 1)
SAME = ("ledger", "problems", "questions", "duplicates", "held")
COUNTS = ("header", "property", "type", "format", "new", "set", "changed", "cleared")


def decline(app: Application, moment: Random) -> None:
    """Some of the people opt out themselves."""
    with app.store() as store:
        known = [identity for (identity,) in store.connection.execute("SELECT identity FROM profiles ORDER BY identity").fetchall()]
        for identity in moment.sample(known, len(known) // 2):
            store.set_consent(identity, consent.Wish(moment.choice(list(Channel)), subscribed=False, source=Source.PERSON, at=LONG_AGO))


@given(st.one_of(stories(files), stories(edits), stories(matches, sampled=False)), st.integers(0, 9))
@settings(max_examples=10)
def test_a_check_says_what_the_upload_then_does(story: Story, seed: int) -> None:
    moment = Random(seed)
    with account(story) as app:
        for file in story.files:
            with app.store() as store:
                before = contents(store)
            path = app.settings.data / "people.csv"
            path.write_bytes(file.to_bytes())
            checked = app.checking.check(path, request(file.wish), name=None, door="cli", on_progress=no_progress)
            with app.store() as store:
                assert contents(store) == before
            document = send(app, file)
            assert {part: checked[part] for part in SAME} == {part: document[part] for part in SAME}
            assert [{k: c[k] for k in COUNTS} for c in checked["columns"]] == [{k: c[k] for k in COUNTS} for c in document["columns"]]
            assert checked["upload"]["duplicate_of"] == document["upload"]["duplicate_of"]
            decline(app, moment)
