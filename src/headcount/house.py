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
    """The use cases of all accounts."""

    settings: Settings
    accounts: Accounts
    sign_in: SignIn
    access: Access
    worker: Worker
    #: The uploads of the account of whoever asks.
    desk: Callable[[Principal], Desk]
    #: The people of the account of whoever asks, with their consents.
    people: Callable[[Principal], PeopleDesk]
    #: The saved segments of the account of whoever asks.
    segments: Callable[[Principal], SegmentDesk]
    #: What is known of people in the account of whoever asks.
    properties: Callable[[Principal], PropertyDesk]
    #: The same people as records, for programs.
    records: Callable[[Principal], RecordDesk]
    #: The traces of people who were erased from it.
    scrub: Callable[[Principal], ScrubDesk]
    #: Whom messages of the account of whoever asks reach.
    reach: Callable[[Principal], ReachDesk]
    #: The records that whoever asks sends live.
    live: Callable[[Principal], LiveDesk]
    #: Raises Throttled where an account, by its id, has as many live calls in hand as it may.
    demand_room: Callable[[str], None]
