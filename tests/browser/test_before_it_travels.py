"""What the browser says of a file before it travels is what the server says of it after."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Route

from headcount.uploads.mapping import Request, resolve
from headcount.uploads.problems import HEADER
from headcount.web.static_files import FOLDER

HERE = "http://headcount.test/"
WORDS = {code: {"title": kind.title, "advice": kind.advice} for code, kind in HEADER.items()}
PIECES = [
    "identity", "Identity", "user_id", "E-mail address", "Name", "MSG-email", "msg_email", "MSG email", "MſG-sms", "mSg-PUSH", "msg\u2013whatsapp",
    "Tags", "Tags.operation", ".operation", "<dd/MM/yyyy>", "<unix>", " <yyyy-MM-dd HH:mm:ss>", "<quarter>", "<>", "< >", "<'at' dd MMM yyyy>",
    "row", "Failure Code", "Failure Description", "", *"%><!|&.:;$'\"\\#=+-@", "\ufeff", "\x00", "\t", "\n", "\x1c", "\x85", "\xa0", "\u2028", "é", "ß",
    "ﬅ", "İ", "ı", "K", "日本", "²", "\ufffd", "a", "x" * 120, "x" * 121, "😀" * 121,
]  # fmt: skip
HEADERS = st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=3).map("".join), min_size=1, max_size=6)
RESOLVE = """async ({ cases, words }) => {
  const { resolve, message } = await import("/headers.js");
  return cases.map((headers) => {
    const { columns, problems, notices, suggested } = resolve(headers);
    return {
      columns: columns.map((c) => [c.role, c.header, c.letter]), notices,
      problems: problems.map((p) => [p.code, p.letter, message(p, words)]), suggested: suggested.map((c) => c.letter),
    };
  });
}"""
LOOK = """async ({ content, name, limit }) => {
  const { look } = await import("/csv.js");
  const file = new File([new Uint8Array(content)], name);
  try { return await look(file, limit); } catch (error) { return { refused: error.code, text: error.message, advice: error.advice }; }
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.route(f"{HERE}**", _serve)
    page.goto(HERE)
    yield page
    page.close()


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(HERE)
    if name:
        route.fulfill(path=FOLDER / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>t</title>", content_type="text/html")


def on_server(headers: Sequence[str]) -> dict[str, Any]:
    found = resolve(headers, Request())
    named = {flag: c.letter for c in reversed(found.columns) for flag in _identity_flags(c.letter, c.header)}
    asked = [answer for p in found.problems if p.code == "identity_missing" for answer in p.answers if answer != "--identity COLUMN"]
    return {
        "columns": [[c.role.value, c.header, c.letter] for c in found.columns],
        "notices": list(found.notices),
        "problems": [[p.code, p.letter, p.message] for p in found.problems],
        "suggested": [named[answer] for answer in asked],
    }


def _identity_flags(letter: str, header: str) -> tuple[str, str]:
    return f"--identity '{header}'", f"--identity '#{letter}'"


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(cases=st.lists(HEADERS, min_size=20, max_size=60))
def test_headers_mean_in_the_browser_what_they_mean_on_the_server(page: Page, cases: list[list[str]]) -> None:
    said = page.evaluate(RESOLVE, {"cases": cases, "words": WORDS})
    for headers, seen in zip(cases, said, strict=True):
        known = on_server(headers)
        # The same header twice is suggested once by its name, and twice by its letters.
        seen["suggested"], known["suggested"] = (_once(headers, s["suggested"]) for s in (seen, known))
        assert seen == known, headers


def _once(headers: Sequence[str], letters: Sequence[str]) -> set[str]:
    titles = [column.header for column in resolve(headers, Request()).columns]
    return {titles[ord(letter) - ord("A")] for letter in letters}


def looked(page: Page, content: bytes, name: str = "f.csv", limit: int = 1_000_000) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(LOOK, {"content": list(content), "name": name, "limit": limit})
    return found


FILES: Mapping[str, tuple[bytes, dict[str, Any]]] = {
    "plain": (b"identity,plan\n1,pro\n", {"header": ["identity", "plan"], "delimiter": ",", "encoding": "utf-8", "looked": 1}),
    "bom": ("\ufeffidentity;Größe\r\n1;2\r\n".encode(), {"header": ["identity", "Größe"], "delimiter": ";"}),
    "utf-16": ("\ufeffidentity\tplan\n1\tä\n".encode("utf-16-le"), {"encoding": "utf-16le", "delimiter": "\t"}),
    "utf-16 without a mark": ("identity,plan\n1,pro\n".encode("utf-16-le"), {"encoding": "utf-16le", "header": ["identity", "plan"]}),
    "windows-1252": ("identity;Straße\n1;Köln\n".encode("cp1252"), {"encoding": "windows-1252", "header": ["identity", "Straße"]}),
    "one wrong byte": ("identity,Name\n1,Zoë\n2,Zoë\n3,".encode() + b"\xff\n", {"encoding": "utf-8"}),
    "sep line": (b"sep=|\nidentity|a,b\n1|2,3\n", {"delimiter": "|", "header": ["identity", "a,b"], "headerRow": 1}),
    "line break in quotes": (b'identity,note\n1,"a\nb ""c"""\n2,d\n', {"rows": [{"row": 2, "cells": ["1", 'a\nb "c"']}, {"row": 3, "cells": ["2", "d"]}]}),
    "apostrophes": (b"identity,note\n'1','a,b'\n'2','c,d'\n", {"quote": "'", "wrong": []}),
    "backslashes": (b'identity,note\n1,"a \\" b, c"\n2,"d \\" e, f"\n', {"escape": "\\", "wrong": []}),
    "blank lines": (b"\n\nidentity,a\n\n1,2\n", {"headerRow": 3, "rows": [{"row": 5, "cells": ["1", "2"]}]}),
    "fields": (b"identity,a\n1,2\n3\n4,5,6\n", {"wrong": [{"row": 3, "fields": 1, "broken": False}, {"row": 4, "fields": 3, "broken": False}]}),
    "unclosed quote": (b'identity,a\n1,"x\n2,y\n', {"wrong": [{"row": 2, "fields": 1, "broken": True}], "looked": 2}),
    "decimal commas": (b"identity;n\n1;2,5\n2;3,5\n", {"delimiter": ";"}),
    "gzip": (gzip.compress(b"identity,a\n1,2\n", mtime=0), {"packed": True, "header": ["identity", "a"]}),
    "empty": (b"", {"refused": "file_empty"}),
    "blanks": (b" \n\n", {"refused": "file_empty"}),
    "nothing after sep": (b"sep=;\n", {"refused": "header_missing"}),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), {"refused": "file_not_csv"}),
    "document": (b"%PDF-1.7\n", {"refused": "file_not_csv"}),
    "workbook": (b"PK\x03\x04" + bytes(22) + b"\x10\0\0\0" + b"xl/workbook.xml0", {"refused": "file_not_csv"}),
    "picture in gzip": (gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(64), mtime=0), {"refused": "file_not_csv"}),
    "broken gzip": (b"\x1f\x8b" + bytes(40), {"refused": "archive_invalid"}),
    "NUL bytes": (bytes([1, 0, 2, 3, 4, 0, 5, 6]) * 64, {"refused": "file_not_csv"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_before_it_travels(page: Page, name: str) -> None:
    content, expected = FILES[name]
    found = looked(page, content)
    assert {key: found.get(key) for key in expected} == expected


def test_what_is_too_large_never_travels(page: Page) -> None:
    found = looked(page, b"identity\n1\n", limit=5)
    assert (found["refused"], "limit of 5 bytes" in found["text"]) == ("file_too_large", True)


def test_only_the_beginning_of_a_file_is_read(page: Page) -> None:
    found = looked(page, b"identity,a\n" + b"12345,abcdefghij\n" * 100_000, limit=10_000_000)
    assert (found["whole"], found["wrong"], len(found["rows"]), found["looked"]) == (False, [], 15, 19_999)
