"""People go out as a CSV file and come back: nothing changes and nothing is asked, whatever they hold."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.uploads.account import Account, account_in, ledger

from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

TYPES = {
    "text": Type.STRING,
    "other, text": Type.STRING,
    "=whole": Type.INTEGER,
    "part": Type.FLOAT,
    "flag": Type.BOOLEAN,
    "day": Type.DATE,
    "+list": Type.LIST,
}
#: Dates come in ISO 8601, so that they may have a fraction.
TYPED = Request(columns={name: ColumnRequest(type=type_, format="ISO 8601" if type_ is Type.DATE else None) for name, type_ in TYPES.items()})

TEXTS = ["=1+1", "'=1+1", "''=1+1", "'''=1+1", "+49 30", "'+49 30", "-5", "-x", "'-x", "@x", "'@x", "'tis", "'", "''", "'=a'", "'a','b'"]
TEXTS += ["NULL", "-", "--", "N/A", "true", "00123", "1e5", "1767225600", "01/02/2026 10:00:00", "a,b", "a;b;c", "a|b", "a\tb", 'say "hi"']
TEXTS += ['"', '""', "line\nbreak", "line\r\nbreak", "line\rbreak", "\\", '\\"', 'a\\"b', "Zoë", "😀", "e\u0301", "\u200b", "a\u2028x"]
TEXTS += ["a\u00a0b", "\x1b$B", "\x01", '["a"]', "[a", "{}", "(1)", "<b>", "#REF!", "sep=;", "玲", "\ufffd", "x" * 512, "😀" * 512]
TEXTS += ["'\t=1", "''\t=1", "' =1", ". =1", "=1\n+1", "=" * 511]
SIGNS = st.sampled_from([*"=+-@'\"\\,;|\t\n\r ab1.([{<", "é", "😀", "\u00a0", "\u2028", "\x1b", "\x85", "\x0b"])
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
texts = st.one_of(st.sampled_from(TEXTS), st.text(SIGNS, max_size=6), ANY)
lists = st.lists(st.one_of(texts, st.sampled_from(["", " a ", "\0"])), max_size=5).map(json.dumps)
floats = st.floats(allow_nan=False, allow_infinity=False).map(repr)
ENDS = ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+15:59", "9999-12-31T23:59:59.999999-15:59", "1969-12-31T23:59:59.000001Z"]
EMAILS = ["ada@example.com", "Ada@EXAMPLE.com", "+a@example.com", "=a@example.com", "'+a@example.com", '"a b"@example.com', "jürgen@example.com"]

CELLS: Mapping[str, st.SearchStrategy[str]] = {
    "text": texts,
    "other, text": texts,
    "=whole": st.integers(-(2**63), 2**63 - 1).map(str),
    "part": st.one_of(floats, st.sampled_from(["5e-324", "1e22", "-0.0", "9007199254740992", "0.1"])),
    "flag": st.sampled_from(["true", "false"]),
    "day": st.one_of(st.datetimes().map(datetime.isoformat), st.sampled_from(ENDS)),
    "+list": st.one_of(texts, lists),
    "Name": texts,
    "Email": st.sampled_from(EMAILS),
    "Phone": st.sampled_from(["+4930123456", "+49 30 1234567", "+1 (201) 555-0123"]),
    "Gender": st.sampled_from("MFOU"),
    "DOB": st.sampled_from(["25/03/1990 10:00:00", "26/03/2001 00:00:00"]),
    "Age": st.sampled_from(["7", "-1", "120"]),
    "MSG-email": st.sampled_from(["true", "false"]),
    "MSG-whatsapp": st.sampled_from(["true", "false"]),
}


def written(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A CSV file in which every cell is quoted."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


@st.composite
def files(draw: st.DrawFn) -> str:
    """People with some of the columns, many cells of which are blank."""
    names = draw(st.lists(st.sampled_from([*CELLS]), unique=True, min_size=1))
    identity = st.one_of(texts, st.integers(0, 50).map(str), st.just("'" * 1024))
    row = st.tuples(identity, *(st.one_of(st.just(""), CELLS[name], CELLS[name]) for name in names))
    return written(["identity", *names], draw(st.lists(row, min_size=1, max_size=12)))


def known(file: str) -> Request:
    """What the columns of the file are of."""
    header = next(csv.reader([file.splitlines()[0]]))
    return Request(columns={name: asked for name, asked in TYPED.columns.items() if name in header})


def contents(account: Account) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is known of people."""
    tables = ("properties", "profiles", "changes", "consent_log")
    with account.app.store() as store:
        return {name: sorted(store.connection.execute(f"FROM {name}").fetchall(), key=repr) for name in tables}


def assert_unchanged(account: Account, exported: bytes) -> None:
    before = contents(account)
    document = account.send(exported, name="export.csv")
    assert (document["questions"], document["problems"]) == ([], [p for p in document["problems"] if p["severity"] == "notice"])
    assert document["upload"]["status"] == "completed"
    rows = len(before["profiles"])
    assert ledger(document) == ({"rows": rows, "unchanged": rows} if rows else {})
    assert contents(account) == before


@given(files(), st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]))
@settings(max_examples=150)
def test_what_goes_out_comes_back_unchanged(file: str, zone: str) -> None:
    with tempfile.TemporaryDirectory() as folder, account_in(Path(folder), timezone=zone) as account:
        account.send(file, known(file))
        assert_unchanged(account, account.export())
