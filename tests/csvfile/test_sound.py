"""The quick reading of a block against the one that looks closely, on bytes that mostly quote as they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headcount.csvfile import ends, rows, sound
from headcount.csvfile.rows import Marks, read_rows
from headcount.csvfile.sound import sound_rows

MARKS = Marks(ord(","), ord('"'), ord('"'))
CELLS = [b"", b"a", b" a", b"a ", b"'a", b'""', b'"a"', b'" a"', b'"a "', b'"a,b"', b'"a\nb"', b'"a\r\nb"', b'"a ""b"""', b'"""a"', b'","']
ODD = [b'"a', b'a"', b'a"b', b'"a"b', b' "a"', b'"a" ', b"a\rb", b'a""b', b'""""', b'"" ', b'"a""']


def compare(data: bytes, *, closed: bool) -> bool:
    """Whether the quick reading says anything; what it says is what the close one says."""
    block = np.frombuffer(data, np.uint8)
    quick, close = sound_rows(block, MARKS, closed=closed), read_rows(block, MARKS, closed=closed)
    if quick is None:
        return False
    for name in ("start", "stop", "end", "fields", "fault", "breaks"):
        assert getattr(quick, name).tolist() == getattr(close, name).tolist(), name
    assert (quick.rest, quick.textual, bool(quick.opened)) == (close.rest, close.textual, bool(close.opened))
    seen = block[: quick.rest]
    assert ends.ends(seen, quick, MARKS) == ends.ends(seen, close, MARKS)
    return True


def tables(cells: list[bytes]) -> st.SearchStrategy[bytes]:
    line = st.lists(st.sampled_from(cells), min_size=1, max_size=4).map(b",".join)
    return st.tuples(st.lists(line, max_size=40), st.sampled_from([b"\n", b"\r\n"]), st.booleans()).map(
        lambda drawn: drawn[1].join(drawn[0]) + (drawn[1] if drawn[2] else b"")
    )


@given(tables(CELLS), st.booleans())
@settings(max_examples=600)
def test_plain_tables_are_read_quickly(data: bytes, whole: bool) -> None:
    closed = whole or not data.endswith(b"\n")
    assert compare(data, closed=closed) or not data


@given(tables(CELLS * 4 + ODD), st.booleans())
@settings(max_examples=1500)
def test_what_is_said_quickly_is_what_is_seen_closely(data: bytes, closed: bool) -> None:
    compare(data, closed=closed)


def test_an_unfinished_row_is_left_for_the_next_block() -> None:
    data = b'a,"b"\n' * 30 + b'c,"d\n' * 1
    assert compare(data, closed=False)
    found = sound_rows(np.frombuffer(data, np.uint8), MARKS, closed=False)
    assert found is not None
    assert (len(found), found.rest) == (30, 180)


@pytest.mark.parametrize(("data", "closed"), [(b'"a\nb"\n', True), (b'"abcdef\n', False)])
def test_a_row_that_goes_on_too_long_is_looked_at_closely(data: bytes, closed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compare(data, closed=closed)
    for module in (rows, sound):
        monkeypatch.setattr(module, "MAX_QUOTED", 5)
    assert not compare(data, closed=closed)
