"""A server does what commands ask about properties."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from headcount.cli.work import Document
from headcount.client.connection import Connection
from headcount.client.paths import segment
from headcount.values.types import Type

#: Seconds for which it is waited until a server has counted, and between two looks.
_PATIENCE, _PAUSE = 5.0, 0.1


@dataclass(frozen=True, slots=True)
class RemoteProperties:
    """Implements `PropertyWork`."""

    connection: Connection

    def list(self) -> Document:
        """See PropertyWork."""
        return self._counted("properties", lambda found: any(each["stale"] for each in found["properties"]))

    def names(self) -> Sequence[str]:
        """See PropertyWork."""
        return [each["name"] for each in self.connection.get("properties")["properties"]]

    def show(self, name: str) -> Document:
        """See PropertyWork."""
        return self._counted(_path(name), lambda found: bool(found["stale"]))

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

    def _counted(self, path: str, is_stale: Callable[[Document], bool]) -> Document:
        """The document, when the server has counted what is out of date; after a while as it is."""
        until = time.monotonic() + _PATIENCE
        found: Document = self.connection.get(path)
        while is_stale(found) and time.monotonic() < until:
            time.sleep(_PAUSE)
            found = self.connection.get(path)
        return found

    def _changed(self, name: str, changes: Mapping[str, object]) -> Document:
        found: Document = self.connection.patch(_path(name), changes)
        return found


def _path(name: str) -> str:
    return f"properties/{segment(name)}"
