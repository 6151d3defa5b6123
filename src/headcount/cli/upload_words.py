"""An upload in words: what became of its rows, what it changed, what is wrong with it, and what to do now."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from headcount.cli.output import count, data, line, paragraph, plain, show_table, table, words
from headcount.cli.problem_words import show_notices, show_problems
from headcount.segments.filter import Did, Exists, UploadIs
from headcount.segments.grammar import render

_STATUS = {
    "start_mapping": "waits for an answer",
    "interrupted": "was interrupted",
    "ready": "waits to be applied",
}
_HELD_SHOWN = 5
_PARTS = ("created", "updated", "unchanged", "merged", "rejected")
_PARTS_OF_EVENTS = ("stored", "rejected")


def show(document: Mapping[str, Any], program: str) -> None:
    """Print the report of an upload; `program` is how the next command begins."""
    out = data()
    upload, ledger = document["upload"], document["ledger"]
    line(out, f"{plain(upload['name'])}: {_status(upload)}    (upload {upload['id']})")
    show_repeated(out, upload)
    for job, word in (("undo", "Undone"), ("redo", "Brought back")):
        if job in document:
            line(out, _reversed(document[job], word))
    if upload["status"] == "cancelled":
        line(out, "What had been applied by then is kept." if ledger else "Nothing had been applied.")
    if ledger:
        _show_ledger(out, document)
        show_columns(out, document["columns"])
        show_consent(out, document)
        show_problems(out, document["problems"])
        show_notices(out, document["columns"])
    if upload["status"] in {"completed", "undone"}:
        _show_next(out, document, program)


def _reversed(done: Mapping[str, Any], word: str) -> str:
    """When, by whom, and what became of the profiles."""
    by = f" by {plain(done['by'])}" if done["by"] else ""
    parts = ", ".join(f"{done['ledger'][part]:,} {part}" for part in ("restored", "removed", "kept"))
    return f"{word} {done['at'][:16].replace('T', ' ')} UTC{by}: {done['ledger']['touched']:,} profiles touched, {parts}."


def show_repeated(out: Console, upload: Mapping[str, Any]) -> None:
    """Print by which upload the same file was applied before, where one did."""
    if upload["duplicate_of"]:
        line(out, f"The same file was applied before, with the same mapping, by upload {upload['duplicate_of']}.")


def show_list(uploads: Sequence[Mapping[str, Any]]) -> None:
    """Print the uploads of an account as a table."""
    if not uploads:
        line(words(), "There are no uploads yet.")
        return
    made = table("id", "name", "status", "rows", "rejected", "when (UTC)", numbers=("rows", "rejected"))
    for upload in uploads:
        numbers = ("" if upload[key] is None else f"{upload[key]:,}" for key in ("rows", "rejected"))
        when = upload["created_at"][:16].replace("T", " ")
        made.add_row(upload["id"], plain(upload["name"]), upload["status"], *numbers, when)
    show_table(data(), made)


def say_what_is_open(document: Mapping[str, Any], program: str) -> None:
    """Say on standard error why an upload was not applied, and how it goes on; nothing where it was."""
    status = document["upload"]["status"]
    err, upload_id = words(), document["upload"]["id"]
    if status == "ready":
        line(err, f"It waits to be applied. Apply it with: {program} uploads resume {upload_id}")
    elif status == "start_mapping":
        show_questions(err, document["questions"])
        line(err, "\nGo on with the answers, or give them with the upload again:")
        line(err, f"  {program} uploads resume {upload_id} FLAGS")
    elif status == "rejected":
        show_refusal(err, document)
    elif status == "interrupted":
        line(err, f"Go on with: {program} uploads resume {upload_id}")


def show_refusal(console: Console, document: Mapping[str, Any]) -> None:
    """Print why a file cannot be used, and what to do."""
    for problem in document["problems"]:
        paragraph(console, plain(problem["advice"]), 0)


def show_questions(console: Console, questions: Sequence[Mapping[str, Any]]) -> None:
    """Print what is open, each with the flags that answer it."""
    line(console, f"{count(len(questions), 'question')} to answer first:")
    for question in questions:
        line(console, f"\n{question['code']}")
        paragraph(console, plain(question["message"]), 2)
        line(console, f"  Answer with:  {'   or   '.join(map(plain, question['answers']))}")


def _status(upload: Mapping[str, Any]) -> str:
    return _STATUS.get(upload["status"], str(upload["status"]))


def _show_ledger(out: Console, document: Mapping[str, Any]) -> None:
    ledger = document["ledger"]
    parts = parts_of(ledger)
    made = table("rows", *(f"{sign} {part}" for sign, part in zip("=++++", parts, strict=False)))
    for column in made.columns:
        column.justify = "right"
    made.add_row(f"{ledger['rows']:,}", *(f"{ledger[part]:,}" for part in parts))
    line(out, "")
    show_table(out, made)
    paragraph(out, "; ".join(beside(document)) + ".", 0)


def parts_of(ledger: Mapping[str, Any]) -> Sequence[str]:
    """What the rows of a ledger add up from."""
    return _PARTS_OF_EVENTS if "stored" in ledger else _PARTS


def beside(document: Mapping[str, Any]) -> Iterator[str]:
    """What is counted next to the ledger, and the time."""
    ledger, repeated = document["ledger"], document.get("duplicates") or {}
    yield f"{count(ledger['cells_not_applied'], 'cell')} not applied"
    yield f"{count(ledger['blank_lines'], 'blank line')} skipped"
    if repeated.get("identities"):
        identities = count(repeated["identities"], "identity", "identities")
        yield f"{identities} came more than once, in {repeated['rows']:,} rows"
    touched = ledger.get("profiles_touched", 0)
    if "stored" in ledger:
        yield f"{count(touched, 'person did it', 'people did it')}, of whom {ledger['created']:,} were not known before"
    elif touched > sum(ledger[part] for part in _PARTS[:3]):
        yield f"{count(touched, 'profile')} touched"
    if document.get("seconds") is not None:
        yield f"{document['seconds']:,.2f} seconds, {document['rows_per_second']:,.0f} rows a second"


def show_columns(out: Console, columns: Sequence[Mapping[str, Any]]) -> None:
    """Print how many values each property gets, changes and loses."""
    effects = ("set", "changed", "cleared")
    used = [c for c in columns if c["type"] and any(c[effect] for effect in effects)]
    if used:
        made = table("property", "type", "", *effects, numbers=effects)
        for column in used:
            made.add_row(*_type_cells(column), *(f"{column[effect]:,}" for effect in effects))
        _show(out, "Values", made)
    others = sum(1 for c in columns if c["type"]) - len(used)
    if others:
        noun = "other column" if used else "column"
        line(out, f"In {count(others, noun)} no value changed.")


def _type_cells(column: Mapping[str, Any]) -> tuple[str, str, str]:
    kind = f"{column['type']} {column['format']}" if column["format"] else column["type"]
    return plain(column["property"]), kind, "new" if column["new"] else ""


def show_consent(out: Console, document: Mapping[str, Any]) -> None:
    """Print who leaves and comes back per channel, and whom the gate holds."""
    changed = {channel: counts for channel, counts in document["ledger"]["consent"].items() if any(counts.values())}
    if changed:
        made = table("channel", "opted out", "re-subscribed", "held", numbers=("opted out", "re-subscribed", "held"))
        for channel, counts in changed.items():
            made.add_row(channel, *(f"{counts[key]:,}" for key in ("opted_out", "resubscribed", "held")))
        _show(out, "Consent", made)
    if document["held"]:
        _show_held(out, document["held"])


def _show_held(out: Console, held: Sequence[Mapping[str, Any]]) -> None:
    """Whom the gate kept from being re-subscribed, and how they are."""
    made = table("held: opted out themselves", "channel", "row", numbers=["row"])
    for one in held[:_HELD_SHOWN]:
        made.add_row(plain(one["identity"]), one["channel"], f"{one['row']:,}")
    line(out, "")
    show_table(out, made)
    if len(held) > _HELD_SHOWN:
        line(out, "... and more, with --json.")


def _show(out: Console, title: str, made: Table) -> None:
    line(out, f"\n{title}")
    show_table(out, made)


def _show_next(out: Console, document: Mapping[str, Any], program: str) -> None:
    line(out, "\nAnd now?")
    for text, command in _next(document):
        line(out, f"  {text}\n    {program} {command}")


def _next(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    upload_id, until = document["upload"]["id"], document["upload"]["undo_until"]
    if document["upload"]["status"] == "undone":
        if until:
            yield f"Bring it back, until {until[:10]}:", f"uploads redo {upload_id}"
        return
    if document["rejects_file"]:
        yield "Mend the rows that were not applied as they came, and upload them again:", f"uploads rejects {upload_id} > mend.csv"
    if document["held"]:
        yield "Re-subscribe also those who opted out themselves, if they agreed to it since:", "upload FILE --confirm-resubscribe REASON"
    yield "Count the people this upload created or changed:", _counting(render(UploadIs(upload_id)))
    if document.get("event"):
        yield "Count those who did it:", _counting(render(Did(document["event"])))
    filled = next((c["property"] for c in document["columns"] if c["type"] and c["set"]), None)
    if filled and "stored" not in document["ledger"]:
        yield "Count those who have a value:", _counting(render(Exists(filled)))
    yield "Show one person:", "people show IDENTITY"
    if until and sum(document["ledger"].get(part, 0) for part in ("created", "updated", "stored")):
        yield f"Take it back, if it was wrong, until {until[:10]}:", f"uploads undo {upload_id}"


def _counting(condition: str) -> str:
    return f"segment count {shlex.quote(condition)}"
