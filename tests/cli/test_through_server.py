from __future__ import annotations

import json
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.cli.conftest import Headcount, Outcome
from tests.cli.served import PASSCODE, Served, scrubbed, serving
from tests.program import Program

AMBIGUOUS = "identity,when\na,01/02/2024 10:00:00\nb,03/04/2024 10:00:00\n"


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Here commands and a server of ours talk with each other."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


Steps = list[list[str]]

#: Commands, one after another. `{0}` stands for the id of the first upload that they made.
SCENARIOS: dict[str, Steps] = {
    "an upload in words and as JSON": [
        ["uploads", "list"],
        ["upload", "people.csv", "--name", "Spring list", "--fail-on-rejects", "--json"],
        ["upload", "people.csv"],
        ["uploads", "list"],
        ["uploads", "list", "--limit", "1", "--json"],
        ["uploads", "show", "{0}"],
        ["uploads", "show", "{0}", "--json"],
        ["uploads", "rejects", "{0}"],
        ["uploads", "rejects", "{0}", "--output", "mend.csv"],
        ["uploads", "rejects", "{0}", "--output", "no/such/place.csv"],
        ["uploads", "cancel", "{0}", "--json"],
        ["uploads", "resume", "{0}", "--json"],
        ["uploads", "resume"],
    ],
    "segments by name, and a list from a file": [
        ["upload", "people.csv"],
        ["segment", "save", "Everybody", "identity exists", "--description", "all of them"],
        ["segment", "save", "everybody", "identity exists", "--json"],
        ["segment", "save", "Kept", 'in segment "Everybody"', "--frozen"],
        ["segment", "count", 'in segment "KEPT"', "--json"],
        ["segment", "audience", "Letters", "people.csv", "--add"],
        ["segment", "audience", "Letters", "people.csv", "--remove", "--expires", "0d", "--json"],
        ["segment", "audience", "Everybody", "people.csv", "--add", "--json"],
        ["segment", "people", "letters"],
        ["segment", "export", "letters", "--columns", "Name"],
        ["segment", "save", "Letters or all", 'in segment "letters" or in segment "everybody"'],
        ["segment", "delete", "Everybody"],
        ["segment", "save", "Everybody", 'in segment "letters or all"', "--replace"],
        ["segment", "delete", "Letters or all"],
        ["segment", "delete", "Letters"],
        ["segment", "show", "Letters"],
    ],
    "questions and answers": [
        ["upload", "when.csv", "--json"],
        ["uploads", "show", "{0}"],
        ["uploads", "resume", "{0}"],
        ["uploads", "resume", "{0}", "--map", "nope=x", "--json"],
        ["uploads", "resume", "{0}", "--map", "when=moment", "--month-first", "--json"],
        ["segment", "count", 'moment < "2024-01-31"', "--json"],
        ["upload", "when.csv", "--json"],
        ["uploads", "resume", "{1}", "--manifest", "m.json"],
        ["upload", "when.csv", "--json"],
        ["uploads", "cancel", "{2}"],
        ["uploads", "rejects", "{2}"],
    ],
    "a check and an inspection": [
        ["inspect", "people.csv"],
        ["inspect", "people.csv", "--json", "--preview", "1", "--skip", "plan"],
        ["inspect", "empty.csv", "--json"],
        ["inspect", "people.csv", "--map", "nope=x", "--json"],
        ["check", "people.csv"],
        ["check", "when.csv", "--json"],
        ["upload", "people.csv", "--json"],
        ["check", "changed.csv", "--json", "--name", "later", "--fail-on-rejects"],
        ["check", "empty.csv", "--json"],
        ["uploads", "list", "--json"],
    ],
    "taking back and bringing back": [
        ["upload", "people.csv", "--json"],
        ["upload", "changed.csv", "--json"],
        ["uploads", "undo", "{0}", "--check"],
        ["uploads", "undo", "{0}", "--json"],
        ["uploads", "undo", "{0}", "--json"],
        ["uploads", "undo", "{0}", "--check", "--json"],
        ["uploads", "redo", "{0}"],
        ["uploads", "redo", "{0}", "--json"],
        ["uploads", "undo", "{1}"],
        ["uploads", "show", "{1}", "--json"],
    ],
    "people": [
        ["upload", "people.csv", "--json"],
        ["people", "show", "00123"],
        ["people", "show", "00123", "--json"],
        ["people", "show", "../x?y#z", "--json"],
        ["people", "show", "..", "--json"],
        ["people", "find", "BERG"],
        ["people", "find", "0012", "--limit", "1", "--json"],
        ["people", "find", "nobody & nothing"],
        ["people", "export", "identity exists", "--columns", 'plan,"MSG-email"'],
        ["people", "export", "identity exists", "--output", "all.csv", "--json"],
        ["people", "export", "identity exists", "--output", "all.parquet", "--format", "parquet", "--json"],
        ["people", "export", "identity exist", "--output", "none.csv", "--json"],
        ["people", "export", "identity exists", "--columns", "nope", "--output", "none.csv", "--json"],
        ["upload", "all.csv", "--json"],
    ],
    "events": [
        ["inspect", "did.csv", "--event", "Charged"],
        ["check", "did.csv", "--event", "Charged"],
        ["check", "did.csv", "--event", "Charged", "--json"],
        ["upload", "did.csv", "--event", "Charged", "--json"],
        ["upload", "did.csv", "--event", "Charged"],
        ["upload", "did.csv", "--event", "App Launched", "--json"],
        ["upload", "did.csv", "--type", "profile", "--event", "Charged", "--json"],
        ["upload", "did.csv", "--event", "Charged", "--match", "email", "--json"],
        ["upload", "did.csv", "--type", "event", "--json"],
        ["uploads", "resume", "{1}", "--event", "Viewed", "--json"],
        ["people", "show", "00123"],
        ["people", "show", "00123", "--json"],
        ["segment", "count", 'did "charged" at least 2 times'],
        ["uploads", "undo", "{0}"],
        ["uploads", "redo", "{0}", "--json"],
    ],
    "reach": [
        ["upload", "people.csv", "--json"],
        ["reach", "identity exists"],
        ["reach", "--channel", "email", "identity exists", "--json"],
        ["reach", "--channel", "email", "--channel", "sms", "identity exists", "--json"],
        ["reach", "--channel", "email", "identity exists", "--people", "opted_out", "--limit", "1"],
        ["reach", "--channel", "email", "identity exists", "--people", "no_address", "--json"],
        ["reach", "--channel", "email", "nope exists", "--json"],
    ],
    "consent": [
        ["consent", "log"],
        ["upload", "people.csv", "--json"],
        ["consent", "set", "00123", "email", "unsubscribed", "--source", "person", "--reason", "by phone", "--json"],
        ["consent", "set", "00123", "email", "unsubscribed", "--source", "person"],
        ["consent", "set", "00123", "email", "subscribed"],
        ["consent", "set", "00123", "email", "subscribed", "--reason", " "],
        ["consent", "set", "nobody", "email", "subscribed", "--json"],
        ["consent", "log", "00123"],
        ["consent", "log", "--upload", "{0}", "--json"],
        ["consent", "log", "--upload", "zzz"],
        ["consent", "log", "--limit", "1", "--json"],
        ["upload", "changed.csv"],
        ["upload", "changed.csv", "--confirm-resubscribe", "asked", "--json"],
    ],
    "properties and segments": [
        ["upload", "people.csv", "--json"],
        ["properties", "list"],
        ["properties", "retype", "plan", "integer"],
        ["properties", "retype", "plan", "string", "--json"],
        ["properties", "retype", "a/b", "integer", "--json"],
        ["properties", "retype", "Name", "integer"],
        ["properties", "list", "--json"],
        ["properties", "show", "signup", "--json"],
        ["properties", "describe", "signup", "How often"],
        ["properties", "hide", "signup"],
        ["properties", "unhide", "signup", "--json"],
        ["properties", "rename", "signup", "a.b"],
        ["properties", "rename", "signup", "came", "--json"],
        ["properties", "retype", "came", "boolean", "--preview"],
        ["properties", "delete", "came", "--json"],
        ["properties", "delete", "came", "--yes"],
        ["segment", "count", "identity exists"],
        ["segment", "count", 'upload "{0}"', "--json"],
        ["segment", "count", "plan == 3"],
        ["segment", "count", "nope exists", "--json"],
    ],
    "wrong calls": [
        ["upload", "nope.csv", "--json"],
        ["upload", "empty.csv", "--json"],
        ["upload", "sheet.csv", "--json"],
        ["upload", "people.csv", "--skip", "color", "--json"],
        ["upload", "people.csv", "--delimiter", "tabs", "--json"],
        ["upload", "people.csv", "--encoding", "nope", "--json"],
        ["upload", "people.csv", "--map", "plan", "--json"],
        ["upload", "people.csv", "--map", "plan=x:date:dd.MM.yyyy", "--blank", "free", "--identity", "identity", "--json"],
        ["uploads", "show", "nope", "--json"],
        ["uploads", "show", "../nope", "--json"],
        ["uploads", "undo", "zzz", "--json"],
        ["uploads", "resume", "--day-first"],
        ["uploads", "list", "--json"],
    ],
}


