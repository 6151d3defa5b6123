"""The truth table of consent: what a person said before, what a cell says, and whether the uploader confirmed."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tests.uploads.account import Account, account_in, ledger

from headcount.profiles.consent import Channel, Source, Wish
from headcount.uploads.mapping import Request

#: What is known before, as uploads and the person made it.
STATES = {"new": None, "not set": None, "subscribed": True, "unsubscribed": False, "declined": False}
CELLS = {"true": True, "TRUE": True, " True ": True, "false": False, "FALSE": False, "0": None, "yes": None, "": None, "junk": None}
INVALID = {"0", "yes", "junk"}
PEOPLE = list(product(STATES, CELLS))


def name(state: str, cell: str) -> str:
    return f"{state}/{list(CELLS).index(cell)}"


def prepare(account: Account, channel: Channel) -> None:
    """Everybody in the state that their name says."""
    words = {"not set": "", "subscribed": "true", "unsubscribed": "false", "declined": "true"}
    lines = [f"{name(state, cell)},{words[state]}" for state, cell in PEOPLE if state != "new"]
    account.send(f"identity,{channel.header}\n" + "\n".join(lines), name="before.csv")
    with account.app.store() as store:
        for state, cell in PEOPLE:
            if state == "declined":
                assert store.set_consent(name(state, cell), Wish(channel, subscribed=False, source=Source.PERSON, at=datetime(2026, 1, 1)))


def after(state: str, cell: str, *, confirmed: bool) -> bool | None:
    """What the specification says the consent is after the upload."""
    said = CELLS[cell]
    if said is None or (said and state == "declined" and not confirmed):
        return STATES[state]
    return said


def counted(*, confirmed: bool) -> dict[str, int]:
    changes = [(STATES[s], after(s, c, confirmed=confirmed)) for s, c in PEOPLE]
    trues = sum(1 for cell in CELLS.values() if cell)
    return {
        "opted_out": sum(now is False and before is not False for before, now in changes),
        "resubscribed": sum(bool(now) and before is False for before, now in changes),
        "held": 0 if confirmed else trues,
    }


@pytest.mark.parametrize("chunk_rows", [4, 1_000])
@pytest.mark.parametrize("reason", [None, "list re-permissioned in May"])
@pytest.mark.parametrize("channel", Channel)
def test_the_truth_table(channel: Channel, reason: str | None, chunk_rows: int, tmp_path: Path) -> None:
    confirmed = reason is not None
    file = f"identity,{channel.header}\n" + "\n".join(f"{name(state, cell)},{cell}" for state, cell in PEOPLE)
    with account_in(tmp_path, chunk_rows=chunk_rows) as account:
        prepare(account, channel)
        document = account.send(file, Request(confirm_resubscribe=reason))
        consents = account.consents(name(s, c) for s, c in PEOPLE)
        found = {(s, c): consents[name(s, c)].get(channel.value) for s, c in PEOPLE}
        log = entries(account, document)
    assert found == {(s, c): after(s, c, confirmed=confirmed) for s, c in PEOPLE}
    assert document["ledger"]["consent"][channel.value] == counted(confirmed=confirmed)
    assert document["ledger"]["cells_not_applied"] == len(INVALID) * len(STATES)
    held = [] if confirmed else [(n, row, channel.value) for n, row in rows_of("declined") if CELLS[cell_of(n)]]
    assert sorted((h["identity"], h["row"], h["channel"]) for h in document["held"]) == sorted(held)
    changed = {name(s, c) for s, c in PEOPLE if after(s, c, confirmed=confirmed) != STATES[s]}
    assert {e.identity for e in log} == changed
    assert {(e.source, e.reason) for e in log} == {(Source.UPLOAD, reason)}


def rows_of(state: str) -> list[tuple[str, int]]:
    return [(name(s, c), row) for row, (s, c) in enumerate(PEOPLE, 2) if s == state]


def cell_of(who: str) -> str:
    return list(CELLS)[int(who.split("/")[1])]


def entries(account: Account, document: dict[str, Any]) -> tuple[Any, ...]:
    number = account.app.history.number(document["upload"]["id"])
    with account.app.store() as store:
        return store.consent_log(identity=None, upload=number, limit=1_000)


@pytest.fixture
def declined(tmp_path: Path) -> Any:  # noqa: ANN401 - a generator of accounts
    """An account in which a left e-mail themselves."""
    with account_in(tmp_path) as account:
        account.send("identity,plan,MSG-email\na,pro,true\nb,pro,true\n")
        with account.app.store() as store:
            store.set_consent("a", Wish(Channel.EMAIL, subscribed=False, source=Source.PERSON, at=datetime(2026, 1, 1)))
        yield account


def test_the_same_file_again_brings_nobody_back(declined: Account) -> None:
    document = declined.send("identity,plan,MSG-email\na,pro,true\nb,pro,true\n")
    assert ledger(document) == {"rows": 2, "unchanged": 2}
    assert document["held"] == [{"identity": "a", "row": 2, "channel": "email"}]
    assert declined.consent("a") == {"email": False}


def test_the_rest_of_a_held_row_is_applied(declined: Account) -> None:
    assert ledger(declined.send("identity,plan,MSG-email\na,team,true\n", name="other.csv")) == {"rows": 1, "updated": 1}
    assert (declined.values("a")["plan"], declined.consent("a")) == ("team", {"email": False})


def test_duplicates_are_held_with_the_row_that_says_so(declined: Account) -> None:
    document = declined.send("identity,plan,MSG-email\na,,true\na,x,\na,y,\n", name="other.csv")
    assert document["held"] == [{"identity": "a", "row": 2, "channel": "email"}]


def test_who_was_brought_back_with_a_reason_has_not_left_any_more(declined: Account) -> None:
    declined.send("identity,MSG-email\na,true\n", Request(confirm_resubscribe="asked us to"), name="1.csv")
    declined.send("identity,MSG-email\na,false\n", name="2.csv")
    assert declined.send("identity,MSG-email\na,true\n", name="3.csv")["ledger"]["consent"]["email"]["resubscribed"] == 1


def test_matching_by_address_is_held_too(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        account.send("identity,Email,MSG-email\n1,a@example.com,true\n2,a@example.com,true\n")
        with account.app.store() as store:
            store.set_consent("1", Wish(Channel.EMAIL, subscribed=False, source=Source.PERSON, at=datetime(2026, 1, 1)))
        document = account.send("identity,MSG-email\nA@example.com,true\n", Request(match="email"), name="list.csv")
        assert document["held"] == [{"identity": "1", "row": 2, "channel": "email"}]
        assert account.consent("1") == {"email": False}
