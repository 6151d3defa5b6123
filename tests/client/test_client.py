"""The client against the program itself, as a server in a process of its own."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.cli.served import PASSCODE, Served, serving

import headcount
from headcount import Client, FileRejected, HeadcountError, RowsRejected, SendingStopped, UploadWaits, WrongCall
from headcount.client.sources import Source

HOW_TO = Path(__file__).parents[2] / "docs/how-to"
PEOPLE = "identity,Name,Email,plan\n007,Ann,ann@example.com,pro\n8,Bob,bob@example,free\n,Nobody,,free\n"
AMBIGUOUS = "identity,joined\n1,01/02/2026 10:00:00\n2,03/04/2026 10:00:00\n"


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Here the client and a server of ours talk with each other."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with Client(served.url, "default", PASSCODE) as client:
        yield client


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return path


def test_a_file_is_uploaded_and_taken_back(client: Client, people: Path, tmp_path: Path) -> None:
    phases = set[str]()
    done = client.upload(people, name="Spring list", on_progress=lambda phase, *_: phases.add(phase))
    assert (done.status, done.name, done.raise_for_status()) == ("completed", "Spring list", done)
    assert done.ledger
    assert (done.ledger.rows, done.ledger.created, done.ledger.rejected, done.ledger.cells_not_applied) == (3, 2, 1, 1)
    assert {each.code: each.rows for each in done.problems} == {"identity_blank": (4,), "email_invalid": (3,)}
    assert "receiving" in phases
    assert client.uploads(status="completed", limit=1)[0]["id"] == done.id
    assert client.person("007")["properties"]["plan"]["value"] == "pro"
    assert [each["identity"] for each in client.find("ann@")] == ["007"]
    assert client.count('plan = "pro" and identity = "007"') == 1
    assert client.rejects(str(done.id), tmp_path / "mend.csv")
    assert (tmp_path / "mend.csv").read_text().count("\n") == 3
    client.undo(str(done.id))
    assert client.wait(str(done.id)).status == "undone"
    with pytest.raises(WrongCall) as raised:
        client.person("007")
    assert raised.value.code == "person_unknown"


def test_rejected_rows_can_be_a_failure(client: Client, people: Path) -> None:
    with pytest.raises(RowsRejected, match="1 of 3 rows") as raised:
        client.upload(people, fail_on_rejects=True)
    assert raised.value.upload.status == "completed"


def test_an_opened_file_is_uploaded(client: Client) -> None:
    opened = io.BytesIO(b"identity,a\nopened,1\n")
    assert client.upload(opened).raise_for_status().name == "upload.csv"
    with pytest.raises(WrongCall, match="'rb'"):
        client.upload(io.StringIO("identity\n1\n"))  # type: ignore[arg-type]


def test_what_is_asked_is_told_and_answered(client: Client) -> None:
    waiting = client.upload(io.BytesIO(AMBIGUOUS.encode()))
    with pytest.raises(UploadWaits, match="--day-first or --month-first") as raised:
        waiting.raise_for_status()
    assert [each.code for each in raised.value.upload.questions] == ["date_ambiguous"]
    client.answer(str(waiting.id), {}, day_first=True)
    assert client.wait(str(waiting.id)).raise_for_status().status == "completed"
    assert client.upload(io.BytesIO(AMBIGUOUS.encode()), day_first=True).duplicate_of == waiting.id


def test_a_file_that_cannot_be_used_is_told(client: Client) -> None:
    unusable = client.upload(io.BytesIO(b""))
    with pytest.raises(FileRejected) as raised:
        unusable.raise_for_status()
    assert (raised.value.code, raised.value.upload) == ("file_empty", unusable.id)


def test_an_upload_can_be_looked_at_first(client: Client) -> None:
    ready = client.upload(io.BytesIO(b"identity,a\nlooked,1\n"), review=True)
    assert (ready.status, client.count('identity = "looked"')) == ("ready", 0)
    client.apply(str(ready.id))
    assert (client.wait(str(ready.id)).status, client.count('identity = "looked"')) == ("completed", 1)
    other = client.upload(io.BytesIO(b"identity,a\nlooked,2\n"), review=True)
    assert client.cancel(str(other.id)).status == "cancelled"


def test_a_check_stores_nothing(client: Client) -> None:
    found = client.check(io.BytesIO(b"identity,a\nchecked,1\n"))
    assert (found.id, found.status, found.ledger and found.ledger.created, client.count('identity = "checked"')) == (None, "ready", 1, 0)


def test_a_file_of_events(client: Client) -> None:
    rows = io.BytesIO(b"identity,ts,Amount\nbuyer,1714557600,3\nbuyer,,4\n")
    assert client.check(rows, event="Bought").status == "ready"
    rows.seek(0)
    assert client.upload(rows, event="Bought").status == "completed"
    assert client.count('did "Bought" at least 2 times') == 1


def test_what_takes_longer_goes_on(client: Client, served: Served) -> None:
    begun = client.upload(io.BytesIO(b"identity,a\n" + b"".join(b"w%d,1\n" % number for number in range(200_000))), wait=False)
    assert not begun.is_over
    with pytest.raises(HeadcountError) as raised:
        client.wait(str(begun.id), timeout=0.1)
    assert raised.value.code == "wait_timeout"
    with Client(served.url, "default", PASSCODE, retries=0) as hasty, pytest.raises(HeadcountError) as raised:
        hasty.wait(str(begun.id), timeout=0.1)
    assert (raised.value.code, client.wait(str(begun.id), timeout=60).status) == ("wait_timeout", "completed")


NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
TYPES: list[tuple[str, Any, Any]] = [
    ("string", ["00123"], "00123"),
    ("string", ["=1+1"], "=1+1"),
    ("string", ["'=1+1"], "'=1+1"),
    ("string", ['a "b",\nc'], 'a "b",\nc'),
    ("string", pa.array(["x"]).dictionary_encode(), "x"),
    ("integer", [2**62], 2**62),
    ("float", [0.1], 0.1),
    ("float", [2.0], 2.0),
    ("float", [Decimal("12.30")], 12.3),
    ("boolean", [True], True),
    ("date", [date(2026, 1, 2)], "2026-01-02T12:00:00"),
    ("date", [datetime(2026, 1, 2, 3, 4, 5, 678_901)], "2026-01-02T03:04:05.678901"),
    ("date", pa.array([NOON]).cast(pa.timestamp("ns", "America/New_York")), "2026-01-02T12:00:00"),
    ("list", [['a "b" \\ \n\x01,', None, "ü"]], ['a "b" \\ \n\x01,', "ü"]),
    ("list", [[1, 2]], ["1", "2"]),
]


def test_records_are_stored_live(client: Client) -> None:
    result = client.profiles(
        [
            {"identity": "live", "Name": "Liv", "Email": "liv@example.com", "since": NOON, "tags": ["a", "b"], "n": 7, "MSG-sms": False},
            {"identity": "live", "Email": "not an address"},
            {"FBID": "f1", "identity": "live", "tags": {"$add": ["c"]}, "n": None},
            {"Name": "Nobody"},
        ]
    )
    assert (result.sent, result.processed, [(each.position, each.code) for each in result.failed]) == (4, 2, [(1, 515), (3, 523)])
    person = client.person("live")
    assert {name: each["value"] for name, each in person["properties"].items()} == {
        "Name": "Liv",
        "Email": "liv@example.com",
        "since": "2026-01-02T12:00:00Z",
        "tags": ["a", "b", "c"],
        "n": 7,
    }
    assert person["consent"]["sms"]["state"] == "unsubscribed"
    assert client.profiles([{"FBID": "f1", "n": "many"}, {"identity": "live", "Age": 3}]).notices[0].position == 0


def test_events_are_counted_once(client: Client) -> None:
    given = [{"identity": f"e{number % 10}", "Amount": 9.5, "ts": NOON} for number in range(250)]
    for _ in range(2):
        client.events(given, name="Charged", batch=20, concurrency=4, idempotency_key="a night").raise_for_failures()
    assert client.count('did "Charged" at least 25 times') == 10
    assert client.count('did "Charged" at least 26 times') == 0
    refused = client.events([{"identity": "e1"}], name="App Launched", dry_run=True)
    assert [(each.position, each.code) for each in refused.failed] == [(0, 513)]
    with pytest.raises(SendingStopped) as raised:
        client.events(given[:3], name="Charged", idempotency_key="a night", batch=20, concurrency=4)
    assert (raised.value.code, raised.value.position) == ("call_refused", 0)


def test_a_table_keeps_its_types_and_values(client: Client) -> None:
    # The next row has nothing in it.
    columns = [pa.concat_arrays([array := pa.array(cells), pa.nulls(1, array.type)]) for _, cells, _ in TYPES]
    table = pa.table([pa.array(["007", "8"]), *columns], names=["identity", *(f"p{number}" for number in range(len(TYPES)))])
    assert client.upload(table, name="table").raise_for_status().problems == ()
    found = client.person("007")["properties"]
    for number, (kind, _, value) in enumerate(TYPES):
        shown = found[f"p{number}"]
        seen = shown["value"].removesuffix("Z").removesuffix("+00:00") if kind == "date" else shown["value"]
        assert (shown["type"], seen) == (kind, value), number
    assert "p0" not in client.person("8")["properties"]


class Frame:
    """A data frame of another library, as Arrow sees it: with an index that has no name."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table.append_column("__index_level_0__", pa.array(range(table.num_rows)))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


