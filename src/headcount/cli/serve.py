"""The command `serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from headcount.auth.first_start import Made
from headcount.bootstrap import begin, open_house
from headcount.cli.call import call_of
from headcount.cli.output import data, line
from headcount.local_socket import local_socket


def serve_command(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="HOST", help="The address to listen on; 0.0.0.0 is all of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
) -> None:
    """Serve the dashboard and the HTTP API until it is stopped. Uploads that were interrupted go on."""
    # Other commands need not wait for what only this one imports.
    from headcount.server import assert_free, serve  # noqa: PLC0415

    settings = call_of(context).settings()
    local = local_socket(settings.data)
    assert_free(local)
    made = begin(settings)
    with open_house(settings) as house:
        serve(house, host, port, local, lambda bound: _say(made, host, bound))


def _say(made: Made | None, host: str, port: int) -> None:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - it is not bound here
    out = data()
    address = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    line(out, f"Headcount serves {address}")
    if made:
        _say_once(made)
    line(out, f"\nAnd now?\n  Open {address}/sign-in in a browser. Ctrl-C stops the server; uploads go on at the next start.")
    out.file.flush()


def _say_once(made: Made) -> None:
    out, chosen = data(), "(as you set it)"
    line(out, "\nThis is the first start. What follows is shown once and kept nowhere:")
    line(out, f"  sign in as      {made.admin_email}")
    line(out, f"  password        {made.admin_password or chosen}")
    line(out, f"  account         {made.account_id}")
    line(out, f"  passcode        {made.passcode or chosen}   (for scripts, as X-CleverTap-Passcode)")
