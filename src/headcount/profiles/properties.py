"""Properties: their names, types and the system ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headcount.values.types import Type

IDENTITY = "identity"
NAME_LIMIT = 120
PROHIBITED = frozenset("%><!|&.:;$'\"\\#")

#: The properties every account has, with the type they have had since before the first upload.
SYSTEM: Mapping[str, Type] = {
    "Name": Type.STRING,
    "Email": Type.STRING,
    "Phone": Type.STRING,
    "Gender": Type.STRING,
    "DOB": Type.DATE,
    "Age": Type.INTEGER,
    "Education": Type.STRING,
    "Employed": Type.STRING,
    "Married": Type.STRING,
    "Timezone": Type.STRING,
}


#: Those that hold addresses, by what these are; nearly everybody has one of their own.
ADDRESSES: Mapping[str, str] = {"email": "Email", "phone": "Phone"}


@dataclass(frozen=True, slots=True)
class Property:
    """A registered property; `number` names its column (`c17`), so that no header ever becomes SQL."""

    number: int
    name: str
    type: Type
    #: Whether it is left out where nobody asks for it: of exports, lists of suggestions, and the page of a person.
    hidden: bool = field(default=False, compare=False)

    @property
    def system(self) -> bool:
        """Whether it is one of the system properties, which do not count against the limit."""
        return self.name in SYSTEM

    @property
    def column(self) -> str:
        """Its column in the store."""
        return f"c{self.number}"


def widens(stored: Type, wanted: Type) -> bool:
    """Whether a property may become `wanted` without a person's explicit act."""
    return stored is Type.INTEGER and wanted is Type.FLOAT
