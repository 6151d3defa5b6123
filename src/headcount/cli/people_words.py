"""People in words."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from headcount.cli.output import count, data, line, plain, show_table, table, words
from headcount.uploads.mapping import reference, taken_otherwise

_EVENTS_SHOWN = 20


def show(person: Mapping[str, Any]) -> None:
    """Print all that is known of one person."""
    out = data()
    line(out, plain(person["identity"]))
    line(out, f"First seen {_moment(person['first_seen'])}, last updated {_moment(person['last_updated'])}\n")
    values = table("property", "value", "type", "upload", "row", numbers=["row"])
    for name, known in person["properties"].items():
        values.add_row(plain(name), plain(known["value"]), known["type"], *_origin(known["from"]))
    show_table(out, values)
    line(out, "")
    channels = table("channel", "consent", "source", "since", "reachable")
    for channel, consent in person["consent"].items():
        state, source = consent["state"].replace("_", " "), consent["source"] or ""
        channels.add_row(channel, state, source, _moment(consent["at"]), _reachable(person, channel))
    show_table(out, channels)
    _show_events(out, person["events"])


def _show_events(out: Console, events: Sequence[Mapping[str, Any]]) -> None:
    """Print what somebody did last."""
    if not events:
        return
    made = table("event", "when", "properties", "upload", "row", numbers=["row"])
    for event in events[:_EVENTS_SHOWN]:
        said = ", ".join(f"{plain(name)}: {plain(value)}" for name, value in event["properties"].items())
        made.add_row(plain(event["name"]), _moment(event["at"]), said, *_origin(event["from"]))
    line(out, "")
    show_table(out, made)
    if len(events) > _EVENTS_SHOWN:
        line(out, "... and more, with --json.")


def show_list(people: Sequence[Mapping[str, Any]]) -> None:
    """Print people as a table."""
    made = table("identity", "Name", "Email", "Phone")
    for person in people:
        known = (person["properties"].get(name, {}).get("value") for name in ("Name", "Email", "Phone"))
        made.add_row(plain(person["identity"]), *map(plain, known))
    show_table(data(), made)


def say_what_was_written(export: Mapping[str, Any], program: str, output: Path | None) -> None:
    """Say on standard error how many people were written, where they are, and how they come back; `program` begins a command."""
    err = words()
    people = count(export["people"], "person", "people")
    line(err, f"{plain(output)}: {people}" if output else people)
    if output is None or export["format"] != "csv":
        return
    flags = [f"--map {shlex.quote(f'{reference(column)}={column.name}')}" for column in taken_otherwise(export["columns"])]
    line(err, "\nAnd now?\n  Bring them back, changed or as they are, first without storing anything:")
    line(err, "    " + " ".join([program, "check", shlex.quote(str(output)), *flags]))


def _origin(origin: Mapping[str, Any]) -> tuple[str, str]:
    return (origin["upload"], f"{origin['row']:,}") if origin["upload"] else ("live call", "")


def _reachable(person: Mapping[str, Any], channel: str) -> str:
    if person["reachable"][channel]:
        return "yes"
    return "no, by consent" if person["addresses"][channel] else "no address"


def _moment(text: str | None) -> str:
    return text[:19].replace("T", " ") + " UTC" if text else ""


def say_what_files_hold(files: Mapping[str, Any], program: str) -> None:
    """Print of how many people who were erased files still hold traces, and what takes them out."""
    out = data()
    if not files["people"]:
        line(out, "No file holds a trace of anybody who was erased. Backups are yours to look after.")
        return
    line(
        out,
        f"Files still hold traces of {count(files['people'], 'person', 'people')} who {'was' if files['people'] == 1 else 'were'} erased.",
    )
    if files["uploads"]:
        line(out, f"They go when these uploads have ended, whose files may name them: {', '.join(files['uploads'])}.")
    else:
        due = files["due"][:16].replace("T", " ")
        line(out, f"A server takes them out, beginning {due} UTC at the latest. Or now:")
        line(out, f"    {program} people erasures --now")
