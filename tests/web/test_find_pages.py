from __future__ import annotations

import csv
import io

import pytest
from tests.web.browser import EMAILS, Browser, upload, words

from headcount.auth.rights import Role
from headcount.web.person_words import person_address

#: Texts that break what takes them for something else than text; each is an identity, and a name.
NAUGHTY = [
    'O\'Brien "quoted"',
    "'; DROP TABLE profiles; --",
    "%' OR '1'='1",
    "a/../b?c=d#e%2f",
    "<script>alert(1)</script>",
    "שלום עולם",
    "Zoë 🧑‍🚀 家",
    "{{ 7 * 7 }}",
]


def table(*rows: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([("identity", "Name", "Email", "Phone"), *rows])
    return out.getvalue().encode()


ANN = ("00123", "Ann Berg", "ann@example.com", "+4915112345678")
BOB = ("00124", "Bob Chen", "Bob@Example.com", "+4915187654321")


@pytest.fixture
def people(admin: Browser) -> Browser:
    upload(admin, "people", table(ANN, BOB))
    return admin


def found(browser: Browser, text: str) -> str:
    answer = browser.post("/people", q=text)
    assert answer.status_code == 200
    return words(answer)


def test_somebody_is_found(people: Browser) -> None:
    for text in ("00123", " 00123 ", "ANN@example.com", "+49 151 12345678", "ann b", "@example.com", "1234567"):
        shown = people.post("/people", q=text).text
        assert 'href="/people/00123"' in shown, text
        assert "<bdi>Ann Berg</bdi>" in shown, text


def test_letters_and_signs_that_a_search_could_take_for_its_own(people: Browser) -> None:
    upload(people, "signs", table(("a_b", "ZOË 100%", "BOB@bob.example", ""), ("axb", "Zo", "bob@bob.example", "")))
    for text, count in {"zoË 1": 1, "a_b": 1, "100%": 1, "%": 1, "_": 1, "\\": 0, "bob@BOB.example": 1, "b@bob.example": 2}.items():
        shown = found(people, text)
        assert (f"{count} p" if count else "Nobody has") in shown, (text, shown)


def test_who_is_called_so_comes_alone_where_it_is_long(people: Browser) -> None:
    upload(people, "more", table(("00123456", "Cem", "", ""), ("001234567", "Dan", "", ""), ("1", "Eve", "", "")))
    assert "1 person found." in found(people, "00123456")
    shown = found(people, "1")
    assert "5 people found." in shown
    assert shown.index("Eve") < shown.index("Ann")


def test_nobody_and_nothing_are_told_apart(people: Browser) -> None:
    assert "Nobody has zzz in" in found(people, "zzz")
    assert "2 people. Type to find somebody." in found(people, "  ")
    assert 'aria-current="page">People' in people.get("/people").text


def test_before_anybody_is_looked_for_those_who_changed_last_are_shown(admin: Browser) -> None:
    shown = words(admin.get("/people"))
    assert "Nobody is here yet" in shown
    assert "Upload a file" in shown
    upload(admin, "many", table(*((f"n{number:03}", "Many", "", "") for number in range(30))))
    upload(admin, "few", table(ANN, ("n007", "Changed", "", "")))
    shown = words(admin.get("/people"))
    assert "31 people; who changed last is shown" in shown
    assert "Ann Berg" in shown
    assert shown.index("Changed") < shown.index("Many")


def test_somebody_is_found_by_a_filter(people: Browser) -> None:
    answer = people.post("/people", condition='Name = "Ann Berg"')
    assert "1 person matches the filter." in words(answer)
    assert 'href="/people/00123"' in answer.text
    assert 'href="/people/00124"' not in answer.text
    assert "0 people match the filter." in words(people.post("/people", condition='identity = "x"'))
    shown = words(people.post("/people", condition="Name ="))
    assert "Nobody was looked for." in shown
    assert "There is no property" in words(people.post("/people", condition="nothing = 1"))


def test_of_many_it_says_that_there_are_more(people: Browser) -> None:
    upload(people, "many", table(*((f"n{number:03}", "Many", "", "") for number in range(30))))
    assert "The first 20 people are shown, and there are more." in found(people, "many")


def test_who_may_not_see_personal_data_sees_that_it_is_there(people: Browser) -> None:
    member = Browser(people.app)
    member.sign_in(EMAILS[Role.MEMBER])
    answer = member.post("/people", q="ann@example.com")
    assert "Personal data is covered" in words(answer)
    assert not any(text in answer.text for text in ("Ann Berg", "00123", "+49"))


def test_no_text_is_more_than_text(people: Browser) -> None:
    upload(people, "naughty", table(*((text, text, "", "") for text in NAUGHTY)))
    for text in NAUGHTY:
        answer = people.post("/people", q=text)
        assert "1 person found." in words(answer), text
        assert f'href="{person_address(text)}"' in answer.text, text
        assert "<script>alert" not in answer.text


def test_a_search_takes_the_token_of_the_page(people: Browser) -> None:
    assert people.post("/people", csrf="", q="00123").status_code == 403


@pytest.mark.parametrize(
    ("identity", "address"), [("a/b", "/people/a%2Fb"), ("..", "/people?identity=.."), ("ü", "/people/%C3%BC"), ("•••", None)]
)
def test_the_address_of_a_person(identity: str, address: str | None) -> None:
    assert person_address(identity) == address
