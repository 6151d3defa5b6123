"""Secrets that we draw, and what is kept of them."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

_BYTES = 32


def new_id(kind: str) -> str:
    """A public id: a letter for what it names, and 64 random bits."""
    return kind + secrets.token_hex(8)


def new_token() -> str:
    """256 random bits as 43 characters that may stand in a header, a cookie and an address."""
    return secrets.token_urlsafe(_BYTES)


def keyed_hash(key: str, secret: str) -> str:
    """What is kept of a secret: 64 hexadecimal digits.

    A fast hash is enough for 256 random bits, since nobody can try them all. The key makes equal secrets look different.
    """
    return hmac.digest(_bytes(key), _bytes(secret), sha256).hex()


def same(hash_: str, other: str) -> bool:
    """Whether two hashes are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(_bytes(hash_), _bytes(other))


def csrf_token(session_token: str) -> str:
    """The token of a session's forms: follows from the session's own, which another site cannot read, and does not give it away."""
    return keyed_hash(session_token, "csrf")


def _bytes(text: str) -> bytes:
    # What a caller sends may hold surrogates; they match nothing, and are no fault of the program.
    return text.encode("utf-8", "surrogatepass")