def files(folder: Path, people: str) -> None:
    assert Path(people).parent == folder
    (folder / "when.csv").write_text(AMBIGUOUS)
    (folder / "m.json").write_text('{"dayFirst": true}')
    (folder / "did.csv").write_text("identity,ts,Amount,City\n00123,1714557600,3,Rome\n00123,1714557601,4.5,\n,1,2,3\n9,1714557602,,\n")
    (folder / "empty.csv").touch()
    (folder / "sheet.csv").write_bytes(b"%PDF-1.7\n" + bytes(200))
    (folder / "changed.csv").write_text("identity,plan,MSG-email\n00123,gold,true\n00124,gold,\n00200,gold,\n,gold,\n")


def run_all(headcount: Headcount, steps: Steps, before: list[str], folder: Path) -> list[str]:
    """How each command ended and what it wrote, to standard output, to standard error and into files."""
    ids, told = list[str](), list[str]()
    known = {path.name for path in folder.iterdir()}
    for step in steps:
        done = headcount(*before, *(part.format(*ids) if part.startswith(("{", "upload ")) else part for part in step))
        told.append(f"{step} → {done.code}\n{normal(done)}\n--\n{done.err}")
        if step[0] == "upload" and "--json" in step and '"id": "u' in done.out:
            ids.append(done.json["upload"]["id"])
    made = sorted(path for path in folder.iterdir() if path.name not in known and path.is_file())
    told += [f"{path.name}: {sorted(path.read_text().splitlines()) if path.suffix == '.csv' else path.exists()}" for path in made]
    for path in made:
        path.unlink()
    return told


