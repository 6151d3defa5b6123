"""An upload that is stopped, whatever it is at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from tests.server.house import PEOPLE, Caller, Document, Site, code, open_site
from tests.server.process import eventually
from tests.server.test_life import ended

from headcount.uploads.watch import Watch

Held = Callable[[str], AbstractContextManager[None]]
ROWS = "identity,plan\n" + "".join(f"p{n},pro\n" for n in range(20_000))


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Lets the work on uploads stop in a phase for as long as the context lasts."""

    @contextmanager
    def holding(phase: str) -> Iterator[None]:
        go_on, tell = threading.Event(), Watch.__call__

        def wait(watch: Watch, name: str, done: int, total: int) -> None:
            watch.on_progress(name, done, total)
            if name == phase:
                go_on.wait(20)
            tell(watch, name, done, total)

        monkeypatch.setattr(Watch, "__call__", wait)
        try:
            yield
        finally:
            go_on.set()

    return holding


@pytest.mark.parametrize("phase", ["reading", "inspecting", "checking"])
def test_before_anything_is_applied(site: Site, machine: Caller, held: Held, phase: str) -> None:
    with held(phase):
        upload = machine.upload(ROWS, "review=true&wait=0")
        place = f"uploads/{upload['upload']['id']}"
        in_phase(site, upload, phase)
        assert machine.post(f"{place}/cancel")["upload"]["status"] == "cancelled"
    eventually([], look=site.left)
    document = machine.get(place)
    assert (document["upload"]["status"], document["ledger"]) == ("cancelled", None)
    assert code(machine.call("POST", f"{place}/undo")) == (409, "undo_impossible")
    assert machine.post("segments/count", {"filter": "identity exists"})["count"] == 0


def in_phase(site: Site, upload: Document, phase: str) -> None:
    """Wait until the work is in the phase."""
    desk = site.house.desk(site.house.access.principal_of_passcode("acme", site.machine().headers["X-CleverTap-Passcode"]))
    eventually(phase, look=lambda: desk.progress(upload["upload"]["id"])["phase"])


def test_in_the_middle_of_its_rows(tmp_path_factory: pytest.TempPathFactory, held: Held) -> None:
    with open_site(tmp_path_factory.mktemp("chunks") / "data", chunk_rows=2000) as site:
        machine = site.machine()
        with held("applying"):
            upload = machine.upload(ROWS, "wait=0")
            in_phase(site, upload, "applying")
            machine.post(f"uploads/{upload['upload']['id']}/cancel")
        document = counted(machine, upload)
        assert machine.post("segments/count", {"filter": "identity exists"})["count"] == document["ledger"]["created"] > 0
        machine.post(f"uploads/{upload['upload']['id']}/undo")
        assert ended(machine, upload)["upload"]["status"] == "undone"
        assert machine.post("segments/count", {"filter": "identity exists"})["count"] == 0


def counted(machine: Caller, upload: Document) -> Document:
    """The document when what was applied is counted."""
    place = f"uploads/{upload['upload']['id']}"
    eventually("counted", look=lambda: "counted" if machine.get(place)["ledger"] else "not yet")
    return machine.get(place)


def test_too_late_to_be_seen_it_is_counted_all_the_same(site: Site, machine: Caller, held: Held) -> None:
    with held("applying"):
        upload = machine.upload(PEOPLE, "wait=0")
        in_phase(site, upload, "applying")
        machine.post(f"uploads/{upload['upload']['id']}/cancel")
    document = counted(machine, upload)
    assert (document["upload"]["status"], document["ledger"]["created"]) == ("cancelled", 2)
    eventually([], look=lambda: [path for path in site.left() if path.is_file()])


def test_in_line_behind_another(site: Site, machine: Caller, held: Held) -> None:
    with held("reading"):
        first, second = machine.upload(PEOPLE, "wait=0"), machine.upload(ROWS, "wait=0")
        assert machine.post(f"uploads/{second['upload']['id']}/cancel")["upload"]["status"] == "cancelled"
    assert ended(machine, first)["upload"]["status"] == "completed"
    assert machine.get(f"uploads/{second['upload']['id']}")["ledger"] is None
    assert not [path for path in site.left() if path.is_file()]


def test_what_is_taken_back_comes_to_its_end(site: Site, machine: Caller, held: Held) -> None:
    upload = machine.upload(PEOPLE)
    with held("undoing"):
        machine.post(f"uploads/{upload['upload']['id']}/undo")
        in_phase(site, upload, "undoing")
        assert code(machine.call("POST", f"uploads/{upload['upload']['id']}/cancel")) == (409, "upload_reversing")
    assert ended(machine, upload)["upload"]["status"] == "undone"


def test_an_error_that_nobody_expected_stops_one_upload(site: Site, machine: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("headcount.uploads.looking.Looking.stage", fail)
        first = machine.upload(PEOPLE)
    assert first["upload"]["status"] == "interrupted"
    assert machine.upload(PEOPLE)["upload"]["status"] == "completed"
    machine.post(f"uploads/{first['upload']['id']}/resume")
    assert ended(machine, first)["upload"]["status"] == "completed"
    assert site.house.worker.waiting() == 0
