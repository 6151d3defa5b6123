"""Properties in words, as tables."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headcount.cli.output import bar, clipped, count, data, line, plain, show_table, table, words
from headcount.cli.work import Document

_WIDTH = 20
_SHOWN = 3


def show_list(found: Document, *, everything: bool) -> None:
    """All properties, a line each, but for those that are hidden."""
    people, seen = found["people"], [each for each in found["properties"] if everything or not each["hidden"]]
    made = table("property", "type", "people", "values", "most frequent", "", numbers=("people", "values"))
    for each in seen:
        made.add_row(plain(each["name"]), each["type"], *_counted(each, people), ", ".join(_marks(each)))
    show_table(data(), made)
    hidden = len(found["properties"]) - len(seen)
    if hidden:
        line(words(), f"{count(hidden, 'property is', 'properties are')} hidden; --all shows them.")


def _counted(each: Mapping[str, Any], people: int) -> tuple[str, str, str]:
    counted = each["statistics"]
    if counted is None:
        return "not counted", "", ""
    share = f"{counted['filled']:,} ({100 * counted['filled'] // people} %)" if people else "0"
    return share, _distinct(counted), ", ".join(clipped(top["value"], _WIDTH) for top in counted["top"][:_SHOWN])


def _distinct(counted: Mapping[str, Any]) -> str:
    return f"{'' if counted['distinct_exact'] else 'about '}{counted['distinct']:,}"


def _marks(each: Mapping[str, Any]) -> Iterator[str]:
    if each["system"]:
        yield "system"
    if each["hidden"]:
        yield "hidden"
    if each["stale"]:
        yield "being counted"


def show(found: Document) -> None:
    """One property with what is known of it."""
    out = data()
    line(out, f"{plain(found['name'])}  {found['type']}{'  system' if found['system'] else ''}{'  hidden' if found['hidden'] else ''}")
    if found["description"]:
        line(out, plain(found["description"]))
    counted = found["statistics"]
    if counted is None:
        line(out, "Its values are not counted yet.")
    else:
        _show_statistics(counted, found["people"])
    for said in _history(found):
        line(out, said)


def _show_statistics(counted: Mapping[str, Any], people: int) -> None:
    out = data()
    line(out, f"{count(counted['filled'], 'person has', 'people have')} a value, of {people:,}; {_distinct(counted)} different values.")
    if counted["least"] is not None:
        line(out, f"From {plain(counted['least'])} to {plain(counted['greatest'])}.")
    rows = [(_between(each), each["people"]) for each in counted["histogram"]] or [
        (each["value"], each["people"]) for each in counted["top"]
    ]
    _show_bars(rows)


def _between(each: Mapping[str, Any]) -> str:
    if each["from"] is None:
        return f"below {each['to']}"
    return f"{each['from']} and above" if each["to"] is None else f"{each['from']} to below {each['to']}"


def _show_bars(rows: Sequence[tuple[Any, int | None]]) -> None:
    most = max((people or 0 for _, people in rows), default=0)
    made = table("value", "people", "", numbers=("people",))
    for value, people in rows:
        made.add_row(plain(value), "few" if people is None else f"{people:,}", bar(people or 0, most) if most else "")
    if rows:
        show_table(data(), made)


def _history(found: Document) -> Iterator[str]:
    if found["former_names"]:
        yield f"Called before: {', '.join(map(plain, found['former_names']))}"
    yield f"First upload: {found['first_upload'] or 'none'}"
    yield f"Last upload: {found['last_upload'] or 'none'}"
    yield from _used_by(found["used_by"])
    if found["stale"]:
        yield "Values were written since it was counted; it is being counted again."


def _used_by(uses: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    kinds = {"mapping": "the remembered mapping of upload", "upload": "the waiting upload", "segment": "the segment"}
    for use in uses:
        yield f"Named by {kinds[use['kind']]} {use['id']} “{plain(use['name'])}”"


def show_retype(found: Document) -> None:
    """What another type would do."""
    out = data()
    kept = found["values"] - found["values_lost"]
    line(out, f"As {found['type']}, {count(kept, 'value')} of “{plain(found['name'])}” would be kept.")
    line(out, f"{count(found['values_lost'], 'value')} cannot be of that type and would be cleared.")
    _show_bars([(each["value"], each["people"]) for each in found["examples"]])
    for said in _used_by(found["used_by"]):
        line(out, said)


def show_deleted(found: Document, program: str, *, done: bool) -> None:
    """What was removed, or would be."""
    out, name = data(), plain(found["name"])
    kept = f", and what {count(found['uploads'], 'upload keeps', 'uploads keep')} of it for an undo" if found["uploads"] else ""
    line(out, f"{'Deleted' if done else 'Deleting'} “{name}”{':' if done else ' would remove'} {count(found['values'], 'value')}{kept}.")
    for said in _used_by(found.get("used_by") or ()):
        line(out, said)
    if not done:
        line(words(), f"To do it: {program} properties delete {shlex.quote(found['name'])} --yes")
