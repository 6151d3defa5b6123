from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.auth.world import World

from headcount.auth.rights import FOR_MACHINES, RIGHTS, Right, Role, operator
from headcount.errors import WrongCall

PAGE = (Path(__file__).parents[2] / "docs/explanation/access.md").read_text("utf-8")


def test_who_has_a_right_may_and_who_has_not_is_told(world: World) -> None:
    member = world.principal("max@acme.example")
    member.demand(Right.READ)
    assert not member.may(Right.UPLOAD)
    with pytest.raises(WrongCall, match="upload") as caught:
        member.demand(Right.UPLOAD)
    assert caught.value.code == "right_missing"


def test_a_member_sees_personal_data_only_when_granted(world: World) -> None:
    token = world.token("max@acme.example")
    ann, max_ = world.principal("ann@acme.example"), world.signing.principal_of_session(token)
    assert not max_.may(Right.SEE_PERSONAL_DATA)
    world.access.grant_personal_data(ann, max_.id, granted=True)
    assert world.signing.principal_of_session(token).rights == {Right.READ, Right.SEE_PERSONAL_DATA}


def test_an_operator_may_everything_in_its_account() -> None:
    assert operator("acme").rights == frozenset(Right)


@pytest.mark.parametrize("right", Right)
def test_every_right_is_on_the_page_with_who_has_it(right: Right) -> None:
    (cells,) = re.findall(rf"^\| `{right}` \|(.*)\|$", PAGE, re.MULTILINE)
    shown = [cell.strip() == "yes" for cell in cells.split("|")[1:]]
    assert shown == [*(right in RIGHTS[role] for role in Role), right in FOR_MACHINES]


def test_the_page_names_the_roles_in_their_order() -> None:
    (head,) = re.findall(r"^\| right \|(.*)\|$", PAGE, re.MULTILINE)
    assert [cell.strip() for cell in head.split("|")[1:]] == [*Role, "passcode"]
