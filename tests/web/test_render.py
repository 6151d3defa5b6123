from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from headcount import web
from headcount.auth.rights import FOR_MACHINES, Role
from headcount.uploads.upload import Status
from headcount.web import words
from headcount.web.passcodes_pages import SCOPES
from headcount.web.render import ENVIRONMENT, WIDTH, bar

TEMPLATES = sorted((Path(web.__path__[0]) / "templates").rglob("*.html"))


def shown(source: str, **context: object) -> str:
    return ENVIRONMENT.from_string('{% import "macros.html" as ui %}' + source).render(**context)


@pytest.mark.parametrize(("value", "text"), [(1234567, "1,234,567"), (0, "0"), (None, "–"), (1234.56, "1,234.6")])
def test_a_number(value: float | None, text: str) -> None:
    assert shown("{{ ui.number(value) }}", value=value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 bytes"), (999, "999 bytes"), (27824, "27.8 kB"), (10**9, "1.0 GB"), (10**16, "10,000.0 TB"), (None, "–")]
)
def test_a_size(value: int | None, text: str) -> None:
    assert words.size(value) == text


@pytest.mark.parametrize(
    "value",
    ["2026-03-01T09:05:07+00:00", "2026-03-01T10:05:07+01:00", datetime(2026, 3, 1, 9, 5, 7), datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)],
)
def test_an_instant(value: str | datetime) -> None:
    text = '<time datetime="2026-03-01T09:05:07Z" title="2026-03-01 09:05:07 UTC">1 Mar 2026, 09:05</time>'
    assert shown("{{ ui.time(value) }}", value=value) == text


@pytest.mark.parametrize(("part", "text"), [(0, "0 %"), (1, "under 1 %"), (500, "50 %"), (999, "99 %"), (1000, "100 %")])
def test_a_share(part: int, text: str) -> None:
    assert words.percent(part, 1000) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain Ünïcode 名前 👩\u200d💻", "plain Ünïcode 名前 👩\u200d💻"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("gpj\u202ecod", "gpj⟨U+202E⟩cod"),
        ("\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"),
        ("\ufeffid", "⟨U+FEFF⟩id"),
        ("a\ud800", "a⟨U+D800⟩"),
        ("a\r\nb\tc", "a␍↵b⇥c"),
    ],
)
def test_nothing_hides_in_a_text(text: str, seen: str) -> None:
    assert shown("{{ ui.text(text) }}", text=text) == f"<bdi>{seen}</bdi>"
    assert shown("{{ text }}", text=text.replace("\r\n", "").replace("\t", "")) == seen.replace("␍↵", "").replace("⇥", "")


@pytest.mark.parametrize(
    "source", ["{{ x }}", "{{ ui.text(x) }}", "<p title='{{ x }}'>", "{{ ui.notice('bad', x, x) }}", "{{ ui.field('n', x, value=x) }}"]
)
def test_no_value_is_markup(source: str) -> None:
    text = shown(source, x="""<b>"'&</b>""")
    assert "<b>" not in text
    assert """"'""" not in text


def test_a_name_that_is_missing_is_a_fault() -> None:
    with pytest.raises(UndefinedError):
        shown("{{ missing }}")


def test_a_bar_fills_its_width_and_shows_the_least_part() -> None:
    parts = [{"label": word, "count": count, "href": None, "tone": "created"} for word, count in (("a", 10**6), ("b", 0), ("c", 1))]
    drawn = bar(parts)
    assert [part["label"] for part in drawn] == ["a", "c"]
    assert drawn[1]["width"] > 5
    assert sum(part["width"] for part in drawn) == pytest.approx(WIDTH)
    text = shown("{{ ui.stacked_bar(parts, 'Rows') }}", parts=parts)
    assert 'aria-label="Rows: 1,000,000 a, 1 c"' in text
    assert "under 1 %" in text


def test_a_bar_of_nothing() -> None:
    assert "Rows: nothing" in shown("{{ ui.stacked_bar([], 'Rows') }}")


def test_a_problem_says_what_where_and_what_now() -> None:
    problem = {
        "code": "x",
        "severity": "row",
        "title": "A title",
        "column": "plan",
        "count": 3,
        "rows": [2, 1500],
        "example": "<b>",
        "advice": "Do it.",
    }
    text = shown("{{ ui.problem_group(problem) }}", problem=problem)
    assert all(part in text for part in ("A title", "plan", "3 times", "Rows 2, 1,500 and more", "&lt;b&gt;", "Do it."))


def test_every_word_is_there() -> None:
    assert set(words.STATUS) == {*Status, "interrupted"}
    assert set(words.ROLES) == set(Role)
    assert set(SCOPES) == FOR_MACHINES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_breaks_the_policy_of_its_page(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|\|\s*safe\b", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)|https?://", text)