def test_a_frame_is_read_as_the_properties_that_are_there(client: Client) -> None:
    client.upload(pa.table({"identity": ["f"], "whole": [1], "broken": [1.5], "text": ["1"], "at": [NOON]})).raise_for_status()
    # A library that has no number for nothing makes broken ones of whole ones.
    frame = Frame(pa.table({"identity": ["f"], "whole": [2.0], "broken": [2], "text": [3], "at": [date(2026, 1, 3)]}))
    done = client.upload(frame).raise_for_status()
    assert (done.problems, [each["header"] for each in done.columns]) == ((), ["identity", "whole", "broken", "text", "at"])
    found = {name: (each["type"], each["value"]) for name, each in client.person("f")["properties"].items() if name != "at"}
    assert found == {"whole": ("integer", 2), "broken": ("float", 2.0), "text": ("string", "3")}


def test_a_mapping_wins_over_the_types_of_a_table(client: Client) -> None:
    columns = {
        "user": {"ctName": "identity"},
        "code": {"dataType": "STRING"},
        "MSG-email": {},
        "gone": {"skip": True},
        "when": {"dataType": "DATE"},
    }
    table = pa.table({"user": [17], "code": [5], "MSG-email": [False], "gone": [{"a": 1}], "when": ["25/03/2026 10:00:00"]})
    with pytest.raises(WrongCall, match="which no property holds"):
        client.upload(table, manifest={"columns": columns})
    client.upload(
        table.drop_columns("gone"), manifest={"columns": {name: columns[name] for name in columns if name != "gone"}}
    ).raise_for_status()
    person = client.person("17")
    assert ({name: each["type"] for name, each in person["properties"].items()}) == {"code": "string", "when": "date"}
    assert person["consent"]["email"]["state"] == "unsubscribed"


