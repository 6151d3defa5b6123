from __future__ import annotations

import pytest

from headcount.errors import WrongCall
from headcount.uploads.answers import answered
from headcount.uploads.mapping import Request, resolve
from headcount.uploads.questions import of_header
from headcount.uploads.report import questions
from headcount.web import question_words
from headcount.web.question_words import Asked


def asked(*headers: str, cells: tuple[str, ...] = ()) -> list[Asked]:
    """The questions about a file with these headers and one row."""
    found = resolve(headers, Request())
    columns = [{"header": c.header, "role": c.role.value} for c in found.columns]
    preview = [{"row": 2, "cells": list(cells)}] if cells else []
    inspection = {"header": [c.header for c in found.columns], "columns": columns, "preview": preview}
    return question_words.asked(questions(of_header(found.problems)), inspection)


def one(code: str, *answers: str, column: str | None = None) -> Asked:
    question = {"code": code, "column": column, "message": "Which?", "answers": answers}
    inspection = {"header": ["identity", "when"], "columns": [{"role": "identity"}, {"role": "property"}], "preview": []}
    return question_words.asked([question], inspection)[0]


def choices(question: Asked) -> dict[str, str]:
    return {choice.label: choice.value for choice in question.choices}


def test_a_near_miss_is_answered_by_a_click() -> None:
    (question,) = asked("identity", "msg_email", cells=("1", "false"))
    assert (question.letter, question.header, question.cells) == ("B", "msg_email", ("false",))
    assert choices(question) == {
        "It is MSG-email": "--map 'msg_email=MSG-email'",
        "Give it the name": "name:msg_email",
        "Leave the column out": "--skip 'msg_email'",
    }
    assert question.message == "Write MSG-email if it is one, or give it another name."


def test_any_column_can_be_the_identity() -> None:
    (question,) = asked("user_id", "Name")
    assert choices(question) == {"Column A: user_id": "--identity 'user_id'"}
    assert question.columns[:2] == (("user_id", "A: user_id"), ("Name", "B: Name"))


def test_a_column_without_a_name_of_its_own_goes_by_its_letter() -> None:
    blank, twice = asked("identity", "Name", "", "Name")
    assert (blank.letter, choices(blank)["Leave the column out"]) == ("C", "--skip '#C'")
    assert (twice.letter, choices(twice)["Give it the name"]) == ("D", "name:#D")


def test_days_types_and_commands() -> None:
    assert choices(one("date_ambiguous", "--day-first", "--month-first")) == {
        "The day comes first": "--day-first",
        "The month comes first": "--month-first",
    }
    conflict = one("type_conflict", "--map 'when=when:integer'", "headcount properties retype 'when' date", column="when")
    assert choices(conflict) == {"Keep integer": "--map 'when=when:integer'"}
    assert conflict.commands == ("headcount properties retype 'when' date",)
    assert "Read it as yyyy-MM-dd" in choices(one("date_ambiguous", "--map 'when=when:date:yyyy-MM-dd'"))
    assert one("property_limit", "--skip COLUMN").columns == (("when", "B: when"),)


FORMS = {
    "a button": ([("flag", "--day-first")], ["--day-first"]),
    "round buttons": ([("answer-0", "--skip 'a'"), ("answer-1", "--month-first")], ["--skip 'a'", "--month-first"]),
    "a name": ([("answer-0", "name:#C"), ("name-0", " New name ")], ["--map '#C=New name'"]),
    "a name with a quote": ([("answer-0", "name:a"), ("name-0", "it's")], ["--map 'a=it'\"'\"'s'"]),
    "a column": ([("answer-0", "other"), ("other-0", "user id")], ["--identity 'user id'"]),
    "a column alone": ([("other-0", "user_id")], ["--identity user_id"]),
    "a name that belongs to no choice": ([("answer-0", "--skip 'a'"), ("name-0", "b")], ["--skip 'a'"]),
    "several to leave out": ([("flag", "--skip a"), ("flag", "--skip b")], ["--skip a", "--skip b"]),
}


@pytest.mark.parametrize("case", FORMS)
def test_what_was_clicked_is_flags(case: str) -> None:
    form, flags = FORMS[case]
    assert question_words.flags(form) == flags
    answered(Request(), flags)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ([], "answer_missing"),
        ([("answer-0", "name:a"), ("name-0", " ")], "answer_missing"),
        ([("answer-0", "other")], "answer_missing"),
        ([("answer-0", "name:a"), ("name-0", "b=c")], "answer_invalid"),
    ],
)
def test_what_is_missing_is_told(form: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(WrongCall) as caught:
        question_words.flags(form)
    assert caught.value.code == code
