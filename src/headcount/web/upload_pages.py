"""New upload, and the page of one upload: what it shows, and what its buttons do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.datastructures import FormData, UploadFile

from headcount.auth.rights import Right
from headcount.errors import WrongCall
from headcount.uploads.manifest import read
from headcount.uploads.problems import FILE, HEADER
from headcount.web import column_words, question_words, report_words
from headcount.web.render import page
from headcount.web.visit import HOME, Visit, Visiting

router = APIRouter(include_in_schema=False)
#: Where one upload is.
ONE = HOME + "/{upload_id}"


async def _form(request: Request) -> AsyncIterator[FormData]:
    """The fields, and the files for as long as they are needed."""
    async with request.form() as form:
        yield form


Form = Annotated[FormData, Depends(_form)]


@router.get(HOME + "/new")
def new(request: Request, visit: Visiting) -> Response:
    """Where a file is chosen, looked at and sent."""
    visit.principal.demand(Right.UPLOAD)
    words = {code: {"title": kind.title, "advice": kind.advice} for code, kind in {**FILE, **HEADER}.items()}
    return page(request, "new.html", visit, limit=visit.house.settings.file_limit_bytes, words=words)


@router.get(ONE)
def upload(request: Request, visit: Visiting, upload_id: str) -> Response:
    """What an upload asks, would do, is doing or did."""
    document = visit.desk.show(upload_id)
    return page(request, "upload.html", visit, **_shown(visit, document), **_waiting(visit, document))


def _shown(visit: Visit, document: Mapping[str, Any]) -> dict[str, Any]:
    upload = document["upload"]
    return {
        "document": document,
        "upload": upload,
        "at": f"{HOME}/{quote(upload['id'], safe='')}",
        "busy": upload["status"] in report_words.BUSY,
        "may": set(report_words.actions(upload, visit.principal, document)),
        "say": report_words,
    }


def _waiting(visit: Visit, document: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown while the upload waits for a person: how the file was read, and what is open."""
    upload_id = document["upload"]["id"]
    inspection = visit.desk.inspection(upload_id) if document["upload"]["status"] in {"start_mapping", "ready"} else None
    if inspection is None:
        return {"inspection": None, "columns": [], "asked": [], "whole": {}, "remembered": None, "words": column_words}
    manifest = visit.desk.manifest(upload_id)
    return {
        "inspection": inspection,
        "columns": column_words.seen(inspection, manifest),
        "asked": question_words.asked(document["questions"], inspection),
        "whole": column_words.whole(manifest),
        "remembered": visit.desk.remembered(upload_id),
        "words": column_words,
    }


