"""Taking an upload back in words: what became of whom it had touched, and what stays because somebody changed it since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from headcount.cli.output import bar, clipped, count, data, line, plain, show_table, table
from headcount.profiles.store import Job

_SHOWN, _VALUE = 10, 24
_PARTS: Mapping[Job, Mapping[str, str]] = {
    "undo": {
        "restored": "as before the upload",
        "removed": "created by it, and gone again",
        "kept": "changed since; that stays",
    },
    "redo": {
        "restored": "as the upload left them",
        "kept": "changed since; that stays",
    },
}


def show(document: Mapping[str, Any], job: Job, program: str) -> None:
    """Print what an undo, or bringing back, did, or would do where the upload stands as before."""
    out, upload, done = data(), document["upload"], document[job]
    line(out, f"{plain(upload['name'])}: {_headline(upload, job)}    (upload {upload['id']})")
    _show_ledger(out, done["ledger"], _PARTS[job])
    _show_values(out, done)
    _show_kept(out, done["kept"])
    line(out, f"{done['seconds']:,.2f} seconds.")
    line(out, "\nAnd now?")
    for text, command in _next(upload, job):
        line(out, f"  {text}\n    {program} {command}")


def _headline(upload: Mapping[str, Any], job: Job) -> str:
    if job == "redo":
        return "brought back"
    return "undone" if upload["status"] == "undone" else "what an undo would do now. Nothing was stored."


def _show_ledger(out: Console, ledger: Mapping[str, Any], parts: Mapping[str, str]) -> None:
    made = table("profiles touched", f"{ledger['touched']:,}", "", "", numbers=[f"{ledger['touched']:,}"])
    for part, meaning in parts.items():
        made.add_row(part, f"{ledger[part]:,}", bar(ledger[part], ledger["touched"]), meaning)
    line(out, "")
    show_table(out, made)


def _show_values(out: Console, done: Mapping[str, Any]) -> None:
    consents = [(f"consent {channel}", "", counted) for channel, counted in done["ledger"]["consent"].items() if any(counted.values())]
    rows = [*((plain(c["property"]), c["type"], c) for c in done["columns"]), *consents]
    if rows:
        made = table("values", "type", "restored", "kept", numbers=("restored", "kept"))
        for name, type_, counted in rows:
            made.add_row(name, type_, f"{counted['restored']:,}", f"{counted['kept']:,}")
        line(out, "")
        show_table(out, made)


def _show_kept(out: Console, kept: Sequence[Mapping[str, Any]]) -> None:
    if not kept:
        return
    made = table("what stays", "identity", "value", "set by")
    for one in kept[:_SHOWN]:
        what = one["property"] or (f"consent {one['channel']}" if one["channel"] else "the person")
        made.add_row(plain(what), clipped(one["identity"], _VALUE), clipped(one["value"], _VALUE), _origin(one["from"]))
    line(out, "")
    show_table(out, made)
    if len(kept) > _SHOWN:
        line(out, f"... and {count(len(kept) - _SHOWN, 'more value')}, with --json.")


def _origin(origin: Mapping[str, Any]) -> str:
    return f"upload {origin['upload']}, row {origin['row']:,}" if origin["upload"] else str(origin["source"])


def _next(upload: Mapping[str, Any], job: Job) -> Iterator[tuple[str, str]]:
    if job == "undo" and upload["status"] == "undone":
        yield "Bring it back, if that was wrong:", f"uploads redo {upload['id']}"
        yield "Look at all uploads:", "uploads list"
    else:
        yield "Take it back:", f"uploads undo {upload['id']}"
