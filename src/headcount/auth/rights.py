"""Rights, the roles that hold them, and the principal: who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from headcount.audit import Entry
from headcount.errors import WrongCall


class Right(StrEnum):
    """One thing that somebody may do in an account."""

    #: Look at uploads, reports, segments, campaigns, and at people with their personal data masked.
    READ = "read"
    #: Look at names, addresses and other values of people unmasked.
    SEE_PERSONAL_DATA = "see_personal_data"
    #: Inspect, check and apply files; send profiles live.
    UPLOAD = "upload"
    #: Take an upload back, or bring it back.
    UNDO = "undo"
    #: Take people out as a file.
    EXPORT = "export"
    #: Change by hand whether a person may be messaged.
    CHANGE_CONSENT = "change_consent"
    #: Erase a person.
    ERASE_PEOPLE = "erase_people"
    #: Rename, describe, hide, retype and remove properties.
    MANAGE_PROPERTIES = "manage_properties"
    #: Write segments and campaigns.
    EDIT_CAMPAIGNS = "edit_campaigns"
    #: Say how often people are messaged at most, and how many are not messaged at all.
    MANAGE_DELIVERY = "manage_delivery"
    #: Release a campaign for sending.
    APPROVE_CAMPAIGNS = "approve_campaigns"
    #: Make users, change their roles, disable them.
    MANAGE_USERS = "manage_users"
    #: Make and revoke passcodes.
    MANAGE_PASSCODES = "manage_passcodes"
    #: Read the audit log.
    READ_AUDIT = "read_audit"


class Role(StrEnum):
    """What a user is in an account."""

    #: May do everything.
    ADMIN = "admin"
    #: Works with uploads, people and campaigns.
    CREATOR = "creator"
    #: Looks, and releases campaigns.
    APPROVER = "approver"
    #: Looks.
    MEMBER = "member"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.CREATOR: frozenset(
        {
            Right.READ,
            Right.SEE_PERSONAL_DATA,
            Right.UPLOAD,
            Right.UNDO,
            Right.EXPORT,
            Right.CHANGE_CONSENT,
            Right.MANAGE_PROPERTIES,
            Right.EDIT_CAMPAIGNS,
        }
    ),
    Role.APPROVER: frozenset({Right.READ, Right.APPROVE_CAMPAIGNS}),
    Role.MEMBER: frozenset({Right.READ}),
}

#: What a passcode may be given. One that leaked can neither make others that outlive it, nor approve as if it were a person.
FOR_MACHINES = frozenset(Right) - {Right.MANAGE_USERS, Right.MANAGE_PASSCODES, Right.APPROVE_CAMPAIGNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a user or a passcode, in one account. Its account is the only one that what it asks for can touch."""

    #: Of the user or passcode, as in the audit log.
    id: str
    #: For people who read the audit log.
    name: str
    account_id: str
    rights: frozenset[Right]
    #: Where it came in: cli, api, dashboard, sftp.
    door: str

    def may(self, right: Right) -> bool:
        """Whether it has the right."""
        return right in self.rights

    def demand(self, right: Right) -> None:
        """Raises WrongCall `right_missing` where it does not have the right."""
        if not self.may(right):
            raise WrongCall("right_missing", f"This takes the right {right}.", "Ask an administrator of the account for it.")

    def did(self, action: str, on: str, at: datetime, **details: str | int | bool) -> Entry:
        """The entry of the audit log for what it did to the thing with the id `on`."""
        return Entry(
            at=at,
            account_id=self.account_id,
            who=self.id,
            who_name=self.name,
            action=action,
            object=on,
            details=details,
            door=self.door,
        )


#: The id of whoever works on the data directory itself.
OPERATOR = "operator"


def operator(account_id: str, door: str = "cli") -> Principal:
    """Whoever works on the data directory itself, and could read and write it without us."""
    return Principal(id=OPERATOR, name=OPERATOR, account_id=account_id, rights=frozenset(Right), door=door)