@router.post(ONE + "/answers")
def answer(visit: Visiting, upload_id: str, form: Form) -> Response:
    """Answers to questions; several at once."""
    fields = [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
    visit.desk.answer_flags(upload_id, question_words.flags(fields))
    return _back(upload_id)


@router.post(ONE + "/columns")
def columns(visit: Visiting, upload_id: str, form: Form) -> Response:
    """The columns as a person wants them."""
    inspection = visit.desk.inspection(upload_id)
    if inspection is None:
        raise WrongCall("upload_ended", "This upload no longer waits for a mapping.", "Look at where it is now.")
    fields = {key: value for key, value in form.items() if isinstance(value, str)}
    visit.desk.answer(upload_id, column_words.edited(visit.desk.manifest(upload_id), inspection, fields))
    return _back(upload_id)


async def _manifest_text(form: Form) -> str:
    file = form.get("manifest")
    if not isinstance(file, UploadFile):
        return file or ""
    content = await file.read()
    if not content:
        raise WrongCall("manifest_invalid", "The manifest is empty.", "Choose the JSON file of a mapping.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongCall("manifest_invalid", "The manifest is not UTF-8.", "Save it as UTF-8.") from None


@router.post(ONE + "/manifest")
def manifest_given(visit: Visiting, upload_id: str, text: Annotated[str, Depends(_manifest_text)]) -> Response:
    """A whole mapping, as a file or as text. What came as profiles stays so."""
    if read(text).request.kind == "event" and visit.desk.manifest(upload_id).get("type") != "event":
        advice = "Upload events with `headcount upload FILE --event NAME`, or by POST /api/v1/uploads?event=NAME."
        raise WrongCall("event_unexpected", "Files of events are not uploaded here: this page is for profiles.", advice)
    visit.desk.answer(upload_id, text)
    return _back(upload_id)


@router.post(ONE + "/remembered")
def use_remembered(visit: Visiting, upload_id: str) -> Response:
    """The mapping of the last file with these headers."""
    visit.desk.use_remembered(upload_id)
    return _back(upload_id)


@router.post(ONE + "/check")
def check(visit: Visiting, upload_id: str) -> Response:
    """Look again, as things are now."""
    visit.desk.check(upload_id)
    return _back(upload_id)


@router.post(ONE + "/apply")
def apply(visit: Visiting, upload_id: str, form: Form) -> Response:
    """Apply it: with a tick and a reason also the re-subscriptions of people who opted out themselves."""
    given = form.get("confirm_resubscribe")
    reason = given.strip() if isinstance(given, str) else ""
    if form.get("confirm") and not reason:
        raise WrongCall(
            "reason_missing", "Re-subscribing takes a reason.", "Go back and write why these people agree to be messaged again."
        )
    visit.desk.apply(upload_id, reason if form.get("confirm") else None)
    return _back(upload_id)


@router.post(ONE + "/cancel")
def cancel(visit: Visiting, upload_id: str) -> Response:
    """Stop it."""
    visit.desk.cancel(upload_id)
    return _back(upload_id)


@router.post(ONE + "/resume")
def resume(visit: Visiting, upload_id: str) -> Response:
    """Go on with one that was interrupted."""
    visit.desk.resume(upload_id)
    return _back(upload_id)


@router.get(ONE + "/undo")
def would_undo(request: Request, visit: Visiting, upload_id: str) -> Response:
    """What taking it back would do."""
    document = visit.desk.show(upload_id)
    done = visit.desk.would_undo(upload_id)
    return page(request, "upload/undo.html", visit, **_shown(visit, document), done=done)


@router.post(ONE + "/undo")
def undo(visit: Visiting, upload_id: str) -> Response:
    """Take it back."""
    visit.desk.undo(upload_id)
    return _back(upload_id)


@router.post(ONE + "/redo")
def redo(visit: Visiting, upload_id: str) -> Response:
    """Bring it back."""
    visit.desk.redo(upload_id)
    return _back(upload_id)


@router.get(ONE + "/rejects.csv")
def rejects(visit: Visiting, upload_id: str) -> Response:
    """The rows that were not applied as they came, each with why."""
    path = visit.desk.rejects(upload_id)
    if path is None:
        raise WrongCall("rejects_unknown", "This upload has no rejects file.", "All its rows were applied, or its file was removed.")
    name = visit.desk.show(upload_id)["upload"]["name"]
    return FileResponse(path, media_type="text/csv; charset=utf-8", headers=_download(f"{name} rejects.csv"))


@router.get(ONE + "/manifest.json")
def manifest(visit: Visiting, upload_id: str) -> Response:
    """Its mapping as a file, for the next one."""
    found = visit.desk.manifest(upload_id, resolved=True)
    text = json.dumps(found, ensure_ascii=False, indent=2)
    name = visit.desk.show(upload_id)["upload"]["name"]
    return Response(text, media_type="application/json", headers=_download(f"{name} manifest.json"))


def _download(name: str) -> dict[str, str]:
    """The headers of a file to keep: its name in ASCII for old programs, and whole (RFC 5987). No name leads to another folder."""
    safe = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in name).strip(". ")[-120:] or "headcount.csv"
    plain = "".join(c if c.isascii() and c not in "%;" else "_" for c in safe)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
    return {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def _back(upload_id: str) -> Response:
    return RedirectResponse(f"{HOME}/{quote(upload_id, safe='')}", 303)
