"""What the columns of a file of events are: the types that their properties have already, and where names and times stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from headcount.profiles.events import folded
from headcount.uploads.evidence import Look
from headcount.uploads.mapping import Column, Request, Resolved, Role
from headcount.uploads.plan import PlannedEvents
from headcount.values import dates
from headcount.values.types import Type

#: By the folded name of the event and the name of the property.
EventTypes = Mapping[tuple[str, str], Type]


def known_types(look: Look, source: str, resolved: Resolved, request: Request, known: EventTypes) -> Mapping[str, Type]:
    """The types that the properties have; where the file has events of several names, those that are alike in all that have one."""
    found = defaultdict[str, set[Type]](set)
    names = _names(look, source, resolved, request, known)
    for (event, name), type_ in known.items():
        if event in names:
            found[name].add(type_)
    return {name: next(iter(types)) for name, types in found.items() if len(types) == 1}


def _names(look: Look, source: str, resolved: Resolved, request: Request, known: EventTypes) -> Collection[str]:
    """The folded names of those events of the file that are known."""
    if request.event is not None:
        return {folded(request.event)}
    column = next((c for c in resolved.columns if c.role is Role.EVENT), None)
    if column is None or not known:
        return ()
    name = f"lower(replace({look.text(column)}, ' ', ''))"
    asked = f"SELECT DISTINCT {name} AS name FROM {source} WHERE {name} IN (SELECT unnest(?::VARCHAR[]))"
    return {name for (name,) in look.connection.execute(asked, [sorted({event for event, _ in known})]).fetchall()}


def planned_events(request: Request, columns: Iterable[tuple[Column, str | None]]) -> PlannedEvents:
    """What the rows are, as the columns with their date formats say it."""
    by_role = {column.role: (column.index, format_) for column, format_ in columns}
    names, _ = by_role.get(Role.EVENT, (None, None))
    time, format_ = by_role.get(Role.TIME, (None, None))
    return PlannedEvents(request.event, names, time, format_ or dates.UNIX)
