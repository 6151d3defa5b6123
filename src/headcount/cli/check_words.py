"""A check in words: a picture of what becomes of the rows, what changes with examples, and what to do now."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from headcount.cli.output import bar, clipped, data, line, paragraph, plain, show_table, table, words
from headcount.cli.problem_words import show_notices, show_problems
from headcount.cli.upload_words import beside, parts_of, show_columns, show_consent, show_questions, show_refusal, show_repeated

_VALUE = 24
_DUPLICATES = 3


def show(document: Mapping[str, Any]) -> None:
    """Print the document of `check`; what is open goes to standard error by `say_what_is_open`."""
    out = data()
    line(out, f"{plain(document['upload']['name'])}: what an upload would do now. Nothing was stored.")
    show_repeated(out, document["upload"])
    if not document["ledger"]:
        return
    _show_ledger(out, document)
    show_columns(out, document["columns"])
    _show_examples(out, document["columns"])
    show_consent(out, document)
    _show_duplicates(out, document["duplicates"])
    show_problems(out, document["problems"])
    show_notices(out, document["columns"])


def say_what_is_open(document: Mapping[str, Any], program: str, file: Path) -> None:
    """Say on standard error how it goes on."""
    err, status = words(), document["upload"]["status"]
    if status == "start_mapping":
        show_questions(err, document["questions"])
        line(err, "\nGive the answers with the file again.")
    elif status == "rejected":
        show_refusal(err, document)
    else:
        line(err, f"\nAnd now?\n  Apply it, with the same flags:\n    {program} upload {shlex.quote(str(file))}")


def _show_ledger(out: Console, document: Mapping[str, Any]) -> None:
    ledger = document["ledger"]
    made = table("rows", f"{ledger['rows']:,}", "", numbers=[f"{ledger['rows']:,}"])
    for part in parts_of(ledger):
        made.add_row(part, f"{ledger[part]:,}", bar(ledger[part], ledger["rows"]))
    line(out, "")
    show_table(out, made)
    paragraph(out, "; ".join(beside(document)) + ".", 0)


def _show_examples(out: Console, columns: Sequence[Mapping[str, Any]]) -> None:
    # What is new to a property says little; what somebody would lose is worth reading.
    shown = [(c, e) for c in columns for e in c.get("examples", ()) if e["kind"] != "set"]
    if shown:
        made = table("for example", "identity", "row", "before", "after", numbers=["row"])
        for column, example in shown:
            before, after = ("–" if example[key] is None else clipped(example[key], _VALUE) for key in ("before", "after"))
            made.add_row(clipped(column["property"], _VALUE), clipped(example["identity"], _VALUE), f"{example['row']:,}", before, after)
        line(out, "")
        show_table(out, made)


def _show_duplicates(out: Console, duplicates: Mapping[str, Any]) -> None:
    listed = duplicates["listed"][:_DUPLICATES]
    if listed:
        line(out, "\nIdentities that come more than once")
    for one in listed:
        line(out, f"  {clipped(one['identity'], _VALUE)}: rows {', '.join(f'{row:,}' for row in one['rows'][:8])}")
    if duplicates["identities"] > len(listed):
        line(out, f"  ... and {duplicates['identities'] - len(listed):,} more")
