"""The properties of one account, as one principal tends them: every method demands its right, and every change is in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias

from headcount.audit import AuditLog
from headcount.auth.rights import Principal, Right
from headcount.errors import WrongCall
from headcount.people.masking import masked_property, masked_values
from headcount.profiles.names import checked_name, no_property
from headcount.profiles.tending import Holdings, PropertyStore, Statistics, Tended
from headcount.profiles.uses import Use, Uses
from headcount.values.instants import utc_text
from headcount.values.types import Type

#: A JSON object.
Document: TypeAlias = dict[str, Any]
#: Characters of a description.
LONGEST_DESCRIPTION = 500


@dataclass(frozen=True, slots=True)
class PropertyDesk:
    """Each method works in the account of the principal, and raises WrongCall `right_missing`, and `property_unknown` for a name.

    Without the right to see personal data no value is shown that few people have.
    """

    principal: Principal
    #: Opens the store of the account for as long as the context lasts. Raises Busy.
    open_store: Callable[[], AbstractContextManager[PropertyStore]]
    #: Sees to it that what is out of date is counted: now, or soon.
    refresh: Callable[[], None]
    #: Gives the ids of the uploads by their numbers.
    upload_ids: Callable[[], Mapping[int, str]]
    #: Gives the id of an upload that works with a property, or may.
    busy_with: Callable[[str], str | None]
    #: Everything that can name a property.
    uses: Sequence[Uses]
    log: AuditLog
    #: Gives the present instant.
    clock: Callable[[], datetime]

    def list(self) -> Document:
        """How many `people` there are, and the `properties` with what is known of each."""
        self.principal.demand(Right.READ)
        people, tended = self._tended()
        ids = self.upload_ids()
        return {"people": people, "properties": [self._seen(each, ids) for each in tended]}

    def show(self, name: str) -> Document:
        """One property, as in the list, with how many `people` there are, and what it is `used_by`."""
        self.principal.demand(Right.READ)
        people, tended = self._tended()
        found = next((each for each in tended if each.property.name == name), None)
        if found is None:
            raise no_property(name)
        return {**self._seen(found, self.upload_ids()), "people": people, "used_by": self._used_by(name)}

    def names(self, *, hidden: bool | None = None) -> Sequence[str]:
        """What the properties are called: all, or those that are hidden, or not. Nothing is counted for it."""
        self.principal.demand(Right.READ)
        with self.open_store() as store:
            return [each.name for each in store.properties() if hidden is None or each.hidden is hidden]

    def types(self) -> Mapping[str, str]:
        """The types of those that are not hidden, by their names. Nothing is counted for it."""
        self.principal.demand(Right.READ)
        with self.open_store() as store:
            return {each.name: each.type.value for each in store.properties() if not each.hidden}

    def change(self, name: str, wanted: str | None, description: str | None, *, hidden: bool | None) -> Document:
        """Rename, describe, hide or show it, as far as that is wanted; the document as `show` gives it. Raises WrongCall as these do."""
        for right in (Right.READ, Right.MANAGE_PROPERTIES):
            self.principal.demand(right)
        # What can be refused comes first.
        if wanted is not None:
            name = self.rename(name, wanted)["name"]
        if description is not None:
            self.describe(name, description)
        if hidden is not None:
            self.hide(name, hidden=hidden)
        return self.show(name)

    def rename(self, name: str, wanted: str) -> Document:
        """Call it otherwise; saved mappings follow. Raises WrongCall.

        `property_name_invalid`, `property_exists`, `property_system`, `property_in_use` while an upload works with it.
        """
        self.principal.demand(Right.MANAGE_PROPERTIES)
        after = checked_name(wanted)
        if after != name:
            self._demand_rest(name)
            with self.open_store() as store:
                # Begun before and interrupted: what still names it goes on.
                if not _was_renamed(store.tended()[1], name, after):
                    store.rename(name, after)
            for uses in self.uses:
                uses.renamed(name, after)
            self._log("property.rename", after, before=name)
        return {"name": after, "before": name}

    def describe(self, name: str, description: str) -> Document:
        """Say what it is, in at most `LONGEST_DESCRIPTION` characters; blank: nothing. Raises WrongCall `description_too_long`."""
        self.principal.demand(Right.MANAGE_PROPERTIES)
        text = description.strip()
        if len(text) > LONGEST_DESCRIPTION:
            reason = f"The description has {len(text)} characters; {LONGEST_DESCRIPTION} are kept at most."
            raise WrongCall("description_too_long", reason, "Say it in fewer words.")
        with self.open_store() as store:
            store.describe(name, text)
        self._log("property.describe", name)
        return {"name": name, "description": text}

    def hide(self, name: str, *, hidden: bool) -> Document:
        """Leave it out of exports, suggestions and the pages of people unless it is asked for; or no longer."""
        self.principal.demand(Right.MANAGE_PROPERTIES)
        with self.open_store() as store:
            store.hide(name, hidden=hidden)
        self._log("property.hide" if hidden else "property.unhide", name)
        return {"name": name, "hidden": hidden}

    def would_retype(self, name: str, wanted: Type) -> Document:
        """What another type would do: `values`, those `values_lost` and `examples` of these. Raises WrongCall `property_system`."""
        self.principal.demand(Right.MANAGE_PROPERTIES)
        with self.open_store() as store:
            found = store.would_retype(name, wanted)
        examples = [asdict(each) for each in found.examples]
        told = {"name": name, "before": found.stored.value, "type": wanted.value, "values": found.values, "values_lost": found.lost}
        seen = examples if self._sees else masked_values(examples)
        return {**told, "examples": seen, "used_by": self._used_by(name)}

    def retype(self, name: str, wanted: Type) -> Document:
        """Change the type of a property; `values_lost` could not be kept. Raises WrongCall (`property_system`, `property_in_use`)."""
        self.principal.demand(Right.MANAGE_PROPERTIES)
        self._demand_rest(name)
        with self.open_store() as store:
            before = {each.name: each.type for each in store.properties()}
            lost = store.retype(name, wanted)
        if before.get(name) is not wanted:
            self._log("property.retype", name, type=wanted.value, values_lost=lost)
            self.refresh()
        return {"name": name, "type": wanted.value, "values_lost": lost}

    def would_delete(self, name: str) -> Document:
        """What deleting it would remove: `values`, those of `uploads` that could be undone, and what it is `used_by`."""
        self.principal.demand(Right.MANAGE_PROPERTIES)
        with self.open_store() as store:
            return {"name": name, **asdict(store.holdings(name)), "used_by": self._used_by(name)}

    def delete(self, name: str, confirmed: str | None) -> Document:
        """Remove it with all its values, where `confirmed` is its name; what there was.

        Raises WrongCall (`confirmation_missing`, `property_system`, `property_in_use`).
        """
        self.principal.demand(Right.MANAGE_PROPERTIES)
        if confirmed != name:
            raise self._unconfirmed(name)
        self._demand_rest(name)
        names = [name, *self._former(name)]
        with self.open_store() as store:
            removed = store.delete(name)
        for uses in self.uses:
            uses.deleted(names)
        self._log("property.delete", name, values=removed.values, uploads=removed.uploads)
        return {"name": name, **asdict(removed)}

    def _unconfirmed(self, name: str) -> WrongCall:
        with self.open_store() as store:
            reason = f"Deleting “{name}” removes {_said(store.holdings(name))} for good."
        return WrongCall("confirmation_missing", reason, f"To do that, confirm with the name: “{name}”.")

    def _demand_rest(self, name: str) -> None:
        """Raises WrongCall where an upload works with the property."""
        if upload := self.busy_with(name):
            reason = f"Upload {upload} is worked on, and uses or may use “{name}”."
            raise WrongCall("property_in_use", reason, "Wait until that is done, or cancel it; then try again.")

    def _former(self, name: str) -> Sequence[str]:
        with self.open_store() as store:
            _, tended = store.tended()
        return next((each.former_names for each in tended if each.property.name == name), ())

    def _tended(self) -> tuple[int, Sequence[Tended]]:
        with self.open_store() as store:
            found = store.tended()
        if not any(each.stale for each in found[1]):
            return found
        self.refresh()
        with self.open_store() as store:
            return store.tended()

    def _used_by(self, name: str) -> Sequence[Document]:
        return [_use(use) for uses in self.uses for use in uses.used_by(name)]

    def _seen(self, tended: Tended, ids: Mapping[int, str]) -> Document:
        document = _document(tended, ids)
        return document if self._sees else masked_property(document)

    @property
    def _sees(self) -> bool:
        return self.principal.may(Right.SEE_PERSONAL_DATA)

    def _log(self, action: str, on: str, **details: str | int | bool) -> None:
        self.log.add(self.principal.did(action, on, self.clock(), **details))


def _was_renamed(tended: Sequence[Tended], name: str, after: str) -> bool:
    """Whether there is no such property any more because it is called otherwise by now."""
    former = {each.property.name: each.former_names for each in tended}
    return name not in former and name in former.get(after, ())


def _use(use: Use) -> Document:
    return {"kind": use.kind, "id": use.id, "name": use.name}


def _said(holdings: Holdings) -> str:
    values, uploads = holdings.values, holdings.uploads
    kept = f", and what {uploads:,} {'upload keeps' if uploads == 1 else 'uploads keep'} of it for an undo" if uploads else ""
    return f"{values:,} {'value' if values == 1 else 'values'}{kept}"


def _document(tended: Tended, ids: Mapping[int, str]) -> Document:
    known = tended.property
    return {
        "name": known.name,
        "type": known.type.value,
        "system": known.system,
        "hidden": known.hidden,
        "description": tended.description,
        "former_names": list(tended.former_names),
        "first_upload": ids.get(tended.first_upload),
        "last_upload": None if tended.last_upload is None else ids.get(tended.last_upload),
        "counted_at": utc_text(tended.counted_at) if tended.counted_at else None,
        "stale": tended.stale,
        "statistics": _counted(tended.statistics) if tended.statistics else None,
    }


def _counted(found: Statistics) -> Document:
    return {
        "filled": found.filled,
        "distinct": found.distinct,
        "distinct_exact": found.exact,
        "least": found.least,
        "greatest": found.greatest,
        "top": [asdict(each) for each in found.top],
        "histogram": [{"from": each.start, "to": each.end, "people": each.people} for each in found.bins],
    }