@pytest.mark.parametrize("source", [7, [{"identity": "1"}], pa.table({"identity": [1.0]}), "no-such.csv"])
def test_what_is_no_file_is_refused(client: Client, source: Source) -> None:
    with pytest.raises(WrongCall) as raised:
        client.upload(source)
    assert raised.value.code in {"source_wrong", "file_missing"}


def test_consent_is_changed_and_people_are_taken_out(client: Client, tmp_path: Path) -> None:
    client.upload(io.BytesIO(b"identity,tagged\nc/1,yes\n"))
    assert client.set_consent("c/1", "email", "unsubscribed", source="person", reason="by phone")["changed"]
    assert client.person("c/1")["consent"]["email"]["source"] == "person"
    assert client.export('tagged = "yes"', tmp_path / "out.csv", columns=["tagged"]) == 1
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == ["c/1,yes"]
    assert {"Email", "tagged"} <= {each["name"] for each in client.properties()}


def test_segments_are_saved_filled_and_asked(client: Client) -> None:
    client.upload(pa.table({"identity": ["s1", "s2", "s3"], "tier": ["gold", "gold", None], "Email": ["s1@x.example", None, None]}))
    saved = client.save_segment("Gold", 'tier = "gold"', description="who pays more")
    assert (saved["kind"], saved["people"]) == ("live", 2)
    again = client.save_segment("gold", 'tier = "gold" and identity = "s1"', frozen=True, expires_at=datetime(2126, 1, 1))
    assert (again["id"], again["kind"], again["people"], again["expires_at"]) == (saved["id"], "frozen", 1, "2126-01-01T00:00:00Z")

    table = pa.table({"mail": ["S1@x.example", "nobody@x.example"]})
    filled = client.audience("Some", table, "add", match="email", manifest={"identity": "mail"})
    assert [filled[name] for name in ("rows", "found", "unknown", "people")] == [2, 1, 1, 1]
    assert filled["unknown_rows"] == [{"row": 3, "key": "nobody@x.example"}]
    assert client.audience("Some", io.BytesIO(b"identity\ns2\ns3\n"), "add")["people"] == 3
    assert client.audience("Some", io.BytesIO(b"identity\ns3\n"), "remove", expires_at=NOON.replace(year=2126))["removed"] == 1

    assert {each["identity"] for each in client.people('in segment "Some"')} == {"s1", "s2"}
    told = client.breakdown('identity in ("s1", "s2", "s3")', "tier")
    assert (told["without"], told["shares"]) == (1, [{"value": "gold", "people": 2}])
    found = client.reach('in segment "Some"', ["email"])["channels"]
    assert list(found) == ["email"]
    assert (found["email"]["matched"], found["email"]["no_address"], found["email"]["reach"]) == (2, 1, 1)
    assert set(client.reach('in segment "Some"')["channels"]) == {"push", "sms", "email", "whatsapp"}

    assert [each["name"] for each in client.segments()] == ["gold", "Some"]
    client.delete_segment("SOME")
    with pytest.raises(WrongCall) as raised:
        client.delete_segment("Some")
    assert raised.value.code == "segment_unknown"


