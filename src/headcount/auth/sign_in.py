"""Signing in and out, and who a session is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from headcount.auth.passwords import Passwords
from headcount.auth.rights import Principal
from headcount.auth.sessions import NOTED, NewSession, Session, Sessions, session_hash
from headcount.auth.throttle import Attempts, keys_of
from headcount.auth.tokens import csrf_token, new_id, new_token, same
from headcount.auth.users import Member, User, Users, folded
from headcount.errors import Throttled, WrongCall

_DOOR = "dashboard"


class SignIn:
    """What somebody does for themselves. `clock` gives the present instant."""

    def __init__(self, users: Users, sessions: Sessions, attempts: Attempts, passwords: Passwords, clock: Callable[[], datetime]) -> None:
        self._users = users
        self._sessions = sessions
        self._attempts = attempts
        self._passwords = passwords
        self._clock = clock

    def sign_in(
        self,
        email: str,
        password: str,
        address: str,
        *,
        account_id: str | None = None,
        replacing: str | None = None,
    ) -> NewSession:
        """A new session in the account, else in the first one of the user. `address` is the caller's on the network.

        The token is always a new one; that of an older session in the same browser, `replacing`, ends. Raises WrongCall
        `sign_in_failed`, which is the same whatever was wrong, and Throttled `sign_in_throttled`.
        """
        user = self._verified(email, password, address)
        member = self._member(user, account_id)
        if member is None:
            raise _failed()
        return self._begin(member, replacing)

    def principal_of_session(self, token: str) -> Principal:
        """Who presents the token, with the rights they have now. Raises WrongCall `session_expired`."""
        return self._live(token)[1].principal(_DOOR)

    def check_csrf(self, token: str, given: str) -> None:
        """Raises WrongCall `csrf_invalid` where `given` is not the token for the forms of the session."""
        if not same(csrf_token(token), given):
            raise WrongCall("csrf_invalid", "The form was not sent from a page of this session.", "Load the page again.")

    def accounts(self, token: str) -> Sequence[Member]:
        """What the user is in each account they may enter. Raises WrongCall `session_expired`."""
        return self._enabled(self._live(token)[0].user_id)

    def enter_account(self, token: str, account_id: str) -> NewSession:
        """A session in another account of the user instead of this one. Raises WrongCall `session_expired`, `account_unknown`."""
        member = self._member(self._live(token)[1].user, account_id)
        if member is None:
            raise WrongCall("account_unknown", f"You have no account {account_id!r}.")
        return self._begin(member, token)

    def sign_out(self, token: str) -> None:
        """End the session; one that is over already stays so."""
        if found := self._sessions.find(session_hash(token)):
            self._sessions.end(found[0].user_id, found[0].id)

    def sign_out_everywhere(self, token: str) -> None:
        """End all sessions of the user, this one too. Raises WrongCall `session_expired`."""
        self._sessions.end_all(self._live(token)[0].user_id)

    def sessions(self, token: str) -> Sequence[Session]:
        """The live sessions of the user in all accounts, newest first. Raises WrongCall `session_expired`."""
        at = self._clock()
        return [session for session in self._sessions.of_user(self._live(token)[0].user_id) if session.is_live(at)]

    def end_session(self, token: str, session_id: str) -> None:
        """End one session of the same user. Raises WrongCall `session_expired`, `session_unknown`."""
        if not self._sessions.end(self._live(token)[0].user_id, session_id):
            raise WrongCall("session_unknown", f"You have no session {session_id!r}.")

    def change_password(self, token: str, current: str, new: str, address: str) -> NewSession:
        """Keep another password; all sessions of the user end, and a new one begins.

        Raises WrongCall `session_expired`, `sign_in_failed`, `password_weak`, and Throttled `sign_in_throttled`: a session left
        open must not be a way to try passwords.
        """
        member = self._live(token)[1]
        password_hash = self._passwords.hash(new)
        self._verified(member.user.email, current, address)
        entry = member.principal(_DOOR).did("password.change", member.user.id, self._clock())
        self._users.set_password(member.user.id, password_hash, entry)
        return self._begin(member, None)

    def _verified(self, email: str, password: str, address: str) -> User:
        keys = keys_of(email, address)
        if seconds := self._attempts.begin(keys, self._clock()):
            raise Throttled("sign_in_throttled", "Too many sign-ins failed.", seconds=seconds)
        user = self._users.by_email(folded(email))
        if not self._passwords.verify(user.password_hash if user else None, password) or user is None:
            structlog.get_logger().warning("sign_in_failed")
            raise _failed()
        self._attempts.succeeded(keys)
        if self._passwords.is_outdated(user.password_hash):
            self._users.rehash(user, self._passwords.hash(password))
        return user

    def _member(self, user: User, account_id: str | None) -> Member | None:
        members = self._enabled(user.id)
        return next((member for member in members if account_id in {None, member.account_id}), None)

    def _enabled(self, user_id: str) -> Sequence[Member]:
        return [member for member in self._users.memberships(user_id) if not member.disabled]

    def _begin(self, member: Member, replacing: str | None) -> NewSession:
        if replacing is not None:
            self.sign_out(replacing)
        at, token = self._clock(), new_token()
        session = Session(
            id=new_id("s"),
            user_id=member.user.id,
            account_id=member.account_id,
            token_hash=session_hash(token),
            created_at=at,
            seen_at=at,
        )
        self._sessions.add(session, member.principal(_DOOR).did("session.begin", session.id, at))
        return NewSession(session, token)

    def _live(self, token: str) -> tuple[Session, Member]:
        found, at = self._sessions.find(session_hash(token)), self._clock()
        if found is None or not found[0].is_live(at) or found[1].disabled:
            raise WrongCall("session_expired", "You are not signed in, or not any more.", "Sign in.")
        if at >= found[0].seen_at + NOTED:
            self._sessions.note_use(found[0].id, at)
        return found


def _failed() -> WrongCall:
    return WrongCall("sign_in_failed", "The e-mail address or the password is wrong.")
