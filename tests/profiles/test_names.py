from __future__ import annotations

import pytest

from headcount.errors import WrongCall
from headcount.profiles.names import checked_name


@pytest.mark.parametrize(
    ("wanted", "name"), [("plan", "plan"), ("  last\nname ", "last name"), ("Zoë 家 `x`", "Zoë 家 `x`"), ("n" * 120, "n" * 120)]
)
def test_a_name_is_as_a_header_would_say_it(wanted: str, name: str) -> None:
    assert checked_name(wanted) == name


@pytest.mark.parametrize("wanted", ["", " \t", "n" * 121, "a.b", "a'b", "x<y", "identity", "MSG-email", "msg_SMS", "\ufffd", chr(0xD800)])
def test_what_no_header_can_say_is_refused(wanted: str) -> None:
    with pytest.raises(WrongCall) as error:
        checked_name(wanted)
    assert error.value.code == "property_name_invalid"
