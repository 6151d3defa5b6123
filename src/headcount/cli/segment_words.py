"""Segments in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headcount.cli.output import clipped, count, data, line, paragraph, plain, show_table, table, words
from headcount.cli.problem_words import show_problems

_FILTER, _ROWS = 60, 8


def saved(segment: Mapping[str, Any]) -> str:
    """What was saved."""
    how = "frozen" if segment["kind"] == "frozen" else "live"
    return f"Saved “{plain(segment['name'])}” ({how}): {count(segment['people'], 'person', 'people')}."


def show_list(segments: Sequence[Mapping[str, Any]]) -> None:
    """Print segments as a table."""
    made = table("segment", "kind", "whom", "by", "changed", "expires")
    for each in segments:
        whom = clipped(each["filter"] or "a list from a file", _FILTER)
        made.add_row(
            plain(each["name"]), _kind(each), whom, plain(each["made_by"]), _moment(each["changed_at"]), _moment(each["expires_at"])
        )
    show_table(data(), made)


def show(segment: Mapping[str, Any], people: int | None) -> None:
    """Print one segment, where its people can be counted with how many they are."""
    out = data()
    line(out, f"{plain(segment['name'])}: {'not counted' if people is None else count(people, 'person', 'people')}")
    if segment["description"]:
        paragraph(out, plain(segment["description"]), 2)
    line(out, f"  {_kind(segment)}: {plain(segment['filter'] or 'a list from a file')}")
    line(out, f"  made by {plain(segment['made_by'])} on {_moment(segment['made_at'])}, changed on {_moment(segment['changed_at'])}")
    if segment["expires_at"]:
        line(out, f"  {'expired' if segment['expired'] else 'expires'} on {_moment(segment['expires_at'])}")
    if segment["used_by"]:
        line(out, f"  asked for by {', '.join(map(plain, segment['used_by']))}")


def show_filled(found: Mapping[str, Any]) -> None:
    """Print what became of a list, and of the rows of the file."""
    out = data()
    line(out, f"“{plain(found['segment']['name'])}” has {count(found['people'], 'person', 'people')} now.")
    line(out, f"  {found['added']:,} came, {found['removed']:,} went.")
    if found["segment"]["expired"]:
        paragraph(words(), "The list has expired: it is nobody until --expires gives it more time.", 2)
    rows = ", ".join(f"{found[part]:,} {part}" for part in ("found", "merged", "unknown", "rejected"))
    line(out, f"  {count(found['rows'], 'row')}: {rows}.")
    if found["unknown"]:
        named = ", ".join(f"row {each['row']:,}" for each in found["unknown_rows"][:_ROWS])
        more = ", …" if found["unknown"] > _ROWS else ""
        paragraph(words(), f"Nobody is called so: {named}{more}. Upload these people first, then add them.", 2)
    show_problems(out, found["problems"])


def say_expired(names: Sequence[str]) -> None:
    """Say on standard error which lists are nobody any more."""
    for name in names:
        line(words(), f"The list “{plain(name)}” has expired: nobody is on it.")


def _kind(segment: Mapping[str, Any]) -> str:
    return "expired" if segment["expired"] else str(segment["kind"])


def _moment(instant: str | None) -> str:
    return instant[:16].replace("T", " ") if instant else ""
