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

from headcount.profiles.consent import Channel, Source, Wish
from headcount.uploads.mapping import ColumnRequest, Request, taken_otherwise
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
TYPED = Request(
    columns={name: ColumnRequest(type=type_, format="ISO 8601" if type_ is Type.DATE else None) for name, type_ in TYPES.items()}
)

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
EMAILS = [
    "ada@example.com",
    "Ada@EXAMPLE.com",
    "+a@example.com",
    "=a@example.com",
    "'+a@example.com",
    '"a b"@example.com',
    "jürgen@example.com",
]

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
    # Which upload had values of a property last is about uploads.
    tables = {"properties": "EXCLUDE (last_upload)", "profiles": "", "changes": "", "consent_log": ""}
    with account.app.store() as store:
        return {name: sorted(store.connection.execute(f"SELECT * {but} FROM {name}").fetchall(), key=repr) for name, but in tables.items()}


def assert_unchanged(account: Account, exported: bytes) -> None:
    before = contents(account)
    document = account.send(exported, name="export.csv")
    assert (document["questions"], document["problems"]) == ([], [p for p in document["problems"] if p["severity"] == "notice"])
    assert document["upload"]["status"] == "completed"
    rows = len(before["profiles"])
    assert ledger(document) == ({"rows": rows, "unchanged": rows} if rows else {})
    assert contents(account) == before


@given(files(), st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]))
@settings(max_examples=11)
def test_what_goes_out_comes_back_unchanged(file: str, zone: str) -> None:
    with tempfile.TemporaryDirectory() as folder, account_in(Path(folder), timezone=zone) as account:
        account.send(file, known(file))
        assert_unchanged(account, account.export())


def test_the_bytes_of_a_file(account: Account) -> None:
    rows = [
        ["''=1", "=1+1", "''=2+2", "-3", "2.50", "TRUE", "2026-03-25T10:00:00.5+01:00", '["a","b,c"]', "true", ""],
        ["2", "-x", 'say "hi"', "", "1e300", "", "", "[]", "false", "true"],
        ["3", "+49 30", "line\r\nbreak", "", "", "", "2026-03-25", "@a", "", ""],
    ]
    header = ["identity", "text", "other, text", "=whole", "part", "flag", "day", "+list", "MSG-email", "MSG-sms"]
    file = written(header, rows)
    assert ledger(account.send(file, known(file))) == {"rows": 3, "created": 3}
    lines = account.export().decode().split("\n", 1)
    assert lines[0] == (
        '"identity","text","other, text","\'=whole","part","flag","day<ISO>","\'+list","MSG-push","MSG-sms","MSG-email","MSG-whatsapp"'
    )
    assert sorted(lines[1].removesuffix("\n").split("\n"), key=repr) == sorted(
        [
            '\'\'=1,\'=1+1,\'\'=2+2,-3,2.5,true,2026-03-25T09:00:00.5Z,"[""a"",""b,c""]",,,true,',
            '2,\'-x,"say ""hi""",,1e+300,,,,,true,false,',
            '3,+49 30,"line\r',
            'break",,,,2026-03-25T12:00:00Z,"[""@a""]",,,,',
        ],
        key=repr,
    )
    assert_unchanged(account, account.export())


def test_many_people_come_in_several_pieces(account: Account) -> None:
    account.send("identity,n\n" + "".join(f"u{i},{i}\n" for i in range(50_000)))
    exported = account.export("n < 45000")
    assert sorted(exported.decode().splitlines()[1:]) == sorted(f"u{i},{i},,,," for i in range(45_000))
    assert ledger(account.send(exported, name="export.csv")) == {"rows": 45_000, "unchanged": 45_000}


def test_nobody_is_a_file_with_a_header(account: Account) -> None:
    assert account.export() == b'"identity","MSG-push","MSG-sms","MSG-email","MSG-whatsapp"\n'
    assert_unchanged(account, account.export())


def test_a_stated_age_goes_out_as_it_was_stated(account: Account) -> None:
    account.send("identity,Age,DOB<yyyy-MM-dd>\n1,7,1990-01-01\n")
    assert account.export(names=["Age"]) == b'"identity","Age"\n1,7\n'
    assert_unchanged(account, account.export())


def test_the_columns_are_those_that_are_named(account: Account) -> None:
    account.send('identity,b,"a,c",Name,MSG-email\n1,x,y,Ann,false\n')
    assert (
        account.export(names=["a,c", "msg-EMAIL", "identity", "Gender", "b", "b"])
        == b'"identity","a,c","MSG-email","Gender","b"\n1,y,false,,x\n'
    )


def test_another_account_takes_the_people_when_it_is_told_the_types(account: Account, tmp_path: Path) -> None:
    file = written(["identity", "text", "day", "+list"], [["1", "007", "2026-03-25T10:00:00.25Z", '["a"]'], ["2", "8", "", ""]])
    account.send(file, known(file))
    typed = {name: ColumnRequest(type=TYPES[name]) for name in ("text", "+list")}
    with account_in(tmp_path / "other") as other:
        other.send(account.export(), Request(columns=typed))
        assert [other.values(identity) for identity in "12"] == [account.values(identity) for identity in "12"]


@pytest.mark.parametrize("items", [[" a "], [""], ["\0"], ["\t=1+1"], [" a ", "\0"]])
def test_a_text_that_was_a_list_is_as_a_cell_could_say_it(items: list[str], account: Account) -> None:
    file = written(["identity", "+list"], [["1", json.dumps(items)]])
    account.send(file, known(file))
    with account.app.store() as store:
        store.retype("+list", Type.STRING)
    assert_unchanged(account, account.export())


def test_names_that_look_like_something_else_come_back_with_their_mapping(account: Account) -> None:
    names = ("msg_email", "Failure Code", "Failure Description")
    for name in names:
        account.send(f"identity,x\n1,{name}\n", Request(columns={"x": ColumnRequest(property=name)}))
    assert account.values("1") == {name: name for name in names}
    exported = account.export()
    assert [column.header for column in taken_otherwise(exported.decode().splitlines()[0].replace('"', "").split(","))] == [*names]
    document = account.send(exported, Request(columns={name: ColumnRequest(property=name) for name in names}), name="export.csv")
    assert (document["questions"], ledger(document)) == ([], {"rows": 1, "unchanged": 1})
    assert [column["property"] for column in document["columns"][1:4]] == [*names]


def test_a_name_given_by_a_mapping_is_read_like_a_header(account: Account) -> None:
    account.send("identity,x\n1,a\n", Request(columns={"x": ColumnRequest(property="\ufeffin two\nlines ")}))
    assert account.types() == {"in two lines": "string"}


def test_people_who_left_stay_away(account: Account) -> None:
    account.send("identity,MSG-email\n1,true\n")
    with account.app.store() as store:
        store.set_consent("1", Wish(Channel.EMAIL, subscribed=False, source=Source.PERSON, at=datetime(2026, 1, 1)))
    assert_unchanged(account, account.export("consent email is unsubscribed"))
    assert account.consent("1") == {"email": False}
