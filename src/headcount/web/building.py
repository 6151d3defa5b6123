"""What somebody has filled in on the page of a segment: read from its form, and said as a filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from starlette.datastructures import FormData

from headcount.errors import WrongCall
from headcount.segments.grammar import parse, render
from headcount.web.filter_rows import JOINS, WHATS, Group, Row, Rows, TypeOf, filter_of, rows_of, unfinished
from headcount.web.filter_words import tests

#: Whom a filter that says nothing yet means.
EVERYBODY = "identity exists"
#: As many rows and groups as a form may bring.
_MOST = 500


@dataclass(frozen=True, slots=True)
class Building:
    """A filter on its way: the rows, the text beside them, and what is wrong with the text."""

    #: None where rows cannot show what the text says.
    rows: Rows | None
    text: str
    #: What the text was when rows and text said the same the last time.
    was: str
    error: WrongCall | None = None
    #: How many rows are begun and do not count yet.
    unfinished: int = 0

    def assert_finished(self) -> None:
        """Raises WrongCall where it does not say, or not in full, who is meant."""
        if self.error:
            raise self.error
        if self.unfinished:
            raise WrongCall("segment_invalid", "A condition is not finished.", "Fill it in, or remove it.")
        if not self.text.strip():
            raise WrongCall("segment_invalid", "Nothing says who is meant.", f"Fill in a condition; `{EVERYBODY}` as text is everybody.")

    @property
    def condition(self) -> str:
        """Whom it means, as a filter that can be asked."""
        return self.text if self.text.strip() else EVERYBODY


def of_text(text: str, was: str = "") -> Building:
    """What a text says, as rows as well."""
    if not text.strip():
        return Building(rows_of(None), "", "")
    try:
        return Building(rows_of(parse(text)), text, text)
    except WrongCall as error:
        return Building(None, text, was, error)


def of_form(form: FormData, type_of: TypeOf) -> Building:
    """What the form says. The text leads where somebody has changed it, or where there are no rows; else the rows do.

    Raises WrongCall `form_invalid`.
    """
    text, was = (_one(form, name).replace("\r\n", "\n") for name in ("text", "was"))
    rows = _rows(form)
    if rows is None or text != was:
        found = of_text(text, was)
        # What cannot be read must not take away what was filled in.
        return replace(found, rows=rows) if found.error else found
    changed = _done(rows, _one(form, "do"), type_of)
    said = filter_of(changed, type_of)
    text = "" if said is None else render(said)
    return Building(changed, text, text, unfinished=unfinished(changed, type_of))


def _rows(form: FormData) -> Rows | None:
    """The groups and their rows; None where the form has none."""
    joins = [join if join in JOINS else "all" for join in _each(form, "join")]
    fields = [_each(form, name) for name in ("group", "what", "name", "test", "value", "more")]
    if not joins:
        return None
    if len({len(each) for each in fields}) != 1 or len(joins) > _MOST or len(fields[0]) > _MOST:
        raise WrongCall("form_invalid", "The form was not complete.", "Fill it in again.")
    rows = [(group, Row(next((w for w in WHATS if w == what), "property"), *rest)) for group, what, *rest in zip(*fields, strict=True)]
    groups = [Group(join, tuple(row for group, row in rows if group == str(number))) for number, join in enumerate(joins)]
    return Rows("any" if _one(form, "all") == "any" else "all", tuple(groups))


def _done(rows: Rows, do: str, type_of: TypeOf) -> Rows:
    """The rows after what was asked for: `row:GROUP`, `gone:GROUP:PLACE`, `group`; and each with a test that it can have."""
    verb, *places = do.split(":")
    numbers = [int(place) for place in places if place.isascii() and place.isdigit() and len(place) < 4]  # noqa: PLR2004 - see _MOST
    acts: dict[tuple[str, int], Callable[[], Rows]] = {
        ("row", 1): lambda: _with_row(rows, *numbers),
        ("gone", 2): lambda: _without(rows, *numbers),
        ("group", 0): lambda: replace(rows, groups=(*rows.groups, Group("any" if rows.join == "all" else "all", (Row(),)))),
    }
    changed = acts.get((verb, len(numbers)), lambda: rows)()
    groups = tuple(replace(group, rows=tuple(_settled(row, type_of) for row in group.rows)) for group in changed.groups)
    return replace(changed, groups=groups)


def _with_row(rows: Rows, number: int) -> Rows:
    return replace(rows, groups=tuple(replace(g, rows=(*g.rows, Row())) if place == number else g for place, g in enumerate(rows.groups)))


def _without(rows: Rows, number: int, row: int) -> Rows:
    """Without a row, and without a group that has none left; of the last group a row stays, to be filled in."""
    groups = [
        replace(group, rows=tuple(each for place, each in enumerate(group.rows) if (at, place) != (number, row)))
        for at, group in enumerate(rows.groups)
    ]
    left = tuple(group for group in groups if group.rows)
    return replace(rows, groups=left or (Group("all", (Row(),)),))


def _settled(row: Row, type_of: TypeOf) -> Row:
    """A row whose test is one of those it can have: after another property was chosen the first of them."""
    if row.what == "property" and type_of(row.name) == "date" and row.value and row.value.isdigit() != (row.operator == "in last"):
        # A number of days is no date, and no date is one.
        row = replace(row, value="", more="")
    possible = [test for test, _ in tests(row.what, type_of(row.name) if row.what == "property" else None, "")]
    if row.test in possible or (row.what == "property" and row.operator in {">", ">=", "<", "<=", "between"} and row.value):
        return row
    return replace(row, test=possible[0])


def _one(form: FormData, name: str) -> str:
    return next(iter(_each(form, name)), "")


def _each(form: FormData, name: str) -> Sequence[str]:
    return [value for value in form.getlist(name) if isinstance(value, str)]