def normal(done: Outcome) -> str:
    """What a command printed; of JSON the order of keys does not count, and lines of an export come in any order."""
    if done.out.startswith("{"):
        return json.dumps(done.json, sort_keys=True, ensure_ascii=False)
    return "\n".join(sorted(done.out.splitlines())) if done.out.startswith('"identity"') else done.out


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_server_is_not_noticed(name: str, headcount: Headcount, people: str, tmp_path: Path, served: Served) -> None:
    files(tmp_path, people)
    account = f"a{list(SCENARIOS).index(name)}"
    ways = {way: ["--data", way, "--account", account] for way in (str(tmp_path / "alone"), str(served.data))}
    alone, through = (
        [scrubbed(text, way) for text in run_all(headcount, SCENARIOS[name], before, tmp_path)] for way, before in ways.items()
    )
    assert through == alone
    shutil.rmtree(tmp_path / "alone", ignore_errors=True)


def test_an_address_does_the_same(headcount: Headcount, people: str, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_URL", served.url)
    monkeypatch.setenv("HEADCOUNT_PASSCODE", PASSCODE)
    document = headcount("upload", people, "--json").json
    assert (document["ledger"]["created"], document["upload"]["door"], document["upload"]["by"]) == (2, "cli", "first")
    assert headcount("uploads", "undo", document["upload"]["id"], "--json").json["door"] == "cli"
    assert headcount("doctor", "--json").json["checks"][2] == {"name": "server", "ok": True, "message": served.url, "advice": ""}


@pytest.mark.parametrize("passcode", ["not-the-passcode-at-all", "ä", ""])
def test_a_wrong_passcode_is_told_in_words(headcount: Headcount, served: Served, passcode: str) -> None:
    done = headcount("--url", served.url, "--passcode", passcode, "uploads", "list", "--json")
    assert (done.code, "passcode" in done.err) == (2, True)
    assert not passcode or passcode not in done.out + done.err


def test_a_passcode_leads_to_no_other_account(headcount: Headcount, people: str, served: Served) -> None:
    headcount("--data", str(served.data), "--account", "theirs", "upload", people)
    done = headcount("--url", served.url, "--passcode", PASSCODE, "--account", "theirs", "segment", "count", "identity exists", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "passcode_invalid")


def test_a_directory_and_an_address_are_one_too_many(headcount: Headcount, served: Served) -> None:
    assert headcount("--data", "x", "--url", served.url, "uploads", "list").code == 2


def test_a_directory_that_is_named_wins_over_a_set_address(headcount: Headcount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_URL", "http://127.0.0.1:9")
    assert headcount("--data", "here", "uploads", "list").code == 0
    done = headcount("uploads", "list", "--json")
    assert done.json["error"]["code"] == "passcode_missing"
    done = headcount("--passcode", "something", "uploads", "list", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "server_unreachable")


def test_the_socket_is_for_its_owner(served: Served) -> None:
    assert stat.S_IMODE(served.socket.stat().st_mode) == 0o600


def test_the_doctor_says_who_works(headcount: Headcount, served: Served) -> None:
    checks = {check["name"]: check["message"] for check in headcount("--data", str(served.data), "doctor", "--json").json["checks"]}
    assert "commands go through it" in checks["server"]
    assert "none runs" in headcount("doctor").out


def test_a_socket_that_was_left_behind_disturbs_nobody(headcount: Headcount, people: str, tmp_path: Path) -> None:
    data = tmp_path / "left"
    with serving(data) as running:
        headcount("--data", str(data), "upload", people)
        running.process.kill()
        running.process.wait()
    assert (data / "headcount.sock").is_socket()
    assert headcount("--data", str(data), "segment", "count", "identity exists").out == "2 people\n"
    with serving(data):
        assert "commands go through it" in headcount("--data", str(data), "doctor").out.replace("\n           ", " ")


def test_a_long_path_is_no_obstacle(headcount: Headcount, people: str, tmp_path: Path) -> None:
    data = tmp_path / ("long" * 20) / ("way" * 20)
    data.parent.mkdir()
    with serving(data):
        assert headcount("--data", str(data), "upload", people).code == 0
        assert "commands go through it" in headcount("--data", str(data), "doctor").out.replace("\n           ", " ")


def test_nobody_waits_for_an_upload_that_is_applied(headcount: Headcount, tmp_path: Path, served: Served) -> None:
    large = tmp_path / "large.csv"
    large.write_text("identity,plan\n" + "".join(f"{n},pro\n" for n in range(1, 300_001)))
    uploading = Program("--data", str(served.data), "--account", "busy", "upload", str(large), "--json")
    told = list[Outcome]()
    while uploading.runs:
        told.append(headcount("--data", str(served.data), "--account", "busy", "segment", "count", "identity exists", "--json"))
    assert json.loads(uploading.said()[1])["ledger"]["created"] == 300_000
    assert len(told) > 1
    assert {done.code for done in told} == {0}


def test_who_stops_looking_on_is_told_that_it_goes_on(
    headcount: Headcount, people: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("headcount.client.connection.Connection.watch", stop)
    program = ["--data", str(served.data), "--account", "stops"]
    done = headcount(*program, "upload", people)
    assert (done.code, done.out) == (5, "")
    (upload_id,) = re.findall(r"goes on with upload (\S+)\.", done.err)
    assert f"headcount {' '.join(program)} uploads show {upload_id}\n" in done.err


def test_what_was_checked_in_the_dashboard_is_applied_by_a_command(headcount: Headcount, served: Served) -> None:
    headers = {"X-CleverTap-Account-Id": "default", "X-CleverTap-Passcode": PASSCODE, "Content-Type": "text/csv"}
    for by_server in (True, False):
        sent = httpx.post(f"{served.url}/api/v1/uploads?review=true", content=f"identity,plan\nx{by_server},pro\n", headers=headers).json()
        upload = sent["upload"]["id"]
        assert f"uploads resume {upload}" in headcount("--data", str(served.data), "uploads", "show", upload).err
        data = served.data
        if not by_server:
            data = served.data.with_name("copy")
            shutil.copytree(served.data, data, ignore=shutil.ignore_patterns("*.sock"))
        done = headcount("--data", str(data), "uploads", "resume", upload, "--json")
        assert (done.code, done.json["upload"]["status"], done.json["ledger"]["created"]) == (0, "completed", 1)
