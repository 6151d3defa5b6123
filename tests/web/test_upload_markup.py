"""Whatever a file says is text on the pages of its upload, and cells are shown to those who may see them alone."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from tests.web.browser import EMAILS, Browser, settled, upload

from headcount.auth.rights import Role
from headcount.profiles.consent import Channel, Source

BIDI = "\u202e"
#: Would be an element of its own, or end an attribute and begin another, or turn the text around.
EVIL = f"\"'><evil onevil=1>{BIDI}' evil=1 \" evil=1 </script>"
CELL = EVIL.replace('"', '""')


class Seen(HTMLParser):
    """Complains of what no template of ours has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults = [sign for sign in (BIDI, "{{", "{%") if sign in text]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        bad = [
            name
            for name, value in attrs
            if "evil" in name or name.startswith("on") or name == "style" or (value or "").startswith("javascript")
        ]
        if tag == "evil" or bad:
            self.faults.append(f"<{tag} {bad}>")


def looked_at(browser: Browser, id_: str, *paths: str) -> None:
    for path in ("", *paths):
        page = browser.get(f"/uploads/{id_}{path}")
        assert page.status_code == 200
        assert "evil" in page.text
        assert Seen(page.text).faults == []


def quoted(*cells: str) -> str:
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def file(header: str, *rows: str) -> bytes:
    return (header + "\n" + "".join(rows)).encode()


def test_a_check_that_parses_pages_would_find_it() -> None:
    assert Seen(f"<p>{EVIL}</p>").faults
    assert Seen('<p title="" evil=1>').faults
    assert Seen("<p style='x'>").faults


def test_questions_about_hostile_headers(admin: Browser) -> None:
    header = quoted(EVIL.replace('"', '""'), CELL + "2", "msg_email", f"Signup<{'evil'}>", CELL).strip()
    id_ = upload(admin, EVIL, file(header, quoted(CELL, CELL, CELL, CELL, CELL)), review=True, file_name=EVIL + ".csv")
    assert admin.desk.show(id_)["upload"]["status"] == "start_mapping"
    looked_at(admin, id_)


def test_an_ambiguous_date_with_hostile_neighbours(admin: Browser) -> None:
    content = file("identity,evil day,note", f'1,01/02/2026 10:00:00,"{CELL}"\n')
    looked_at(admin, upload(admin, EVIL, content, review=True))


def hostile(admin: Browser) -> str:
    """A check that shows everything that a check can show, each with hostile cells."""
    upload(admin, "before", file("identity,note,MSG-email", quoted(CELL, f"{CELL} before", ""), quoted("2", CELL, "")))
    people = admin.house.people(admin.house.sign_in.principal_of_session(admin.token))
    people.set_consent(EVIL, Channel.EMAIL, subscribed=False, source=Source.PERSON)
    rows = (
        quoted(CELL, f"{CELL} after", "true", CELL, CELL, CELL, "<b>evil</b>"),
        quoted(CELL, CELL, CELL, "", "", "", ""),
        quoted("", CELL, "", "", "", "", ""),
        quoted("2", "", "", "", "", "", ""),
    )
    header = "identity,note,MSG-email,Email,Timezone,visits<dd/MM/yyyy HH:mm:ss>,new"
    return upload(admin, EVIL, file(header, *rows), review=True, file_name=EVIL)


def test_a_check_and_a_report_of_hostile_cells(admin: Browser) -> None:
    id_ = hostile(admin)
    document = admin.desk.show(id_)
    assert document["upload"]["status"] == "ready", document["questions"]
    assert all((document["held"], document["duplicates"]["listed"], document["problems"]))
    looked_at(admin, id_)
    admin.post(f"/uploads/{id_}/apply")
    assert settled(admin, id_) == "completed"
    looked_at(admin, id_)
    upload(admin, "since", file("identity,note", quoted(CELL, f"{CELL} since")))
    looked_at(admin, id_, "/undo")
    admin.post(f"/uploads/{id_}/undo")
    assert settled(admin, id_) == "undone"
    looked_at(admin, id_)


def test_hostile_answers_are_told_as_text(admin: Browser) -> None:
    id_ = upload(admin, "x", file("identity,a.b", "1,2\n"), review=True)
    for fields in ({"flag": f"--skip '{EVIL}"}, {"flag": "--evil=" + EVIL}, {"answer-0": "name:a.b", "name-0": f"={EVIL}"}):
        answer = admin.post(f"/uploads/{id_}/answers", **fields)
        assert answer.status_code in {400, 404}
        assert Seen(answer.text).faults == []
    sent = admin.post(f"/uploads/{id_}/manifest", manifest='{"columns": {"' + EVIL.replace('"', '\\"') + '": {"dataType": "<evil>"}}}')
    assert sent.status_code == 400
    assert Seen(sent.text).faults == []


WORD = "zebra"


@pytest.mark.parametrize("role", [Role.APPROVER, Role.MEMBER])
def test_who_may_not_see_personal_data_sees_no_cell(admin: Browser, app: FastAPI, role: Role) -> None:
    browser = Browser(app)
    browser.sign_in(EMAILS[role])
    header = "identity,note,MSG-email,Email,day,visits<dd/MM/yyyy HH:mm:ss>,money,tags"
    first = f"{WORD}1,{WORD} old,,{WORD}@a.example,25/02/2026 10:00:00,,1,{WORD}\n"
    upload(admin, "before", file(header, first))
    people = admin.house.people(admin.house.sign_in.principal_of_session(admin.token))
    people.set_consent(f"{WORD}1", Channel.EMAIL, subscribed=False, source=Source.PERSON)
    rows = (
        f"{WORD}1,{WORD} new,true,{WORD},01/02/2026 10:00:00,{WORD},{WORD}2,{WORD}\n",
        f"{WORD}1,{WORD},{WORD},{WORD} x,,31/31/2026 {WORD},,\n",
        f"{WORD}2,é{WORD},,,03/04/2026 10:00:00,,,\n",
        f"{WORD}3,{WORD},extra,extra,{WORD},{WORD},{WORD},{WORD},{WORD},{WORD}\n",
        f',"{WORD}\n',
    )
    id_ = upload(admin, "after", file(header, *rows), review=True)
    places = []
    for step in (None, "answers", "apply", "undo"):
        if step:
            admin.post(f"/uploads/{id_}/{step}", flag="--day-first")
            settled(admin, id_)
        places.append(admin.desk.show(id_)["upload"]["status"])
        assert WORD in admin.get(f"/uploads/{id_}").text or places[-1] == "undone"
        page = browser.get(f"/uploads/{id_}").text
        assert WORD not in page, page[max(0, page.index(WORD) - 400) :][:500]
        if places[-1] == "completed":
            upload(admin, "since", file("identity,note", f"{WORD}1,{WORD} since\n"))
    assert places == ["start_mapping", "ready", "completed", "undone"]
