"""The help page that the program implements, to the letter, and what the specification adds to it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.uploads.account import Account, account_in, answers, ledger, problems, rejects

from headcount.errors import WrongCall
from headcount.uploads import manifest
from headcount.uploads.mapping import ColumnRequest, Match, Request, resolve
from headcount.values.types import Type

SAMPLE = "identity, MSG-email\n123,false\n456,false\n"
PLACEHOLDERS = ["undefined", "null", "na", "n/a", "0", "nil", "-1", "infinity", "-infinity", "inf", "-inf", "nan", "-nan"]
PLACEHOLDERS += ["empty", "xxxxxx", "none"]
PROHIBITED = "%><!|&.:;$'\"\\#"


# --- A. Unsubscribe a user from e-mails ---------------------------------------------------------------------------


def test_the_sample_unsubscribes(account: Account) -> None:
    document = account.send(SAMPLE)
    assert ledger(document) == {"rows": 2, "created": 2}
    assert document["ledger"]["consent"]["email"] == {"opted_out": 2, "resubscribed": 0, "held": 0}
    assert account.consent("123") == account.consent("456") == {"email": False}
    assert account.count("consent email is unsubscribed") == 2


def test_the_flag_set_to_true_resubscribes(account: Account) -> None:
    account.send(SAMPLE)
    document = account.send(SAMPLE.replace("false", "true"))
    assert document["ledger"]["consent"]["email"] == {"opted_out": 0, "resubscribed": 2, "held": 0}
    assert account.consent("123") == {"email": True}


@pytest.mark.parametrize("channel", ["push", "sms", "email", "whatsapp"])
def test_each_flag_is_a_channel(account: Account, channel: str) -> None:
    account.send(f"identity,MSG-{channel}\n1,false\n")
    assert account.consent("1") == {channel: False}


@pytest.mark.parametrize("header", ["MSG-email", "msg-email", "Msg-Email", " MSG-EMAIL "])
def test_flags_are_matched_without_regard_to_case(account: Account, header: str) -> None:
    account.send(f"identity,{header}\n1,FALSE\n")
    assert account.consent("1") == {"email": False}
    assert account.types() == {}


def test_a_blank_flag_changes_nothing(account: Account) -> None:
    account.send(SAMPLE)
    document = account.send("identity,MSG-email\n123,\n456,\n")
    assert ledger(document) == {"rows": 2, "unchanged": 2}
    assert account.consent("123") == {"email": False}


@pytest.mark.parametrize("cell", ["0", "1", "no", "unsubscribed", "f", "falsch"])
def test_a_flag_that_is_neither_true_nor_false_changes_nothing(account: Account, cell: str) -> None:
    account.send(SAMPLE)
    document = account.send(f"identity,MSG-email\n123,{cell}\n")
    assert problems(document) == {"consent_invalid": [2]}
    assert ledger(document) == {"rows": 1, "unchanged": 1, "cells_not_applied": 1}
    assert account.consent("123") == {"email": False}


PEOPLE = "identity,Email,Phone\n1001,ada@example.com,+4930123456\n1002,ben@example.com,+4930123457\n1003,Ben@Example.com,\n"


def test_a_list_of_addresses_of_people_with_other_identities_waits(account: Account) -> None:
    account.send(PEOPLE)
    document = account.send("identity,MSG-email\nada@example.com,false\nBEN@example.com,false\n")
    assert document["upload"]["status"] == "start_mapping"
    assert answers(document) == {"match_unclear": ["--match email", "--match identity"]}
    assert account.people() == 3


def test_a_list_of_addresses_unsubscribes_everybody_who_has_them(account: Account) -> None:
    account.send(PEOPLE)
    waiting = account.send("identity,MSG-email\nada@example.com,false\nBEN@example.com,false\n")
    document = account.answer(waiting, Request(match="email"))
    assert ledger(document) == {"rows": 2, "updated": 2}
    assert document["ledger"]["profiles_touched"] == 3
    assert account.consent("1001") == account.consent("1002") == account.consent("1003") == {"email": False}


def test_an_address_that_nobody_has_is_on_record(account: Account) -> None:
    account.send(PEOPLE)
    document = account.send("identity,MSG-email\nEve@example.org,false\n", Request(match="email"))
    assert ledger(document) == {"rows": 1, "created": 1}
    assert account.values("Eve@example.org") == {"Email": "Eve@example.org"}
    assert account.consent("Eve@example.org") == {"email": False}
    again = account.send("identity,MSG-email\neve@EXAMPLE.org,false\n", Request(match="email"))
    assert ledger(again) == {"rows": 1, "unchanged": 1}


def test_one_address_in_two_spellings_is_one_person(account: Account) -> None:
    document = account.send("identity,MSG-email\neve@example.org,true\nEve@Example.org,false\n", Request(match="email"))
    assert ledger(document) == {"rows": 2, "created": 1, "merged": 1}
    assert account.consent("Eve@Example.org") == {"email": False}


def test_a_list_of_numbers_matches_by_phone(account: Account) -> None:
    account.send(PEOPLE)
    waiting = account.send("identity,MSG-sms\n+49 30 123456,false\n4930123457,false\n")
    assert answers(waiting) == {"match_unclear": ["--match phone", "--match identity"]}
    document = account.answer(waiting, Request(match="phone"))
    assert ledger(document) == {"rows": 2, "updated": 2}
    assert account.consent("1001") == account.consent("1002") == {"sms": False}


def test_what_is_no_address_names_nobody(account: Account) -> None:
    document = account.send("identity,MSG-email\nada,false\nada@example.com,false\n", Request(match="email"))
    assert problems(document) == {"identity_invalid": [2]}
    assert ledger(document) == {"rows": 2, "created": 1, "rejected": 1}


def test_half_of_the_identities_counts_each_once(account: Account) -> None:
    account.send(PEOPLE)
    document = account.send("identity,MSG-email\n7,false\n7,false\n7,true\nada@example.com,false\n")
    assert list(answers(document)) == ["match_unclear"]


def test_addresses_that_are_identities_do_not_wait(account: Account) -> None:
    account.send("identity,Email\nada@example.com,ada@example.com\n")
    document = account.send("identity,MSG-email\nada@example.com,false\n")
    assert ledger(document) == {"rows": 1, "updated": 1}


@pytest.mark.parametrize("header", ["msg_email", "MSG email", "MSGemail", "MSG.email", "msg-e-mail", "MSG:Email"])
def test_a_header_that_is_almost_a_flag_waits(account: Account, header: str) -> None:
    document = account.send(f"identity,{header}\n1,false\n")
    assert document["upload"]["status"] == "start_mapping"
    assert "consent_near_miss" in answers(document)
    assert account.people() == 0
    mapped = account.answer(document, Request({header: ColumnRequest(property="MSG-email")}))
    assert mapped["upload"]["status"] == "completed"
    assert account.consent("1") == {"email": False}


# --- B. Segment a set of users ------------------------------------------------------------------------------------


def test_a_set_of_users_exists(account: Account) -> None:
    account.send("identity,user_set_1\n1,1\n2,1\n")
    account.send("identity,city\n3,Rome\n")
    assert account.count("user_set_1 exists") == 2
    assert account.count("not user_set_1 exists") == 1


def test_a_set_of_users_equals_one(account: Account) -> None:
    account.send("identity,user_set_1\n1,1\n2,2\n3,\n")
    assert account.types() == {"user_set_1": "integer"}
    assert account.count("user_set_1 = 1") == 1


def test_a_set_of_users_equals_one_as_a_text(account: Account) -> None:
    account.send("identity,user_set_1\n1,1\n2,gold\n")
    assert account.count('user_set_1 = "1"') == 1


# --- Troubleshooting ----------------------------------------------------------------------------------------------


def test_identity_elsewhere_is_accepted_with_a_notice(account: Account) -> None:
    document = account.send("city,identity\nRome,1\n")
    assert ledger(document) == {"rows": 1, "created": 1}
    assert [p["code"] for p in document["problems"]] == ["identity_not_first"]


@pytest.mark.parametrize(
    "header", ["Identity", "IDENTITY", "user_id", "User ID", "customerId", "Email", "E-Mail", "e-mail address", "id", "uid", "phone"]
)
def test_a_header_that_looks_like_the_identity_is_suggested(header: str) -> None:
    (problem,) = resolve(("city", header, "guide"), Request()).problems
    assert (problem.code, problem.answers) == ("identity_missing", (f"--identity '{header}'",))


def test_without_an_identity_the_upload_waits(account: Account) -> None:
    document = account.send("city,user_id\nRome,1\n")
    assert document["upload"]["status"] == "start_mapping"
    assert answers(document) == {"identity_missing": ["--identity 'user_id'"]}
    done = account.answer(document, Request(identity="user_id"))
    assert ledger(done) == {"rows": 1, "created": 1}
    assert account.values("1") == {"city": "Rome"}


def test_a_blank_header_stops_the_file(account: Account) -> None:
    document = account.send("identity,,city\n1,x,Rome\n")
    assert document["upload"]["status"] == "start_mapping"
    assert [(p["code"], p["letter"]) for p in document["problems"]] == [("header_blank", "B")]
    assert answers(document) == {"header_blank": ["--map '#B=NAME'", "--skip '#B'"]}
    assert account.people() == 0
    assert account.types() == {}


def test_a_blank_identity_fails_its_row_alone(account: Account) -> None:
    document = account.send("identity,city\n1,Rome\n,Oslo\n  ,Bern\n2,Lima\n")
    assert problems(document) == {"identity_blank": [3, 4]}
    assert ledger(document) == {"rows": 4, "created": 2, "rejected": 2}


def test_each_prohibited_character_stops_the_file(account: Account) -> None:
    headers = [f"a{character}b" for character in PROHIBITED]
    quoted = ",".join('"' + header.replace('"', '""') + '"' for header in headers)
    document = account.send(f"identity,{quoted}\n1{',x' * len(headers)}\n")
    assert [(p["code"], p["column"]) for p in document["problems"]] == [("header_prohibited_character", h) for h in headers]
    assert all(header in p["advice"] for header, p in zip(headers, document["problems"], strict=True))
    assert account.people() == 0


def test_a_placeholder_names_nobody(account: Account) -> None:
    document = account.send("identity,city\n" + "".join(f" {word.upper()} ,Rome\n{word},\n" for word in PLACEHOLDERS))
    assert problems(document) == {"identity_invalid": [*range(2, 2 + 2 * len(PLACEHOLDERS))]}
    assert account.people() == 0


@pytest.mark.parametrize(
    ("match", "cell", "reason"),
    [
        ("identity", "NULL", "“NULL” is a word for nobody."),
        ("email", "a\tb", "has control characters"),
        ("email", "ann", "“ann” is not an e-mail address"),
        ("phone", "ann", "“ann” is not a phone number"),
    ],
)
def test_an_identity_that_names_nobody_says_why(account: Account, match: Match, cell: str, reason: str) -> None:
    document = account.send(f"identity,b\n{cell},2\n", Request(match=match))
    assert (document["problems"][0]["code"], document["problems"][0]["count"]) == ("identity_invalid", 1)
    assert reason in document["problems"][0]["advice"]
    assert rejects(document)[0]["Failure Description"] == document["problems"][0]["advice"]


def test_an_identity_is_never_parsed(account: Account) -> None:
    account.send("identity,a\n00123,1\n1e5,2\n9007199254740993123,3\n1.0,4\n+5,5\nTRUE,6\n")
    assert [account.values(i)["a"] for i in ("00123", "1e5", "9007199254740993123", "1.0", "+5", "TRUE")] == [1, 2, 3, 4, 5, 6]


def test_an_identity_may_be_long_but_not_longer(account: Account) -> None:
    document = account.send(f"identity,a\n{'é' * 1024},1\n{'é' * 1025},2\n")
    assert problems(document) == {"identity_too_long": [3]}
    assert account.values("é" * 1024) == {"a": 1}


def test_control_characters_name_nobody(account: Account) -> None:
    document = account.send('identity,a\n"a\nb",1\na\x01b,2\n\tc,3\n')
    assert problems(document) == {"identity_invalid": [2, 3]}
    assert account.values("c") == {"a": 3}


def test_failed_records_do_not_reject_the_file(account: Account) -> None:
    document = account.send("identity,a\n" + ",x\n" * 20)
    assert document["upload"]["status"] == "completed"
    assert ledger(document) == {"rows": 20, "rejected": 20}
    assert len(rejects(document)) == 20


# --- FAQs ---------------------------------------------------------------------------------------------------------


def test_duplicate_identities_give_fewer_profiles_than_rows(account: Account) -> None:
    document = account.send("identity,city,plan\n1,Rome,a\n2,Oslo,b\n1,Bern,\n1,,c\n")
    assert ledger(document) == {"rows": 4, "created": 2, "merged": 2}
    assert document["duplicates"] == {"identities": 1, "rows": 3, "listed": [{"identity": "1", "rows": [2, 4, 5]}]}
    assert account.people() == 2
    assert account.values("1") == {"city": "Bern", "plan": "c"}


def test_blank_values_keep_what_is_stored(account: Account) -> None:
    account.send("identity,city,plan\n1,Rome,a\n")
    document = account.send("identity,city,plan\n1,,b\n2,,\n")
    assert ledger(document) == {"rows": 2, "created": 1, "updated": 1}
    assert account.values("1") == {"city": "Rome", "plan": "b"}
    assert account.values("2") == {}


def test_a_column_that_is_not_in_the_file_is_not_touched(account: Account) -> None:
    account.send("identity,city\n1,Rome\n")
    account.send("identity,plan\n1,a\n")
    assert account.values("1") == {"city": "Rome", "plan": "a"}


def test_the_same_file_again_changes_nothing(account: Account) -> None:
    first = account.send("identity,city,n,MSG-sms\n1,Rome,1.5,true\n2,Oslo,2,false\n")
    again = account.send("identity,city,n,MSG-sms\n1,Rome,1.5,true\n2,Oslo,2,false\n")
    assert ledger(again) == {"rows": 2, "unchanged": 2}
    assert again["upload"]["duplicate_of"] == first["upload"]["id"]


# --- Date formats -------------------------------------------------------------------------------------------------

FIRST_OF_MARCH = datetime(2026, 3, 1, 13, 14, 15)


@pytest.mark.parametrize(
    ("name", "cell", "proof"),
    [
        ("dd/MM/yyyy HH:mm:ss", "01/03/2026 13:14:15", "31/03/2026 00:00:00"),
        ("MM/dd/yyyy HH:mm:ss", "03/01/2026 13:14:15", "03/31/2026 00:00:00"),
        ("yyyy/dd/MM HH:mm:ss", "2026/01/03 13:14:15", "2026/31/03 00:00:00"),
        ("yyyy/MM/dd HH:mm:ss", "2026/03/01 13:14:15", "2026/03/31 00:00:00"),
        ("dd MMM yyyy HH:mm:ss", "01 Mar 2026 13:14:15", "31 Mar 2026 00:00:00"),
    ],
)
def test_a_date_format_is_recognised(account: Account, name: str, cell: str, proof: str) -> None:
    document = account.send(f"identity,at\n1,{cell}\n2,{proof}\n")
    assert (document["columns"][1]["type"], document["columns"][1]["format"]) == ("date", name)
    assert account.values("1") == {"at": FIRST_OF_MARCH}


def test_unix_time_is_read_where_the_property_is_a_date(account: Account) -> None:
    account.send("identity,at\n1,31/03/2026 00:00:00\n")
    document = account.send("identity,at\n2,1772370855\n")
    assert document["columns"][1]["format"] == "Unix time"
    assert account.values("2") == {"at": FIRST_OF_MARCH}


def test_unix_time_alone_is_a_number_and_the_date_is_suggested(account: Account) -> None:
    document = account.send("identity,at\n1,1772370855\n")
    assert account.values("1") == {"at": 1772370855}
    assert "--map 'at=at:date:unix'" in " ".join(document["columns"][1]["notices"])


OTHER_DATES = [
    "2026-03-01",
    "2026-03-01 13:14:15",
    "2026-03-01T13:14:15Z",
    "01/03/2026",
    "1/3/2026 13:14:15",
    "01.03.2026 13:14:15",
    "01/03/26 13:14:15",
    "01/03/2026 13:14",
    "01/03/2026 1:14:15 PM",
    "01 March 2026 13:14:15",
    "1 Mar 2026 13:14:15",
    "01-Mar-2026 13:14:15",
    "Mar 01 2026 13:14:15",
    "31/02/2026 13:14:15",
    "01/03/2026  13:14:15",
    "$D_1772370855",
]


def test_all_other_formats_are_a_string(account: Account) -> None:
    cells = dict(zip((f"at{i}" for i in range(len(OTHER_DATES))), OTHER_DATES, strict=True))
    account.send(f"identity,{','.join(cells)}\n1,{','.join(cells.values())}\n")
    assert account.types() == dict.fromkeys(cells, "string")
    assert account.values("1") == cells


def test_dates_that_may_be_two_days_wait(account: Account) -> None:
    document = account.send("identity,at\n1,01/02/2026 00:00:00\n2,03/03/2026 00:00:00\n3,05/06/2026 00:00:00\n")
    assert answers(document) == {"date_ambiguous": ["--day-first", "--month-first"]}
    assert ": 2 values " in document["questions"][0]["message"]
    assert account.people() == 0
    account.answer(document, Request(day_first=False))
    assert account.values("1") == {"at": datetime(2026, 1, 2)}


def test_dates_that_are_the_same_day_either_way_do_not_wait(account: Account) -> None:
    document = account.send("identity,at\n1,03/03/2026 00:00:00\n2,04/04/2026 00:00:00\n")
    assert document["upload"]["status"] == "completed"


def test_formats_that_the_order_of_day_and_month_does_not_tell_apart_are_named(account: Account) -> None:
    document = account.send("identity,DOB\n1,01/02/1990 00:00:00\n2,1990/01/02 00:00:00\n")
    formats = ("dd/MM/yyyy", "MM/dd/yyyy", "yyyy/dd/MM", "yyyy/MM/dd")
    assert answers(document) == {"date_ambiguous": [f"--map 'DOB=DOB:date:{name} HH:mm:ss'" for name in formats]}
    done = account.answer(document, manifest.with_flags(Request(), ["DOB=DOB:date:yyyy/MM/dd HH:mm:ss"], []))
    assert problems(done) == {"date_invalid": [2]}


def test_formats_that_no_cell_has_in_common_are_not_ambiguous(account: Account) -> None:
    document = account.send("identity,DOB\n1,31/01/1990 00:00:00\n2,946684800\n")
    assert problems(document) == {"date_invalid": [3]}


def test_there_is_no_year_0(account: Account) -> None:
    account.send("identity,DOB\n1,25/03/1990 00:00:00\n")
    assert problems(account.send("identity,DOB\n1,25/03/0000 10:00:00\n2,25/03/0001 10:00:00\n")) == {"date_invalid": [2]}
    assert problems(account.send("identity,x<dd.MM.yyyy>,y<iso>\n1,25.03.0000,0000-03-25\n")) == {"date_invalid": [2]}
    account.send("identity,new\n1,25/03/0000 10:00:00\n")
    assert account.types()["new"] == "string"


def test_only_dates_wait(account: Account) -> None:
    document = account.send("identity,at\n1,01/02/2026 00:00:00\n2,tomorrow\n")
    assert document["upload"]["status"] == "completed"
    assert account.types() == {"at": "string"}


def test_a_setting_answers_ahead(tmp_path: Path) -> None:
    with account_in(tmp_path, day_first=True) as account:
        account.send("identity,at\n1,01/02/2026 00:00:00\n")
        assert account.values("1") == {"at": datetime(2026, 2, 1)}


def test_times_are_read_in_the_time_zone_of_the_account(tmp_path: Path) -> None:
    with account_in(tmp_path, timezone="Europe/Berlin") as account:
        account.send("identity,at\n1,31/07/2026 01:00:00\n2,31/01/2026 01:00:00\n")
        assert account.values("1") == {"at": datetime(2026, 7, 30, 23)}
        assert account.values("2") == {"at": datetime(2026, 1, 31, 0)}


# --- Headers ------------------------------------------------------------------------------------------------------


def test_every_header_fault_is_told_at_once(account: Account) -> None:
    document = account.send(f"identity,,a%b,{'x' * 121},city,city\n1,2,3,4,5,6\n")
    found = [(p["code"], p["letter"]) for p in document["problems"]]
    assert found == [
        ("header_blank", "B"),
        ("header_prohibited_character", "C"),
        ("header_too_long", "D"),
        ("header_duplicate", "F"),
    ]
    assert all(question["answers"] for question in document["questions"])


def test_a_mapping_mends_every_header_fault(account: Account) -> None:
    waiting = account.send(f"User,,a%b,{'x' * 121},city,city\n1,2,3,4,5,6\n")
    columns = {
        "#B": ColumnRequest(property="second"),
        "a%b": ColumnRequest(property="ratio"),
        "#D": ColumnRequest(skip=True),
        "#F": ColumnRequest(property="town"),
    }
    document = account.answer(waiting, Request(columns, identity="User"))
    assert ledger(document) == {"rows": 1, "created": 1}
    assert account.values("1") == {"second": 2, "ratio": 3, "city": 5, "town": 6}


def test_a_header_of_undecodable_bytes_is_no_name(account: Account) -> None:
    document = account.send("identity,größe\n1,2\n".encode("cp1252"), Request(encoding="utf-8"))
    assert [p["code"] for p in document["problems"]] == ["header_prohibited_character"]


def test_a_header_of_120_characters_is_not_too_long(account: Account) -> None:
    document = account.send(f"identity,{'é' * 120}\n1,2\n")
    assert document["upload"]["status"] == "completed"


def test_headers_are_trimmed_and_stripped_of_a_mark(account: Account) -> None:
    account.send("\ufeff identity , city \n1,Rome\n")
    assert account.values("1") == {"city": "Rome"}


def test_headers_that_differ_in_case_are_two_properties(account: Account) -> None:
    account.send("identity,city,City\n1,Rome,Oslo\n")
    assert account.values("1") == {"city": "Rome", "City": "Oslo"}


def test_two_columns_for_one_property_are_a_duplicate(account: Account) -> None:
    request = Request({"town": ColumnRequest(property="city")})
    document = account.send("identity,city,town\n1,Rome,Oslo\n", request)
    (problem,) = document["problems"]
    assert (problem["code"], problem["letter"]) == ("header_duplicate", "C")
    assert "the same property (column C: “town”). Column B “city” sets “city”, too." in problem["advice"]


@pytest.mark.parametrize(("name", "said"), [("q.r", "mapped to “q.r”). Rename the column without “.”:"), ("x" * 121, "mapped to “xxx")])
def test_a_wrong_new_name_is_told(account: Account, name: str, said: str) -> None:
    document = account.send("identity,b\n1,2\n", Request({"b": ColumnRequest(property=name)}))
    assert f"(column B: “b”, {said}" in document["questions"][0]["message"]


def test_two_flags_for_one_channel_are_a_duplicate(account: Account) -> None:
    document = account.send("identity,MSG-email,msg-Email\n1,true,false\n")
    assert [p["code"] for p in document["problems"]] == ["header_duplicate"]
    assert account.people() == 0


@pytest.mark.parametrize(("content", "code"), [("", "file_empty"), ("\n\n  \n", "file_empty"), ("sep=;\n", "header_missing")])
def test_a_file_without_a_header_is_rejected(account: Account, content: str, code: str) -> None:
    document = account.send(content)
    assert document["upload"]["status"] == "rejected"
    assert [p["code"] for p in document["problems"]] == [code]


def test_an_account_has_at_most_so_many_properties(tmp_path: Path) -> None:
    with account_in(tmp_path, property_limit=2) as account:
        account.send("identity,a,Email,MSG-sms\n1,x,a@example.com,true\n")
        document = account.send("identity,a,b,c,blank\n1,x,y,z,\n")
        assert list(answers(document)) == ["property_limit"]
        assert account.types() == {"a": "string"}
        done = account.answer(document, Request({"c": ColumnRequest(skip=True)}))
        assert done["upload"]["status"] == "completed"
        assert account.types() == {"a": "string", "b": "string"}


def test_the_default_limit_is_256_custom_properties(account: Account) -> None:
    header = ",".join(f"p{i}" for i in range(257))
    document = account.send(f"identity,{header}\n1{',x' * 257}\n")
    assert list(answers(document)) == ["property_limit"]
    done = account.answer(document, Request({"p0": ColumnRequest(skip=True)}))
    assert len(account.types()) == 256 == done["columns"][-1]["set"] + 255


# --- Suffixes -----------------------------------------------------------------------------------------------------


def test_a_header_may_name_the_format_of_its_dates(account: Account) -> None:
    document = account.send("identity,Signup<dd.MM.yyyy HH:mm>,Seen<UNIX>\n1,01.03.2026 13:14,1772370855\n2,1.3.2026,x\n")
    assert account.values("1") == {"Signup": datetime(2026, 3, 1, 13, 14), "Seen": FIRST_OF_MARCH}
    assert problems(document) == {"date_invalid": [3]}
    assert {p["column"] for p in document["problems"]} == {"Signup<dd.MM.yyyy HH:mm>", "Seen<UNIX>"}


@pytest.mark.parametrize(("name", "cell"), [("dd/MM/yyyy", "01/03/2026"), ("yyyy-MM-dd", "2026-03-01"), ("dd MMM yyyy", "01 Mar 2026")])
def test_a_date_without_a_time_is_at_noon(account: Account, name: str, cell: str) -> None:
    account.send(f"identity,day<{name}>\n1,{cell}\n")
    assert account.values("1") == {"day": datetime(2026, 3, 1, 12)}


@pytest.mark.parametrize("cell", ["2026-03-01T13:14:15Z", "2026-03-01T14:14:15+01:00", "2026-03-01 13:14:15", "$D_1772370855"])
def test_further_formats_on_request(account: Account, cell: str) -> None:
    name = "$D_<epoch>" if cell.startswith("$") else "ISO"
    account.send(f"identity,at\n1,{cell}\n", Request({"at": ColumnRequest(format=name)}))
    assert account.values("1") == {"at": FIRST_OF_MARCH}


def test_a_format_that_is_none_stops_the_file(account: Account) -> None:
    document = account.send("identity,Signup<tomorrow>\n1,x\n")
    assert [p["code"] for p in document["problems"]] == ["header_format"]


@pytest.mark.parametrize(
    ("asked", "type_"),
    [
        (ColumnRequest(property="foo"), "boolean"),
        (ColumnRequest(type=Type.STRING), "string"),
        (ColumnRequest(property="foo", type=Type.INTEGER), "integer"),
    ],
)
def test_a_mapping_answers_a_format_that_is_none(account: Account, asked: ColumnRequest, type_: str) -> None:
    waiting = account.send("identity,foo<bar>\n1,true\n")
    assert account.answer(waiting, Request({"foo<bar>": asked}))["upload"]["status"] == "completed"
    assert account.types() == {"foo": type_}


def test_a_type_in_the_mapping_wins_over_a_format_in_the_header(account: Account) -> None:
    account.send("identity,day<dd/MM/yyyy>\n1,01/03/2026\n", Request({"day<dd/MM/yyyy>": ColumnRequest(type=Type.STRING)}))
    assert account.values("1") == {"day": "01/03/2026"}


def test_a_format_that_is_none_is_the_only_question_about_its_column(account: Account) -> None:
    document = account.send("identity,seen<bar>\n1,01/02/2026 10:00:00\n")
    assert list(answers(document)) == ["header_format"]


def test_operations_row_by_row(account: Account) -> None:
    account.send("identity,Tags,Tags.operation,city,city.operation\n1,a,$add,Rome,\n1,b,$add,,\n2,x,,Oslo,$set\n")
    assert account.types() == {"Tags": "list", "city": "string"}
    assert (account.values("1"), account.values("2")) == ({"Tags": ["a", "b"], "city": "Rome"}, {"Tags": ["x"], "city": "Oslo"})
    document = account.send(
        "identity,Tags,Tags.operation,city,city.operation\n1,a,$remove,ignored,$delete\n2,y,$set,x,$add\n3,,$delete,,\n"
    )
    assert problems(document) == {"operation_invalid": [3]}
    assert account.values("1") == {"Tags": ["b"]}
    assert account.values("2") == {"Tags": ["y"], "city": "Oslo"}
    assert document["columns"][3]["cleared"] == 1


def test_an_operation_needs_its_column(account: Account) -> None:
    document = account.send("identity,Tags.operation\n1,$delete\n")
    assert [p["code"] for p in document["problems"]] == ["operation_without_column"]


@pytest.mark.parametrize("operation", ["", "$set"])
def test_setting_a_blank_cell_clears_where_a_mapping_says_so(account: Account, operation: str) -> None:
    account.send("identity,a\n1,x\n")
    account.send(f"identity,a,a.operation\n1,,{operation}\n", Request({"a": ColumnRequest(blank="clear")}))
    assert account.values("1") == {}


def test_operations_go_with_a_column_that_has_a_format(account: Account) -> None:
    account.send("identity,at<yyyy-MM-dd>,at.operation\n1,2026-03-01,$set\n2,2026-03-01,$delete\n")
    assert account.values("1") == {"at": datetime(2026, 3, 1, 12)}
    assert account.values("2") == {}


def test_operations_go_with_a_column_that_is_renamed(account: Account) -> None:
    request = Request({"Tags": ColumnRequest(property="labels")})
    account.send("identity,Tags,Tags.operation\n1,a,$add\n1,b,$add\n", request)
    assert account.values("1") == {"labels": ["a", "b"]}


def test_a_list_holds_so_many_texts(tmp_path: Path) -> None:
    with account_in(tmp_path, list_limit=2) as account:
        account.send("identity,t,t.operation\n1,a,$add\n")
        document = account.send('identity,t,t.operation\n1,b,$add\n2,"[""a"",""b"",""c""]",$add\n')
        assert problems(document) == {"list_too_long": [3]}
        document = account.send("identity,t,t.operation\n1,c,$add\n3,c,$add\n")
        assert problems(document) == {"list_too_long": [2]}
        assert [line["row"] for line in rejects(document)] == ["2"]
        assert ledger(document) == {"rows": 2, "created": 1, "unchanged": 1, "cells_not_applied": 1}
        assert account.values("1") == {"t": ["a", "b"]}


# --- Cells --------------------------------------------------------------------------------------------------------


def test_a_cell_that_does_not_fit_costs_only_itself(account: Account) -> None:
    account.send("identity,n,f,b,at\n1,1,1.5,true,31/03/2026 00:00:00\n")
    document = account.send("identity,n,f,b,at,city\n1,x,1e999,maybe,31/02/2026 00:00:00,Rome\n2,9223372036854775808,2,no,,Oslo\n")
    found = {(p["code"], p["column"]): p["rows"] for p in document["problems"]}
    assert found == {
        ("number_invalid", "n"): [2],
        ("number_out_of_range", "n"): [3],
        ("number_out_of_range", "f"): [2],
        ("boolean_invalid", "b"): [2],
        ("date_invalid", "at"): [2],
    }
    assert account.values("1")["city"] == "Rome"
    assert account.values("1")["n"] == 1
    assert account.values("2") == {"f": 2.0, "b": False, "city": "Oslo"}


def test_a_text_may_be_long_but_not_longer(account: Account) -> None:
    document = account.send(f"identity,a,b\n1,{'é' * 512},x\n2,{'é' * 513},y\n")
    assert problems(document) == {"value_too_long": [3]}
    assert account.values("1") == {"a": "é" * 512, "b": "x"}
    assert account.values("2") == {"b": "y"}


SYSTEM = "identity,Name,Email,Phone,Gender,DOB,Education,Employed,Married,Timezone\n"


def test_system_properties_are_checked(account: Account) -> None:
    account.send(SYSTEM + "1,Ada,ada@example.com,+49 (30) 123-456,f,24/12/1990 00:00:00,college,y,N,Europe/Berlin\n")
    assert account.values("1") == {
        "Name": "Ada",
        "Email": "ada@example.com",
        "Phone": "+4930123456",
        "Gender": "F",
        "DOB": datetime(1990, 12, 24),
        "Education": "College",
        "Employed": "Y",
        "Married": "N",
        "Timezone": "Europe/Berlin",
    }
    document = account.send(SYSTEM + "1,Bo,ada@,123,X,1990,PhD,yes,maybe,Berlin\n")
    assert Counter(p["code"] for p in document["problems"]) == {"email_invalid": 1, "phone_invalid": 1, "choice_invalid": 5}
    assert account.values("1")["Name"] == "Bo"
    assert account.values("1")["Email"] == "ada@example.com"


def test_a_mapping_names_further_blank_words(account: Account) -> None:
    account.send("identity,n,city\n1,5,Rome\n")
    document = account.send("identity,n,city,MSG-sms\n1,NULL,NULL,NULL\nNULL,1,x,true\n-,1,x,true\n", Request(blanks=("NULL", "-")))
    assert ledger(document) == {"rows": 3, "unchanged": 1, "rejected": 2}
    assert problems(document) == {"identity_blank": [3, 4]}
    assert account.values("1") == {"n": 5, "city": "Rome"}


def test_blank_words_are_pointed_out(account: Account) -> None:
    document = account.inspect("identity,n\n1,NULL\n2,N/A\n3,5\n")
    assert "--blank WORD" in " ".join(document["columns"][1]["notices"])


def test_a_mapping_clears_by_blank(account: Account) -> None:
    account.send("identity,a,b\n1,x,y\n2,x,y\n")
    document = account.send("identity,a,b\n1,,\n2,z,\n", Request({"a": ColumnRequest(blank="clear")}))
    assert account.values("1") == {"b": "y"}
    assert account.values("2") == {"a": "z", "b": "y"}
    assert document["columns"][1]["cleared"] == 1


@pytest.mark.parametrize(
    ("content", "asked", "said"),
    [
        ("identity,a\n1,\n", ColumnRequest(), "nothing changes."),
        ("identity,a\n1,\n", ColumnRequest(blank="clear", write="fill"), "nothing changes."),
        ("identity,a\n1,\n", ColumnRequest(blank="clear"), "everybody in the file loses the value."),
        ("identity,a,a.operation\n1,,$delete\n", ColumnRequest(), "said by the operations."),
        ("identity,b\n1,\n", ColumnRequest(), "no property is made."),
    ],
)
def test_a_column_without_a_cell_says_what_that_does(account: Account, content: str, asked: ColumnRequest, said: str) -> None:
    account.send("identity,a\n1,x\n")
    document = account.send(content, Request({"#B": asked}))
    (notice,) = document["columns"][1]["notices"]
    assert notice.endswith(said)
    assert account.values("1") == ({"a": "x"} if said.startswith("no") else {})


def test_a_mapping_fills_only_what_is_empty(account: Account) -> None:
    account.send("identity,a\n1,x\n2,\n")
    document = account.send("identity,a\n1,y\n2,y\n3,y\n", Request({"a": ColumnRequest(write="fill")}))
    assert ledger(document) == {"rows": 3, "created": 1, "updated": 1, "unchanged": 1}
    assert [account.values(i)["a"] for i in "123"] == ["x", "y", "y"]


def test_an_integer_widens_to_a_float_and_nothing_else_changes_its_type(account: Account) -> None:
    account.send("identity,n,b\n1,1,true\n")
    account.send("identity,n\n2,1.5\n")
    assert account.types() == {"n": "float", "b": "boolean"}
    document = account.send("identity,n,b\n3,ten,7\n")
    assert account.types() == {"n": "float", "b": "boolean"}
    assert problems(document) == {"number_invalid": [2], "boolean_invalid": [2]}


def test_another_type_for_a_property_is_asked_about(account: Account) -> None:
    account.send("identity,n\n1,1\n")
    document = account.send("identity,n\n1,1\n", Request({"n": ColumnRequest(type=Type.STRING)}))
    assert list(answers(document)) == ["type_conflict"]
    assert account.values("1") == {"n": 1}


# --- Manifest -----------------------------------------------------------------------------------------------------

WHOLE: dict[str, Any] = {
    "fileName": "spring.csv",
    "type": "profile",
    "name": "Spring list",
    "clientEmail": "data@example.com",
    "columns": {
        "identity": {"ctName": "identity"},
        "DOB": {"dataType": "Date", "dateFormat": "UNIX"},
        "Wallet Balance": {"ctName": "wallet", "dataType": "FLOAT", "blank": "clear", "write": "fill"},
        "Notes": {"skip": True},
    },
    "dialect": {"delimiter": ";", "encoding": "windows-1252"},
    "dayFirst": True,
    "confirmResubscribe": "list re-permissioned in May",
}
SPRING = "identity;DOB;Wallet Balance;Notes\n1;1772370855;9,5;x\nMüller;;2;y\n".encode("windows-1252")


def test_the_manifest_of_the_specification(account: Account) -> None:
    read = manifest.read(json.dumps(WHOLE))
    assert read.name == "Spring list"
    assert read.request.day_first is True
    assert read.request.confirm_resubscribe == "list re-permissioned in May"
    document = account.send(SPRING, read.request)
    assert problems(document) == {"number_invalid": [2]}
    assert account.values("1") == {"DOB": FIRST_OF_MARCH}
    assert account.values("Müller") == {"wallet": 2.0}
    assert account.types() == {"wallet": "float"}


@pytest.mark.parametrize("word", ["STRING", "string", "String", "INTEGER", "Long", "float", "BOOLEAN", "Date", "LIST"])
def test_types_of_a_manifest_in_any_case(word: str) -> None:
    request = manifest.read(json.dumps({"columns": {"a": {"dataType": word}}})).request
    assert request.columns["a"].type is Type(word.lower().replace("long", "integer"))


@pytest.mark.parametrize(
    ("wrong", "path", "allowed"),
    [
        ({"type": "evnt"}, "$.type", "profile"),
        ({"columns": {"DOB": {"dataType": "DATETIME"}}}, "$.columns['DOB'].dataType", "STRING, INTEGER, LONG, FLOAT, BOOLEAN, DATE, LIST"),
        ({"columns": {"a": {"blank": "erase"}}}, "$.columns['a'].blank", "keep, clear"),
        ({"columns": {"a": {"write": "append"}}}, "$.columns['a'].write", "overwrite, fill"),
        ({"columns": {"a": {"skip": "yes"}}}, "$.columns['a'].skip", "true and false"),
        ({"columns": {"a": {"ctname": "b"}}}, "$.columns['a'].ctname", "ctName"),
        ({"columns": {"a": {"dateFormat": "dd.QQ.yyyy"}}}, "$.columns['a'].dateFormat", "yyyy MM MMM dd HH mm ss"),
        ({"columns": []}, "$.columns", "object"),
        ({"columns": {"a": "b"}}, "$.columns['a']", "object"),
        ({"dialect": {"delimeter": ";"}}, "$.dialect.delimeter", "delimiter"),
        ({"dayFirst": "true"}, "$.dayFirst", "true and false"),
        ({"match": "name"}, "$.match", "identity, email, phone"),
        ({"blanks": "NULL"}, "$.blanks", "list"),
        ({"confirmResubscribe": True}, "$.confirmResubscribe", "text"),
        ({"surprise": 1}, "$.surprise", "columns"),
        ([], "$", "object"),
        ({"columns": {"a": {"ctName": ""}}}, "$.columns['a'].ctName", "a name"),
        ({"columns": {"a": {"dataType": "FLOAT", "dateFormat": "UNIX"}}}, "$.columns['a'].dateFormat", "DATE"),
        ({"columns": {"a": {"skip": True, "ctName": "b"}}}, "$.columns['a'].skip", "no other field"),
        ({"columns": {"identity": {"dataType": "INTEGER"}}}, "$.columns['identity'].dataType", "STRING"),
        ({"columns": {"a": {"ctName": "identity", "dateFormat": "UNIX"}}}, "$.columns['a'].dateFormat", "STRING"),
        ({"identity": "a", "columns": {"a": {"dataType": "LIST"}}}, "$.columns['a'].dataType", "STRING"),
        ({"columns": {"msg-SMS": {"dataType": "DATE"}}}, "$.columns['msg-SMS'].dataType", "BOOLEAN"),
        ({"dialect": {"delimiter": ";;"}}, "$.dialect.delimiter", "one ASCII sign"),
        ({"dialect": {"delimiter": ";", "quote": ";"}}, "$.dialect.quote", "another"),
        ({"dialect": {"escape": "/"}}, "$.dialect.escape", "backslash"),
        ({"dialect": {"encoding": "utf-9"}}, "$.dialect.encoding", "utf-8"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_path(wrong: object, path: str, allowed: str) -> None:
    with pytest.raises(WrongCall) as refused:
        manifest.read(json.dumps(wrong))
    assert refused.value.code == "manifest_invalid"
    assert f"{path}:" in str(refused.value)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"name": "x", "name": "y"}', "$.name"),
        ('{"columns": {"a": {}, "b": {}, "a": {}}}', "$.columns['a']"),
        ('{"columns": {"a": {"ctName": "b", "ctName": "c"}}}', "$.columns['a'].ctName"),
    ],
)
def test_a_manifest_says_nothing_twice(text: str, path: str) -> None:
    with pytest.raises(WrongCall, match="stands here twice") as refused:
        manifest.read(text)
    assert f"{path}:" in refused.value.message


def test_the_types_that_others_write_for_identity_and_consent_are_accepted(account: Account) -> None:
    columns = {"identity": {"ctName": "identity", "dataType": "STRING"}, "MSG-sms": {"dataType": "Boolean"}}
    account.send("identity,MSG-sms\n1,false\n", manifest.read(json.dumps({"columns": columns})).request)
    assert account.consent("1") == {"sms": False}


def test_a_manifest_that_is_no_json_is_refused_with_its_place() -> None:
    with pytest.raises(WrongCall, match="line 2, column 3"):
        manifest.read('{"name": "x",\n  }')


def test_a_manifest_of_a_column_that_is_not_there(account: Account) -> None:
    with pytest.raises(WrongCall) as refused:
        account.send("identity,a\n1,2\n", Request({"b": ColumnRequest(skip=True)}))
    assert refused.value.code == "column_unknown"
    assert account.people() == 0


def test_a_column_that_is_not_there_has_its_place_in_the_manifest(account: Account) -> None:
    with pytest.raises(WrongCall, match=r"\$\.columns\['b'\]"):
        account.inspect("identity,a\n1,2\n", manifest.read('{"columns": {"b": {"skip": true}}}').request)


# --- Rejects ------------------------------------------------------------------------------------------------------


def test_a_mended_rejects_file_is_uploaded_as_it_is(account: Account) -> None:
    first = account.send("identity,Email,city\n1,ada@,Rome\n,x@example.com,Oslo\n3,,Bern\n")
    assert [line["row"] for line in rejects(first)] == ["2", "3"]
    broken = Path(first["rejects_file"]).read_text()
    assert broken.splitlines()[0] == "row,identity,Email,city,Failure Code,Failure Description"
    document = account.send(broken.replace("ada@,", "ada@example.com,").replace("3,,x@", "3,2,x@"))
    assert ledger(document) == {"rows": 2, "created": 1, "updated": 1}
    assert account.values("1") == {"Email": "ada@example.com", "city": "Rome"}
    assert account.values("2") == {"Email": "x@example.com", "city": "Oslo"}
    assert account.types() == {"city": "string"}


def test_the_rejects_of_a_mended_file_can_be_mended_again(account: Account) -> None:
    first = account.send("identity,Email\n1,ada@\n2,ben@\n")
    second = account.send(Path(first["rejects_file"]).read_text().replace("1,ada@,", "1,ada@example.com,"))
    assert ledger(second) == {"rows": 2, "updated": 1, "unchanged": 1, "cells_not_applied": 1}
    third = account.send(Path(second["rejects_file"]).read_text().replace("ben@,", "ben@example.com,"))
    assert ledger(third) == {"rows": 1, "updated": 1}
    assert account.types() == {}


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("@x", "'@x"),
        ("\t=x", "'\t=x"),
        ("-5", "-5"),
        ("-2.50", "-2.50"),
        ("+49 30 123-456", "+49 30 123-456"),
        ("+49 (30) 123456", "+49 (30) 123456"),
        ("'=1", "'=1"),
        ("x=1", "x=1"),
    ],
)
def test_what_a_spreadsheet_would_run_is_escaped_and_read_back(account: Account, cell: str, written: str) -> None:
    first = account.send(f'identity,Email,text\n1,ada@,"{cell}"\n')
    wanted = account.values("1")["text"]
    (line,) = rejects(first)
    assert line["text"] == written
    document = account.send(Path(first["rejects_file"]).read_bytes())
    assert ledger(document) == {"rows": 1, "unchanged": 1, "cells_not_applied": 1}
    assert account.values("1")["text"] == wanted


@pytest.mark.parametrize(
    ("column", "wrong", "mended", "value"), [("n", "-5x", "-5", -5), ("Phone", "+49 30 12ab", "+49 30 123456", "+4930123456")]
)
def test_a_cell_can_be_mended_behind_its_escape(column: str, wrong: str, mended: str, value: object, account: Account) -> None:
    account.send("identity,n,Phone\n1,7,\n", name="before.csv")
    (line,) = rejects(account.send(f"identity,{column}\n1,{wrong}\n"))
    assert line[column] == f"'{wrong}"
    assert ledger(account.send(f"row,identity,{column},Failure Code\n2,1,'{mended},x\n")) == {"rows": 1, "updated": 1}
    assert account.values("1")[column] == value


@pytest.mark.parametrize(("header", "cells"), [("identity,Name", "{},x"), ("Name,identity", "x,{}")])
def test_what_was_not_split_names_nobody_until_it_is_mended(header: str, cells: str, account: Account) -> None:
    first = account.send(f'{header}\n{cells.format("1")}\n2,"open\n"a"b,y\n')
    assert ledger(first) == {"rows": 3, "created": 1, "rejected": 2}
    again = account.send(Path(first["rejects_file"]).read_bytes())
    assert (ledger(again), problems(again)) == ({"rows": 2, "rejected": 2}, {"identity_blank": [2, 3]})


def test_the_escape_is_taken_off_before_a_cell_is_read(account: Account) -> None:
    account.send("identity,Email,city\n1,'+ada@example.com,'-\n'=1,,\n", Request(blanks=("-",)))
    assert account.values("1") == {"Email": "+ada@example.com"}
    assert account.values("=1") == {}
