from __future__ import annotations

from tests.cli.conftest import Headcount


def test_properties_are_listed_with_what_is_known_of_them(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    listed = {each["name"]: each for each in headcount("properties", "list", "--json").json["properties"]}
    assert (listed["plan"]["type"], listed["plan"]["system"], listed["Email"]["system"]) == ("string", False, True)
    assert listed["plan"]["statistics"]["top"] == [{"value": "free", "people": 1}, {"value": "team", "people": 1}]
    assert "plan       string   2 (100 %)       2  free, team\n" in headcount("properties", "list").out


def test_one_property_is_shown(headcount: Headcount, people: str) -> None:
    upload = headcount("upload", people, "--json").json["upload"]["id"]
    shown = headcount("properties", "show", "plan").out
    for told in ("plan  string\n", "2 people have a value, of 2; 2 different values.", "team        1  ", f"First upload: {upload}\n"):
        assert told in shown, told
    assert headcount("properties", "show", "nope").code == 2


def test_a_property_is_called_otherwise_described_and_hidden(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    assert headcount("properties", "rename", "plan", "tier").out == "“plan” is called “tier” now.\n"
    assert headcount("properties", "describe", "tier", "What they pay", "--json").json == {"name": "tier", "description": "What they pay"}
    assert headcount("properties", "hide", "tier").out == "“tier” is hidden.\n"
    listed = headcount("properties", "list")
    assert ("tier" in listed.out, listed.err) == (False, "1 property is hidden; --all shows them.\n")
    assert "hidden" in headcount("properties", "list", "--all").out
    assert "What they pay" in headcount("properties", "show", "tier").out
    assert headcount("properties", "unhide", "tier", "--json").json == {"name": "tier", "hidden": False}


def test_a_retype_counts_what_could_not_be_kept(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    preview = headcount("properties", "retype", "plan", "integer", "--preview").out
    assert preview.splitlines()[:2] == [
        "As integer, 0 values of “plan” would be kept.",
        "2 values cannot be of that type and would be cleared.",
    ]
    assert "team" in preview
    assert "2 values could not be kept" in headcount("properties", "retype", "plan", "integer").out
    assert headcount("properties", "retype", "plan", "string", "--json").json["values_lost"] == 0
    assert headcount("properties", "retype", "Name", "integer").code == 2
    assert headcount("properties", "retype", "nope", "integer").code == 2


def test_a_property_is_deleted_in_two_steps(headcount: Headcount, people: str) -> None:
    headcount("upload", people)
    asked = headcount("properties", "delete", "plan")
    assert asked.out == "Deleting “plan” would remove 2 values.\n"
    assert asked.err == "To do it: headcount properties delete plan --yes\n"
    assert headcount("properties", "delete", "plan", "--yes", "--json").json == {"name": "plan", "values": 2, "uploads": 0, "deleted": True}
    assert headcount("properties", "delete", "plan", "--yes").code == 2
