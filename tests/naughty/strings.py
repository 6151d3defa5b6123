"""The Big List of Naughty Strings (`blns.json` of April 2021), a line each in Base64, so that no tool trips over the file itself."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path


def naughty_strings() -> list[str]:
    """Each of them once, in their order."""
    lines = Path(__file__).with_name("blns.base64.txt").read_text("ascii").split("\n")[:-1]
    return [b64decode(line).decode("utf-8") for line in lines]
