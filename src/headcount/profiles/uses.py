"""What names a property: asked before it changes, told when it has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that names a property."""

    kind: Literal["mapping", "upload", "segment"]
    id: str
    #: What people call it.
    name: str


class Uses(Protocol):
    """Everything of one kind that can name properties."""

    def used_by(self, name: str) -> Sequence[Use]:
        """What names the property now."""
        ...

    def renamed(self, before: str, after: str) -> None:
        """Let what named the property name it as it is called now."""
        ...

    def deleted(self, names: Collection[str]) -> None:
        """Forget the values that were kept of the property, by whatever of these names it was called."""
        ...
