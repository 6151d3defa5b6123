"""What was found of addresses that several people have is kept until addresses are written, by whatever way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.server.house import ACME, Caller, Site

from headcount.auth.rights import operator
from headcount.store.duckdb import shares
from headcount.store.duckdb.profiles import DuckDBProfiles
from headcount.store.duckdb.turn import Turn

FILE = "identity,Email,Phone\n1,ann@example.com,+4915112345678\n2,bob@example.com,+4915112345679\n3,cem@example.com,+4915112345680\n"


def hashes(site: Site) -> int:
    """How many are kept."""
    with site.house.reach(operator(ACME)).open_store() as store:
        assert isinstance(store, DuckDBProfiles)
        found: int = store.connection.execute("SELECT coalesce(sum(len(hashes)), 0)::INTEGER FROM shared_addresses").fetchall()[0][0]
        return found


def duplicates(machine: Caller, channel: str = "email") -> int:
    found = machine.post("reach", {"filter": "identity exists", "channel": channel})
    number: int = found["duplicate_address"]
    return number


def by_file(machine: Caller) -> None:
    machine.upload("identity,Email,Phone\n4,ANN@example.com,+4915112345678\n")


def by_a_file_of_changes(machine: Caller) -> None:
    machine.upload("identity,Email,Phone\n3,Ann@example.com,+49 151 12345678\n")


def by_call(machine: Caller) -> None:
    record = {"identity": "4", "type": "profile", "profileData": {"Email": "Ann@Example.com", "Phone": "+4915112345678"}}
    answer = machine.http.post("/1/upload", json={"d": [record]}, headers=dict(machine.headers))
    assert answer.json()["processed"] == 1, answer.text


def by_undo(machine: Caller) -> None:
    machine.upload("identity,Email,Phone\n3,ann@example.com,+4915112345678\n")
    last = machine.upload("identity,Email,Phone\n3,new@example.com,+4915112345699\n")["upload"]["id"]
    assert (duplicates(machine), duplicates(machine, "sms")) == (0, 0)
    assert machine.call("POST", f"uploads/{last}/undo").is_success
    assert machine.events(f"uploads/{last}/progress")[-1] == "end"


@pytest.fixture
def filled(machine: Caller) -> Caller:
    machine.upload(FILE)
    assert (duplicates(machine), duplicates(machine, "sms")) == (0, 0)
    return machine


WAYS = [by_file, by_a_file_of_changes, by_call, by_undo]


@pytest.mark.parametrize("write", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("pressed", [False, True], ids=["at once", "in pieces"])
def test_an_address_that_was_written_counts(
    filled: Caller, write: Callable[[Caller], None], pressed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Turn, "pressed", pressed)
    write(filled)
    assert (duplicates(filled), duplicates(filled, "sms")) == (1, 1)


def test_it_is_found_once_for_as_long_as_no_address_is_written(filled: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    by_file(filled)
    assert duplicates(filled) == 1
    with monkeypatch.context() as patched:
        patched.setattr(shares, "find", lambda *_: pytest.fail("it is found again"))
        filled.upload("identity,plan\n1,pro\n")
        assert (duplicates(filled), duplicates(filled, "sms")) == (1, 1)


def test_nothing_of_it_is_left_of_who_is_erased(filled: Caller, site: Site) -> None:
    by_file(filled)
    assert duplicates(filled) == 1
    assert hashes(site) == 3
    assert filled.call("DELETE", "people/1").is_success
    assert hashes(site) == 0
    assert (duplicates(filled), duplicates(filled, "sms")) == (0, 0)
