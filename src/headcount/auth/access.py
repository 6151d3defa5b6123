"""Managing who has access to an account: users, passcodes, the audit log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Unpack

from headcount.audit import AuditLog, Entry
from headcount.auth.passcodes import NOTED, NewPasscode, Passcode, Passcodes, new_passcode
from headcount.auth.passwords import Passwords
from headcount.auth.rights import OPERATOR, Principal, Right, Role
from headcount.auth.tokens import new_id
from headcount.auth.users import Member, MemberChanges, User, Users, checked_email, checked_name, folded
from headcount.errors import WrongCall


class Access:
    """Each method works in the account of the principal `by` and in no other, and raises WrongCall `right_missing`.

    `clock` gives the present instant.
    """

    def __init__(self, users: Users, passcodes: Passcodes, log: AuditLog, passwords: Passwords, clock: Callable[[], datetime]) -> None:
        self._users = users
        self._passcodes = passcodes
        self._log = log
        self._passwords = passwords
        self._clock = clock

    def users(self, by: Principal) -> Sequence[Member]:
        """The members of the account, disabled ones too."""
        by.demand(Right.MANAGE_USERS)
        return self._users.members(by.account_id)

    def create_user(self, by: Principal, email: str, name: str, role: Role, password: str) -> Member:
        """A new user. Raises WrongCall `user_invalid`, `name_invalid`, `password_weak`, `user_exists`: in this account or another."""
        by.demand(Right.MANAGE_USERS)
        at = self._clock()
        user = User(
            id=new_id("u"),
            email=checked_email(email),
            name=checked_name(name),
            password_hash=self._passwords.hash(password),
            created_at=at,
        )
        member = Member(user=user, account_id=by.account_id, role=role)
        if not self._users.add(member, by.did("user.create", user.id, at, role=role)):
            raise WrongCall("user_exists", "There is a user with this e-mail address already.", "Admit them to the account instead.")
        return member

    def admit_user(self, by: Principal, email: str, role: Role) -> Member:
        """A user of another account becomes a member of this one too. Raises WrongCall `user_unknown`, `user_exists`."""
        by.demand(Right.MANAGE_USERS)
        user = self._users.by_email(folded(email))
        if user is None:
            raise WrongCall("user_unknown", "There is no user with this e-mail address.")
        member = Member(user=user, account_id=by.account_id, role=role)
        if not self._users.admit(member, by.did("user.admit", user.id, self._clock(), role=role)):
            raise WrongCall("user_exists", "This user is a member of the account already.")
        return member

    def set_role(self, by: Principal, user_id: str, role: Role) -> Member:
        """Another role, from the user's next click on. Raises WrongCall `user_unknown`, `last_admin`."""
        return self._changed(by, user_id, by.did("user.role", user_id, self._clock(), role=role), role=role)

    def grant_personal_data(self, by: Principal, user_id: str, *, granted: bool) -> Member:
        """Whether the user sees personal data, where their role does not say so already. Raises WrongCall `user_unknown`."""
        entry = by.did("user.personal_data", user_id, self._clock(), granted=granted)
        return self._changed(by, user_id, entry, may_see_personal_data=granted)

    def disable_user(self, by: Principal, user_id: str) -> Member:
        """End the user's sessions in the account, and let them in no more. Raises WrongCall `user_unknown`, `last_admin`."""
        return self._changed(by, user_id, by.did("user.disable", user_id, self._clock()), disabled=True)

    def enable_user(self, by: Principal, user_id: str) -> Member:
        """Let a disabled user in again. Raises WrongCall `user_unknown`."""
        return self._changed(by, user_id, by.did("user.enable", user_id, self._clock()), disabled=False)

    def set_password(self, by: Principal, user_id: str, password: str) -> Member:
        """Another password for a user who has lost theirs; all their sessions end.

        Raises WrongCall `user_unknown`, `password_weak`, and `user_shared` where the user is a member of other accounts, too: only
        the operator sets it then, or an administrator could sign in to those.
        """
        member = self._member(by, user_id)
        if by.id != OPERATOR and len(self._users.memberships(user_id)) > 1:
            raise WrongCall("user_shared", "This user is a member of other accounts, too.", "Ask whoever runs the server to set it.")
        self._users.set_password(user_id, self._passwords.hash(password), by.did("user.password", user_id, self._clock()))
        return member

    def passcodes(self, by: Principal) -> Sequence[Passcode]:
        """The passcodes of the account, revoked ones too."""
        by.demand(Right.MANAGE_PASSCODES)
        return self._passcodes.list(by.account_id)

    def create_passcode(self, by: Principal, name: str, scope: Collection[Right]) -> NewPasscode:
        """A new passcode, whose secret is shown once. Raises WrongCall `name_invalid`, `scope_invalid`."""
        by.demand(Right.MANAGE_PASSCODES)
        made = new_passcode(by.account_id, name, scope, self._clock())
        entry = by.did("passcode.create", made.passcode.id, made.passcode.created_at, scope=" ".join(sorted(scope)))
        self._passcodes.add(made.passcode, entry)
        return made

    def revoke_passcode(self, by: Principal, passcode_id: str) -> None:
        """End a passcode at once. Raises WrongCall `passcode_unknown`."""
        by.demand(Right.MANAGE_PASSCODES)
        if not self._passcodes.revoke(by.account_id, passcode_id, by.did("passcode.revoke", passcode_id, self._clock())):
            raise WrongCall("passcode_unknown", f"There is no passcode {passcode_id!r} that is not revoked.")

    def principal_of_passcode(self, account_id: str, secret: str, door: str = "api") -> Principal:
        """Who presents the secret. Raises WrongCall `passcode_invalid`, the same for an unknown account and a revoked passcode."""
        # All are compared, whichever fits.
        fitting = [each for each in self._passcodes.list(account_id) if each.matches(secret) and each.revoked_at is None]
        if not fitting:
            raise WrongCall("passcode_invalid", "The account or the passcode is wrong, or the passcode is revoked.")
        passcode, at = fitting[0], self._clock()
        if passcode.last_used_at is None or at >= passcode.last_used_at + NOTED:
            self._passcodes.note_use(passcode.id, at)
        return passcode.principal(door)

    def audit(self, by: Principal, limit: int, before: int | None = None) -> Sequence[Entry]:
        """At most `limit` entries of the audit log, newest first; those below the number `before`, which is where a page ended."""
        by.demand(Right.READ_AUDIT)
        return self._log.list(by.account_id, limit, before)

    def _changed(self, by: Principal, user_id: str, entry: Entry, **fields: Unpack[MemberChanges]) -> Member:
        self._member(by, user_id)
        changed = self._users.change(by.account_id, user_id, entry, **fields)
        if changed is None:
            raise WrongCall("last_admin", "The account would have no administrator any more.", "Make somebody else one first.")
        return changed

    def _member(self, by: Principal, user_id: str) -> Member:
        found = next((member for member in self.users(by) if member.user.id == user_id), None)
        if found is None:
            raise WrongCall("user_unknown", f"There is no user {user_id!r} in the account.")
        return found
