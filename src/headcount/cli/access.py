"""The commands `accounts …`, `users …` and `passcodes …`: for whoever runs the server, on its data directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, TypeAlias

import typer

from headcount.accounts import Account
from headcount.auth.access import Access
from headcount.auth.passwords import new_password
from headcount.auth.rights import FOR_MACHINES, Principal, Right, Role, operator
from headcount.auth.users import Member, folded
from headcount.bootstrap import open_access
from headcount.cli.call import JsonFlag, call_of
from headcount.cli.output import data, line, plain, print_json, show_table, table
from headcount.config import Settings
from headcount.errors import WrongCall

accounts = typer.Typer(help="Accounts: workspaces, each with people of its own.")
users = typer.Typer(help="Users: who signs in to the dashboard of an account.")
passcodes = typer.Typer(help="Passcodes: how scripts say who they are.")

Email: TypeAlias = Annotated[str, typer.Argument(metavar="EMAIL", help="The e-mail address that the user signs in with.")]
_ONCE = "shown once and kept nowhere"


def _settings(context: typer.Context) -> Settings:
    """Raises WrongCall where a server somewhere else is meant."""
    settings = call_of(context).settings()
    if settings.url:
        reason = "Accounts, users and passcodes are managed on the data directory, not over --url."
        raise WrongCall("usage", reason, "Run it on the machine of the server, or use its pages under Settings.")
    return settings


@contextmanager
def _opened(context: typer.Context) -> Iterator[tuple[Access, Principal]]:
    settings = _settings(context)
    with open_access(settings) as (known, access):
        # Raises WrongCall where there is no such account.
        yield access, operator(known.get(settings.account).id)


@accounts.command("list")
def list_accounts(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Show the accounts."""
    with open_access(_settings(context)) as (known, _):
        found = [{"id": each.id, "name": each.name, "time_zone": each.time_zone} for each in known.list()]
    if as_json:
        print_json({"accounts": found})
        return
    made = table("account", "name", "time zone")
    for each in found:
        made.add_row(*map(plain, each.values()))
    show_table(data(), made)


@accounts.command("add")
def add_account(
    context: typer.Context,
    account_id: Annotated[str, typer.Argument(metavar="ID", help="1 to 64 letters, digits, '-' and '_'.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What people call it; otherwise as its id.")] = None,
    zone: Annotated[str, typer.Option("--timezone", metavar="ZONE", help="The time zone of its local times.")] = "UTC",
) -> None:
    """Make an account."""
    with open_access(_settings(context)) as (known, _):
        known.ensure(Account(account_id, name or account_id, zone))
    program = replace(call_of(context), account=account_id).program
    line(data(), f"There is an account {account_id}.\n\nAnd now?\n  {program} users add EMAIL --role admin")


@users.command("list")
def list_users(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Show the users of the account."""
    with _opened(context) as (access, by):
        found = [_described(member) for member in access.users(by)]
    if as_json:
        print_json({"users": found})
        return
    made = table("user", "name", "role", "")
    for each in found:
        made.add_row(plain(each["email"]), plain(each["name"]), plain(each["role"]), "disabled" if each["disabled"] else "")
    show_table(data(), made)


@users.command("add")
def add_user(
    context: typer.Context,
    email: Email,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.MEMBER,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What the user is called; otherwise as the address.")] = None,
) -> None:
    """Make a user, with a password that is shown once; or admit a user of another account."""
    with _opened(context) as (access, by):
        password = new_password()
        try:
            access.create_user(by, email, name or email, role, password)
        except WrongCall as error:
            if error.code != "user_exists":
                raise
            access.admit_user(by, email, role)
            line(data(), f"{email} can enter the account now, with the password they have.")
            return
    line(data(), f"{email} signs in with the password {password} ({_ONCE}).")


@users.command("password")
def reset_password(context: typer.Context, email: Email) -> None:
    """Give a user who has lost theirs another password, which is shown once. All their sessions end."""
    with _opened(context) as (access, by):
        password = new_password()
        access.set_password(by, _member(access, by, email).user.id, password)
    line(data(), f"{email} signs in with the password {password} ({_ONCE}).")


@users.command("role")
def set_role(
    context: typer.Context,
    email: Email,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help=f"One of {', '.join(Role)}.")],
) -> None:
    """Give a user another role."""
    with _opened(context) as (access, by):
        access.set_role(by, _member(access, by, email).user.id, role)
    line(data(), f"{email} is {role} now.")


@users.command("disable")
def disable_user(context: typer.Context, email: Email) -> None:
    """Let a user in no more, and end their sessions in the account."""
    with _opened(context) as (access, by):
        access.disable_user(by, _member(access, by, email).user.id)
    line(data(), f"{email} is not let in any more.")


@users.command("enable")
def enable_user(context: typer.Context, email: Email) -> None:
    """Let a disabled user in again."""
    with _opened(context) as (access, by):
        access.enable_user(by, _member(access, by, email).user.id)
    line(data(), f"{email} is let in again.")


@passcodes.command("list")
def list_passcodes(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Show the passcodes of the account, without their secrets."""
    with _opened(context) as (access, by):
        found = access.passcodes(by)
    if as_json:
        documents = [{"id": p.id, "name": p.name, "scope": sorted(p.scope), "revoked": p.revoked_at is not None} for p in found]
        print_json({"passcodes": documents})
        return
    made = table("passcode", "name", "may", "")
    for each in found:
        made.add_row(each.id, plain(each.name), " ".join(sorted(each.scope)), "revoked" if each.revoked_at else "")
    show_table(data(), made)


@passcodes.command("add")
def add_passcode(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    scope: Annotated[
        list[Right] | None,
        typer.Option(
            "--may", metavar="RIGHT", help=f"One thing that it may: {', '.join(sorted(FOR_MACHINES))}. Can be given again; otherwise all."
        ),
    ] = None,
) -> None:
    """Make a passcode, whose secret is shown once."""
    with _opened(context) as (access, by):
        made = access.create_passcode(by, name, scope or FOR_MACHINES)
    line(data(), f"Passcode {made.passcode.id} of account {by.account_id}: {made.secret} ({_ONCE}).")


@passcodes.command("revoke")
def revoke_passcode(
    context: typer.Context, passcode_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the passcode.")]
) -> None:
    """End a passcode at once."""
    with _opened(context) as (access, by):
        access.revoke_passcode(by, passcode_id)
    line(data(), f"Passcode {passcode_id} is revoked.")


def _member(access: Access, by: Principal, email: str) -> Member:
    found = next((member for member in access.users(by) if member.user.email == folded(email)), None)
    if found is None:
        raise WrongCall("user_unknown", f"There is no user {email!r} in the account.", "`headcount users list` shows all.")
    return found


def _described(member: Member) -> dict[str, str | bool]:
    user = member.user
    return {"id": user.id, "email": user.email, "name": user.name, "role": member.role.value, "disabled": member.disabled}
