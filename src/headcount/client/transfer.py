"""A file on its way to a server, read from the disk while it is sent."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Parcel:
    """A form of two parts: the mapping as a manifest, then the file. `on_sent` is told how many bytes of the file are sent of how many."""

    path: Path
    manifest: Mapping[str, Any]
    on_sent: Callable[[int, int], None]
    _boundary: str = field(default_factory=lambda: secrets.token_hex(16))

    def headers(self) -> dict[str, str]:
        """What kind of body this is, and how long."""
        length = len(self._opening()) + self.path.stat().st_size + len(self._end())
        return {"Content-Type": f"multipart/form-data; boundary={self._boundary}", "Content-Length": str(length)}

    def __iter__(self) -> Iterator[bytes]:
        """The bytes of the body. Raises OSError."""
        yield self._opening()
        total, sent = self.path.stat().st_size, 0
        with self.path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
                sent += len(block)
                self.on_sent(sent, total)
        yield self._end()

    def _opening(self) -> bytes:
        # The name as browsers write it: what would end the header is encoded.
        name = quote(self.path.name, safe=" !#$&'()*+,/:;=?@[]^_`{|}~<>", encoding="utf-8", errors="surrogateescape")
        manifest = json.dumps(self.manifest)
        parts = (
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="manifest"\r\nContent-Type: application/json\r\n\r\n{manifest}\r\n'
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        return parts.encode()

    def _end(self) -> bytes:
        return f"\r\n--{self._boundary}--\r\n".encode()