def test_the_examples_run(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"URL": served.url, "PASSCODE": PASSCODE}.items():
        monkeypatch.setenv(f"HEADCOUNT_{name}", value)
    Path("customers.csv").write_text(PEOPLE)
    Path("crm.csv").write_text("Customer No,Signup\n00123,02.01.2026\n")
    Path("mapping.json").write_text('{"identity": "identity", "plan": "tariff"}')
    Path("people.csv").write_text('identity,plan,tags\n00123,pro,"a,b"\n')
    Path("charged.csv").write_text("identity,ts,Amount\n00123,1777882500,9.5\n")
    pq.write_table(pa.table({"identity": ["00123"], "score": [1.5]}), "scores.parquet")
    for page in ("use-the-python-client.md", "replace-the-upload-scripts.md"):
        known: dict[str, Any] = {"rows": [{"identity": "00123"}]}
        for block in re.findall(r"^```python\n(.*?)^```$", (HOW_TO / page).read_text("utf-8"), re.DOTALL | re.MULTILINE):
            exec(block, known)  # noqa: S102 - our own page
    assert Path("mend.csv").exists()
    with Client.from_env() as client:
        found = client.person("00123")["properties"]
    assert {name: found[name]["value"] for name in ("Signup", "score", "tariff", "tags")} == {
        "Signup": "2026-01-02T12:00:00Z",
        "score": 1.5,
        "tariff": "pro",
        "tags": ["a", "b"],
    }


def test_who_calls_is_nowhere_to_be_read(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_URL", served.url)
    monkeypatch.setenv("HEADCOUNT_PASSCODE", "not-the-right-one")
    with Client.from_env() as client, pytest.raises(WrongCall) as raised:
        client.count("identity exists")
    assert raised.value.code == "passcode_invalid"
    assert "not-the-right-one" not in f"{raised.value!r} {raised.value} {client!r} {vars(client)!r}"
    assert repr(Client("https://h.example", "a", "secret")) == "Client('https://h.example', account='a')"


def test_what_is_missing_in_the_environment_is_named() -> None:
    with pytest.raises(WrongCall, match="HEADCOUNT_URL"):
        Client.from_env()
    for wrong in ("localhost:8080", "https://u:p@h.example"):
        with pytest.raises(WrongCall, match="address") as raised:
            Client(wrong, "a", "b")
        assert wrong not in str(raised.value)


def test_importing_headcount_loads_nothing_else() -> None:
    said = (
        "import sys, headcount; print(len([m for m in sys.modules if m.startswith(('httpx', 'pyarrow', 'headcount.'))])); headcount.Client"
    )
    done = subprocess.run([sys.executable, "-c", said], check=True, capture_output=True, text=True)
    assert done.stdout == "0\n"
    assert {name: getattr(headcount, name).__name__ for name in headcount.__all__} == {name: name for name in headcount.__all__}
    with pytest.raises(ImportError):
        from headcount import nothing  # type: ignore[attr-defined]  # noqa: F401, PLC0415
