"""The people of one account, as one principal asks: every method demands its right, and what changes or leaves is in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Protocol, TypeAlias

from headcount.audit import AuditLog
from headcount.auth.rights import Principal, Right
from headcount.errors import WrongCall
from headcount.people.masking import masked_entry, masked_person
from headcount.profiles.consent import Channel, Source, Wish
from headcount.profiles.report import consent_entry, document, everything, message
from headcount.profiles.store import Person, ProfileStore
from headcount.segments.export import WRITERS, Format, headers
from headcount.segments.saved import Resolved
from headcount.segments.store import SegmentStore
from headcount.values.instants import in_utc

#: A JSON object.
Document: TypeAlias = dict[str, Any]
#: Called with a phase, how much of it is done and how much there is.
OnProgress: TypeAlias = Callable[[str, int, int], None]


class Store(ProfileStore, SegmentStore, Protocol):
    """The profiles of one account, with the filters over them."""


@dataclass(frozen=True, slots=True)
class PeopleDesk:
    """Each method works in the account of the principal, and raises WrongCall `right_missing`.

    Without the right to see personal data the documents say that there is a value, and not which.
    """

    principal: Principal
    #: Opens the store of the account for as long as the context lasts. Raises Busy.
    open_store: Callable[[], AbstractContextManager[Store]]
    #: Gives the ids of the uploads by their numbers.
    upload_ids: Callable[[], Mapping[int, str]]
    #: Gives the number of an upload by its id or the beginning of it. Raises WrongCall.
    upload_number: Callable[[str], int | None]
    #: Reads a filter. Raises WrongCall.
    read: Callable[[str], Resolved]
    #: The time zone in which a filter's local times are read.
    zone: str
    log: AuditLog
    #: Gives the present instant.
    clock: Callable[[], datetime]
    #: Gives what the segments are called that keep lists, by the numbers of these.
    list_names: Callable[[], Mapping[int, str]] = dict

    def show(self, identity: str) -> Document:
        """The document of one person. Raises WrongCall `person_unknown`."""
        self.principal.demand(Right.READ)
        with self.open_store() as store:
            person = store.person(identity)
        if person is None:
            raise _unknown(identity)
        (found,) = self._documents(person)
        return found

    def latest(self, limit: int) -> list[Document]:
        """The documents of at most `limit` people who changed last, the last one first."""
        self.principal.demand(Right.READ)
        with self.open_store() as store:
            people = store.latest(limit)
        return self._documents(*people)

    def find(self, text: str, limit: int) -> list[Document]:
        """The documents of at most `limit` people whose identity, name, e-mail address or phone number is the text or holds it.

        Who is called exactly so comes first; where the text is long, nobody else comes.
        """
        self.principal.demand(Right.READ)
        with self.open_store() as store:
            people = store.find(text.strip(), limit)
        return self._documents(*people)

    def take_out(self, identity: str) -> Document:
        """The document of one person with all events, their consent log, other names, devices, messages and lists.

        Raises WrongCall `person_unknown`.
        """
        for right in (Right.EXPORT, Right.SEE_PERSONAL_DATA):
            self.principal.demand(right)
        with self.open_store() as store:
            found = store.everything(identity)
        if found is None:
            raise _unknown(identity)
        now, ids, names = self.clock(), self.upload_ids(), self.list_names()
        self.log.add(self.principal.did("people.export", "person", now, people=1))
        return {**everything(found, ids, now), "lists": [names[number] for number in found.lists if number in names]}

    def messages(self, identity: str, limit: int) -> list[Document]:
        """The newest messages that one person got, at most `limit`: `channel`, `at`, `campaign`."""
        self.principal.demand(Right.READ)
        with self.open_store() as store:
            return [message(each) for each in store.messages(identity, limit)]

    def consent_log(self, identity: str | None, upload: str | None, limit: int) -> list[Document]:
        """At most `limit` entries, the newest first; of one person or one upload where these are given. Raises WrongCall."""
        self.principal.demand(Right.READ)
        number = self.upload_number(upload) if upload else None
        with self.open_store() as store:
            found = store.consent_log(identity=identity, upload=number, limit=limit)
        ids = self.upload_ids()
        return [self._entry(consent_entry(entry, ids)) for entry in found]

    def set_consent(self, identity: str, channel: Channel, *, subscribed: bool, source: Source, reason: str | None = None) -> Document:
        """Change a consent and log it: `changed`, and the `entry` of the log. Raises WrongCall (`person_unknown`, `consent_declined`)."""
        self.principal.demand(Right.CHANGE_CONSENT)
        if reason is not None and not reason.strip():
            raise WrongCall("reason_blank", "The reason is blank.", "Say why, or give no reason.")
        by, at = self.principal, self.clock()
        wish = Wish(channel, subscribed, source, in_utc(at), by.name, by.door, reason)
        with self.open_store() as store:
            entry = store.set_consent(identity, wish)
        if entry is None:
            return {"changed": False, "entry": None}
        self.log.add(by.did("consent.set", channel.value, at, subscribed=subscribed, source=source.value))
        return {"changed": True, "entry": self._entry(consent_entry(entry, {}))}

    def export(self, condition: str, names: Sequence[str] | None, file_format: Format, out: BinaryIO, on_progress: OnProgress) -> Document:
        """Write the people whom a filter matches into `out`: `people`, `format` and `columns`, as the file calls them. Raises WrongCall."""
        # A file of people is unmasked.
        for right in (Right.EXPORT, Right.SEE_PERSONAL_DATA):
            self.principal.demand(right)
        whom = self.read(condition).filter
        with self.open_store() as store, store.people(whom, self.zone, self.upload_number, names) as people:
            total, columns = people.count(), headers(people, file_format)
            # Before the first of them leaves: what breaks off in the middle has left as well.
            self.log.add(self.principal.did("people.export", file_format, self.clock(), people=total, columns=len(columns)))
            written = WRITERS[file_format](people, out, lambda done: on_progress("exporting", done, total))
        return {"people": written, "format": file_format, "columns": columns}

    def _documents(self, *people: Person) -> list[Document]:
        ids, now = self.upload_ids(), self.clock()
        found = [document(person, ids, now) for person in people]
        return found if self._sees else [masked_person(each) for each in found]

    def _entry(self, entry: Document) -> Document:
        return entry if self._sees else masked_entry(entry)

    @property
    def _sees(self) -> bool:
        return self.principal.may(Right.SEE_PERSONAL_DATA)


def _unknown(identity: str) -> WrongCall:
    advice = "Identities are compared letter by letter; `headcount people find TEXT` searches."
    return WrongCall("person_unknown", f"There is no person with the identity “{identity}”.", advice)
