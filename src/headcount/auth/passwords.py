"""Passwords: which are accepted, and their hashes."""

from __future__ import annotations

import unicodedata
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from headcount.auth.tokens import new_token
from headcount.errors import WrongCall

#: Characters.
SHORTEST = 10
LONGEST = 1000
_CHARACTERS = 16


def new_password() -> str:
    """One to be typed off a screen once: 96 random bits, which are beyond guessing."""
    return new_token()[:_CHARACTERS]


class Passwords:
    """Hashes and verifies with Argon2id. The parameters are those of the library, which are RFC 9106's for little memory."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # One takes 64 MiB. Were all threads to hash at once, sign-ins could use up the memory.
        self._one_at_a_time = Lock()
        # The hash of nobody's password.
        self._decoy = self._hasher.hash("")

    def hash(self, password: str) -> str:
        """The hash to keep, with its salt and parameters. Raises WrongCall `password_weak`."""
        if not SHORTEST <= len(password) <= LONGEST:
            rule = f"A password has {SHORTEST} to {LONGEST} characters."
            raise WrongCall("password_weak", rule, "Several words are easy to keep in mind.")
        with self._one_at_a_time:
            return self._hasher.hash(_bytes(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one of the hash. Without a hash, False after the same time, which tells nobody who is a user."""
        with self._one_at_a_time:
            matches = self._matches(password_hash or self._decoy, password[: LONGEST + 1])
        return matches and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _bytes(password))
        except VerifyMismatchError:
            return False


def _bytes(password: str) -> bytes:
    # The same letters come composed from one keyboard and decomposed from another.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
