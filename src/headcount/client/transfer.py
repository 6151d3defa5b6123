"""A file on its way to a server, read from the disk while it is sent."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from headcount.uploads.receiving import Source

_BLOCK = 1 << 20
_ESCAPED: Mapping[str, str] = {'"': '\\"', "\\": "\\\\", "\r": " ", "\n": " "}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A form of two parts: the mapping as a manifest, then the file. `on_sent` is told how many bytes of the file are sent of how many."""

    source: Source
    manifest: Mapping[str, Any]
    on_sent: Callable[[int, int], object]
    _boundary: str = field(default_factory=lambda: secrets.token_hex(16))

    @classmethod
    def of(cls, path: Path, manifest: Mapping[str, Any], on_sent: Callable[[int, int], object]) -> Self:
        """The file as it is now; whether it is too large the server says. Raises FileRejected."""
        return cls(Source.of(path, sys.maxsize), manifest, on_sent)

    def headers(self) -> dict[str, str]:
        """What kind of body this is, and how long."""
        length = len(self._opening()) + self.source.size + len(self._end())
        return {"Content-Type": f"multipart/form-data; boundary={self._boundary}", "Content-Length": str(length)}

    def __iter__(self) -> Iterator[bytes]:
        """The bytes of the body. Raises OSError, and FileRejected `file_changed`: the server then keeps nothing of it."""
        yield self._opening()
        sent = 0
        with self.source.path.open("rb") as file:
            while block := file.read(_BLOCK):
                self.source.assert_unchanged()
                yield block
                sent += len(block)
                self.on_sent(sent, self.source.size)
        self.source.assert_unchanged()
        yield self._end()

    def _opening(self) -> bytes:
        # A quote would end the name, and a line the header.
        name = "".join(_ESCAPED.get(sign, sign) for sign in self.source.path.name)
        manifest = json.dumps(self.manifest)
        parts = (
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="manifest"\r\nContent-Type: application/json\r\n\r\n{manifest}\r\n'
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        return parts.encode()

    def _end(self) -> bytes:
        return f"\r\n--{self._boundary}--\r\n".encode()
