"""The commands `people …`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from headcount.bootstrap import Application
from headcount.cli import people_words
from headcount.cli.call import JsonFlag, opened
from headcount.cli.output import line, print_json, words
from headcount.errors import WrongCall
from headcount.profiles.report import document
from headcount.profiles.store import Person

commands = typer.Typer(help="People: what is known of them, and where it came from.")


@commands.command()
def show(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="The identity, exactly as it was uploaded.")],
    as_json: JsonFlag = False,
) -> None:
    """Show one person: every value with its origin, consent, and where a message can reach them."""
    with opened(context) as app:
        with app.store() as store:
            person = store.person(identity)
        if person is None:
            advice = "Identities are compared letter by letter; `headcount people find TEXT` searches."
            raise WrongCall("person_unknown", f"There is no person with the identity “{identity}”.", advice)
        (found,) = _documents(app, person)
    if as_json:
        print_json(found)
    else:
        people_words.show(found)


@commands.command()
def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A part of an identity, name, e-mail address or phone number, in any case.")],
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many people.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Find people by a part of their identity, name, e-mail address or phone number."""
    with opened(context) as app:
        with app.store() as store:
            people = store.find(text, limit)
        found = _documents(app, *people)
    if as_json:
        print_json({"people": found})
    elif found:
        people_words.show_list(found)
    else:
        line(words(), f"Nobody has “{text}” in their identity, name, e-mail address or phone number.")


def _documents(app: Application, *people: Person) -> list[dict[str, Any]]:
    ids, now = app.history.ids(), datetime.now(UTC)
    return [document(person, ids, now) for person in people]
