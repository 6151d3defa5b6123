"""The command `headcount`: each command parses, calls one use case and prints."""

from headcount.cli.app import main

__all__ = ["main"]
