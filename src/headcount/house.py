"""What every door leads to: who asks, and what each may do in their account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from headcount.accounts import Accounts
from headcount.auth.access import Access
from headcount.auth.rights import Principal
from headcount.auth.sign_in import SignIn
from headcount.campaigns.desk import ReachDesk
from headcount.config import Settings
from headcount.desks import Desks
from headcount.ingest.desk import LiveDesk
from headcount.jobs import Worker
from headcount.people.desk import PeopleDesk
from headcount.people.properties import PropertyDesk
from headcount.people.records import RecordDesk
from headcount.people.segments import SegmentDesk
from headcount.uploads.desk import Desk
from headcount.uploads.scrub_desk import ScrubDesk

#: The name of the cookie with the token of a session, and of the header with the token for its forms.
COOKIE = "headcount_session"
CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class House:
    """The use cases of all accounts. Whoever asks is led to the desks of their own."""

    settings: Settings
    accounts: Accounts
    sign_in: SignIn
    access: Access
    worker: Worker
    #: Makes the desks of an account, by its id. Raises WrongCall `account_unknown`.
    desks: Callable[[str], Desks]
    #: The uploads of the account of whoever asks.
    desk: Callable[[Principal], Desk]
    #: The records that whoever asks sends live.
    live: Callable[[Principal], LiveDesk]
    #: Raises Throttled where an account, by its id, has as many live calls in hand as it may.
    demand_room: Callable[[str], None]

    def people(self, by: Principal) -> PeopleDesk:
        """The people of their account, with their consents."""
        return self.desks(by.account_id).people(by)

    def segments(self, by: Principal) -> SegmentDesk:
        """Its saved segments."""
        return self.desks(by.account_id).segments(by)

    def properties(self, by: Principal) -> PropertyDesk:
        """What is known of its people."""
        return self.desks(by.account_id).properties(by)

    def records(self, by: Principal) -> RecordDesk:
        """The same people as records, for programs."""
        return self.desks(by.account_id).records(by)

    def scrub(self, by: Principal) -> ScrubDesk:
        """The traces of people who were erased from it."""
        return self.desks(by.account_id).scrub(by)

    def reach(self, by: Principal) -> ReachDesk:
        """Whom its messages reach."""
        return self.desks(by.account_id).reach(by)
