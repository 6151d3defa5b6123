"""People as a Parquet file, and the columns that an export can have."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.uploads.account import Account, account_in

from headcount.errors import WrongCall
from headcount.profiles import columns
from headcount.profiles.consent import Channel
from headcount.profiles.properties import Property
from headcount.segments.export import write_parquet
from headcount.segments.grammar import parse
from headcount.uploads.mapping import ColumnRequest, Request
from headcount.values.types import Type

TYPES = {
    "plan": pa.string(),
    "visits": pa.int64(),
    "balance": pa.float64(),
    "vip": pa.bool_(),
    "since": pa.timestamp("us", "UTC"),
    "tags": pa.list_(pa.string()),
    **{channel.header: pa.bool_() for channel in Channel},
}


def parquet(account: Account) -> pa.Table:
    out, told = io.BytesIO(), list[int]()
    with account.app.store() as store, store.people(parse("identity exists"), "UTC", lambda _: None) as people:
        assert write_parquet(people, out, told.append) == people.count() == max(told, default=0)
    return pq.read_table(pa.BufferReader(out.getvalue()))


def test_each_column_has_its_type(tmp_path: Path) -> None:
    cells = '=1,7,2.5,true,2026-03-25T10:00:00.5Z,"[""a"",""b""]",,,false,'
    with account_in(tmp_path) as account:
        request = Request(columns={"tags": ColumnRequest(type=Type.LIST)})
        account.send(f"identity,{','.join(TYPES).replace('since', 'since<ISO>')}\n00123,{cells}\n00124{',' * len(TYPES)}\n", request)
        table = parquet(account).sort_by("identity")
    assert dict(zip(table.schema.names[1:], table.schema.types[1:], strict=True)) == TYPES
    day = datetime(2026, 3, 25, 10, microsecond=500_000, tzinfo=UTC)
    full = ["=1", 7, 2.5, True, day, ["a", "b"], None, None, False, None]
    assert [list(person.values()) for person in table.to_pylist()] == [["00123", *full], ["00124", *[None] * 10]]


def test_nobody_is_a_table_without_rows(tmp_path: Path) -> None:
    with account_in(tmp_path) as account:
        assert parquet(account).num_rows == 0


PROPERTIES = (Property(1, "Name", Type.STRING), Property(2, "plan", Type.STRING))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("name", "Did you mean Name?"),
        ("Plan", "Did you mean plan?"),
        ("msg_email", "the column MSG-email."),
        ("xyz", "`headcount properties"),
    ],
)
def test_an_unknown_column_is_told_with_those_alike(name: str, hint: str) -> None:
    with pytest.raises(WrongCall, match="no property called") as told:
        columns.named([name], PROPERTIES)
    assert (told.value.code, hint in told.value.advice) == ("property_unknown", True)


@pytest.mark.parametrize(
    ("name", "type_", "header"),
    [
        ("plan", Type.STRING, "plan"),
        ("day", Type.DATE, "day<ISO>"),
        ("=a", Type.STRING, "'=a"),
        ("-5", Type.STRING, "-5"),
        ("-a", Type.DATE, "'-a<ISO>"),
    ],
)
def test_a_header_says_how_dates_are_written_and_runs_in_no_spreadsheet(name: str, type_: Type, header: str) -> None:
    assert columns.header(Property(1, name, type_)) == header
