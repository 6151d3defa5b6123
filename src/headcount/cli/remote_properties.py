"""A server does what commands ask about properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headcount.cli.work import Document
from headcount.client.connection import Connection
from headcount.client.paths import segment
from headcount.values.types import Type


@dataclass(frozen=True, slots=True)
class RemoteProperties:
    """Implements `PropertyWork`."""

    connection: Connection

    def list(self) -> Document:
        """See PropertyWork."""
        found: Document = self.connection.get("properties")
        return found

    def names(self) -> Sequence[str]:
        """See PropertyWork."""
        return [each["name"] for each in self.list()["properties"]]

    def show(self, name: str) -> Document:
        """See PropertyWork."""
        found: Document = self.connection.get(_path(name))
        return found

    def rename(self, name: str, wanted: str) -> Document:
        """See PropertyWork."""
        return {"name": self._changed(name, {"name": wanted})["name"], "before": name}

    def describe(self, name: str, description: str) -> Document:
        """See PropertyWork."""
        return {"name": name, "description": self._changed(name, {"description": description})["description"]}

    def hide(self, name: str, *, hidden: bool) -> Document:
        """See PropertyWork."""
        return {"name": name, "hidden": self._changed(name, {"hidden": hidden})["hidden"]}

    def would_retype(self, name: str, wanted: Type) -> Document:
        """See PropertyWork."""
        found: Document = self.connection.post(f"{_path(name)}/retype", {"type": wanted, "preview": True})
        return found

    def retype(self, name: str, wanted: Type) -> Document:
        """See PropertyWork."""
        found: Document = self.connection.post(f"{_path(name)}/retype", {"type": wanted})
        return found

    def would_delete(self, name: str) -> Document:
        """See PropertyWork."""
        found: Document = self.connection.delete(_path(name), {"preview": "true"})
        return found

    def delete(self, name: str, confirmed: str | None) -> Document:
        """See PropertyWork."""
        found: Document = self.connection.delete(_path(name), {"confirm": confirmed})
        return found

    def _changed(self, name: str, changes: Mapping[str, object]) -> Document:
        found: Document = self.connection.patch(_path(name), changes)
        return found


def _path(name: str) -> str:
    return f"properties/{segment(name)}"
