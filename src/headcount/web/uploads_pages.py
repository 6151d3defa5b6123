"""The list of all uploads of an account, through whichever door they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from headcount.auth.rights import Right
from headcount.web.render import page
from headcount.web.visit import HOME, Visiting
from headcount.web.words import STATUS

router = APIRouter(include_in_schema=False)

#: Uploads on the page at first, and as many more with each click.
PAGE = 50
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the filters leave; None leaves all."""

    status: str | None
    since: date | None
    until: date | None

    def asked(self) -> dict[str, str]:
        """As it stands in an address."""
        return {name: str(value) for name, value in asdict(self).items() if value}


def chosen(status: str = "", since: str = "", until: str = "") -> Chosen:
    """From the fields of the form. One that makes no sense leaves all, and is shown empty."""
    return Chosen(status if status in STATUS else None, _day(since), _day(until))


@router.get(HOME)
def uploads(request: Request, visit: Visiting, chosen: Annotated[Chosen, Depends(chosen)], limit: str = "") -> Response:
    """The uploads that the filters leave, newest first."""
    shown = _limit(limit)
    # One more, to know whether there are more.
    found = visit.desk.list(limit=shown + 1, **asdict(chosen))
    return page(request, "uploads.html", visit, **_table(chosen, found, shown), may_upload=visit.principal.may(Right.UPLOAD))


@router.get(HOME + "/sample.csv")
def sample(visit: Visiting) -> Response:
    """A small file made of the account's own properties, to fill in."""
    headers = {"Content-Disposition": 'attachment; filename="headcount-sample.csv"', "Cache-Control": "no-store"}
    return Response(visit.desk.sample(), media_type="text/csv; charset=utf-8", headers=headers)


def _table(chosen: Chosen, found: Sequence[Mapping[str, Any]], shown: int) -> dict[str, Any]:
    filters = chosen.asked()
    return {
        "uploads": found[:shown],
        "chosen": chosen,
        "filtered": bool(filters),
        "statuses": [("", "All"), *((status, word) for status, (word, _) in STATUS.items())],
        "here": _address(filters, shown),
        "older": _address(filters, shown + PAGE) if len(found) > shown < _MOST else None,
        "working": any(STATUS.get(upload["status"], ("", ""))[1] == "busy" for upload in found[:shown]),
    }


def _address(filters: Mapping[str, str], limit: int) -> str:
    asked = {**filters, **({"limit": str(limit)} if limit != PAGE else {})}
    return HOME + (f"?{urlencode(asked)}" if asked else "")


def _limit(asked: str) -> int:
    return min(max(int(asked), 1), _MOST) if asked.isascii() and asked.isdigit() else PAGE


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None
