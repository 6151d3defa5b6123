from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headcount.uploads.manifest import Manifest, manifest_of, read, with_flags
from headcount.uploads.mapping import ColumnRequest, Request, resolve
from headcount.values import dates
from headcount.values.types import Type

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
#: Consent and the identity take no type; those have cases of their own.
names = texts.map(lambda text: f"p{text}")
words = st.lists(texts, max_size=2).map(tuple)
formats = st.sampled_from([*dates.RECOGNISED, dates.ISO, dates.UNIX, dates.EPOCH])


@st.composite
def columns(draw: st.DrawFn) -> ColumnRequest:
    if draw(st.booleans()):
        return ColumnRequest(skip=True)
    type_ = draw(st.none() | st.sampled_from(Type))
    return ColumnRequest(
        property=draw(st.none() | names),
        type=type_,
        format=draw(st.none() | formats) if type_ is Type.DATE else None,
        blank=draw(st.sampled_from(["keep", "clear"])),
        write=draw(st.sampled_from(["overwrite", "fill"])),
        blanks=draw(words),
    )


requests = st.builds(
    Request,
    columns=st.dictionaries(names, columns(), max_size=3),
    identity=st.none() | texts.map(lambda text: f"i{text}"),
    match=st.sampled_from([None, "identity", "email", "phone"]),
    day_first=st.none() | st.booleans(),
    blanks=words,
    delimiter=st.sampled_from([None, ";", "\t"]),
    encoding=st.sampled_from([None, "utf-16", "windows-1252"]),
    quote=st.sampled_from([None, "'", '"']),
    escape=st.sampled_from([None, "\\"]),
    confirm_resubscribe=st.none() | texts,
)


@given(requests, st.none() | texts.map(lambda text: f"n{text}"))
def test_a_request_comes_back_as_it_was(request: Request, name: str | None) -> None:
    assert read(json.dumps(manifest_of(request, name))) == Manifest(request, name)


def test_nothing_said_is_nothing_written() -> None:
    assert manifest_of(Request()) == {}


@pytest.mark.parametrize(
    ("maps", "skips"),
    [
        ([], ["a"]),
        (["a=b::dd.MM.yyyy"], []),
        (["a=MSG-email", "b=MSG-sms:boolean"], []),
        (["a=:string"], []),
        (["#B=identity"], []),
    ],
)
def test_flags_mean_the_same_as_their_manifest(maps: list[str], skips: list[str]) -> None:
    asked = with_flags(Request(identity="c"), maps, skips)
    again = read(json.dumps(manifest_of(asked))).request
    assert resolve(["a", "b", "c"], again) == resolve(["a", "b", "c"], asked)


def test_of_a_column_that_is_left_out_nothing_else_is_said() -> None:
    asked = replace(Request(), columns={"a": ColumnRequest(property="b", skip=True)})
    assert manifest_of(asked) == {"columns": {"a": {"skip": True}}}
