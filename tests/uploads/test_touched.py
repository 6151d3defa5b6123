from __future__ import annotations

import random

from tests.uploads.account import Account

from headcount.profiles.store import Part
from headcount.uploads.mapping import Request


def touched(account: Account, upload: str, part: Part) -> list[tuple[int, str]]:
    number = account.app.history.number(upload)
    assert number
    with account.app.store() as store:
        return [(each.row, each.identity) for each in store.touched(number, part, after=0, limit=10_000)]


def test_the_rows_of_a_number_are_those_that_did_it(account: Account) -> None:
    account.send("identity,plan,MSG-email\n1,pro,\n2,free,\n3,free,\n")
    done = account.send("identity,plan,MSG-email\n4,pro,\n1,free,\n2,free,false\n3,free,\n")
    upload = done["upload"]["id"]
    assert touched(account, upload, "created") == [(2, "4")]
    # Of row 3 a value changes, of row 4 a consent only; row 5 says what is known.
    assert touched(account, upload, "updated") == [(3, "1"), (4, "2")]


def test_as_many_people_are_listed_as_the_ledger_counts(account: Account) -> None:
    draw = random.Random(7)
    for _ in range(4):
        cells = [(draw.randrange(200), draw.choice(["", "a", "b"]), draw.choice(["", "true", "false"])) for _ in range(300)]
        rows = "".join(f"{identity},{plan},{consent}\n" for identity, plan, consent in cells)
        done = account.send(f"identity,plan,MSG-sms\n{rows}")
        for part in ("created", "updated"):
            assert len(touched(account, done["upload"]["id"], part)) == done["ledger"][part]


def test_pages_follow_one_another_and_keep_a_row_together(account: Account) -> None:
    account.send("identity,Email\n1,a@example.com\n2,a@example.com\n3,b@example.com\n")
    done = account.send("identity,plan\na@example.com,x\nb@example.com,y\n", Request(match="email"))
    number = account.app.history.number(done["upload"]["id"])
    assert number
    with account.app.store() as store:
        first = store.touched(number, "updated", after=0, limit=1)
        second = store.touched(number, "updated", after=first[-1].row, limit=1)
    assert [each.identity for each in (*first, *second)] == ["1", "2", "3"]
