from __future__ import annotations

from .conftest import Headcount


def test_a_person_is_shown_with_where_each_value_came_from(headcount: Headcount, people: str) -> None:
    upload_id = headcount("upload", people, "--json").json["upload"]["id"]
    person = headcount("people", "show", "00123", "--json").json
    assert person["properties"]["plan"] == {"type": "string", "value": "team", "from": {"upload": upload_id, "row": 6}}
    assert person["properties"]["signup"]["value"] == "2026-03-25T10:00:00Z"
    assert person["consent"]["email"]["state"] == "unsubscribed"
    assert person["uploads"] == [upload_id]


def test_a_person_in_words(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    done = headcount("people", "show", "00123")
    assert "email     unsubscribed  upload" in done.out
    assert "no, by consent" in done.out


def test_nobody_is_a_wrong_call(headcount: Headcount) -> None:
    done = headcount("people", "show", "nobody", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "person_unknown")


def test_people_are_found_by_a_part_in_any_case(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    found = headcount("people", "find", "BERG", "--json").json["people"]
    assert [person["identity"] for person in found] == ["00123"]
    assert found == [headcount("people", "show", "00123", "--json").json]
    assert "00123     Ann Berg  ann@example.com" in headcount("people", "find", "berg").out
    assert len(headcount("people", "find", "0012", "--limit", "1", "--json").json["people"]) == 1


def test_finding_nobody_is_no_error(headcount: Headcount) -> None:
    done = headcount("people", "find", "nobody")
    assert (done.code, done.out) == (0, "")
    assert "Nobody has “nobody”" in done.err


def test_properties_are_listed_with_their_types(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    listed = headcount("properties", "list", "--json").json["properties"]
    assert {"name": "plan", "type": "string", "system": False} in listed
    assert {"name": "Email", "type": "string", "system": True} in listed
    assert "signup     date\n" in headcount("properties", "list").out


def test_retyping_counts_what_could_not_be_kept(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    assert "2 values could not be kept" in headcount("properties", "retype", "plan", "integer").out
    assert headcount("properties", "retype", "plan", "string", "--json").json["values_lost"] == 0
    assert headcount("properties", "retype", "Name", "integer").code == 2
    assert headcount("properties", "retype", "nope", "integer").code == 2


def test_a_segment_is_counted(headcount: Headcount, people: str) -> None:
    upload_id = headcount("upload", people, "--json").json["upload"]["id"]
    assert headcount("segment", "count", 'plan = "team"').out == "1 person\n"
    assert headcount("segment", "count", f'upload "{upload_id}"', "--json").json == {"count": 2}


def test_a_broken_filter_shows_the_place(headcount: Headcount) -> None:
    done = headcount("segment", "count", "plan == 3")
    assert (done.code, done.out) == (2, "")
    assert "    plan == 3\n          ^" in done.err


def test_an_unknown_property_is_a_wrong_call(headcount: Headcount) -> None:
    assert headcount("segment", "count", "nope exists", "--json").json["error"]["code"] == "property_unknown"
