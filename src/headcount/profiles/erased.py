"""What people who were erased are called, and whether a text is that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from headcount.csvfile.without import Wanted
from headcount.profiles.store import Erasure
from headcount.values.text import ESCAPE


@dataclass(frozen=True, slots=True)
class Erased:
    """What people who were erased are called."""

    names: frozenset[str]
    #: In small letters.
    emails: frozenset[str]
    #: Their digits alone.
    phones: frozenset[str]

    @classmethod
    def of(cls, erasures: Iterable[Erasure]) -> Erased:
        """Those of some erasures together."""
        told = list(erasures)
        return cls(
            frozenset(name for each in told for name in (*each.identities, *each.aliases)),
            frozenset(email.lower() for each in told for email in each.emails),
            frozenset(_digits(phone) for each in told for phone in each.phones),
        )

    @property
    def wanted(self) -> Wanted:
        """As files are searched for them."""
        return Wanted(sorted(self.names), sorted(self.emails), sorted(self.phones))

    def has(self, text: object) -> bool:
        """Whether a text is what one of them is called, or their address."""
        known = str(text).strip().removeprefix(ESCAPE).strip()
        return known in self.names or known.lower() in self.emails or (_digits(known) in self.phones and not known.isalpha())


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
