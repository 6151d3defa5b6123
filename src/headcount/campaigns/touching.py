"""What an upload would have to set to change a reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headcount.profiles.consent import Channel
from headcount.profiles.properties import IDENTITY
from headcount.segments.filter import And, Comparison, ConsentIs, Did, Filter, Not, Or, UploadIs, properties_of


def names_asked(condition: Filter, channels: Sequence[Channel]) -> frozenset[str] | None:
    """The properties and consent columns that count, and `identity` where new people do; None where any upload can change who is meant."""
    nodes, properties = list(_nodes(condition)), properties_of(condition)
    if any(isinstance(node, UploadIs | Did) for node in nodes):
        return None
    addresses = {channel.address for channel in channels if channel.address}
    consents = {channel.header for channel in channels} | {Channel(node.channel).header for node in nodes if isinstance(node, ConsentIs)}
    # An age follows from the date of birth.
    born = {"DOB"} if "Age" in properties else set()
    new = {IDENTITY} if any(map(_fits_the_unknown, nodes)) else set()
    return frozenset({*properties, *addresses, *consents, *born, *new})


def _nodes(node: Filter) -> Iterator[Filter]:
    """The filter, and the filters in it."""
    yield node
    inner = node.filters if isinstance(node, And | Or) else (node.filter,) if isinstance(node, Not) else ()
    for each in inner:
        yield from _nodes(each)


def _fits_the_unknown(node: Filter) -> bool:
    """Whether it may hold for somebody of whom nothing is known."""
    match node:
        case Not() | Comparison(operator="!=") | ConsentIs(state="not_set"):
            return True
        case _:
            return False
