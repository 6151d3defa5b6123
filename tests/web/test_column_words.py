from __future__ import annotations

import json
from typing import Any

from headcount.uploads.manifest import read
from headcount.web import column_words

HEADER = ["identity", "Signup<yyyy-MM-dd>", "plan", "plan", ""]


def inspection(**evidence: object) -> dict[str, Any]:
    found: dict[str, Any] = {"format": None, "new": False, "notices": [], "evidence": evidence}
    columns = [
        {**found, "header": "identity", "role": "identity", "property": "identity", "type": None},
        {**found, "header": HEADER[1], "role": "property", "property": "Signup", "type": "date", "format": "yyyy-MM-dd", "new": True},
        *({**found, "header": name, "role": "property", "property": name, "type": "string"} for name in HEADER[2:]),
    ]
    return {"header": HEADER, "columns": columns, "preview": [], "rows": 10}


def form(**fields: str) -> dict[str, str]:
    """The form as the page shows it, with these fields changed."""
    names = ["identity", "Signup", "plan", "plan", ""]
    rules = {f"{field}{i}": usual for i in range(5) for field, usual in (("b", "keep"), ("w", "overwrite"))}
    shown = {f"p{i}": name for i, name in enumerate(names)} | rules
    return {**shown, **fields}


def edited(manifest: dict[str, Any], **fields: str) -> dict[str, Any]:
    text = column_words.edited(manifest, inspection(), form(**fields))
    read(text)
    return {key: value for key, value in json.loads(text).items() if value}


def test_a_form_that_nobody_touched_says_nothing() -> None:
    assert edited({}) == {}


def test_what_is_said_of_a_column_is_a_manifest() -> None:
    assert edited({}, p2="tier", t2="string", b2="clear", w2="fill")["columns"] == {
        "#C": {"ctName": "tier", "dataType": "STRING", "blank": "clear", "write": "fill"}
    }
    assert edited({}, f1="dd.MM.yyyy")["columns"] == {HEADER[1]: {"dataType": "DATE", "dateFormat": "dd.MM.yyyy"}}
    assert edited({}, s4="yes", p4="ignored")["columns"] == {"#E": {"skip": True}}


def test_what_was_said_before_stays_or_goes() -> None:
    before = {"name": "n", "columns": {"#c": {"blanks": ["NULL"], "ctName": "tier"}}, "dialect": {"quote": "'"}}
    kept = edited(before, p2="tier", delimiter=";")
    assert kept["columns"]["#C"] == {"ctName": "tier", "blanks": ["NULL"]}
    assert (kept["name"], kept["dialect"]) == ("n", {"quote": "'", "delimiter": ";"})


def test_what_is_said_of_the_whole_file() -> None:
    said = edited({"dayFirst": True}, order="month", identity="#C", match="email", blanks="NULL, N/A", encoding="windows-1252")
    assert said == {"identity": "#C", "match": "email", "blanks": ["NULL", "N/A"], "dialect": {"encoding": "windows-1252"}}
    assert json.loads(column_words.edited({}, inspection(), form(order="month")))["dayFirst"] is False
    assert column_words.whole(said | {"dayFirst": False}) == {
        "identity": "#C", "match": "email", "order": "month", "blanks": "NULL, N/A", "delimiter": "", "encoding": "windows-1252"
    }  # fmt: skip


def test_the_evidence_in_words() -> None:
    found = inspection(filled=9, fits={"yyyy-MM-dd": 8, "string": 9}, ruled_out={"float": "pro"})
    signup, plan = column_words.seen(found, {})[1:3]
    assert (signup.kind, signup.fit, signup.evidence) == ("new", 8, "8 of 9 filled cells fit yyyy-MM-dd; 1 will not be applied.")
    assert (plan.kind, plan.reference, plan.evidence) == ("existing", "#C", "“pro” is no number.")


def test_columns_are_named_by_header_or_letter() -> None:
    assert column_words.references(["identity", "Plan", "plan", "", "a=b"]) == ["identity", "#B", "#C", "#D", "#E"]
